"""A client that is made once, on its way to its uses: what returns it, what takes it, how it is spelled.

def get_cache() -> redis.Redis:                     async def get_cache() -> Redis:
    return cache                            ->          return cache()

def hits(r: redis.Redis = Depends(get_cache)):      async def hits(r: Redis = Depends(get_cache)):
    return r.get("hits")                                return await r.get("hits")
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ...analysis.judge.obstacles import Obstacles
from ...analysis.link.program import Key
from ...analysis.syntax import FileSyntax, span_of
from ...model import Code, Edit, ReplaceExpression, Span, TurnAsync
from ..http.errors import fact_of
from ..twin import NoTwinError, World
from .client_object import ClientObject
from .generators import generator_edits
from .handed import taker_edits
from .places import Place, is_dependency
from .renaming import Renaming, renamed
from .uses import Objects


@dataclass(frozen=True)
class Spelling:
    """The name that becomes a function is called; parameters and results hold the client itself."""

    objects: Objects
    place: Place | None
    """None where no name becomes a function."""

    def client(self, file: FileSyntax, node: ast.expr) -> str:
        source = file.source(node)
        fact = fact_of(node)
        if self.place is not None and self.place.is_per_call and node is self.place.made:
            return f"{self.place.holder.name}()"
        if fact is None or self.place is None:
            return source
        key = function_at(self.objects.world, file, span_of(node))
        is_made = self.place.holder in self.objects.holders(key, fact, node.lineno)
        return f"{source}()" if is_made else source

    def of(self, file: FileSyntax, call: ast.Call, *, is_command: bool) -> str:
        assert isinstance(call.func, ast.Attribute)
        receiver = call.func.value
        return f"{self.client(file, receiver) if is_command else file.source(receiver)}.{call.func.attr}"


def passing_edits(
    objects: Objects, client: ClientObject, place: Place, renaming: Renaming
) -> Iterator[tuple[str, Edit]]:
    """The edits of functions that return or take the client, of annotations that name its class, and where it
    gets another name. Raises `NoTwinError`."""
    world, spelling = objects.world, Spelling(objects, place)
    yield from giver_edits(world, client, place, renaming)
    for path, span in client.passes:
        file, passed = world.syntax.file(path), objects.node(path, span)
        if passed is None or isinstance(file.parents[passed], ast.withitem):
            raise NoTwinError(f"{renaming.what} is entered by a `with` ({path}:{span.line})")
        text = spelling.client(file, passed)
        if text != file.source(passed):
            yield path, ReplaceExpression(span, Code(text))
    yield from taker_edits(world, objects, client, renaming)


def giver_edits(
    world: World, client: ClientObject, place: Place, renaming: Renaming
) -> Iterator[tuple[str, Edit]]:
    """The edits of functions that return it. Raises `NoTwinError`."""
    for function in sorted(client.returned_by):
        node, file = world.node(function), world.syntax.file(function.path)
        scope = world.effects.program.scope(function)
        is_getter = function == place.getter
        if is_getter and place.is_written_anew:
            continue
        if scope.has_yield:
            yield from generator_edits(world, function, client, renaming)
            continue
        if node is None:
            raise NoTwinError(f"what gives {renaming.what} cannot be found again")
        if not is_getter and is_dependency(world, function) and not scope.is_async:
            # FastAPI runs a `def` dependency in a thread, where there is no event loop
            reason = Obstacles(world.callers).of(function)
            if reason is not None:
                raise NoTwinError(reason.text)
            yield file.path, TurnAsync(scope.span)
        yield from renamed(world, file, Key(function.path, 0), node.returns, renaming)


def askers(world: World, client: ClientObject) -> frozenset[Key]:
    """Functions that get the client by calling what gives it, or by handing it on."""
    callers = {caller.owner for giver in client.returned_by for caller in world.callers.calls(giver)}
    for path, span in client.passes:
        function = function_at(world, world.syntax.file(path), span)
        if function.scope and function not in client.returned_by:
            callers.add(function)
    return frozenset(callers)


def function_at(world: World, file: FileSyntax, span: Span) -> Key:
    """The innermost function around a place, or the module."""
    program = world.effects.program
    around = [key for key in program.functions_of(file.path) if program.scope(key).span.contains(span)]
    return max(around, key=lambda key: program.scope(key).span, default=Key(file.path, 0))
