"""Clients that are made when the application starts, and what runs then only."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from ...analysis.judge.effects.site import SiteKind
from ...analysis.judge.turning.obstacles import Obstacles
from ...analysis.link.program import CallKey, Key
from ...analysis.syntax import span_of
from ...model import AsyncStatement, AwaitExpression, Edit, TurnAsync
from ..objects.client_object import ClientObject
from ..twin import Call, NoTwinError, World


def made_at_start(world: World, client: ClientObject) -> CallKey | None:
    """The one call that makes the client, if it runs before the first request, and only then."""
    (made, *others) = sorted(client.made)
    return made if not others and is_made_at_start(world, made) else None


def entered_edits(world: World, key: CallKey, made: ast.Call) -> Iterator[Edit]:
    """`with Pool(URL) as pool:` -> `async with`. Raises `NoTwinError` where that cannot be."""
    parents, program = world.syntax.file(key.path).parents, world.effects.program
    if not isinstance(item := parents[made], ast.withitem):
        return
    owner, entering = program.owner_of(key.path, program.call(key).scope), parents[item]
    if not isinstance(entering, ast.With) or len(entering.items) > 1 or not program.scope(owner).is_async:
        raise NoTwinError("the client is made by a `with` that cannot become an `async with`")
    yield AsyncStatement(span_of(entering))


def is_made_at_start(world: World, call: CallKey) -> bool:
    """Does it run before the first request, and only then?"""
    program = world.effects.program
    owner = program.owner_of(call.path, program.call(call).scope)
    return bool(owner.scope) and _runs_at_start(world, owner, ())


def is_awaited_at_start(world: World, call: CallKey) -> bool:
    """Does it run in an async function before the first request, or after the last?

    Nobody waits meanwhile, so that nothing there is mended for the sake of the loop.
    """
    program = world.effects.program
    owner = program.owner_of(call.path, program.call(call).scope)
    return program.scope(owner).is_async and is_made_at_start(world, call)


def turning_at_start(world: World, function: Key) -> tuple[tuple[str, Edit], ...] | None:
    """What makes a plain function async, with those that call it, where all of them run when the application
    starts or stops, and only then; None for any other function."""
    program, scope = world.effects.program, world.effects.program.scope(function)
    if not (function.scope and _runs_at_start(world, function, ())):
        return None
    if scope.is_async:
        return ()
    if scope.has_yield or Obstacles(world.callers).of(function) is not None:
        return None
    edits: list[tuple[str, Edit]] = [(function.path, TurnAsync(scope.span))]
    for caller in world.callers.calls(function):
        above = turning_at_start(world, caller.owner)
        if above is None:
            return None
        edits += [(caller.call.path, AwaitExpression(program.call(caller.call).span)), *above]
    return tuple(dict.fromkeys(edits))


def calls_turned_at_start(
    world: World, client: ClientObject
) -> Iterator[tuple[Call, tuple[tuple[str, Edit], ...]]]:
    """The blocking calls on the client in such functions, each with what makes its function async."""
    for call in blocking_calls(world, client, lambda _, owner: bool(turning_at_start(world, owner))):
        yield call, turning_at_start(world, call.function) or ()


def calls_at_start(world: World, client: ClientObject) -> Iterator[tuple[Call, tuple[tuple[str, Edit], ...]]]:
    """The blocking calls on the client that run before the first request or after the last, each with what
    makes its function async, if that is to be made."""
    for call in blocking_calls(world, client, lambda _, owner: turning_at_start(world, owner) is not None):
        yield call, turning_at_start(world, call.function) or ()


def blocking_calls(
    world: World, client: ClientObject, is_wanted: Callable[[CallKey, Key], bool]
) -> Iterator[Call]:
    """The blocking calls on the client that are wanted, by themselves and the functions that make them."""
    program = world.effects.program
    for key in sorted(client.calls):
        site = next((s for s in world.effects.of_call(key) if s.kind is SiteKind.BLOCKING), None)
        owner, file = program.owner_of(key.path, program.call(key).scope), world.syntax.file(key.path)
        node, call = world.node(owner) if owner.scope else None, file.call(program.call(key).span)
        if site is not None and node is not None and call is not None and is_wanted(key, owner):
            yield Call(world, owner, site, file, node, call)


def _runs_at_start(world: World, function: Key, above: tuple[Key, ...]) -> bool:
    """A script may also call what an application registers, and use the client on another event loop."""
    calls = world.callers.calls(function)
    is_registered = function in world.startup
    is_handed_on = not is_registered and any(world.callers.references(function))
    if function in above or is_handed_on or not (calls or is_registered):
        return False
    return all(_runs_at_start(world, each.owner, (*above, function)) for each in calls)
