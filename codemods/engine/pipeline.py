"""The whole job: read -> index -> link -> judge -> plan -> rewrite -> prove; `write` is the caller's word."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from ..model import ChangeGroup, Colour, FileResult, Problem, Reason, RemedyKind, Report, Resolution, Status
from .kept.reports import ReportCache
from .run import Progress, Run, start

__all__ = ["Progress", "Run", "apply", "check", "preview", "start"]


def check(run: Run, cache: ReportCache | None = None) -> Report:
    """The rows of `check`: nothing is rewritten. A report that the `cache` has of the very same run is given
    again."""
    known = cache.load(run) if cache is not None else None
    if known is not None:
        return known
    found = _report(run, run.before.plan.groups)
    if cache is not None:
        cache.store(run, found)
    return found


def apply(
    run: Run,
    wanted: Callable[[ChangeGroup], bool] = lambda group: True,
    progress: Progress = lambda phase: None,
    *,
    add_dependencies: bool = False,
) -> Report:
    """Rewrite and prove in memory; the report holds the new bytes of every file, of those that declare
    dependencies too if they are to be added. Nothing is written."""
    # LibCST is imported only when something is rewritten
    from .outcome import carry_out
    from .prove.proofs import failures_of, guilty, waiting

    groups = tuple(group for group in run.before.plan.groups if wanted(group))
    dropped: list[tuple[ChangeGroup, str]] = []
    held: dict[str, Reason] = {}
    while groups:
        if (run.before.database or run.before.staged) and not _turn_database(run, groups):
            run = run.with_sync_database()
            fallen = {group.id for group, _ in dropped} | held.keys()
            groups = tuple(g for g in run.before.plan.groups if wanted(g) and g.id not in fallen)
        progress(f"rewriting {len(groups)} change groups")
        outcome = carry_out(run, groups)
        progress("proving")
        failures = failures_of(outcome)
        if not failures:
            return _report(run, groups, dropped, held, outcome.results(), outcome.notes, add_dependencies)
        held |= (new := waiting(outcome, failures))
        falling = guilty(outcome, failures) if not new else {}
        dropped += [(group, falling[group.id]) for group in groups if group.id in falling]
        groups = tuple(group for group in groups if group.id not in falling.keys() | new.keys())
    return _report(run, (), dropped, held, (), (), add_dependencies)


def _turn_database(run: Run, groups: Sequence[ChangeGroup]) -> bool:
    """Is the change among them after which the others were judged, and for which there may be twins?"""
    functions = {run.before.program.id(key) for key in run.before.database.whole.functions}
    return any(not functions.isdisjoint(group.functions) for group in groups)


def preview(run: Run, group: ChangeGroup) -> tuple[FileResult, ...]:
    """What the files would become with this change group alone; nothing is proven."""
    from .outcome import carry_out

    if run.before.staged and not _turn_database(run, (group,)):
        run = run.with_sync_database()
        group = next((each for each in run.before.plan.groups if each.id == group.id), group)
    return carry_out(run, (group,)).results()


def _report(
    run: Run,
    groups: Sequence[ChangeGroup],
    dropped: Sequence[tuple[ChangeGroup, str]] = (),
    held: Mapping[str, Reason] = MappingProxyType({}),
    files: Sequence[FileResult] = (),
    by_hand: Sequence[str] = (),
    add_dependencies: bool = False,
) -> Report:
    from ..frameworks.untold import untold
    from . import report, wording
    from .plan import dependencies, generated
    from .rows import checklist, held_back
    from .strategies.relocate import relocated

    a = run.before
    rows = report.handler_rows(a.reach, a.judgement, a.plan, a.entries)
    refusals = report.refusals(rows, a.reach, a.judgement, a.plan)
    failed = {group.id: Reason("AF912", f"its change failed a proof: {words}") for group, words in dropped}
    found = report.findings(a.reach, a.judgement, a.plan, a.entries)
    rows, found = held_back(rows, found, {**a.plan.refused, **failed, **held})
    problems = (*run.project.problems, *a.problems)
    if not rows:
        hint = "no FastAPI or Starlette route was recognised in the given paths"
        if place := next(untold(a.reach.effects.inference), None):
            hint = f"what is registered as a route at {place.path}:{place.line} cannot be told"
        problems = (*problems, Problem("no handlers found", hint=hint))
    project = run.project
    needed = dependencies.missing(project, run.settings, groups, run.texts)
    written = (
        dependencies.write_down(project.root, project.homes, needed)
        if add_dependencies
        else dependencies.Written()
    )
    to_add = () if add_dependencies else tuple(dependencies.step(each, project) for each in needed)
    kept = {group.id for group in groups}
    created = [file.path for file in files if file.status is Status.CREATED]

    def made(*remedies: RemedyKind) -> int:
        return sum(f.remedy in remedies and f.group in kept and f.code != wording.SYNC_HANDLER for f in found)

    statistics = {
        "files": len(run.sources),
        "lines": sum(source.text.count("\n") for source in run.sources.values()),
        "handlers": len(rows),
        "async already": sum(row.before is Colour.ASYNC for row in rows),
        "converted": sum(row.before is Colour.SYNC and row.after is Colour.ASYNC for row in rows),
        "kept sync": sum(row.after is Colour.SYNC for row in rows),
        "awaits": made(RemedyKind.AWAIT, RemedyKind.TWIN),
        "offloads": made(RemedyKind.OFFLOAD, RemedyKind.WHOLE_BODY),
        "tasks": len({name for group in groups for name in group.tasks}),
    }
    told = Report(
        handlers=rows,
        findings=found,
        refusals=(*refusals, *held.values(), *a.database.obstacles, *a.database.kept_sync, *a.left),
        groups=tuple(groups),
        dropped=tuple(dropped),
        files=tuple(sorted((*files, *written.files), key=lambda file: file.path)),
        problems=tuple(dict.fromkeys(problems)),
        next_steps=(
            *to_add,
            *written.steps,
            *generated.next_steps(run.project, run.settings, groups, run.texts, created),
            *by_hand,
        ),
        checklist=checklist(found),
        database=a.stays_sync,
        statistics=statistics,
        resolution=_resolution(run),
        left=a.plan.left,
    )
    return relocated(told, run.lines)


def _resolution(run: Run) -> Resolution:
    """Of the handlers and dependencies that the user named."""
    from ..analysis.judge.reaching.resolution import resolution

    a = run.before
    named = [entry.function for entry in a.entries if entry.location.path in run.settings.api]
    keys = [key for function in named if (key := a.program.key(function)) is not None]
    return resolution(a.reach.effects, keys)
