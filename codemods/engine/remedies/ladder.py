"""The ladder of remedies: task, twin, await, thread; asked in this order for all that blocks in one
function."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from ... import async_routes
from ...analysis.judge.entered import new_name
from ...analysis.judge.reach import HARMFUL, KNOWN_HARM, Reach
from ...analysis.judge.site import Site, SiteKind
from ...analysis.judge.verdicts import FunctionPlan, Mended, place_of
from ...analysis.judge.whole import Whole
from ...analysis.link.program import CallKey, Key
from ...analysis.syntax import FileSyntax, FunctionNode, Syntax, can_await, span_of
from ...async_clients import Twins
from ...async_generators import AsyncGenerators
from ...async_tests import AsyncTests
from ...await_bridges import Place
from ...await_bridges.handed_over import HandedOver
from ...await_bridges.runners import Runners
from ...databases import Answers
from ...extract_tasks import Tasks
from ...kept_results import KeptResults
from ...model import (
    EntryKind,
    EntryPoint,
    Hop,
    Reason,
    RemedyKind,
    Span,
)
from .bridging import Bridging
from .draft import Draft, Slow
from .held import HeldLocks
from .questions import Questions
from .sessions import SessionWork
from .slow_work import SlowWork
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
        in_threads: frozenset[Key] = frozenset(),
    ) -> None:
        """`answers` where there are sync sessions; `in_threads`: routes whose work on one goes to a thread.
        `skip` are the names of codemods that are not to be used; `on_loop` is what runs on the loop today."""
        self.skip = skip
        self.tests = tests
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
        self.threads = Threads(self.ask, twins, is_skipped="offload" in skip)
        runners = Runners(reach, syntax, tests.callers)
        self.bridging = Bridging(reach, on_loop, runners, self._can_await, self.settle)
        over = HandedOver(reach.effects, syntax)
        self.waiting = Waiting(
            self.ask, twins, generators, self.bridging, over, routes, self._can_await, skip
        )
        self.held = HeldLocks(reach, generators.locks, self.ask, self.threads)
        self.slow_work = SlowWork(self.ask, tasks, self.held, self._stays)
        self.sessions = SessionWork(self.ask, self.threads, syntax, answers) if answers is not None else None

    # judge asks ---------------------------------------------------------------------------------------------

    def wants_to_turn(self, function: Key, entry: EntryPoint, *, has_native: bool) -> bool:
        is_harmless = not self.reach.flags(function) & HARMFUL
        scope = self.program.scope(function)
        if entry.kind is EntryKind.DEPENDENCY and function in self.tasks.makers:
            return False
        return async_routes.wants_to_turn(entry.kind, scope, is_harmless=is_harmless, has_native=has_native)

    def is_native(self, function: Key, site: Site) -> bool:
        file, node = self._node(function)
        if node is not None and self.twins.behind(site) is not None:
            return self._has_twin(function, site, file, node)
        call = file.call(Span(*site.span)) if site.call is not None else None
        if node is None or call is None or not self._can_await(function, file, node, call):
            return False
        if site.kind is SiteKind.ASYNC or self.ask.is_coroutine(site):
            if "await-calls" in self.skip:
                return False
            return bool(self.waiting.missing(function, site, file, call))
        if site.target is not None and self.ask.is_slow(site):
            return self.tasks.cuts_inside(function)
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

    def holds_lock(self, caller: Key, call: CallKey) -> bool:
        return self.held.holds(caller, Span(*self.program.call(call).span))

    def follows(self, caller: Key, call: CallKey) -> bool:
        return self.tests.follows(caller, call)

    def follow(self, test: Key, turned: frozenset[Key]) -> FunctionPlan:
        return self.tests.follow(test, turned)

    def has_async_cache(self, function: Key) -> bool:
        return self.caches.serves(function)

    def queues(self, function: Key) -> frozenset[Key]:
        return self.tasks.queued(function)

    def settle(
        self, function: Key, turned: frozenset[Key], *, partial: bool, is_new: bool = False
    ) -> FunctionPlan | Reason:
        sessions = self.sessions if function in self.in_threads and not partial else None
        if sessions is not None and sessions.is_done_in(function):
            return sessions.plan(function)
        plan = self._settle(function, turned, partial=partial, native=True, is_new=is_new)
        if (
            isinstance(plan, Reason)
            and plan.code in _BODY_MAY_MOVE
            and not partial
            and function not in self.whole.functions
        ):
            # what cannot be told runs in a thread with all the rest, as it did; then nothing is awaited
            # natively
            whole = self._settle(function, frozenset(), partial=False, native=False)
            if isinstance(whole, FunctionPlan):
                return whole
        return plan

    def hand_on(self, function: Key) -> FunctionPlan:
        file, node = self._node(function)
        behind, last = (
            self._for_workers(sites)
            for sites in (self.tasks.behind(function), self.tasks.last_work(function))
        )
        if node is None or not (behind or last):
            return FunctionPlan()
        draft = Draft(function, file, node, frozenset(), native=True, partial=True, harm=frozenset())
        draft.slow.extend(Slow(site, [], []) for site in last if site.form != "callback")
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
        harm = KNOWN_HARM if partial and not is_new else HARMFUL
        harm = frozenset() if function in self.whole.off_loop else harm
        draft = Draft(function, file, node, turned, native, partial, harm)
        if (
            not partial
            and function in self.routes
            and function not in self.whole.side
            and (reason := self.ask.returned_objects(function)) is not None
        ):
            return reason
        if partial:
            draft.held = self.held.stuck(draft)
        for sites in self._places(function):
            self._sort(draft, sites)
        if draft.problems and not partial:
            return draft.problems[0][1]
        if native:
            self.slow_work.move(draft, self._for_workers(self.tasks.handed_on(function)))
        draft.to_thread = [site for site in draft.to_thread if not _turned(site, draft.awaited)]
        if not partial and (draft.awaited or draft.to_thread):
            # a callee that turns sees to its own state
            own = [s for s in self.reach.own(function) if s.target not in turned and not draft.removes(s)]
            bound = [site for site in own if self.ask.needs_one_thread(site)]
            if draft.awaited or bound != draft.to_thread or any(site.target is None for site in bound):
                draft.bound = bound
        reason = self.threads.take(draft)
        if reason is not None:
            return reason
        if turns and not draft.whole_body:
            name = new_name(self.program, function)
            draft.edits.append((file.path, async_routes.turn(self.program.scope(function).span, name)))
            if self.caches.serves(function):
                draft.edits.extend(self.caches.edits(function))
                draft.notes.extend(self.caches.notes(function))
            if self.program.scope(function).has_yield and function not in self.whole.generators:
                draft.edits.extend(self.generators.edits(function, draft.awaited))
        offloaded = [mended.site for mended in draft.mended if mended.remedy is RemedyKind.OFFLOAD]
        return draft.plan(waits_in_thread=any(map(self.ask.waits, offloaded)))

    def _for_workers(self, sites: Iterable[Site]) -> list[Site]:
        """Without what turns with the database: it awaits its sessions, and queues its slow part itself."""
        return [site for site in sites if site.target not in self.whole.functions]

    def _node(self, function: Key) -> tuple[FileSyntax, FunctionNode | None]:
        file = self.syntax.file(function.path)
        return file, file.function(self.program.scope(function).span)

    # the sites of one place ---------------------------------------------------------------------------------

    def _places(self, function: Key) -> list[list[Site]]:
        """What may happen at one place, by override or union: one remedy must do for all of it."""
        places: dict[object, list[Site]] = {}
        for site in self.reach.own(function):
            places.setdefault((site.call or site.form, site.span), []).append(site)
        return list(places.values())

    def _sort(self, draft: Draft, sites: list[Site]) -> None:
        if (draft.file.path, sites[0].span) in self.whole.handled:
            self._of_the_database(draft, sites)
            return
        if self.waiting.is_bridged(draft, sites):
            return
        awaits = [s for s in sites if self._is_awaitable(draft, s)]
        others = [s for s in sites if s not in awaits and self.ask.is_harmful(s, draft.harm)]
        chosen = [s for s in sites if self.tasks.is_chosen(s)]
        calls = [s for s in (*awaits, *others, *chosen) if s.form != "callback"]
        slow = next((s for s in calls if self._may_be_task(draft, s)), None)
        session = next((s for s in others if self.ask.is_session(s)), None)
        lock = next((s for s in others if self.held.guarded(draft, s)), None)
        if session is not None:
            draft.problems.append((session, self.ask.session_reason(session)))
        elif others and any(held.contains(Span(*others[0].span)) for held in draft.held):
            draft.problems.append((others[0], self.ask.held_reason(others[0])))
        elif lock is not None and lock.form == "call" and not draft.partial:
            draft.unresolved.append(lock)
        elif lock is not None:
            draft.to_thread.append(lock)
        elif draft.partial and others and all(map(self.ask.only_locks, others)):
            draft.problems.append((others[0], self.ask.lock_reason(others[0])))
        elif slow is not None and draft.native:
            draft.slow.append(Slow(slow, awaits, others))
        else:
            self._stays(draft, awaits, others)

    def _is_awaitable(self, draft: Draft, site: Site) -> bool:
        if site.target in draft.turned:
            return True
        is_coroutine = site.kind is SiteKind.ASYNC or self.ask.is_coroutine(site)
        return is_coroutine and site.form != "callback"

    def _of_the_database(self, draft: Draft, sites: list[Site]) -> None:
        """Its edits are made already; whatever else may happen at this place must not block."""
        draft.awaited.append(Span(*sites[0].span))
        for site in sites if (draft.file.path, sites[0].span) not in self.whole.rewritten else ():
            if site.kind is SiteKind.SESSION or site.target in self.whole.functions:
                draft.mended.append(Mended(site, RemedyKind.TWIN, "await it on an async session"))
            elif self.ask.is_harmful(site, draft.harm):
                text = f"{site.name or 'something else'} runs where the database is awaited, and may block"
                chain: tuple[Hop, ...] = ()
                if site.target is not None:
                    chain, last = self.reach.chain(site.target, draft.harm)
                    if last is not None:
                        text = f"{text}: {last.name or last.why} ({place_of(last)})"
                draft.problems.append((site, Reason("AF909", text, place_of(site), chain)))

    def _may_be_task(self, draft: Draft, site: Site) -> bool:
        """Slow work, unless the function that is called is or becomes async and queues a part of its own."""
        target = site.target
        is_awaited = target is not None and (target in draft.turned or self.program.scope(target).is_async)
        if target is not None and is_awaited and self.tasks.cuts_inside(target):
            return False
        return self.tasks.is_slow(site, draft.file)

    def _stays(self, draft: Draft, awaits: list[Site], others: list[Site]) -> None:
        """What is no task: awaited, replaced by a twin, or run in a thread."""
        if awaits:
            self.waiting.wait(draft, awaits, others)
        elif others:
            site = max(others, key=lambda s: s.kind is not SiteKind.UNKNOWN)
            if site.form == "attribute" or (site.kind is SiteKind.UNKNOWN and not site.name):
                draft.unresolved.append(site)
            elif not self.waiting.has_twin(draft, site):
                draft.to_thread.append(site)


def _turned(site: Site, awaited: list[Span]) -> bool:
    """Is it a loop that becomes an `async for` with what it goes over?"""
    return site.form == "for" and Span(*site.span) in awaited
