"""`async-fix routes`: every handler on a line, for whoever leads the migration."""

from __future__ import annotations

import fnmatch
import sys
from collections.abc import Callable
from pathlib import Path

import click

from ..chosen.view import Suppressed, view
from ..formats.as_json import pretty
from ..formats.handlers import FIELDS, Route, as_csv, as_markdown, as_text, table
from ..shared.guard import emit, fail
from ..shared.options import common, formats, with_cache
from ..shared.places import Places
from ..shared.run import checked, consoles, show_problems, start


@click.command()
@formats("text", "json", "csv", "markdown")
@click.option(
    "--sort",
    type=click.Choice(list(FIELDS)),
    default="file",
    show_default=True,
    help="The order of the rows.",
)
@click.option(
    "--filter",
    "filters",
    multiple=True,
    metavar="KEY=PATTERN",
    help=f"Only rows like that, with * and ? in the pattern (repeatable); keys are {', '.join(FIELDS)}.",
)
@with_cache
@common
def routes(
    paths: tuple[Path, ...],
    quiet: bool,
    color: bool | None,
    cached: bool,
    format_: str,
    sort: str,
    filters: tuple[str, ...],
) -> None:
    """List the handlers and dependencies at PATHS: `def` or `async def` now and afterwards, and why.

    \b
    async-fix routes app/api --sort path
    async-fix routes app/api --filter after=def
    async-fix routes app/api --filter 'blocks=*requests*' --format csv

    Exit codes: 0 listed, 2 usage or internal error.
    """
    out, messages = consoles(color)
    wanted = [_filter(text) for text in filters]
    run = start(paths, messages, cached=cached)
    places = Places(run.project.root)
    report = checked(run, messages, cached=cached)
    shown = view(report, Suppressed(run, report.findings))
    show_problems(shown.problems, messages, places)
    if not shown.handlers:
        sys.exit(2)
    rows = [row for row in table(shown, places) if all(test(row) for test in wanted)]
    rows.sort(key=lambda row: ("" if sort == "file" else row.field(sort), row.file, row.line))
    if format_ == "json":
        emit(pretty(rows))
    elif format_ == "csv":
        emit(as_csv(rows))
    elif format_ == "markdown":
        emit(as_markdown(rows))
    elif not quiet:
        as_text(out, rows)


def _filter(text: str) -> Callable[[Route], bool]:
    key, equals, pattern = text.partition("=")
    if not equals or key not in FIELDS:
        fail(f"--filter {text}: it must be KEY=PATTERN, the key one of {', '.join(FIELDS)}")
    return lambda row: fnmatch.fnmatchcase(row.field(key).lower(), pattern.lower())
