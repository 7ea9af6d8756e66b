"""`async-fix undo`: bring back what the last apply changed."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ...codemods.engine.write.journal import HOME
from ...codemods.engine.write.transaction import WriteError
from ...codemods.engine.write.transaction import undo as undo_last
from ..shared.guard import emit, fail
from ..shared.letters import in_one_line
from ..shared.places import Places


@click.command()
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("--partly", is_flag=True, help="Bring back the other files where some have changed since.")
def undo(path: Path, *, partly: bool) -> None:
    """Bring back what the last apply changed in the project around PATH.

    Where files have changed since, nothing is brought back, as they may need the others; they are named. Put
    them right and call it again, or let it bring back the others with --partly.

    Exit codes: 0 all is back, 1 some files have changed since, 2 there is nothing to undo, or it cannot be
    done.
    """
    try:
        start = path.resolve(strict=True)
    except OSError as error:
        fail(f"{path}: {error.strerror}")
    root = next((folder for folder in (start, *start.parents) if (folder / HOME / "journal").is_dir()), None)
    if root is None:
        fail(f"{path}: there is nothing to undo here")
    try:
        report = undo_last(root, partly=partly)
    except WriteError as error:
        fail(str(error))
    places = Places(root)
    for name in report.written:
        verb = "restored" if (root / name).exists() else "removed"
        emit(in_one_line(f"{verb} {places.shown(name)}"))
    if report.recovered:
        emit("That was an apply that had been interrupted; call undo again for the one before.")
    for name, why in report.refused:
        outcome = "it was left alone" if partly or report.written else "nothing was brought back"
        click.echo(in_one_line(f"async-fix: {places.shown(name)}: {why}; {outcome}"), err=True)
    if report.refused and not partly:
        click.echo("async-fix: put them right and call undo again; --partly brings back the others", err=True)
    sys.exit(1 if report.refused else 0)
