"""`async-fix apply`: rewrite, prove, and write all files or none."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from ...codemods.engine import pipeline
from ...codemods.engine.read import git
from ...codemods.engine.settings.values import CODEMODS
from ...codemods.engine.trial.verify import changes
from ...codemods.engine.write.transaction import WriteError, are_written, write_changes
from ...codemods.model import ChangeGroup, FileResult, Reason, Status
from ..chosen.view import Suppressed, View, view
from ..formats import diff, summary
from ..shared import options, words
from ..shared.guard import fail, state
from ..shared.interrupts import interruptible
from ..shared.options import common, with_jobs
from ..shared.paper import line
from ..shared.places import Places
from ..shared.run import checked, consoles, is_tty, progress, show_problems, start
from .interactive import choose
from .verified import broke, sifted, tell


@click.command()
@click.option("--dry-run", is_flag=True, help="Write nothing: show the diff, then what stays, and why.")
@click.option(
    "--patch",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write nothing but the diff, to this file; `git apply` takes it.",
)
@click.option("--group", "groups", multiple=True, metavar="ID", help="Only this change group (repeatable).")
@click.option("-i", "--interactive", is_flag=True, help="Show the change groups one by one, and ask.")
@click.option(
    "--only", multiple=True, metavar="CODEMOD", help=f"Only these codemods of {', '.join(CODEMODS)}."
)
@click.option(
    "--skip", multiple=True, metavar="CODEMOD", help="All codemods but these; the next best does it."
)
@click.option(
    "--verify",
    metavar="COMMAND",
    help="Run your tests before and after; change groups that break one are taken out.",
)
@click.option("--unsafe", is_flag=True, help="Changes too that alter behaviour in a way that is stated.")
@click.option(
    "--add-dependencies", is_flag=True, help="Write what must be installed to your dependency files."
)
@click.option("--allow-dirty", is_flag=True, help="Write although files have changes that are not committed.")
@options.database
@options.results
@options.celery
@options.with_tests
@with_jobs
@common
def apply(
    paths: tuple[Path, ...],
    quiet: bool,
    color: bool | None,
    jobs: int,
    dry_run: bool,
    patch: Path | None,
    groups: tuple[str, ...],
    interactive: bool,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    verify: str | None,
    unsafe: bool,
    add_dependencies: bool,
    allow_dirty: bool,
    databases: tuple[str, ...],
    results: str | None,
    celery: str | None,
    with_tests: bool | None,
) -> None:
    """Make the API layer at PATHS async, with everything that must change along with it.

    PATHS are files or folders; without them `paths` of the config, else the current folder. Every change is
    proven before it is written, then all files are written or none; `async-fix undo` takes it back. What is
    not converted is listed with the reason, always.

    \b
    async-fix apply --dry-run app/api
    async-fix apply --dry-run app/api | git apply
    async-fix apply app/api --interactive
    async-fix apply app/api --group 3f2a1b
    async-fix apply app/api --skip extract-tasks
    async-fix apply app/api --verify "pytest -q"

    Exit codes: 0 done or nothing to do, 1 there are changes (--dry-run, --patch) or --verify took some out,
    2 usage or internal error.
    """
    out, messages = consoles(color)
    if verify and (dry_run or patch is not None):
        fail("--verify writes the files; it does not go with --dry-run or --patch")
    wishes = {
        "skip": _skipped(only, skip),
        **options.strategies(databases),
        "results": results,
        "celery": celery,
        "with_tests": with_tests,
        "unsafe": unsafe or None,
    }
    run = start(paths, messages, wishes, writes=not (dry_run or patch), jobs=jobs)
    places = Places(run.project.root)
    found = checked(run, messages, cached=False).findings
    suppressed = Suppressed(run, found)
    held = {**_not_chosen(run.before.plan.groups, groups), **suppressed.held}
    _known(groups, run.before.plan.groups, suppressed)
    if interactive:
        asked = [group for group in run.before.plan.groups if group.id not in held]
        chosen = choose(run, asked, found, out, places)
        held |= {group.id: _NOT_CHOSEN for group in asked if group.id not in chosen}
    with progress(messages) as phase:
        report = pipeline.apply(
            run, lambda group: group.id not in held, phase, add_dependencies=add_dependencies
        )
    is_done = not dry_run and patch is None
    if is_done and not allow_dirty:
        _refuse_dirty(run.project.root, report.files, places)
    said = sifted(run, report.groups, verify, messages) if verify and report.files else None
    if said is not None:
        held |= broke(said)
        report = pipeline.apply(run, lambda group: group.id not in held, add_dependencies=add_dependencies)
    shown = view(report, suppressed, held=held)
    show_problems(shown.problems, messages, places)
    if not shown.handlers and not report.files:
        sys.exit(2)
    if dry_run and patch is None:
        is_exact = not (color or is_tty(sys.stdout))
        diff.show(out, report.files, places, exact=is_exact)
        out = messages if is_exact else out
    elif patch is not None:
        _write_patch(patch, report.files, places)
        line(out, f"wrote {patch}: {words.count(len(report.files), 'file')}")
    else:
        _write(run, report.files)
    if said is not None and (said.guilty or not quiet):
        tell(out, said, run.before.plan.groups)
    steps = list(shown.report.next_steps)
    if dry_run and report.files:
        steps.insert(0, "write it: the same command without --dry-run")
    if is_done and report.files:
        steps.append("read the diff" if said is not None else "run your tests and read the diff")
        steps.append("take it all back, if you like: async-fix undo")
    steps += summary.database_steps(shown, words.repeated(paths))
    _tell(out, shown, steps, places, quiet=quiet, is_done=is_done)
    is_less = said is not None and bool(said.guilty)
    sys.exit(1 if is_less or (not is_done and report.files) else 0)


_NOT_CHOSEN = Reason("AF931", "its change group was not chosen")


def _skipped(only: Sequence[str], skip: Sequence[str]) -> list[str] | None:
    """The codemods to be left out; None where the command line names none."""
    for option, given in (("only", only), ("skip", skip)):
        for name in given:
            if name not in CODEMODS:
                fail(f"--{option}: no codemod {name}; there are {', '.join(CODEMODS)}")
    left_out = [name for name in CODEMODS if (only and name not in only) or name in skip]
    return left_out if only or skip else None


def _not_chosen(groups: Sequence[ChangeGroup], chosen: Sequence[str]) -> dict[str, Reason]:
    return {group.id: _NOT_CHOSEN for group in groups if chosen and group.id not in chosen}


def _known(chosen: Sequence[str], groups: Sequence[ChangeGroup], suppressed: Suppressed) -> None:
    ids = {group.id for group in groups}
    for name in chosen:
        if name not in ids:
            fail(f"no change group {name}; there are {', '.join(sorted(ids)) or 'none'}")
        if (reason := suppressed.held.get(name)) is not None:
            fail(f"{reason.location}: {reason.text}")


def _write_patch(patch: Path, results: Sequence[FileResult], places: Places) -> None:
    try:
        patch.write_bytes(b"".join(diff.unified(result, places) for result in results))
    except OSError as error:
        fail(f"{patch}: {error.strerror}")


def _refuse_dirty(root: Path, results: Sequence[FileResult], places: Places) -> None:
    try:
        dirty = git.uncommitted(root, [result.path for result in results])
    except git.GitError as error:
        fail(str(error))
    if dirty:
        names = ", ".join(places.shown(path) for path in dirty[:3]) + (", ..." if len(dirty) > 3 else "")
        verb = "has" if len(dirty) == 1 else "have"
        fail(f"{names} {verb} changes that are not committed; commit them first, or give --allow-dirty")


def _write(run: pipeline.Run, results: Sequence[FileResult]) -> None:
    """Nothing is printed before everything is written: a closed pipe must not stop the write."""
    wanted = changes(results)
    try:
        with interruptible():
            write_changes(run.project.root, wanted)
    except WriteError as error:
        fail(str(error))
    finally:  # Ctrl-C may come when the last file has been written, and before we know
        if wanted and are_written(run.project.root, wanted):
            state.outcome = "the files had been written already; `async-fix undo` takes that back"


def _tell(
    out: Console, shown: View, steps: Sequence[str], places: Places, *, quiet: bool, is_done: bool
) -> None:
    if is_done and not quiet:
        _written(out, shown, places)
    summary.refusals(out, shown, places)
    if quiet:
        return
    summary.database(out, shown, places)
    summary.numbers(out, shown, done=is_done)
    summary.behaviour(out, shown, places)
    summary.next_steps(out, steps)


def _written(out: Console, shown: View, places: Places) -> None:
    results = shown.report.files
    if not results:
        line(out, "Nothing to change.")
    for result in results:
        more, less = diff.changed_lines(result)
        verb = "created" if result.status is Status.CREATED else "changed"
        numbers = (f"+{more}", "green"), " ", (f"-{less}", "red")
        line(out, (verb, "green"), f" {places.shown(result.path)}  ", *numbers)
    out.print()
