"""Colours the program: which functions turn async, how each gets what blocks off the loop, and why the others
stay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from ....model import EntryKind, EntryPoint, Reason, RemedyKind
from ...index.bindings import ScopeKind
from ...link.program import Key, Program
from ..callers.callers import Callers
from ..reaching.reach import Reach, leads_to
from ..state.context_changes import ContextChanges
from . import called_back, commands, log_handlers, loop_callbacks, validated
from .followers import Followers
from .idle import Idle
from .obstacles import Obstacles
from .starting import on_loop_already
from .staying import left_on_loop, why_not
from .verdicts import IN_A_THREAD, FunctionPlan, Judgement, Ladder, Readers, Verdict, Wishes
from .whole import Whole

_HOPS = (RemedyKind.OFFLOAD, RemedyKind.WHOLE_BODY)


class Judge:
    def __init__(
        self,
        reach: Reach,
        callers: Callers,
        ladder: Ladder,
        readers: Readers,
        wishes: Wishes,
        whole: Whole,
        idle: Idle,
    ) -> None:
        self.idle = idle
        self.whole = whole
        self.wishes = wishes
        self._in_threads: set[Key] = set()
        self._entries: set[Key] = set()
        self._on_loop: list[Key] = []
        self.reach = reach
        self.callers = callers
        self.program: Program = callers.program
        self.obstacles = Obstacles(
            callers, whole, readers.why_not, ladder.has_async_cache, wrappers_follow=True, given=wishes.given
        )
        self.wrapping = callers.wrapping
        self.context_changes = ContextChanges(reach)
        self.ladder = ladder
        self.readers = readers
        self.followers = Followers(callers, ladder, readers, whole)
        self._native: dict[Key, bool] = {}
        self._waiting: dict[Key, Sequence[Key]] = {}
        self._awaiting: dict[Key, bool] = {}
        self._plans: dict[tuple[Key, frozenset[Key]], FunctionPlan | Reason] = {}

    def judge(self, entries: Iterable[EntryPoint]) -> Judgement:
        """Start with everything that should turn and take away what cannot, until nothing moves.

        Each round only adds refusals, so it ends; what is left at the end agrees with itself.
        """
        points = {
            key: each
            for each in entries
            if each.location.path in self.wishes.api and (key := self.program.key(each.function)) is not None
        }
        self._entries = set(points)
        self._waiting.clear()
        self._awaiting.clear()
        self._in_threads = {key for key, each in points.items() if each.kind is EntryKind.DEPENDENCY}
        self._on_loop = on_loop_already(self.reach, points, self.wishes)
        wanted = {
            key
            for key, entry in points.items()
            if self.ladder.wants_to_turn(key, entry, has_native=self._may_await(key, entry))
        }
        wanted |= {key for key in self.whole.functions if not self.program.scope(key).is_async}
        wanted |= self.wishes.also
        refused: dict[Key, Reason] = {}
        while True:
            turned = self._turning(wanted, refused)
            news: dict[Key, Reason] = {}
            resting: dict[Key, Reason] = {}
            """Refusals that rest on a function turning; when that one is refused itself, they are looked at
            again."""
            for function in sorted(turned):
                reason = self._obstacle(function, turned)
                if reason is not None:
                    news[function] = reason
                    continue
                reason = self._not_worth_it(function, turned)
                if reason is not None:
                    resting[function] = reason
            falling = {member for function in news for member in self.readers.together(function)}
            for function, reason in resting.items():
                if falling.isdisjoint(self.reach.callees(function)):
                    news[function] = reason
            if not news:
                break
            for function in sorted(news):
                refused[function] = news[function]
                for member in sorted(self.readers.together(function) - refused.keys()):
                    refused[member] = self._with(function, member, news[function])
        plans: dict[Key, FunctionPlan] = {f: self._plan(f, turned) for f in sorted(turned)}  # type: ignore[misc]
        asked = self.reach.below(*self._entries, *self._on_loop) | self.whole.functions
        plans |= {f: self.idle.told(f, plans[f]) for f in turned - asked if self.idle(f)}
        verdicts = {key: Verdict(key, True, each) for key, each in plans.items()}
        brought = {key for each in plans.values() for key in each.brings}
        for function in sorted({*self._on_loop, *self._async_callers(turned), *brought}):
            plan = self.ladder.settle(function, turned, partial=True, is_new=function in brought)
            verdicts[function] = (
                Verdict(function, False, reason=plan)
                if isinstance(plan, Reason)
                else Verdict(function, False, plan)
            )
        for function in sorted(set(self._sync_below(self._entries)) - self._entries - verdicts.keys()):
            plan = self.ladder.hand_on(function, turned)
            if plan.is_told:
                verdicts[function] = Verdict(function, False, plan)
        for test in sorted(self._tests_of(turned)):
            verdicts[test] = Verdict(test, False, self.ladder.follow(test, turned))
        for key, entry in points.items():
            if key not in verdicts:
                scope = self.program.scope(key)
                plan = FunctionPlan() if scope.is_async else self.ladder.hand_on(key, turned)
                left = left_on_loop(self.reach, key, entry)
                told = replace(plan, mended=plan.mended + left) if plan.is_told or left else None
                verdicts[key] = Verdict(key, False, told, refused.get(key) or why_not(entry, scope))
        run_by_loop = (*loop_callbacks.on_loop(self.reach, asked), *log_handlers.on_loop(self.reach))
        for key, left in (*validated.on_loop(self.reach, points), *run_by_loop):
            verdicts.setdefault(key, Verdict(key, False, FunctionPlan(mended=left), refused.get(key)))
        return Judgement(turned, verdicts, refused)

    def _with(self, function: Key, member: Key, reason: Reason) -> Reason:
        """Why the other one stays where one of two that turn together does."""
        if member not in self.wrapping.group(function):
            return replace(reason, code="AF914")
        wrapper = next(iter(self.wrapping.around(member) or self.wrapping.around(function)), member)
        name = self.program.scope(function).qualname.replace(".<locals>", "")
        text = f"@{self.wrapping.name(wrapper)} is to await all that it decorates, and {name} stays"
        return replace(reason, code="AF904", text=f"{text}: {reason.text}")

    # who turns ----------------------------------------------------------------------------------------------

    def _turning(self, wanted: set[Key], refused: Mapping[Key, Reason]) -> frozenset[Key]:
        """Wanted functions, and those below loop functions that hold something to await natively."""
        turned = wanted - refused.keys()
        for function in sorted(turned):
            together = self.readers.together(function) - refused.keys()
            turned |= {f for f in together if not self.program.scope(f).is_async}
        below = self._sync_below([*turned, *self._on_loop])
        grew = True
        while grew:
            grew = False
            for function in below:
                if function in turned or function in refused:
                    continue
                if self._own_native(function) or any(
                    callee in turned for callee in self._waits_for(function)
                ):
                    family = self.readers.together(function)
                    if not family & refused.keys():
                        turned |= {f for f in family if not self.program.scope(f).is_async}
                        grew = True
            idle = self._idle_callers(turned) - turned - refused.keys()
            turned |= idle
            grew = grew or bool(idle)
        return frozenset(turned)

    def _idle_callers(self, turned: set[Key]) -> set[Key]:
        """Who calls what turns and is called by nobody: it would be all that keeps it sync."""
        callers = {caller.owner for function in turned for caller in self.callers.calls(function)}
        return {each for each in callers if each not in self._entries and self.idle(each)}

    def _sync_below(self, starts: Iterable[Key]) -> list[Key]:
        """Sync project functions that the given ones reach through calls, and what turns with those."""
        found = self.reach.below(*starts, callees=self._goes_on_to)
        return sorted(key for key in found if not self.program.scope(key).is_async)

    def _goes_on_to(self, function: Key) -> Iterable[Key]:
        return (*self._waits_for(function), *self.wrapping.group(function))

    def _waits_for(self, function: Key) -> Sequence[Key]:
        """What it calls, but for what it has a worker run, as it is, once it is async itself."""
        if function not in self._waiting:
            callees = self.reach.callees(function)
            may_queue = self.program.scope(function).is_async or function in self._entries
            if callees and (may_queue or self._own_native(function)):
                queued = self.ladder.queues(function)
                callees = tuple(callee for callee in callees if callee not in queued)
            self._waiting[function] = callees
        return self._waiting[function]

    def _own_native(self, function: Key) -> bool:
        if function not in self._native:
            self._native[function] = any(
                self.ladder.is_native(function, site) for site in self.reach.own(function)
            )
        return self._native[function]

    def _may_await(self, function: Key, entry: EntryPoint) -> bool:
        """Is there something to await, in it or below it? Only dependencies turn for that alone."""
        is_dependency = entry.kind is EntryKind.DEPENDENCY
        return is_dependency and leads_to(function, self._is_native, self._goes_on_to, self._awaiting)

    def _is_native(self, function: Key) -> bool:
        return not self.program.scope(function).is_async and self._own_native(function)

    def _async_callers(self, turned: frozenset[Key]) -> Iterator[Key]:
        """Async functions anywhere that call or enter what turns: their calls must be awaited, too."""
        for function in turned:
            owners = [caller.owner for caller in self.callers.calls(function)]
            owners += [entering.owner for entering, _ in self.followers.entered(function, turned)]
            for key in owners:
                owner = self.program.scope(key)
                if owner.is_async and owner.kind is ScopeKind.FUNCTION and not self._is_test(key):
                    yield key

    def _tests_of(self, turned: frozenset[Key]) -> set[Key]:
        """Tests that call what turns, those of a database's conversion apart."""
        return {
            caller.owner
            for function in turned
            for caller in self.callers.calls(function)
            if caller.owner not in turned and self.ladder.follows(caller.owner, caller.call)
        }

    def _is_test(self, key: Key) -> bool:
        return self.program.modules[key.path].facts.is_test

    # who cannot ---------------------------------------------------------------------------------------------

    def _obstacle(self, function: Key, turned: frozenset[Key]) -> Reason | None:
        if function in self.wishes.in_threads:
            text = f"{self.program.scope(function).qualname} is to stay in its thread"
            return Reason("AF918", text, self.program.location(function))
        reason = self.obstacles.of(function) or called_back.why_not(self.reach, function)
        reason = reason or validated.why_not(self.reach, function) or self._used_unseen(function)
        if function in self._in_threads and function not in self.whole.functions:
            reason = reason or self.context_changes.why_not(function)
        return reason or self.followers.why_not(function, turned, self._stays_in_thread)

    def _used_unseen(self, function: Key) -> Reason | None:
        scope = self.program.scope(function)
        is_wrapper = self.wrapping.is_wrapper(function)
        name = self.wrapping.name(function) if is_wrapper else scope.name
        path = self.wishes.unread.user(self.program.modules[function.path].facts.module, name)
        if not path:
            return commands.why_not(self.program, self.wishes.unread, function)
        name = f"@{name}" if is_wrapper else scope.qualname
        text = f"{name} may be used by {path}, which cannot be read"
        return Reason("AF911", text, self.program.location(function))

    def _not_worth_it(self, function: Key, turned: frozenset[Key]) -> Reason | None:
        """What its own body, with those of its callees that turn, has against it."""
        plan = self._plan(function, turned)
        if isinstance(plan, Reason) or function in self.whole.functions:
            return plan if isinstance(plan, Reason) else None
        if self._is_worth_it_to_others(function, turned):
            return None
        if function in self._in_threads and plan.hops and not plan.awaits:
            return replace(IN_A_THREAD, location=self.program.location(function))
        only_hops = all(mended.remedy in _HOPS for mended in plan.mended)
        may_stay = self.wishes.only_for_awaits and function not in self.wishes.in_any_case
        if may_stay and function in self._entries and plan.hops and only_hops:
            text = "it would only call the thread pool, in which it runs already"
            return Reason("AF918", text, self.program.location(function))
        if function not in self._entries and (plan.in_threads or plan.waits_in_thread):
            # nothing is won when its callers await a helper that spends its time in a thread all the same
            name = self.program.scope(function).qualname.replace(".<locals>", "")
            place = self.program.location(function)
            return Reason(
                "AF910", f"{name} waits in a thread whatever is done, so all of it runs in one", place
            )
        return None

    def _is_worth_it_to_others(self, function: Key, turned: frozenset[Key]) -> bool:
        """Is it wrapped as a handler is, or as what awaits something, and must turn with that?"""
        group = self.wrapping.group(function)
        below = turned - group
        return any(
            each in self._entries or self._own_native(each) or not below.isdisjoint(self.reach.callees(each))
            for each in group
        )

    def _stays_in_thread(self, owner: Key, turned: frozenset[Key]) -> bool:
        if owner not in turned:
            return True
        plan = self._plan(owner, turned)
        return isinstance(plan, FunctionPlan) and plan.in_threads

    def _plan(self, function: Key, turned: frozenset[Key]) -> FunctionPlan | Reason:
        relevant = turned.intersection(self.reach.callees(function)) | turned & self.ladder.hands_on(function)
        memo = (function, relevant)
        if memo not in self._plans:
            self._plans[memo] = self.ladder.settle(function, relevant, partial=False)
        return self._plans[memo]
