"""The whole job: read -> index -> link -> judge -> plan -> rewrite -> prove; `write` is the caller's word."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .. import catalogue as catalogues
from ..catalogue import Catalogue
from ..model import ChangeGroup, Colour, FileResult, Problem, RemedyKind, Report, Status
from . import generated, prove, report, support
from .analysis import Analysis, FileInfo, Settings, analyse, index_all
from .config import Config
from .project import Project, read_project
from .exported import taken_by_others
from .rewrite import RewriteError, rewrite
from .text.lines import SourceText, UndecodableSource, decode, encode, line_limit

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Run:
    """One run: what was found, and what the files would become."""

    project: Project
    sources: Mapping[str, SourceText]
    data: Mapping[str, bytes]
    settings: Settings
    catalogue: Catalogue
    before: Analysis


def start(paths: Sequence[Path], config: Config, progress: Progress = lambda phase: None) -> Run:
    """Everything up to the plan. Raises `ProjectError` where there is nothing to read."""
    progress("reading")
    project = read_project(paths, config)
    data: dict[str, bytes] = {}
    sources: dict[str, SourceText] = {}
    problems: list[Problem] = []
    for file in project.files:
        try:
            data[file.path] = (project.root / file.path).read_bytes()
            sources[file.path] = decode(data[file.path])
        except UndecodableSource as error:
            problems.append(Problem(error.message, file.path, error.line))
        except OSError as error:
            problems.append(Problem(f"cannot be read: {error.strerror}", file.path))
    progress("indexing")
    catalogue = catalogues.load(config.catalogue)
    texts = {path: source.text for path, source in sources.items()}
    infos = [FileInfo(f.path, f.module, f.root, f.is_package, f.is_test) for f in project.files]
    settings = generated.settings(project, texts, config)
    facts, unparsed = index_all(infos, texts)
    progress("linking and judging")
    before = analyse(facts, texts.__getitem__, catalogue, settings, (*problems, *unparsed))
    return Run(project, sources, data, settings, catalogue, before)


def check(run: Run) -> Report:
    """The rows of `check`: nothing is rewritten."""
    return _report(run, run.before.plan.groups, (), ())


def apply(run: Run, wanted: Callable[[ChangeGroup], bool] = lambda group: True, progress: Progress = lambda phase: None) -> Report:
    """Rewrite and prove in memory; the report holds the new bytes of every file. Nothing is written."""
    groups = tuple(group for group in run.before.plan.groups if wanted(group))
    dropped: list[tuple[ChangeGroup, str]] = []
    while groups:
        progress(f"rewriting {len(groups)} change groups")
        texts, failures = _rewrite(run, groups)
        if not failures:
            progress("proving")
            failures = tuple(_prove(run, groups, texts))
        if not failures:
            return _report(run, groups, dropped, _results(run, texts))
        falling = _guilty(run, groups, failures)
        dropped += [(group, falling[group.id]) for group in groups if group.id in falling]
        groups = tuple(group for group in groups if group.id not in falling)
    return _report(run, (), dropped, ())


def _guilty(run: Run, groups: Sequence[ChangeGroup], failures: Sequence[prove.Failure]) -> dict[str, str]:
    """Ids of the groups behind the failures, each with the words of the proof; all when none can be named."""
    guilty: dict[str, str] = {}
    for failure in failures:
        mine = [group for group in groups if set(failure.functions) & set(group.functions)]
        if not mine:
            here = [group for group in groups if failure.path in group.edits]
            mine = [group for group in here if not _stands_alone(run, group, failure.path)] or here
        for group in mine:
            guilty.setdefault(group.id, f"{failure.proof}: {failure.text}")
    return guilty or {group.id: f"{failures[0].proof}: {failures[0].text}" for group in groups}


def _stands_alone(run: Run, group: ChangeGroup, path: str) -> bool:
    """Does the file come out whole with the edits of this group and no others?"""
    texts, failures = _rewrite(run, (group,))
    return not failures and not any(prove.compiles({path: texts.get(path, "")}))


def _rewrite(run: Run, groups: Sequence[ChangeGroup]) -> tuple[dict[str, str], tuple[prove.Failure, ...]]:
    """New texts of changed and created files."""
    edits = support.by_path(groups)
    made = generated.files(run.project, run.settings, groups, run.before, _texts(run))
    for path, more in made.edits.items():
        edits.setdefault(path, []).extend(edit for edit in more if edit not in edits.get(path, []))
    limit = line_limit(run.project.root)
    first_party = frozenset(f.module.partition(".")[0] for f in run.project.files) | made.packages
    texts: dict[str, str] = dict(made.texts)
    failures: list[prove.Failure] = []
    by_path = {f.path: f for f in run.project.files}
    for path, found in sorted(edits.items()):
        if not found:
            continue
        source = texts.get(path) or run.sources[path].text
        info = by_path.get(path)
        try:
            texts[path] = rewrite(
                source,
                found,
                module=info.module if info else "",
                is_package=info.is_package if info else False,
                first_party=first_party,
                line_length=limit,
                exported=_exported(run, path) if info else frozenset(),
            )
        except RewriteError as error:
            failures.append(prove.Failure("it can be rewritten", path, str(error)))
    return {path: text for path, text in texts.items() if path not in run.sources or text != run.sources[path].text}, tuple(failures)


def _exported(run: Run, path: str) -> frozenset[str]:
    return taken_by_others(run.before, path) - {name for where, name in run.before.database.gone if where == path}


def _texts(run: Run) -> Mapping[str, str]:
    return {path: source.text for path, source in run.sources.items()}


def _prove(run: Run, groups: Sequence[ChangeGroup], texts: Mapping[str, str]) -> list[prove.Failure]:
    old = _texts(run)
    failures = list(prove.compiles(texts))
    if failures:
        return failures
    failures += prove.comments_survive(old, texts)
    after = _again(run, texts)
    failures += prove.names_stay_bound(run.before.program, after.program, texts)
    turned = [function for group in groups for function in group.functions if _turns(run, function)]
    failures += prove.coroutines_are_awaited(run.before.reach, after.reach, turned)
    off_loop = {run.before.program.id(key) for key in run.before.database.whole.off_loop}
    failures += prove.nothing_blocks(after.reach, [function for function in turned if function not in off_loop])
    done = frozenset(function for group in groups for function in group.functions)
    failures += prove.nothing_left_to_do(after.plan.groups, done)
    return failures


def _turns(run: Run, function: str) -> bool:
    return any(run.before.program.id(key) == function for key in run.before.judgement.turned)


def _again(run: Run, texts: Mapping[str, str]) -> Analysis:
    """The analysis of the new program; facts of unchanged files are reused."""
    infos = [FileInfo(f.path, f.module, f.root, f.is_package, f.is_test) for f in run.project.files]
    infos += [generated.file_info(path, run.project) for path in sorted(texts) if path not in run.sources]
    everything = {**_texts(run), **texts}
    known = {m.path: m.facts for m in run.before.program.modules.values() if m.path not in texts}
    facts, problems = index_all(infos, everything, known)
    return analyse(facts, everything.__getitem__, run.catalogue, run.settings, problems)


def _results(run: Run, texts: Mapping[str, str]) -> tuple[FileResult, ...]:
    results = []
    for path, text in sorted(texts.items()):
        if path in run.sources:
            new = encode(run.sources[path], text)
            results.append(FileResult(path, Status.CHANGED, run.data[path], new))
        else:
            results.append(FileResult(path, Status.CREATED, None, text.encode()))
    return tuple(results)


def _report(
    run: Run, groups: Sequence[ChangeGroup], dropped: Sequence[tuple[ChangeGroup, str]], files: Sequence[FileResult]
) -> Report:
    a = run.before
    rows = report.handler_rows(a.reach, a.judgement, a.plan, a.entries)
    gone = {group.id for group, _ in dropped}
    rows = tuple(replace(row, after=row.before) if row.group in gone else row for row in rows)
    found = report.findings(a.reach, a.judgement, a.plan, a.entries)
    problems = (*run.project.problems, *a.problems)
    if not rows:
        hint = "no FastAPI or Starlette route was recognised in the given paths"
        problems = (*problems, Problem("no handlers found", hint=hint))
    kept = {group.id for group in groups}
    statistics = {
        "files": len(run.sources),
        "lines": sum(source.text.count("\n") for source in run.sources.values()),
        "handlers": len(rows),
        "async already": sum(row.before is Colour.ASYNC for row in rows),
        "converted": sum(row.before is Colour.SYNC and row.after is Colour.ASYNC for row in rows),
        "kept sync": sum(row.after is Colour.SYNC for row in rows),
        "awaits": sum(f.remedy in (RemedyKind.AWAIT, RemedyKind.TWIN) and f.group in kept and f.code != "AF101" for f in found),
        "offloads": sum(f.remedy in (RemedyKind.OFFLOAD, RemedyKind.WHOLE_BODY) and f.group in kept and f.code != "AF101" for f in found),
        "tasks": sum(f.remedy is RemedyKind.TASK and f.group in kept for f in found),
    }
    return Report(
        handlers=rows,
        findings=found,
        refusals=(*report.refusals(rows, a.reach, a.judgement, a.plan), *a.database.obstacles),
        groups=tuple(groups),
        dropped=tuple(dropped),
        files=tuple(files),
        problems=tuple(dict.fromkeys(problems)),
        next_steps=generated.next_steps(run.project, run.settings, groups),
        checklist=report.checklist(found),
        statistics=statistics,
    )
