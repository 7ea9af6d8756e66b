"""`async-fix apply`: rewrite, prove, and write all files or none."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..codemods.engine import git, pipeline
from ..codemods.engine.write import Change, WriteError, write_changes
from . import diff, render
from .run import common, consoles, fail, progress, show_problems, start


@click.command(short_help="Make the code async; with --dry-run only show the diff.")
@common
@click.option("--dry-run", is_flag=True, help="Write nothing: show the diff, then what stays as it is and why.")
@click.option("--patch", type=click.Path(path_type=Path, dir_okay=False), help="Write the diff to this file instead; `git apply` takes it.")
@click.option("--group", "groups", multiple=True, metavar="ID", help="Only this change group (repeatable).")
@click.option("--allow-dirty", is_flag=True, help="Write although files have changes that are not committed.")
def apply(
    paths: tuple[Path, ...],
    quiet: bool,
    color: bool | None,
    dry_run: bool,
    patch: Path | None,
    groups: tuple[str, ...],
    allow_dirty: bool,
) -> None:
    """Make the API layer at PATHS async, with everything that must change along with it.

    Exit codes: 0 done or nothing to do, 1 with --dry-run: there are changes, 2 usage or internal error.
    """
    out, messages = consoles(color)
    run = start(paths, messages)
    known = {group.id for group in run.before.plan.groups}
    for name in groups:
        if name not in known:
            fail(f"no change group {name}; there are {', '.join(sorted(known)) or 'none'}")
    with progress(messages) as phase:
        report = pipeline.apply(run, lambda group: not groups or group.id in groups, phase)
    show_problems(report.problems, messages)
    if not report.handlers:
        sys.exit(2)
    if patch is not None:
        patch.write_bytes(b"".join(diff.unified(result) for result in report.files))
    elif dry_run:
        diff.show(out, report.files)
    else:
        dirty = git.uncommitted(run.project.root, [r.path for r in report.files])
        if dirty and not allow_dirty:
            fail(f"{dirty[0]} has changes that are not committed; commit them, or give --allow-dirty")
        try:
            write_changes(run.project.root, {r.path: Change(r.old, r.new or b"") for r in report.files})
        except WriteError as error:
            fail(str(error))
    if not quiet:
        shown = messages if dry_run and not out.is_terminal else out
        render.refusals(shown, report.refusals)
        render.summary(shown, report, done=not dry_run and patch is None)
        render.notes(shown, report)
    sys.exit(1 if dry_run and report.files else 0)
