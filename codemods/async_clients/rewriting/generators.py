"""A generator from which FastAPI takes a client, and which it closes behind the response -> an async one.

def get() -> Iterator[httpx.Client]:          async def get() -> AsyncIterator[httpx.AsyncClient]:
    with httpx.Client() as client:      ->        async with httpx.AsyncClient() as client:
        yield client                                  yield client
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator

from ...analysis.judge.effects.site import SiteKind
from ...analysis.judge.turning.obstacles import Obstacles
from ...analysis.link.program import Key
from ...analysis.nodes import walk
from ...analysis.syntax import span_of
from ...analysis.view import View
from ...async_generators.signatures import rendering, signature_edits
from ...model import Edit, ReplaceExpression, Span, TurnAsync
from ..making.lifetimes import is_cached
from ..objects.client_object import ClientObject
from ..objects.yielded import is_injected_generator
from ..twin import NoTwinError, World
from .renaming import Renaming, renamed


def generator_edits(
    world: World,
    function: Key,
    client: ClientObject,
    renaming: Renaming,
    awaited: Collection[tuple[str, Span]] = (),
) -> Iterator[tuple[str, Edit]]:
    """The generator becomes an async one; `awaited` are the places where it waits from then on. Raises
    `NoTwinError` where it does more than give the client."""
    scope, node, what = world.effects.program.scope(function), world.node(function), renaming.what
    file = world.syntax.file(function.path)
    reason = Obstacles(world.callers).of(function)
    if node is None or reason is not None or not is_injected_generator(world, function):
        raise NoTwinError(reason.text if reason is not None else f"{what} is given by a generator")
    given = {span for path, span in client.passes if path == file.path}
    yields = [each for each in walk(node) if isinstance(each, (ast.Yield, ast.YieldFrom))]
    if len(yields) != 1 or yields[0].value is None or span_of(yields[0].value) not in given:
        raise NoTwinError(f"{scope.name} gives more than {what}")
    if not _is_light(world, function, client, awaited):
        raise NoTwinError(f"{scope.name} does more than give {what}")
    if not scope.is_async:
        yield file.path, TurnAsync(scope.span)
    yield from _signature(world, function, renaming)


def _is_light(
    world: World,
    function: Key,
    client: ClientObject,
    awaited: Collection[tuple[str, Span]],
    above: tuple[Key, ...] = (),
) -> bool:
    """Is there nothing in it for which the event loop would wait? Calls on the client do not count, nor do
    the places where it waits for something."""
    return function not in above and all(
        site.kind is SiteKind.FAST
        or site.call in client.made
        or (not above and (site.call in client.calls or (site.key.path, Span(*site.span)) in awaited))
        or (site.target is not None and is_cached(world, site.target))
        or (site.target is not None and _is_light(world, site.target, client, awaited, (*above, function)))
        for site in world.effects.sites(function)
    )


def _signature(world: World, function: Key, renaming: Renaming) -> Iterator[tuple[str, Edit]]:
    """`Iterator[httpx.Client]`, or the class itself, as some write. Raises `NoTwinError` for a text."""
    file, node = world.syntax.file(function.path), world.node(function)
    assert node is not None
    view = View(world.effects.inference, file)
    named = [*renamed(world, file, Key(function.path, 0), node.returns, renaming)]

    found = [*signature_edits(view, node, rendering(view, named))]
    covered = [each.span for each in found]
    yield from ((file.path, edit) for edit in found)
    yield from (each for each in named if not _is_within(each[1], covered))


def _is_within(edit: Edit, spans: Iterable[Span]) -> bool:
    return isinstance(edit, ReplaceExpression) and any(span.contains(edit.span) for span in spans)
