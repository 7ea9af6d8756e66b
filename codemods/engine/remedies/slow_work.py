"""The rung of slow work: tasks are cut out of the function, what stays goes down the ladder with a note."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence

import msgspec
from msgspec.structs import replace

from ...analysis.judge.effects.site import Site
from ...analysis.judge.turning.verdicts import FunctionPlan, Mended, place_of
from ...analysis.judge.turning.whole import Whole
from ...analysis.link.program import Key
from ...analysis.nodes import walk
from ...analysis.scopes import names_in
from ...analysis.syntax import span_of
from ...extract_tasks import TaskPlan, TaskPlans, Tasks
from ...extract_tasks.finding.waiting import is_awaited_later, is_within_await
from ...model import Note, NoteKind, Reason, RemedyKind, ReplaceCall, ReplaceStatements, Span
from .draft import Draft
from .held import Held
from .questions import Questions

_IN_THREADS = (RemedyKind.OFFLOAD, RemedyKind.WHOLE_BODY)


class SlowWork(msgspec.Struct, frozen=True):
    ask: Questions
    tasks: Tasks
    held: Held
    stays: Callable[[Draft, list[Site], list[Site]], None]
    """What becomes of the sites of a slow call that is no task."""
    whole: Whole = Whole()
    """What turns with the database: where a task runs it, the task awaits it. What the database awaits by
    edits of its own, a task would be given as it was before."""

    def move(self, draft: Draft, handed_on: list[Site], *, may_await: bool = True) -> None:
        """Tasks take their sites away; the slow calls that stay go down the ladder."""
        slow = [*(each.site for each in draft.slow), *handed_on]
        found = TaskPlans()
        if slow:
            found = self._planned(draft, slow, may_await=may_await)
            awaited = list(self._awaited_in(draft))
            queued = [
                plan
                for plan in found.plans
                if not self.held.holds(draft.function, *plan.covered)
                and all(
                    _keeps(plan, read, draft.file.part(read))
                    for read in (*awaited, *plan.asked)
                    if read not in plan.awaited
                )
                and self._is_loaded_first(draft, plan)
            ]
            found = replace(found, plans=tuple(queued))
        for plan in found.plans:
            draft.problems = [each for each in draft.problems if not _makes(plan, each[0])]
            draft.to_thread = outside(plan, draft.to_thread)
            draft.unresolved = outside(plan, draft.unresolved)
            _leave_bridges(draft, plan)
            draft.edits.extend((draft.file.path, edit) for edit in plan.edits)
            draft.support.append(plan.task)
            draft.notes.extend(plan.notes)
            draft.awaited.extend(plan.covered)
            moved = [site for site in slow if covers(plan, site)]
            moved += [
                each.site for each in draft.mended if _makes(plan, each.site) and each.site not in moved
            ]
            draft.mended = [each for each in draft.mended if each.site not in moved]
            draft.taken_over.update(plan.awaited)
            moved += [site for site, _ in draft.twins if covers(plan, site)]
            draft.twins = [(site, twin) for site, twin in draft.twins if site not in moved]
            targets = {s.target for s in moved if s.target is not None}
            draft.queued |= targets & (self.whole.functions | draft.turned)
            draft.mended.extend(Mended(site, RemedyKind.TASK, plan.task.name) for site in moved)
        waiting: list[Site] = []
        for each in draft.slow:
            if any(covers(plan, each.site) for plan in found.plans):
                continue
            if each.is_left:
                self.stays(draft, each.awaits, each.others)
                waiting.append(each.site)
        left: list[tuple[NoteKind, Site]] = []
        for site in _outermost(handed_on):
            kind = self._kind(draft, site)
            (waiting.append(site) if kind is NoteKind.WAITS else left.append((kind, site)))
        draft.notes.extend(why_it_stays(left, found))
        draft.waits_for = tuple(self._waits_for(draft, waiting, found))

    def _planned(self, draft: Draft, slow: list[Site], *, may_await: bool) -> TaskPlans:
        """With all that a `try` asks around slow work where the function can turn then, and not before."""
        turned = draft.turned | self.whole.functions
        parts = (draft.function, slow, draft.file, draft.node, turned)
        turning = frozenset(draft.awaited)
        found = self.tasks.plan(*parts, may_await=may_await, turning=turning)
        if not may_await or draft.partial or not _left(draft, found):
            return found
        more = self.tasks.plan(*parts, takes_more=True, turning=turning)
        return found if _left(draft, more) else more

    def _waits_for(
        self, draft: Draft, waiting: list[Site], found: TaskPlans
    ) -> Iterator[tuple[Key, tuple[Note, ...]]]:
        is_named = draft.partial and self.tasks.is_named_by_callers(draft.function)
        kind = None if is_named else self.tasks.kind_left_in(draft.function)
        for key in dict.fromkeys(site.target or draft.function for site in waiting):
            mine = [site for site in waiting if (site.target or draft.function) == key]
            yield key, tuple(why_it_stays([(kind, site) for site in mine], found)) if kind else ()

    def told(self, function: Key, plan: FunctionPlan, why: Reason) -> FunctionPlan:
        """The plan of a function that goes to a thread as a whole, with what requests wait for there."""
        file = self.tasks.syntax.file(function.path)
        sites = [each.site for each in plan.mended if self.tasks.is_slow(each.site, file)]
        kind = self.tasks.kind_left_in(function)
        if not sites or kind is None:
            return plan
        reasons = {Span(*site.span): why for site in sites}
        notes = why_it_stays([(kind, site) for site in sites], TaskPlans((), reasons))
        return replace(plan, waits_for=((function, tuple(notes)),))

    def with_computing(self, function: Key, plan: FunctionPlan) -> FunctionPlan:
        """The plan, with what threads compute for long while requests wait for it."""
        kind = self.tasks.kind_left_in(function)
        if kind is None:
            return plan
        waits = dict(plan.waits_for)
        for site in (each.site for each in plan.mended if each.remedy in _IN_THREADS):
            why = self.ask.computing(site)
            if why:
                name = site.name if site.target is not None else self.tasks.program.id(function)
                text = f"{name} stays in a thread: it may compute for long ({why})"
                doer = site.target or function
                waits[doer] = (*waits.get(doer, ()), Note(kind, text, place_of(site)))
        return replace(plan, waits_for=tuple(waits.items()))

    def _awaited_in(self, draft: Draft) -> Iterator[Span]:
        for path, span in self.whole.awaited:
            is_above = span[:2] == span[2:]  # of `loaded_above`
            if path == draft.file.path and not is_above:
                yield Span(*span)

    def _is_loaded_first(self, draft: Draft, plan: TaskPlan) -> bool:
        """What is loaded in the middle of the block is loaded above it: is it known there, and always
        loaded?"""
        runs = [edit for edit in plan.edits if isinstance(edit, ReplaceStatements)]
        moved = [s for s in walk(draft.node) if isinstance(s, ast.stmt) and _run_of(s, runs)]
        bound = names_in(moved).bound
        for (path, place), name in self.whole.loaded_above:
            found = [s for s in moved if path == draft.file.path and span_of(s) == place]
            if any(
                run.first != place and (not name or name in bound or not _is_always_run(draft, moved, s))
                for s in found
                if (run := _run_of(s, runs))
            ):
                return False
        return True

    def _kind(self, draft: Draft, site: Site) -> NoteKind:
        call = draft.call(site)
        if call is not None and (
            is_within_await(draft.file, call) or is_awaited_later(draft.file, draft.node, call)
        ):
            return NoteKind.WAITS
        return NoteKind.CELERY if self.tasks.is_of_celery(site) else NoteKind.IN_PROCESS


def _outermost(sites: list[Site]) -> list[Site]:
    """Without `to_thread(send, to)` of `create_task(to_thread(send, to))`, which says the same."""
    spans = {Span(*site.span): site.target for site in sites}
    return [
        site
        for site in sites
        if not any(
            span != Span(*site.span) and span.contains(Span(*site.span)) and target == site.target
            for span, target in spans.items()
        )
    ]


def _leave_bridges(draft: Draft, plan: TaskPlan) -> None:
    """What the task runs, `asyncio.run(send(to))`, is not awaited here as well."""
    moved = [bridge for site, bridge in draft.bridges if covers(plan, site)]
    edits = [edit for bridge in moved for edit in bridge.edits]
    draft.edits = [each for each in draft.edits if each[1] not in edits]
    draft.bridges = [each for each in draft.bridges if each[1] not in moved]


def why_it_stays(staying: list[tuple[NoteKind, Site]], found: TaskPlans) -> list[Note]:
    """One note for each block: what is opened, used and closed stays for one reason."""
    notes: dict[Reason, Note] = {}
    for kind, site in staying:
        reason = found.reasons.get(Span(*site.span))
        if reason is not None and not (reason in notes and site.name.endswith("__exit__")):
            text = f"{site.name} stays: {reason.text}"
            notes[reason] = Note(kind, text, place_of(site), reason.hint)
    return list(notes.values())


def covers(plan: TaskPlan, site: Site) -> bool:
    """Does the call move with the task?"""
    span = Span(*site.span)
    is_asked = any(asked.contains(span) for asked in plan.asked)
    return not is_asked and any(covered.contains(span) for covered in plan.covered)


def _makes(plan: TaskPlan, site: Site) -> bool:
    """Is it done by the task, and no value that is sent: `user.email`?"""
    if plan.sent is not None:
        return covers(plan, site) and Span(*site.span) not in plan.sent
    return site.target is not None and site.form == "call" and covers(plan, site)


def _left(draft: Draft, found: TaskPlans) -> bool:
    """Does something still keep the function from turning?"""
    return any(not any(_makes(plan, site) for plan in found.plans) for site, _ in draft.problems)


def outside(plan: TaskPlan, sites: list[Site]) -> list[Site]:
    """Those that do not move with it."""
    return [site for site in sites if not covers(plan, site)]


def _run_of(statement: ast.stmt, runs: Sequence[ReplaceStatements]) -> ReplaceStatements | None:
    span = span_of(statement)
    return next((run for run in runs if run.first[:2] <= span[:2] and span[2:] <= run.last[2:]), None)


def _is_always_run(draft: Draft, moved: Sequence[ast.stmt], statement: ast.stmt) -> bool:
    """Stands nothing but `with`, and the body of a `try`, between it and the block?"""
    below: ast.AST = statement
    while (above := draft.file.parents[below]) in moved:
        if not isinstance(above, ast.With) and not (isinstance(above, ast.Try) and below in above.body):
            return False
        below = above
    return True


def _keeps(plan: TaskPlan, read: Span, text: str) -> bool:
    """Is the expression outside of what goes, or handed on where it stands, with what is done to it?"""
    return not any(span.contains(read) for span in plan.covered) or any(
        isinstance(edit, ReplaceCall)
        and edit.span.contains(read)
        and not any(
            argument.code is not None and text in argument.code.text for argument in edit.arguments or ()
        )
        for edit in plan.edits
    )
