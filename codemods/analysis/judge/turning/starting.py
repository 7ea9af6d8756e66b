"""What runs before the first request and after the last one holds up nobody, but for what it leaves running.

@asynccontextmanager
async def lifespan(app):
    await load()                        runs before all requests
    asyncio.create_task(poll())         runs beside them: what blocks there stops them
    yield
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from ....model import EntryKind, EntryPoint, Span
from ...index.expr import Call, last_name
from ...index.facts import Use
from ...link.kinds import Fn, Kind, describe
from ...link.program import CallKey, Key
from ..reaching.reach import Reach
from .verdicts import Wishes

_RUNNERS = ("run", "run_until_complete")
_RUN = ("asyncio.run", "uvloop.run", ".run_until_complete")
_AT_ONCE = frozenset(
    {
        *("TaskGroup", "as_completed", "create_task", "create_task_group", "ensure_future", "gather"),
        *("call_later", "call_soon", "create_server", "run_coroutine_threadsafe", "serve", "start_server"),
    }
)
"""What has others run beside it."""


def only_starting(
    reach: Reach, points: Mapping[Key, EntryPoint], serving: Iterable[Key] = ()
) -> tuple[frozenset[Key], set[Key]]:
    """What runs before the first request or after the last one and at no other time, and what serves."""
    first = {key for key, entry in points.items() if entry.kind is EntryKind.LIFESPAN}
    starting = reach.below(*first)
    left_running = (each for function in starting for each in _left_running(reach, function))
    served = reach.below(*points.keys() - first, *serving, *left_running)
    alone = reach.below(*_mains(reach, served | starting))
    return frozenset((starting | alone) - served), served


def _mains(reach: Reach, around: Collection[Key]) -> Iterator[Key]:
    """`asyncio.run(main())` of a command: nobody waits beside what it runs, unless that starts others."""
    program, inference = reach.effects.program, reach.effects.inference
    runs: dict[Key, set[CallKey]] = defaultdict(set)
    for runner in (call for name in _RUNNERS for call in program.calls_by_name.get(name, ())):
        site = program.call(runner)
        owner = program.owner_of(runner.path, site.scope)
        is_own = owner.scope != 0 and owner not in around
        given = site.args[0] if site.args else None
        if not (is_own and isinstance(given, Call)) or not any(map(_runs, inference.callees(runner))):
            continue
        inner = CallKey(runner.path, given.index)
        for kind in inference.callees(inner):
            if isinstance(kind, Fn) and program.scope(kind.key).is_async:
                runs[kind.key].add(inner)
    for main, calls in sorted(runs.items()):
        name, module = program.scope(main).name, program.modules[main.path].facts.module
        is_all = calls.issuperset(program.calls_by_name.get(name, ())) and not program.scope(main).decorators
        is_all = is_all and name not in program.references_by_name
        is_all = is_all and f"{module}.{name}" not in program.imported_in
        if is_all and not any(_starts_others(reach, each) for each in reach.below(main)):
            yield main


def _runs(kind: Kind) -> bool:
    return describe(kind).endswith(_RUN)


def _starts_others(reach: Reach, function: Key) -> bool:
    return any(last_name(site.func) in _AT_ONCE for _, site in reach.effects.program.calls_of(function))


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
