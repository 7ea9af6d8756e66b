"""A Redis client that a dependency gives: what returns it, what is annotated with its class, its spelling.

def get_cache() -> redis.Redis:                     async def get_cache() -> Redis:
    return cache                            ->          return cache()

def hits(r: redis.Redis = Depends(get_cache)):      async def hits(r: Redis = Depends(get_cache)):
    return r.get("hits")                                return await r.get("hits")
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ..analysis.nodes import walk
from ..analysis.obstacles import Obstacles
from ..analysis.program import Key
from ..analysis.syntax import FileSyntax, span_of
from ..model import Code, Edit, ReplaceExpression, TurnAsync
from .client_object import ClientObject
from .factories import Place
from .http_errors import fact_of
from .objects import Objects
from .renaming import Renaming, renamed
from .twin import NoTwinError, World

_CLASS = Renaming(frozenset({"redis.Redis"}), "redis.asyncio", "Redis", "the Redis client")


@dataclass(frozen=True)
class Spelling:
    """The name that becomes a function is called; parameters and results hold the client itself."""

    objects: Objects
    place: Place

    def client(self, file: FileSyntax, node: ast.expr) -> str:
        source = file.source(node)
        fact = fact_of(node)
        if fact is None:
            return source
        key = _scope(self.objects.world, file, node)
        is_made = self.place.holder in self.objects.holders(key, fact, node.lineno)
        return f"{source}()" if is_made else source

    def of(self, file: FileSyntax, call: ast.Call, *, is_command: bool) -> str:
        assert isinstance(call.func, ast.Attribute)
        receiver = call.func.value
        return f"{self.client(file, receiver) if is_command else file.source(receiver)}.{call.func.attr}"


def injection_edits(world: World, client: ClientObject, spelling: Spelling) -> Iterator[tuple[str, Edit]]:
    """The edits of functions that return the client, and of annotations that name its class."""
    for function in sorted(client.returned_by):
        node, file = world.node(function), world.syntax.file(function.path)
        scope = world.effects.program.scope(function)
        if node is None or scope.has_yield:
            raise NoTwinError("the Redis client is given by a generator")
        if _is_injected(world, function) and not scope.is_async:
            # FastAPI runs a `def` dependency in a thread, where there is no event loop
            reason = Obstacles(world.callers).of(function)
            if reason is not None:
                raise NoTwinError(reason.text)
            yield file.path, TurnAsync(scope.span)
        for inner in walk(node):
            if isinstance(inner, ast.Return) and inner.value is not None:
                text = spelling.client(file, inner.value)
                if text != file.source(inner.value):
                    yield file.path, ReplaceExpression(span_of(inner.value), Code(text))
        yield from renamed(world, file, Key(function.path, 0), node.returns, _CLASS)
    for holder in sorted(client.holders):
        key = Key(holder.path, holder.scope)
        function_node = world.node(key) if holder.scope and not holder.on_instance else None
        for argument in ast.walk(function_node.args) if function_node is not None else ():
            if isinstance(argument, ast.arg) and argument.arg == holder.name:
                yield from renamed(world, world.syntax.file(key.path), key, argument.annotation, _CLASS)


def _is_injected(world: World, function: Key) -> bool:
    """Is it a dependency? Then nothing may call it directly, for it becomes a coroutine function."""
    references = list(world.callers.references(function))
    modules = world.effects.program.modules
    if any(modules[path].facts.is_test for path, _ in references):
        raise NoTwinError(
            f"tests put something else in the place of {world.effects.program.scope(function).name}"
        )
    if references and world.callers.calls(function):
        raise NoTwinError(f"{world.effects.program.scope(function).name} is injected and called, too")
    return bool(references)


def _scope(world: World, file: FileSyntax, node: ast.expr) -> Key:
    """The innermost function around a node."""
    program = world.effects.program
    spans = {program.scope(key).span: key for key in program.functions_of(file.path)}
    for above in file.above(node):
        if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef)) and span_of(above) in spans:
            return spans[span_of(above)]
    return Key(file.path, 0)
