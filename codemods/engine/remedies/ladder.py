"""The ladder of remedies: task, twin, await, thread; asked in this order for all that blocks in one
function."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from ... import async_routes
from ...analysis.awaiting import can_await
from ...analysis.judge.callers.entered import new_name
from ...analysis.judge.effects.site import Site, SiteKind
from ...analysis.judge.reaching.reach import HARMFUL, KNOWN_HARM, Reach
from ...analysis.judge.state.broken_off import BrokenOff
from ...analysis.judge.state.handled_errors import HandledErrors
from ...analysis.judge.state.one_at_a_time import OneAtATime
from ...analysis.judge.state.swallowing import Swallowing
from ...analysis.judge.turning.verdicts import FunctionPlan
from ...analysis.judge.turning.whole import Whole
from ...analysis.link.program import CallKey, Key
from ...analysis.stopping import stopped_by
from ...analysis.syntax import FileSyntax, FunctionNode, Syntax, span_of
from ...async_clients import Twins
from ...async_generators import AsyncGenerators
from ...async_tests import AsyncTests
from ...await_bridges import Place
from ...await_bridges.handed_over import HandedOver
from ...await_bridges.runners import Runners
from ...awaitable_results import awaitable_results, awaitable_where_given
from ...databases import Answers
from ...extract_tasks import Tasks
from ...kept_results import KeptResults
from ...model import EntryKind, EntryPoint, Note, NoteKind, Reason, RemedyKind, Span
from .bridging import Bridging
from .draft import Draft, Slow
from .following import FOLLOWERS, Following
from .held import Held
from .one_thread import OneThread
from .questions import Questions
from .sessions import SessionWork
from .slow_work import SlowWork
from .sorting import Sorting
from .threads import Threads
from .waiting import Waiting

_BODY_MAY_MOVE = ("AF903", "AF909", "AF913")


class RemedyLadder:
    def __init__(
        self,
        reach: Reach,
        syntax: Syntax,
        twins: Twins,
        tasks: Tasks,
        routes: frozenset[Key],
        tests: AsyncTests,
        generators: AsyncGenerators,
        caches: KeptResults,
        whole: Whole = Whole(),
        answers: Answers | None = None,
        skip: frozenset[str] = frozenset(),
        *,
        on_loop: frozenset[Key] = frozenset(),
        resolvers: frozenset[Key] = frozenset(),
        starting: frozenset[Key] = frozenset(),
        in_threads: frozenset[Key] = frozenset(),
    ) -> None:
        """`answers` where there are sync sessions; `in_threads`: routes whose work on one goes to a thread.
        `skip` are the names of codemods that are not to be used; `on_loop` is what runs on the loop today,
        `resolvers` too, `def` or not: their `self` may be nothing, so that no body becomes a method; no
        request waits for what is `starting`."""
        self.starting = starting
        self.resolvers = resolvers
        self.skip = skip
        self.tests = tests
        self.wrapping = tests.callers.wrapping
        self.generators = generators
        self.caches = caches
        self.whole = whole
        self.in_threads = in_threads
        self.reach = reach
        self.program = reach.effects.program
        self.syntax = syntax
        self.twins = twins
        self.tasks = tasks
        self.routes = routes
        self.ask = Questions(reach)
        self.one_thread = OneThread(self.ask)
        alone = OneAtATime(reach, syntax, generators.locks)
        swallowing = Swallowing(reach.effects.inference, syntax)
        errors = HandledErrors(reach, syntax)
        self.threads = Threads(self.ask, twins, alone, swallowing, errors, is_skipped="offload" in skip)
        runners = Runners(reach, syntax, tests.callers)
        queued = (tasks.workers.is_run_elsewhere, tasks.slow.is_left_to_workers)
        self.bridging = Bridging(
            reach, on_loop, runners, self._can_await, self.settle, *queued, whole.off_loop
        )
        over = HandedOver(reach.effects, syntax)
        self.waiting = Waiting(
            self.ask, twins, generators, self.bridging, over, routes, self._can_await, skip
        )
        broken_off = BrokenOff(reach, syntax, tests.callers)
        self.held = Held(reach, generators.locks, broken_off, self.ask, self.threads)
        self.sorting = Sorting(self.ask, self.waiting, self.held, tasks, whole)
        self.slow_work = SlowWork(self.ask, tasks, self.held, self.sorting.stays, whole)
        self.following = Following(reach, self.is_native)
        self._nodes: dict[Key, tuple[FileSyntax, FunctionNode | None]] = {}
        self._handed_on: dict[Key, frozenset[Key]] = {}
        self.sessions = SessionWork(self.ask, self.threads, syntax, answers) if answers is not None else None

    # judge asks ---------------------------------------------------------------------------------------------

    def wants_to_turn(self, function: Key, entry: EntryPoint, *, has_native: bool) -> bool:
        harm = KNOWN_HARM if entry.kind is EntryKind.RESOLVER else HARMFUL
        harmful = [site for site in self.reach.own(function) if self.ask.is_harmful(site, harm)]
        is_harmless = all(self.waiting.turns_with_client(function, s, *self._node(function)) for s in harmful)
        scope = self.program.scope(function)
        if entry.kind is EntryKind.DEPENDENCY and function in self.tasks.makers:
            return False
        if entry.kind in FOLLOWERS:
            has_native = any(True for _ in self.following.sites(function, entry.kind))
        return async_routes.wants_to_turn(entry.kind, scope, is_harmless=is_harmless, has_native=has_native)

    def is_native(self, function: Key, site: Site) -> bool:
        file, node = self._node(function)
        if node is not None and self.twins.behind(site) is not None:
            return self._has_twin(function, site, file, node)
        call = file.call(site.span) if site.call is not None else None
        if node is None or call is None or not self._can_await(function, file, node, call):
            return False
        if site.kind is SiteKind.ASYNC or self.ask.is_coroutine(site):
            if "await-calls" in self.skip:
                return False
            return bool(self.waiting.missing(function, site, file, call))
        if self.ask.is_slow(site) and (site.target is not None or self.tasks.cuts_inside(function)):
            return self.tasks.cuts_inside(function)
        if self.tasks.starts(function, site):
            return True
        place = Place(function, site, file, node, call)
        if "await-calls" not in self.skip and self.bridging.plan(place) is not None:
            return True
        return self._has_twin(function, site, file, node)

    def _has_twin(self, function: Key, site: Site, file: FileSyntax, node: FunctionNode) -> bool:
        return self.waiting.twin_of(function, site, file, node) is not None

    def _can_await(
        self, function: Key, file: FileSyntax, node: FunctionNode, place: ast.Call | ast.stmt
    ) -> bool:
        return not self.held.holds(function, span_of(place)) and can_await(file, node, place)

    def why_at_once(self, caller: Key, call: CallKey) -> str:
        span, file = Span(*self.program.call(call).span), self.syntax.file(call.path)
        if (node := file.call(span)) is not None and stopped_by(file, node) is not None:
            return "where StopIteration is caught, which no coroutine can raise"
        return self.held.why(caller, span)

    def follows(self, caller: Key, call: CallKey) -> bool:
        return self.tests.follows(caller, call)

    def follow(self, test: Key, turned: frozenset[Key]) -> FunctionPlan:
        return self.tests.follow(test, turned)

    def has_async_cache(self, function: Key) -> bool:
        return self.caches.serves(function)

    def queues(self, function: Key) -> frozenset[Key]:
        return self.tasks.trials.queued(function)

    def hands_on(self, function: Key) -> frozenset[Key]:
        if function not in self._handed_on:
            targets = {site.target for site in self.tasks.handed_on(function)}
            self._handed_on[function] = frozenset(target for target in targets if target is not None)
        return self._handed_on[function]

    def settle(
        self, function: Key, turned: frozenset[Key], *, partial: bool, is_new: bool = False
    ) -> FunctionPlan | Reason:
        sessions = self.sessions if function in self.in_threads and not partial else None
        if sessions is not None and sessions.is_done_in(function):
            queued = self._settle(function, turned, partial=False, native=True)
            return sessions.settled(function, queued, self.slow_work)
        plan = self._settle(function, turned, partial=partial, native=True, is_new=is_new)
        if (
            isinstance(plan, Reason)
            and plan.code in _BODY_MAY_MOVE
            and not partial
            and function not in self.whole.functions | self.resolvers
            and not self.wrapping.is_wrapper(function)
        ):
            # what cannot be told runs in a thread with all the rest, as it did; then nothing is awaited
            # natively
            whole = self._settle(function, frozenset(), partial=False, native=False)
            if isinstance(whole, FunctionPlan):
                plan = self.slow_work.told(function, whole, plan)
        return self.slow_work.with_computing(function, plan) if isinstance(plan, FunctionPlan) else plan

    def hand_on(self, function: Key, turned: frozenset[Key]) -> FunctionPlan:
        file, node = self._node(function)
        behind, last = (
            self._for_workers(sites, turned)
            for sites in (self.tasks.behind(function), self.tasks.last_work(function))
        )
        if node is None or not (behind or last):
            return FunctionPlan()
        draft = Draft(function, file, node, turned, native=True, partial=True, harm=frozenset())
        draft.slow.extend(Slow(site, is_left=True) for site in last if site.form != "callback")
        handed_on = [*behind, *(site for site in last if site.form == "callback")]
        self.slow_work.move(draft, handed_on, may_await=False)
        return draft.plan(waits_in_thread=False)

    def _settle(
        self, function: Key, turned: frozenset[Key], *, partial: bool, native: bool, is_new: bool = False
    ) -> FunctionPlan | Reason:
        file, node = self._node(function)
        if node is None:
            return Reason(
                "AF913", "the function cannot be found again in its file", self.program.location(function)
            )
        turns, partial = not partial, partial or function in self.whole.unreached
        harm = self._harm(function, stays_on_loop=(partial and not is_new) or function in self.resolvers)
        draft = Draft(function, file, node, turned, native, partial, harm)
        draft.keeps_body = function in self.resolvers
        if not partial and (reason := self._read_on_loop(function)) is not None:
            return reason
        if turns and function not in self.whole.functions and self.wrapping.is_wrapper(function):
            draft.wrapped = frozenset(self.wrapping.calls(function))
            draft.notes.extend(self._waiting_inside(function))
            draft.edits.extend((file.path, edit) for edit in awaitable_results(file, node))
        draft.held = self.held.stuck(draft)
        self.sorting.sort(draft)
        if partial:
            self.one_thread.keep_state(draft)
        handed_on = self._for_workers(self.tasks.handed_on(function), turned) if native else []
        if draft.problems and not (partial or draft.slow or handed_on):
            return draft.problems[0][1]
        if native:
            self.slow_work.move(draft, handed_on)
            if draft.problems and not partial:
                return draft.problems[0][1]
        draft.await_twins()
        draft.to_thread = [site for site in draft.to_thread if not _turned(site, draft.awaited)]
        if not partial:
            draft.bound = self.one_thread.bound(draft)
        reason = self.threads.take(draft)
        if reason is not None:
            return reason
        if turns and not draft.whole_body:
            self._turn(draft)
        offloaded = [mended.site for mended in draft.mended if mended.remedy is RemedyKind.OFFLOAD]
        return draft.plan(waits_in_thread=any(map(self.ask.waits, offloaded)))

    def _waiting_inside(self, wrapper: Key) -> Iterator[Note]:
        """A wrapper handed coroutines on, so that it saw neither their results nor their errors."""
        for key in self.wrapping.async_already(wrapper):
            text = f"waits for {self.program.scope(key).qualname}, and sees what comes of it"
            text = f"@{self.wrapping.name(wrapper)} {text}"
            yield Note(NoteKind.BEHAVIOUR, text, self.program.location(key))

    def _harm(self, function: Key, *, stays_on_loop: bool) -> frozenset[SiteKind]:
        """What must leave the loop."""
        if function in self.whole.off_loop | self.starting:
            return frozenset()
        return KNOWN_HARM if stays_on_loop else HARMFUL

    def _read_on_loop(self, function: Key) -> Reason | None:
        """Why what a route returns would block there."""
        is_ours = function in self.routes and function not in self.whole.side
        return self.ask.returned_objects(function) if is_ours else None

    def _turn(self, draft: Draft) -> None:
        """The edits that make it `async def`, and what goes with that."""
        function, scope = draft.function, self.program.scope(draft.function)
        gives_steps = function not in self.whole.generators and self.generators.gives_steps(function)
        if scope.has_yield or not gives_steps:
            inference = self.reach.effects.inference
            name, alike = new_name(inference, function), (function, *inference.decorators.overloads(function))
            turned = (async_routes.turn(self.program.scope(each).span, name) for each in alike)
            is_plain = not (scope.has_yield or self.wrapping.is_wrapper(function))
            said = awaitable_where_given(draft.file, draft.node) if is_plain else ()
            draft.edits.extend((draft.file.path, edit) for edit in (*turned, *said))
        if self.caches.serves(function):
            draft.edits.extend(self.caches.edits(function))
            draft.notes.extend(self.caches.notes(function))
        if gives_steps:
            draft.edits.extend(self.generators.edits(function, draft.awaited, draft.edits))

    def _for_workers(self, sites: Iterable[Site], turned: frozenset[Key]) -> list[Site]:
        """Without what turns, and queues its slow part itself."""
        turning = self.whole.functions | turned
        return [s for s in sites if s.target not in turning or not self.tasks.moves_inside(s.target, turning)]

    def _node(self, function: Key) -> tuple[FileSyntax, FunctionNode | None]:
        if function not in self._nodes:
            file = self.syntax.file(function.path)
            self._nodes[function] = file, file.function(self.program.scope(function).span)
        return self._nodes[function]


def _turned(site: Site, awaited: list[Span]) -> bool:
    """Is it a loop that becomes an `async for` with what it goes over, or a `list(..)` of that?"""
    goes_through = site.form == "for" or site.name.endswith(".__iter__")
    return goes_through and Span(*site.span) in awaited
