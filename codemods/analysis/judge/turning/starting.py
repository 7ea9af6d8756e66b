"""What runs before the first request and after the last one holds up nobody, but for what it leaves running.

@asynccontextmanager
async def lifespan(app):
    await load()                        runs before all requests
    asyncio.create_task(poll())         runs beside them: what blocks there stops them
    yield
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ....model import EntryKind, EntryPoint, Span
from ...index.facts import Use
from ...link.program import Key
from ..reaching.reach import Reach
from .verdicts import Wishes


def only_starting(
    reach: Reach, points: Mapping[Key, EntryPoint], serving: Iterable[Key] = ()
) -> tuple[frozenset[Key], set[Key]]:
    """What runs before the first request or after the last one and at no other time, and what serves."""
    first = {key for key, entry in points.items() if entry.kind is EntryKind.LIFESPAN}
    starting = reach.below(*first)
    left_running = (each for function in starting for each in _left_running(reach, function))
    served = reach.below(*points.keys() - first, *serving, *left_running)
    return frozenset(starting - served), served


def _left_running(reach: Reach, function: Key) -> Iterator[Key]:
    """The coroutines that it makes and does not await, itself or by what gathers them."""
    program = reach.effects.program
    awaited = [Span(*call.span) for _, call in program.calls_of(function) if call.use & Use.AWAITED]
    for site in reach.own(function):
        if site.target is None or site.form != "call":
            continue
        scope = program.scope(site.target)
        is_coroutine = scope.is_async and not scope.has_yield
        if is_coroutine and not any(span.contains(Span(*site.span)) for span in awaited):
            yield site.target


def on_loop_already(reach: Reach, points: Mapping[Key, EntryPoint], wishes: Wishes) -> list[Key]:
    """Async functions of the API layer, and those below its handlers and what serves them; what runs before
    the first request does not count."""
    program = reach.effects.program
    starting, served = only_starting(reach, points, wishes.serving)
    own = (
        key
        for path in sorted(wishes.api)
        if path in program.modules and not program.modules[path].facts.is_test
        for key in program.functions_of(path)
        if program.scope(key).is_async
    )
    found = (reach.below(*own) | served) - starting
    return [key for key in found if program.scope(key).is_async]
