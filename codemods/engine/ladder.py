"""The ladder of remedies: asks each codemod in turn what it can do for the blocking sites of one function."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

from .. import await_calls, offload
from ..analysis.effects import Site, SiteKind
from ..analysis.judge import FunctionPlan, Mended, place_of
from ..analysis.program import CallKey, Key
from ..analysis.reach import HARMFUL, KNOWN_HARM, Reach
from ..analysis.syntax import FileSyntax, FunctionNode, Syntax
from ..analysis.whole import Whole
from ..async_clients import Twins
from ..extract_tasks import TaskPlan, TaskPlans, Tasks
from ..extract_tasks.words import FILE_KINDS
from ..model import AwaitExpression, Edit, Reason, RemedyKind, Span, Support

_BODY_MAY_MOVE = ("AF903", "AF909", "AF913")
_OF_THIS_MACHINE = frozenset({"file", "process", "cpu", "password-hashing", "lock", *FILE_KINDS})
_THREAD_BOUND = ("sqlite3.", "peewee.", "pony.", "playhouse.")


@dataclass
class _Draft:
    """What has been decided for one function so far."""

    native: bool
    """May sites be awaited natively or moved to tasks."""
    harm: frozenset[SiteKind]
    """What must leave the loop: an async function runs what nobody knows on the loop today, and that stays so."""
    mended: list[Mended] = field(default_factory=list)
    edits: list[tuple[str, Edit]] = field(default_factory=list)
    support: list[Support] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    awaited: list[Span] = field(default_factory=list)
    slow: list[tuple[Site, list[Site], list[Site]]] = field(default_factory=list)
    """A slow call, with all that is to be awaited at its place and all that blocks there."""
    to_thread: list[Site] = field(default_factory=list)
    unresolved: list[Site] = field(default_factory=list)
    problems: list[tuple[Site, Reason]] = field(default_factory=list)


class RemedyLadder:
    def __init__(
        self, reach: Reach, syntax: Syntax, twins: Twins, tasks: Tasks, routes: frozenset[Key], whole: Whole = Whole()
    ) -> None:
        self.whole = whole
        self.reach = reach
        self.program = reach.effects.program
        self.syntax = syntax
        self.twins = twins
        self.tasks = tasks
        self.routes = routes

    # judge asks -----------------------------------------------------------------------------------------------

    def is_native(self, function: Key, site: Site) -> bool:
        if site.call is None:
            return False
        file, node = self._node(function)
        call = file.call(Span(*site.span))
        if node is None or call is None or not await_calls.can_await(file, node, call):
            return False
        if site.kind is SiteKind.ASYNC or self._is_async_project(site):
            return await_calls.lacks_await(file, call, returns_to_framework=function in self.routes)
        return site.kind is SiteKind.BLOCKING and self.twins.plan(function, site, file, node, call) is not None

    def settle(self, function: Key, turned: frozenset[Key], *, partial: bool) -> FunctionPlan | Reason:
        plan = self._settle(function, turned, partial=partial, native=True)
        if isinstance(plan, Reason) and plan.code in _BODY_MAY_MOVE and not partial and function not in self.whole.functions:
            # what cannot be told runs in a thread with all the rest, as it did; then nothing is awaited natively
            whole = self._settle(function, frozenset(), partial=False, native=False)
            if isinstance(whole, FunctionPlan) and whole.whole_body:
                return whole
        return plan

    def _settle(
        self, function: Key, turned: frozenset[Key], *, partial: bool, native: bool
    ) -> FunctionPlan | Reason:
        file, node = self._node(function)
        if node is None:
            return Reason("AF913", "the function cannot be found again in its file", self.program.location(function))
        draft = _Draft(native, KNOWN_HARM if partial else HARMFUL)
        if function in self.whole.off_loop:
            draft.harm = frozenset()
        if not partial and function in self.routes and (reason := self._returns_mapped(function)) is not None:
            return reason
        for sites in self._by_place(function).values():
            self._sort(draft, function, sites, turned, file, node)
        if draft.problems and not partial:
            return draft.problems[0][1]
        self._move_slow_work(draft, function, file, node, turned)
        reason = self._off_the_loop(draft, function, file, node, partial)
        if reason is not None:
            return reason
        for site, problem in draft.problems:
            draft.mended.append(Mended(site, RemedyKind.LEAVE, reason=problem))
        return FunctionPlan(
            mended=tuple(draft.mended),
            edits=tuple(draft.edits),
            support=tuple(draft.support),
            notes=tuple(dict.fromkeys(draft.notes)),
            hops=self._hops,
            awaits=bool(draft.awaited),
            waits_in_thread=any(self._waits(m.site) for m in draft.mended if m.remedy is RemedyKind.OFFLOAD),
            whole_body=self._whole_body,
        )

    # the sites of one place, sorted onto the ladder -----------------------------------------------------------

    def _by_place(self, function: Key) -> Mapping[tuple[object, ...], list[Site]]:
        places: dict[tuple[object, ...], list[Site]] = {}
        for site in self.reach.own(function):
            places.setdefault((site.call or site.form, site.span), []).append(site)
        return places

    def _sort(
        self,
        draft: _Draft,
        function: Key,
        sites: list[Site],
        turned: frozenset[Key],
        file: FileSyntax,
        node: FunctionNode,
    ) -> None:
        span = Span(*sites[0].span)
        call = file.call(span) if sites[0].call else None
        if (function.path, tuple(span)) in self.whole.handled:
            self._of_the_database(draft, sites, span)
            return
        awaits = [s for s in sites if s.kind is SiteKind.ASYNC or self._is_async_project(s) or s.target in turned]
        others = [s for s in sites if s not in awaits and self._harm(s, draft.harm)]
        slow = next((s for s in sites if (s in awaits or s in others) and self.tasks.is_slow(s, file)), None)
        session = next((s for s in others if s.kind is SiteKind.SESSION or self._reaches_session(s)), None)
        if session is not None:
            draft.problems.append((session, self._session(session)))
        elif slow is not None and draft.native:
            draft.slow.append((slow, awaits, others))
        else:
            self._stays(draft, function, awaits, others, turned, file, node)

    def _of_the_database(self, draft: _Draft, sites: list[Site], span: Span) -> None:
        """Its edits are made already; whatever else happens at this place must not block."""
        draft.awaited.append(span)
        for site in sites:
            if site.kind is SiteKind.SESSION or site.target in self.whole.functions:
                draft.mended.append(Mended(site, RemedyKind.TWIN, "await it on an async session"))
            elif self._harm(site, draft.harm):
                reason = Reason("AF909", f"{site.name or 'something else'} may run where the database is awaited", place_of(site))
                draft.problems.append((site, reason))

    def _stays(
        self,
        draft: _Draft,
        function: Key,
        awaits: list[Site],
        others: list[Site],
        turned: frozenset[Key],
        file: FileSyntax,
        node: FunctionNode,
    ) -> None:
        """What is no task: awaited, replaced by a twin, or run in a thread."""
        sites = awaits or others
        if not sites:
            return
        call = file.call(Span(*sites[0].span)) if sites[0].call else None
        if awaits:
            self._await(draft, function, awaits, others, turned, file, node, call)
            return
        site = max(others, key=lambda s: s.kind is not SiteKind.UNKNOWN)
        if site.form == "attribute" or (site.kind is SiteKind.UNKNOWN and not site.name):
            draft.unresolved.append(site)
        elif not self._twin(draft, function, site, file, node, call):
            draft.to_thread.append(site)

    def _twin(
        self, draft: _Draft, function: Key, site: Site, file: FileSyntax, node: FunctionNode, call: ast.Call | None
    ) -> bool:
        """Await the exact twin of a blocking call, if it has one."""
        if not draft.native or site.kind is not SiteKind.BLOCKING or call is None:
            return False
        plan = self.twins.plan(function, site, file, node, call) if await_calls.can_await(file, node, call) else None
        if plan is None:
            return False
        draft.edits.extend(plan.edits)
        draft.support.extend(plan.support)
        draft.notes.extend(plan.notes)
        draft.awaited.extend(plan.awaited)
        draft.mended.append(Mended(site, RemedyKind.TWIN, plan.text))
        return True

    def _await(
        self,
        draft: _Draft,
        function: Key,
        awaits: list[Site],
        others: list[Site],
        turned: frozenset[Key],
        file: FileSyntax,
        node: FunctionNode,
        call: ast.Call | None,
    ) -> None:
        site = awaits[0]
        if call is None or isinstance(file.parents[call], ast.Await):
            return
        now_async = any(s.target in turned and not self._is_async_project(s) for s in awaits)
        if not now_async and not await_calls.lacks_await(file, call, returns_to_framework=function in self.routes):
            return
        if others or not await_calls.can_await(file, node, call):
            place = place_of(site)
            draft.problems.append((site, Reason("AF909", f"{site.name} cannot be awaited where it is called", place)))
            return
        span = Span(*site.span)
        draft.edits.append((file.path, AwaitExpression(span)))
        draft.awaited.append(span)
        draft.mended.append(Mended(site, RemedyKind.AWAIT, "await it"))

    def _harm(self, site: Site, harm: frozenset[SiteKind]) -> bool:
        if site.target is not None:
            return bool(self.reach.flags(site.target) & harm)
        return site.kind in harm

    def _is_async_project(self, site: Site) -> bool:
        return site.target is not None and self.program.scope(site.target).is_async and not self.program.scope(site.target).has_yield

    def _reaches_session(self, site: Site) -> bool:
        return site.target is not None and SiteKind.SESSION in self.reach.flags(site.target)

    def _waits(self, site: Site) -> bool:
        """Does what blocks there wait for something else than the disk and the processor of this machine?"""
        last: Site | None = site
        if site.target is not None:
            _, last = self.reach.chain(site.target, HARMFUL)
        return last is None or last.entry is None or last.entry.category not in _OF_THIS_MACHINE

    def _is_named_slow(self, site: Site) -> bool:
        """Is it slow work of a known kind, and not just a notification?"""
        return site.kind is SiteKind.SLOW or (site.target is not None and SiteKind.SLOW in self.reach.flags(site.target))

    def _returns_mapped(self, function: Key) -> Reason | None:
        """The response model reads what a route returns: on the loop, once the route is `async def`."""
        effects = self.reach.effects
        if effects.mapped is None:
            return None
        end = self.program.scope(function).span.end_line
        for value in self.program.scope(function).returned:
            name = effects.mapped.holds(effects.inference.kinds(function, value, end))
            if name:
                return Reason(
                    "AF901",
                    f"it returns objects of a sync database session ({name}), which are read on the loop when it is async",
                    self.program.location(function),
                    hint="sessions migrate as a whole; until then the handler runs in a thread, as it does now",
                )
        return None

    def _session(self, site: Site) -> Reason:
        chain: tuple[object, ...] = ()
        if site.target is not None:
            chain, _ = self.reach.chain(site.target, frozenset({SiteKind.SESSION}))
        return Reason(
            "AF901",
            "it works on a sync database session",
            place_of(site),
            chain=chain,  # type: ignore[arg-type]
            hint="sessions migrate as a whole; until then the handler runs in a thread, as it does now",
        )

    # slow work and threads ------------------------------------------------------------------------------------

    def _move_slow_work(
        self, draft: _Draft, function: Key, file: FileSyntax, node: FunctionNode, turned: frozenset[Key]
    ) -> None:
        """Tasks take their sites away; the slow calls that stay go to the thread pool."""
        if not draft.native:
            return
        slow = [*(site for site, _, _ in draft.slow), *self.tasks.handed_on(function)]
        found = self.tasks.plan(function, slow, file, node, turned) if slow else TaskPlans()
        for plan in found.plans:
            draft.to_thread = _outside(plan, draft.to_thread)
            draft.unresolved = _outside(plan, draft.unresolved)
            draft.edits.extend((file.path, edit) for edit in plan.edits)
            draft.support.append(plan.task)
            draft.notes.extend(plan.notes)
            draft.awaited.extend(plan.covered)
            draft.mended.extend(
                Mended(site, RemedyKind.TASK, plan.task.name) for site in slow if _covers(plan, site)
            )
        for site, awaits, others in draft.slow:
            if any(_covers(plan, site) for plan in found.plans):
                continue
            self._stays(draft, function, awaits, others, turned, file, node)
            if (reason := found.reasons.get(Span(*site.span))) is not None and self._is_named_slow(site):
                draft.notes.append(f"{place_of(site)}: {site.name} stays on the request path: {reason.text}")

    def _off_the_loop(
        self, draft: _Draft, function: Key, file: FileSyntax, node: FunctionNode, partial: bool
    ) -> Reason | None:
        self._hops, self._whole_body = 0, False
        if not draft.to_thread and not draft.unresolved:
            return None
        taken = self._taken(function)
        sites = {id(s): offload.OffloadSite(Span(*s.span), s.name, _form(s)) for s in draft.to_thread}
        bound = any(s.name.startswith(_THREAD_BOUND) for s in draft.to_thread)
        unresolved = len(draft.unresolved) + (len(draft.to_thread) if bound else 0)

        def plan(wanted: list[Site], *, whole: bool) -> offload.OffloadPlan | Reason:
            return offload.plan_offload(
                file,
                node,
                [sites[id(s)] for s in wanted],
                tuple(draft.awaited),
                taken_names=taken,
                allow_whole_body=whole,
                unresolved=unresolved if whole else 0,
            )

        kept = list(draft.to_thread)
        if partial:
            accepted: list[Site] = []
            for site in kept:
                result = plan([*accepted, site], whole=False)
                if isinstance(result, Reason):
                    draft.problems.append((site, result))
                else:
                    accepted.append(site)
            kept = accepted
            if not kept:
                return None
        elif draft.unresolved and (draft.awaited or draft.edits):
            return _unresolved(draft.unresolved[0])
        result = plan(kept, whole=not partial)
        if isinstance(result, Reason):
            return None if partial else result
        self._hops, self._whole_body = result.hops, result.whole_body
        draft.edits.extend((file.path, edit) for edit in result.edits)
        remedy = RemedyKind.WHOLE_BODY if result.whole_body else RemedyKind.OFFLOAD
        draft.mended.extend(Mended(site, remedy, "await run_in_threadpool(...)") for site in kept)
        if result.whole_body:
            draft.mended.extend(Mended(site, remedy, site.why) for site in draft.unresolved)
        return None

    _hops = 0
    _whole_body = False

    def _node(self, function: Key) -> tuple[FileSyntax, FunctionNode | None]:
        file = self.syntax.file(function.path)
        return file, file.function(self.program.scope(function).span)

    def _taken(self, function: Key) -> frozenset[str]:
        """Every name that a new name could hide or clash with: those of all scopes around and in the function."""
        names: set[str] = set()
        for table in self.program.modules[function.path].names:
            names.update(table)
        cls = self.program.enclosing_class(function)
        if cls is not None:
            for step in self.reach.effects.inference.classes.mro(cls):
                if isinstance(step, Key):
                    names.update(self.program.modules[step.path].names[step.scope])
        return frozenset(names)


def _covers(plan: TaskPlan, site: Site) -> bool:
    return any(span.contains(Span(*site.span)) for span in plan.covered)


def _outside(plan: TaskPlan, sites: list[Site]) -> list[Site]:
    return [site for site in sites if not _covers(plan, site)]


def _form(site: Site) -> str:
    return site.form if site.form in ("with", "for") else "call"


def _unresolved(site: Site) -> Reason:
    return Reason(
        "AF903",
        f"what {site.name or 'a call'} does cannot be told: {site.why}",
        place_of(site),
        hint="annotate the value, or name the call in `trusted` when it is fast",
    )


__all__ = ["CallKey", "RemedyLadder"]
