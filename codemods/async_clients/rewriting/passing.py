"""A client that is made once, on its way to its uses: what returns it, what takes it, how it is spelled.

def get_cache() -> redis.Redis:                     async def get_cache() -> Redis:
    return cache                            ->          return cache()

def hits(r: redis.Redis = Depends(get_cache)):      async def hits(r: Redis = Depends(get_cache)):
    return r.get("hits")                                return await r.get("hits")
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

import msgspec
from msgspec.structs import replace

from ...analysis.index.expr import Name
from ...analysis.judge.turning.obstacles import Obstacles
from ...analysis.link.program import Key
from ...analysis.spelled import fact_of
from ...analysis.syntax import FileSyntax, span_of
from ...analysis.view import View, Views
from ...model import Code, Edit, ReplaceExpression, Span, TurnAsync
from ..making.dependencies import is_dependency
from ..making.kept_sources import is_kept
from ..making.names import import_edits
from ..making.places import Place
from ..objects.client_object import NO_KEEPERS, ClientObject, Keepers
from ..objects.uses import Objects
from ..objects.yielded import is_manager
from ..twin import NoTwinError, World
from .declared import declaration_edits
from .generators import generator_edits
from .handed import taker_edits
from .renaming import Renaming, giver_type, renamed

_GIVING = (Name("property"), Name("staticmethod"), Name("classmethod"))
"""Decorators of what gives a client, each time anew."""


class Spelling(msgspec.Struct, frozen=True):
    """The name that becomes a function is called; parameters and results hold the client itself."""

    objects: Objects
    place: Place | None
    """None where no name becomes a function."""

    def client(self, file: FileSyntax, node: ast.expr) -> str:
        """Raises `NoTwinError` where it cannot be told whether it is that name."""
        source, view = file.source(node), View(self.objects.inference, file)
        fact = fact_of(node) or view.expr(node)
        if self.place is not None and self.place.is_per_call and node is self.place.made:
            return f"{self.place.holder.name}()"
        if self.place is not None and self.place.asked is not None:
            asked = self.place.asked.callee(file, node)
            source = source if asked is None else f"{asked}()"
        if self.place is None:
            return source
        if fact is None and isinstance(node, ast.Attribute):
            raise NoTwinError(f"what has .{node.attr} is not followed ({file.path}:{node.lineno})")
        if fact is None:
            return source
        given = {self.place.holder, *self.place.keepers.holders}
        is_given = any(each in given for each in self.objects.holders(view.key(node), fact, node.lineno))
        if not is_given:
            return source
        old, new = self.place.holder.name, self.place.new_name
        is_old = bool(new) and source.rpartition(".")[2] == old
        return f"{source.removesuffix(old)}{new}()" if is_old else f"{source}()"

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
    yield from import_edits(objects, place)
    keepers = place.keepers
    for path, span in client.passes:
        if (path, span) in keepers.passes:
            continue
        file, passed = world.syntax.file(path), objects.node(path, span)
        if passed is None or isinstance(file.parents[passed], ast.withitem):
            raise NoTwinError(f"{renaming.what} is entered by a `with` ({path}:{span.line})")
        text = spelling.client(file, passed)
        if text != file.source(passed):
            yield path, ReplaceExpression(span, Code(text))
    for path, span in client.asked:
        file, asked = world.syntax.file(path), objects.node(path, span)
        text = spelling.client(file, asked).removesuffix("()") if asked is not None else ""
        if asked is not None and text != file.source(asked):
            yield path, ReplaceExpression(span, Code(text))
    for call in sorted(keepers.calls):
        file = world.syntax.file(call.path)
        node = file.call(world.effects.program.call(call).span)
        if node is not None:
            below = place.asked.callee(file, node) if place.asked is not None else None
            yield call.path, ReplaceExpression(span_of(node), Code(below or file.source(node.func)))
    if place.asked is not None:
        yield from place.asked.edits(keepers.calls | place.asked.called_upon)
    yield from taker_edits(objects, client, renaming, keepers)
    givers, others = set(keepers.holders), client.holders - keepers.holders - {place.holder}
    if place.holder.on_instance:  # where it is made, its factory is put
        givers.add(replace(place.holder, on_instance=False))
    views = Views(objects.inference, world.syntax)
    yield from declaration_edits(objects, views, givers, renaming, giver_type)
    yield from declaration_edits(objects, views, others - givers, renaming)
    if (fallback := place.fallback) is not None:
        file = world.syntax.file(fallback.function.path)
        edits_of = renamed if place.is_per_call else giver_type
        yield from edits_of(world, file, fallback.function, fallback.parameter.annotation, renaming)


def giver_edits(
    world: World,
    client: ClientObject,
    place: Place | None,
    renaming: Renaming,
    awaited: Collection[tuple[str, Span]] = (),
) -> Iterator[tuple[str, Edit]]:
    """The edits of functions that return it; `place` is where it is made once, `awaited` are places where
    they wait for it. Raises `NoTwinError`."""
    for function in sorted(client.returned_by):
        node, file = world.node(function), world.syntax.file(function.path)
        scope = world.effects.program.scope(function)
        is_getter = place is not None and function == place.getter
        if place is not None and is_getter and place.is_written_anew:
            continue
        if scope.has_yield and is_manager(world, function):
            # it turns with the places where it is entered
            if node is not None:
                yield from renamed(world, file, Key(function.path, 0), node.returns, renaming)
            continue
        if scope.has_yield:
            yield from generator_edits(world, function, client, renaming, awaited)
            continue
        if node is None:
            raise NoTwinError(f"what gives {renaming.what} cannot be found again")
        if not is_getter and any(decorator not in _GIVING for decorator in scope.decorators):
            raise NoTwinError(f"{scope.qualname}, which gives {renaming.what}, is decorated")
        if not is_getter and is_dependency(world, function) and not scope.is_async:
            # FastAPI runs a `def` dependency in a thread, where there is no event loop
            reason = Obstacles(world.callers).of(function)
            if reason is not None:
                raise NoTwinError(reason.text)
            yield file.path, TurnAsync(scope.span)
        yield from renamed(world, file, Key(function.path, 0), node.returns, renaming)


def askers(objects: Objects, client: ClientObject, keepers: Keepers = NO_KEEPERS) -> frozenset[Key]:
    """Functions that get the client by calling what gives it, or by handing it on under its name;
    those that only give it on run where they are called."""
    world = objects.world
    callers = {
        caller.owner
        for giver in client.returned_by
        for caller in world.callers.calls(giver)
        if caller.call not in keepers.calls and caller.owner not in client.returned_by
    }
    for path, span in set(client.passes) - keepers.passes:
        function = function_at(world, world.syntax.file(path), span)
        if function.scope and function not in client.returned_by and _is_asked(objects, path, span):
            callers.add(function)
    return frozenset(callers)


def _is_asked(objects: Objects, path: str, span: Span) -> bool:
    """Is it no name of a function's own, which holds the client itself?"""
    node = objects.node(path, span)
    fact = fact_of(node) if node is not None else None
    if node is None or fact is None:
        return True
    key = View(objects.inference, objects.world.syntax.file(path)).key(node)
    return any(is_kept(objects, each) for each in objects.holders(key, fact, span.line))


def function_at(world: World, file: FileSyntax, span: Span) -> Key:
    """The innermost function around a place, or the module."""
    program = world.effects.program
    around = [key for key in program.functions_of(file.path) if program.scope(key).span.contains(span)]
    return max(around, key=lambda key: program.scope(key).span, default=Key(file.path, 0))
