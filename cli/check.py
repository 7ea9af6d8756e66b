"""`async-fix check`: what blocks, through which chain, and what would be done about it."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import click

from ..codemods.engine.codes import name_of
from . import as_github, as_json, as_sarif, findings, summary
from .guard import emit
from .options import common, database, formats, with_cache
from .places import Places
from .run import checked, consoles, show_problems, start
from .view import Suppressed, View, by_code, view


@click.command()
@common
@with_cache
@formats("text", "concise", "json", "github", "sarif")
@click.option("--statistics", is_flag=True, help="Count the findings by code instead of listing them.")
@click.option("--select", multiple=True, metavar="CODE", help="Only codes that begin so (repeatable).")
@click.option("--ignore", multiple=True, metavar="CODE", help="No codes that begin so (repeatable).")
@database
def check(
    paths: tuple[Path, ...],
    quiet: bool,
    color: bool | None,
    cached: bool,
    format_: str,
    statistics: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    database: str | None,
) -> None:
    """Show what blocks the event loop in the API layer at PATHS, through which chain, and what would be done.

    PATHS are files or folders; without them `paths` of the config, else the current folder. The code around
    them is read as well. Nothing is written.

    \b
    async-fix check app/api
    async-fix check app/api --statistics
    async-fix check app/api --select AF2 --format concise

    Exit codes: 0 nothing found, 1 findings, 2 usage or internal error.
    """
    out, messages = consoles(color)
    overrides = {"select": _codes(select), "ignore": _codes(ignore), "database": database}
    run = start(paths, messages, overrides)
    report = checked(run, messages, cached=cached)
    config = run.project.config
    shown = view(report, Suppressed(run, report.findings), by_code(config.select, config.ignore))
    places = Places(run.project.root)
    lines = {path: source.text.splitlines() for path, source in run.sources.items()}
    if format_ != "json":
        show_problems(shown.problems, messages, places)
    if format_ == "json":
        emit(as_json.check(shown, places, lines))
    elif format_ == "sarif":
        emit(as_sarif.check(shown, places, lines))
    elif format_ == "github":
        for finding in shown.findings:
            emit(as_github.annotation(finding, places, lines.get(finding.location.path, [])))
    elif statistics:
        for row in _counts(shown):
            emit(row)
    elif format_ == "concise":
        for finding in shown.findings:
            emit(findings.concise(finding, places, lines.get(finding.location.path, [])))
    elif not quiet and shown.handlers:
        findings.show(out, shown, places, lines)
        summary.refusals(out, shown, places)
        summary.numbers(out, shown, done=False)
        summary.behaviour(out, shown, places)
        summary.next_steps(out, _next(paths, shown))
        summary.checklist(out, shown)
    sys.exit(exit_code(shown, run.project.api))


def exit_code(shown: View, api: frozenset[str]) -> int:
    """A file of the API layer that could not be read may hide anything: that is not `nothing found`."""
    if shown.findings or any(problem.path in api for problem in shown.report.problems):
        return 1
    return 0 if shown.handlers else 2


def _codes(codes: tuple[str, ...]) -> list[str] | None:
    return [code.strip().upper() for given in codes for code in given.split(",")] or None


def _counts(shown: View) -> list[str]:
    codes = [finding.code for finding in shown.findings]
    table = sorted({(-codes.count(code), code) for code in codes})
    return [f"{-number:>6}  {code}  {name_of(code)}" for number, code in table]


def _next(paths: tuple[Path, ...], shown: View) -> list[str]:
    if not shown.report.groups:
        return []
    given = "".join(f" {shlex.quote(str(path))}" for path in paths)
    diff, write = f"async-fix apply --dry-run{given}", f"async-fix apply{given}"
    return [f"see the diff: {diff}", f"write it: {write}", *shown.report.next_steps]
