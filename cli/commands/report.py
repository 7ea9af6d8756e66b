"""`async-fix report`: the page for the review of a migration."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ...codemods.engine import pipeline
from ..chosen.view import Suppressed, View, view
from ..page.page import page
from ..shared import words
from ..shared.guard import fail
from ..shared.options import common
from ..shared.paper import line
from ..shared.places import Places
from ..shared.run import checked, consoles, progress, show_problems, start


@click.command()
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="Write the page to this file; it needs nothing else.",
)
@common
def report(paths: tuple[Path, ...], quiet: bool, color: bool | None, html: Path) -> None:
    """Write a page for the review of a migration: handlers before and after, side-by-side diffs, refusals.

    The page is one file that needs no network. Nothing else is written.

    \b
    async-fix report app/api --html migration.html

    Exit codes: 0 written, 2 usage or internal error.
    """
    out, messages = consoles(color)
    run = start(paths, messages)
    places = Places(run.project.root)
    suppressed = Suppressed(run, checked(run, messages, cached=False).findings)
    with progress(messages) as phase:
        found = pipeline.apply(run, lambda group: group.id not in suppressed.held, phase)
        shown = view(found, suppressed)
        show_problems(shown.problems, messages, places)
        if not shown.handlers:
            sys.exit(2)
        text = page(run, shown, places)
    try:
        html.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
    except OSError as error:
        fail(f"{html}: {error.strerror}")
    if not quiet:
        line(out, f"wrote {html}: {words.count(len(shown.handlers), 'handler')}, ", _size(shown))


def _size(shown: View) -> str:
    return f"{words.count(len(shown.report.groups), 'change group')}, " + words.count(
        len(shown.report.files), "file"
    )
