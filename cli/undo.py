"""`async-fix undo`: bring back what the last apply changed."""

from __future__ import annotations

from pathlib import Path

import click

from ..codemods.engine.write import WriteError
from ..codemods.engine.write import undo as undo_last
from .run import fail


@click.command(short_help="Bring back what the last apply changed.")
@click.argument("path", default=".", type=click.Path(path_type=Path))
def undo(path: Path) -> None:
    """Bring back what the last apply changed in the project at PATH, file by file; changed files are left alone."""
    root = path.absolute()
    while not (root / ".async-fix").is_dir() and root != root.parent:
        root = root.parent
    try:
        report = undo_last(root)
    except WriteError as error:
        fail(str(error))
        return
    for name in report.written:
        click.echo(f"restored {name}")
