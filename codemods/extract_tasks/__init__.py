"""Slow work -> Taskiq tasks in `domain/tasks.py`, with `await x_task.kiq(...)` left at its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

from ..analysis.judge.callers.callers import Callers
from ..analysis.judge.effects.site import Site, SiteKind
from ..analysis.judge.reaching.reach import Reach
from ..analysis.judge.turning.verdicts import Judgement
from ..analysis.judge.turning.whole import Whole
from ..analysis.link.program import Key, Program
from ..analysis.syntax import FileSyntax, FunctionNode, Syntax, last_name
from ..analysis.template_names import TemplateNames
from ..model import (
    Code,
    EntryKind,
    EntryPoint,
    FunctionId,
    ImportNeed,
    NoteKind,
    Reason,
    Span,
    TaskDefinition,
)
from .decide import plan_tasks
from .finding.celery import CeleryTasks
from .finding.chosen import Chosen
from .finding.handed_on import BACKGROUND, is_run_later
from .finding.helpers import Helpers
from .finding.levels import Levels
from .finding.slow import SlowWork
from .finding.slow_sites import SlowSites
from .finding.unsent import Unsent
from .finding.workers import Workers
from .generated.names import TaskNames
from .hazards.errors.own_errors import OwnErrors
from .hazards.errors.raises import Raises
from .hazards.state import State
from .hazards.transactions import Transactions
from .hazards.watched import Watched
from .knowledge import Knowledge
from .parts import Parts
from .sent.importable import Importable
from .sent.injected import Injected
from .sent.kept import Kept
from .sent.loaded import Loaders
from .sent.models import Models
from .sent.opened import Openers
from .sent.reading import Reading
from .sites import HelperSignature, SlowSite, TaskPlan, TaskPlans
from .trials import Trials


class Tasks:
    """Asked for one function after the other; tasks of one name with the same source are one."""

    def __init__(
        self,
        reach: Reach,
        syntax: Syntax,
        entries: tuple[EntryPoint, ...],
        handlers: frozenset[Key],
        chosen: Chosen,
        names: TaskNames,
        callers: Callers,
        templates: TemplateNames,
        *,
        is_left_out: bool = False,
        starting: frozenset[Key] = frozenset(),
        whole: Whole = Whole(),
        replaces_celery: bool = False,
    ) -> None:
        """`handlers` return the response; `is_left_out`: nothing is to become a task; `starting`: what runs
        when the application starts or stops, and at no other time; `replaces_celery`: what starts tasks of
        Celery is to start some of Taskiq."""
        self.reach = reach
        self.program: Program = reach.effects.program
        self.syntax = syntax
        self.handlers = handlers
        self.names = names
        self.importable = Importable(self.program)
        celery = CeleryTasks(callers, syntax, is_wanted=replaces_celery)
        self.workers = Workers(callers, celery, syntax, handlers)
        self.slow = SlowWork(reach, syntax, chosen, celery, is_left_out=is_left_out)
        self._dependencies = self._of_kind(entries, EntryKind.DEPENDENCY)
        self._background = self._of_kind(entries, EntryKind.BACKGROUND)
        self.served = handlers | self._dependencies
        """What FastAPI calls for a request, whoever else does."""
        around = self._dependencies | self._of_kind(entries, EntryKind.MIDDLEWARE)
        self.state = State(reach, syntax, starting, around)
        self.injected = Injected(reach, syntax, self.importable, self.state)
        own_errors, raises = OwnErrors(reach, syntax), Raises(reach, syntax)
        reading = Reading(reach, syntax, templates)
        helpers = Helpers(reach, syntax, self.importable, raises, own_errors, self.state, reading)
        self.sites = SlowSites(reach, syntax, handlers, self.slow, helpers, self.state, own_errors, callers)
        self.trials = Trials(self, TaskNames(names.place, names.broker))
        unsent = Unsent(callers, reach, syntax, self.injected, self.trials.of)
        self._parts = Parts(self)
        trials = self.trials
        asked = (trials.queued, trials.move_a_part, trials.tell_more, unsent.is_given, trials.of)
        self.levels = Levels(
            reach,
            syntax,
            entries,
            self.slow,
            helpers,
            self.state,
            whole.functions,
            *asked,
            self._parts.are_queued,
            names.place.path,
        )
        models = Models(reach, syntax, is_of_old_pydantic=names.old_pydantic)
        openers = Openers(reach, syntax, self.importable, self.state.sessions, is_left_sync=not whole)
        loaders = Loaders(reach, syntax, models, openers, self.importable)
        kept = Kept(callers, syntax, self.injected, entries)
        transactions = Transactions(self.injected, models)
        known = (reach, syntax, self.importable, self.injected, models, loaders, reading, own_errors, kept)
        self._knowledge = partial(Knowledge, *known, transactions, callers.patches.names, whole.awaited)
        self.watched = Watched(callers, syntax, partial(self._knowledge, late=lambda need: False))
        self.makers = {key for key in self._dependencies if self.workers.call(key)}
        """Dependencies that a task calls for what FastAPI gives to a handler: they stay as they are."""
        self._plans: dict[object, TaskPlans] = {}
        self._changed: dict[tuple[str, Span], Code] = {}

    def _of_kind(self, entries: Iterable[EntryPoint], kind: EntryKind) -> frozenset[Key]:
        found = (self.program.key(entry.function) for entry in entries if entry.kind is kind)
        return frozenset(key for key in found if key is not None)

    def is_slow(self, site: Site, file: FileSyntax) -> bool:
        return self.slow.is_slow(site, file)

    def handed_on(self, function: Key) -> Iterator[Site]:
        for site in self.slow.handed_on(function):
            if not any(map(self._queues_itself, (site.target, self.slow.carried.function(site)))):
                yield site

    def _queues_itself(self, function: Key | None) -> bool:
        return function is not None and self.program.scope(function).is_async and self.cuts_inside(function)

    def is_of_celery(self, site: Site) -> bool:
        return self.slow.celery.is_about(site)

    def starts(self, function: Key, site: Site) -> bool:
        """Does the call start a task of Celery that is to be one of Taskiq? Then there is `kiq` to await."""
        started = [each for each in self.slow.celery.started(function) if each.call == site.call]
        file, node = self.node(function)
        if node is None or not started:
            return False
        return bool(self.plan(function, started, file, node, frozenset()).plans)

    def behind(self, function: Key) -> Iterator[Site]:
        """What is handed on to run behind the response: `add_task(x_task.kiq, ..)` needs no `await`."""
        file = self.syntax.file(function.path)
        calls = ((site, file.call(Span(*site.span))) for site in self.handed_on(function))
        yield from (site for site, call in calls if call and last_name(call.func) in BACKGROUND)

    def last_work(self, function: Key) -> Iterator[Site]:
        """What a handler that stays `def` does, or has a thread do, and may do behind the response."""
        file = self.syntax.file(function.path)
        if function not in self.handlers:
            return
        for site in self.reach.own(function):
            if site.form != "callback" and site.call is not None and self.is_slow(site, file):
                yield site
        behind = set(self.behind(function))
        yield from (site for site in self.handed_on(function) if site not in behind)

    def is_named_by_callers(self, function: Key) -> bool:
        """Is it a helper that does slow work, and which is told of where it is called?"""
        if function in self.served or SiteKind.SLOW not in self.reach.flags(function):
            return False
        callers = {call.owner.path for call in self.workers.calls(function)}
        return any(not self.program.modules[path].facts.is_test for path in callers)

    def kind_left_in(self, function: Key) -> NoteKind | None:
        """A request, or who calls it, waits for slow work that is left in it, or it is done behind the
        response. Who hands it on tells of it as a whole, unless some of it moves."""
        if function in self.served or self.workers.calls(function):
            return NoteKind.WAITS
        is_behind = function in self._background and self.cuts_inside(function)
        return NoteKind.IN_PROCESS if is_behind else None

    def is_chosen(self, site: Site) -> bool:
        """Slow because the user says so, or by its name: it may block nothing."""
        return self.slow.chosen.is_chosen(site) or self.slow.chosen.stands_for_work(site)

    def plan(
        self,
        function: Key,
        slow: Sequence[Site],
        file: FileSyntax,
        node: FunctionNode,
        turned: frozenset[Key],
        *,
        may_await: bool = True,
        takes_more: bool = False,
        turning: frozenset[Span] = frozenset(),
    ) -> TaskPlans:
        """What moves, and why the rest stays; helpers in `turned` will be coroutine functions, and the calls
        in `turning` will be awaited."""
        sites = tuple(self.sites.of(site, turned) for site in slow)
        if self._parts.are_run(function):
            return TaskPlans()
        steps = self.sites.steps(function, turned)
        memo = (function, sites, tuple(steps.items()), may_await, takes_more, turning)
        if memo not in self._plans:
            late = partial(self.levels.is_late, function=function)
            parts = (function, sites, steps, file, node, self.names, late)
            found = self.planned(*parts, may_await=may_await, takes_more=takes_more, turning=turning)
            self._plans[memo] = TaskPlans(found.plans, {**found.reasons, **self._inside(slow, found)})
        return self._plans[memo]

    def _inside(self, slow: Sequence[Site], found: TaskPlans) -> Mapping[Span, Reason]:
        """Why the work of inner functions stays, by the places where they are called: that no worker can be
        sent such a function says nothing of it."""
        reasons: dict[Span, Reason] = {}
        for site in slow:
            span = Span(*site.span)
            if site.target is not None and self.levels.is_inner(site.target) and span in found.reasons:
                inside = self.trials.of(site.target, self.levels.parts(site.target)).reasons
                reasons[span] = next(iter(inside.values()), found.reasons[span])
        return reasons

    def planned(
        self,
        function: Key,
        sites: tuple[SlowSite, ...],
        steps: Mapping[Span, HelperSignature],
        file: FileSyntax,
        node: FunctionNode,
        names: TaskNames,
        late: Callable[[ImportNeed], bool],
        *,
        may_await: bool,
        takes_more: bool = False,
        turning: frozenset[Span] = frozenset(),
    ) -> TaskPlans:
        """The same for sites that are looked at already, with `names` for the tasks."""
        is_handler = function in self.handlers
        waited = [site for site in sites if not is_run_later(file, site)]
        is_watched = not is_handler or self.watched.is_wrapped(function)
        watched = self.watched.reason_of_work(function, waited) if is_watched else None
        found = plan_tasks(
            file,
            node,
            sites if watched is None else [site for site in sites if site not in waited],
            self._knowledge(function, node, late),
            names,
            prefix=self.program.modules[function.path].facts.module.rpartition(".")[2],
            is_handler=is_handler,
            is_called=self.watched.is_called(function),
            stays_sync=is_handler and not may_await,
            steps=steps,
            waiting=partial(self.watched.open_above, function),
            requests=self.sites.requests(function),
            takes_more=takes_more,
            changed={span: code for (path, span), code in self._changed.items() if path == file.path},
            turning=turning,
        )
        left = {site.span: watched for site in waited if watched is not None}
        return TaskPlans(found.plans, {**found.reasons, **left})

    def finish(self, judgement: Judgement, changed: Mapping[tuple[str, Span], Code]) -> Judgement | None:
        """The judgement; None when it must be made anew, as a dependency that a task calls must not turn, as
        a task got the name that it shares, or as what it awaits has other errors: `changed` are expressions
        in statements that move."""
        if self.names.is_outdated or not changed.items() <= self._changed.items():
            self._changed |= changed
            self.names.start_anew()
            self._plans.clear()
            return None
        plans = [verdict.plan for verdict in judgement.verdicts.values() if verdict.plan is not None]
        tasks = [each for plan in plans for each in plan.support if isinstance(each, TaskDefinition)]
        needs = {need for task in tasks for need in (*task.source.needs, *task.late_imports)}
        called = {self.program.key(FunctionId(f"{need.module}:{need.name}")) for need in needs}
        new = self._dependencies & called & judgement.turned - self.makers
        self.makers |= new
        return None if new else judgement

    def cuts_inside(self, function: Key) -> bool:
        return self._parts.are_cut(function)

    def moves_inside(self, function: Key, turned: frozenset[Key]) -> bool:
        return self._parts.move(function, turned)

    def node(self, function: Key) -> tuple[FileSyntax, FunctionNode | None]:
        file = self.syntax.file(function.path)
        return file, file.function(self.program.scope(function).span)


__all__ = ["TaskPlan", "TaskPlans", "Tasks"]
