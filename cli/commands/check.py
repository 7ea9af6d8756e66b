"""`async-fix check`: what blocks, through which chain, and what would be done about it."""

from __future__ import annotations

import shlex
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from rich.console import Console

from ...codemods.model import Finding, Problem
from ..chosen import known, since
from ..chosen.fingerprints import Mark, fingerprints, marks
from ..chosen.view import REFUSED, Suppressed, View, by_code, refused_by_code, view
from ..formats import findings, summary
from ..formats.severity import severity
from ..formats.statistics import rows as statistics_rows
from ..shared import words
from ..shared.guard import emit
from ..shared.options import common, database, formats, strategies, with_cache, with_jobs
from ..shared.paper import line
from ..shared.places import Places
from ..shared.run import checked, consoles, given_paths, show_problems, start


@click.command()
@formats("text", "concise", "json", "github", "gitlab", "junit", "sarif")
@click.option(
    "--statistics",
    is_flag=True,
    help="Count the findings by code, and the calls that cannot be told, instead of listing findings.",
)
@click.option("--select", multiple=True, metavar="CODE", help="Only codes that begin so (repeatable).")
@click.option("--ignore", multiple=True, metavar="CODE", help="No codes that begin so (repeatable).")
@click.option(
    "--baseline",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Only what is not in this file; entries that nothing answers any more are named.",
)
@click.option(
    "--write-baseline",
    "written",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write what is found to this file; with --baseline only what is still there of it.",
)
@click.option(
    "--since",
    "revision",
    metavar="REV",
    help="Only what has come since the branch left this git revision.",
)
@database
@with_jobs
@with_cache
@common
def check(
    paths: tuple[Path, ...],
    quiet: bool,
    color: bool | None,
    jobs: int,
    cached: bool,
    format_: str,
    statistics: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    baseline: Path | None,
    written: Path | None,
    revision: str | None,
    databases: tuple[str, ...],
) -> None:
    """Show what blocks the event loop in the API layer at PATHS, through which chain, and what would be done.

    PATHS are files or folders; without them `paths` of the config, else the current folder. The code around
    them is read as well. Nothing is written.

    \b
    async-fix check app/api
    async-fix check app/api --statistics
    async-fix check app/api --select AF2 --format concise
    async-fix check app/api --since main
    async-fix check app/api --write-baseline known.json
    async-fix check app/api --baseline known.json

    Exit codes: 0 nothing found (notes apart), 1 findings or entries of the baseline to take out, 2 usage or
    internal error.
    """
    out, messages = consoles(color)
    overrides = {"select": _codes(select), "ignore": _codes(ignore), **strategies(databases)}
    run = start(paths, messages, overrides, jobs=jobs, cached=cached)
    report = checked(run, messages, cached=cached)
    config = run.project.config
    wanted = by_code(config.select, config.ignore)
    shown = view(report, Suppressed(run, report.findings), wanted, refused=refused_by_code(config.select))
    places = Places(run.project.root)
    lines = {path: source.text.splitlines() for path, source in run.sources.items()}
    given = given_paths(paths, config)
    found = marks(shown, places, lines)
    file = known.read(baseline) if baseline is not None else None
    debt = file.marks() if file is not None else Counter()
    stale: list[Problem] = []
    if written is not None and shown.handlers:
        kept = found if file is None else known.among(found, debt)
        known.write(written, places, given, Counter(found[finding] for finding in kept))
        line(messages, f"wrote {written}: {words.count(len(kept), 'finding')}")
    elif baseline is not None and file is not None:
        stale = known.stale(baseline, file, found, wanted, places, given)
    is_first = file is None and written is not None
    if revision is not None:
        debt |= since.marks_at(revision, given, config, wanted)
    shown = known.without(shown, frozenset(found) if is_first else known.among(found, debt), stale)
    levels = {finding.code: severity(finding.code, config.severity) for finding in shown.findings}
    if format_ != "json":
        show_problems(shown.problems, messages, places)
    if format_ == "text":
        if statistics:
            for row in statistics_rows(shown, places):
                emit(row)
        elif not quiet and shown.handlers and not is_first:
            _text(out, paths, shown, places, lines, databases, config.select)
    else:
        _for_machines(format_, shown, found, levels, places, lines)
    sys.exit(1 if stale else exit_code(shown, levels, run.project.api))


def _text(
    out: Console,
    paths: Sequence[Path],
    shown: View,
    places: Places,
    lines: Mapping[str, list[str]],
    databases: Sequence[str],
    select: Sequence[str],
) -> None:
    """`databases` are the strategies of this run alone."""
    if not shown.findings:
        if shown.refusals and any(code.startswith(REFUSED) for code in select):
            summary.refusals(out, shown, places)
        else:
            summary.clean(out, shown)
        return
    findings.show(out, shown, places, lines)
    summary.refusals(out, shown, places)
    summary.database(out, shown, places)
    summary.numbers(out, shown, done=False)
    summary.behaviour(out, shown, places)
    summary.next_steps(out, _next(paths, shown, databases))
    summary.checklist(out, shown)


def _for_machines(
    format_: str,
    shown: View,
    found: Mapping[Finding, Mark],
    levels: Mapping[str, str],
    places: Places,
    lines: Mapping[str, list[str]],
) -> None:
    """`levels` are the severities of the codes."""
    # most runs are for people, and need none of these
    from ..formats import as_github, as_gitlab, as_json, as_junit, as_sarif

    if format_ == "json":
        emit(as_json.check(shown, fingerprints(found), levels, places, lines))
    elif format_ == "sarif":
        emit(as_sarif.check(shown, fingerprints(found), levels, places, lines))
    elif format_ == "gitlab":
        emit(as_gitlab.check(shown, fingerprints(found), levels, places, lines))
    elif format_ == "junit":
        emit(as_junit.check(shown, places, lines))
    for finding in shown.findings:
        mine = lines.get(finding.location.path, [])
        if format_ == "github":
            emit(as_github.annotation(finding, levels[finding.code], places, mine))
        elif format_ == "concise":
            emit(findings.concise(finding, places, mine))


def exit_code(shown: View, levels: Mapping[str, str], api: frozenset[str]) -> int:
    """A file of the API layer that could not be read may hide anything: that is not `nothing found`."""
    if {"error", "warning"} & {*levels.values()} or any(
        problem.path in api for problem in shown.report.problems
    ):
        return 1
    return 0 if shown.handlers else 2


def _codes(codes: tuple[str, ...]) -> list[str] | None:
    return [code.strip().upper() for given in codes for code in given.split(",")] or None


def _next(paths: Sequence[Path], shown: View, databases: Sequence[str]) -> list[str]:
    where = words.repeated(paths)
    others = summary.database_steps(shown, where)
    if not shown.report.groups:
        return others
    given = "".join(f" --database {shlex.quote(each)}" for each in databases) + where
    diff, write = f"async-fix apply --dry-run{given}", f"async-fix apply{given}"
    return [f"see the diff: {diff}", f"write it: {write}", *shown.report.next_steps, *others]
