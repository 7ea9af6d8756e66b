"""`async-fix check`: what blocks, through which chain, and what would be done about it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
import msgspec

from ..codemods.engine import pipeline
from ..codemods.model import Report
from . import render
from .run import common, consoles, show_problems, start


@click.command(short_help="Show what blocks the event loop, and what would be done about it.")
@common
@click.option("--format", "format_", type=click.Choice(["text", "concise", "json"]), default="text", show_default=True)
@click.option("--statistics", is_flag=True, help="Count findings by code instead of listing them.")
@click.option("--select", multiple=True, metavar="CODE", help="Only findings whose code starts so.")
@click.option("--ignore", multiple=True, metavar="CODE", help="No findings whose code starts so.")
def check(
    paths: tuple[Path, ...],
    quiet: bool,
    color: bool | None,
    format_: str,
    statistics: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
) -> None:
    """Show what blocks the event loop in the API layer at PATHS, through which chain, and what would be done about it.

    Exit codes: 0 nothing found, 1 findings, 2 usage or internal error.
    """
    out, messages = consoles(color)
    run = start(paths, messages)
    report = pipeline.check(run)
    rows = [
        row
        for row in report.findings
        if (not select or row.code.startswith(select)) and not (ignore and row.code.startswith(ignore))
    ]
    show_problems(report.problems, messages)
    if format_ == "json":
        click.echo(_json(report))
    elif statistics:
        counts: dict[str, int] = {}
        for row in rows:
            counts[row.code] = counts.get(row.code, 0) + 1
        for code, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            out.print(f"{count:>6}  {code}")
        for name, number in report.statistics.items():
            out.print(f"{number:>6}  {name}")
    elif format_ == "concise":
        for row in rows:
            out.print(render.concise(row))
    elif not quiet:
        lines = {path: source.text.splitlines() for path, source in run.sources.items()}
        for row in rows:
            render.finding(out, row, lines)
        render.refusals(out, report.refusals)
        if report.handlers:
            render.summary(out, report, done=False)
            render.notes(out, report)
            out.print()
            render.checklist(out, report.checklist)
    if not report.handlers:
        sys.exit(2)
    sys.exit(1 if rows else 0)


def _json(report: Report) -> str:
    """Everything that `text` shows, as one object; the diffs are left to `apply`."""
    data = msgspec.to_builtins(
        {
            "findings": report.findings,
            "handlers": report.handlers,
            "not_converted": report.refusals,
            "groups": [{"id": g.id, "title": g.title, "functions": g.functions, "notes": g.notes} for g in report.groups],
            "problems": report.problems,
            "checklist": report.checklist,
            "statistics": report.statistics,
        }
    )
    return json.dumps(data, indent=2, ensure_ascii=False)
