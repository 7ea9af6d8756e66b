"""Options that several commands take; nothing heavy is imported here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from ...codemods.engine.workers import AUTOMATIC
from .guard import state

F = TypeVar("F", bound=Callable[..., Any])


def _tell_phases(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    state.verbose = value


def common(command: F) -> F:
    """What every command that reads a project takes."""
    for option in (
        click.option(
            "--color/--no-color",
            default=None,
            help="Colours, or none (else the terminal and NO_COLOR decide).",
        ),
        click.option(
            "-q",
            "--quiet",
            is_flag=True,
            help="No report but, of apply, what stays and why: errors and the exit code are enough.",
        ),
        click.option(
            "-v",
            "--verbose",
            is_flag=True,
            expose_value=False,
            callback=_tell_phases,
            help="Say on stderr what is read and done, with the seconds.",
        ),
        click.argument("paths", nargs=-1, type=click.Path(path_type=Path)),
    ):
        command = option(command)
    return command


def formats(*names: str) -> Callable[[F], F]:
    """`--format`; the first is the default."""
    choice = click.Choice(names)
    return click.option(
        "--format", "format_", type=choice, default=names[0], show_default=True, help="How to print."
    )


database = click.option(
    "--database",
    "databases",
    multiple=True,
    metavar="[NAME=]STRATEGY",
    help="What becomes of a sync database: native, beside, run-sync, thread or leave; with the name that "
    "check gives it, of one of several (see the README).",
)
"""Like `database` and `databases` of the config, for this run."""


def strategies(given: Sequence[str]) -> dict[str, object]:
    """What `--database` says, by key of the config."""
    named = dict(each.rpartition("=")[::2] for each in given if "=" in each)
    of_all = [each for each in given if "=" not in each]
    return {"database": of_all[-1] if of_all else None, "databases": named or None}


results = click.option(
    "--results",
    metavar="HOW",
    help="Slow work whose result the answer needs: offload, poll or wait (see the README).",
)
"""Like `results` of the config, for this run."""


celery = click.option(
    "--celery", metavar="HOW", help="Tasks of Celery that are started and forgotten: keep them, or taskiq."
)
"""Like `celery` of the config, for this run."""


with_tests = click.option(
    "--with-tests", is_flag=True, default=None, help="Write tests for the tasks that are made."
)
"""Like `with-tests` of the config, for this run."""


with_jobs = click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=AUTOMATIC),
    default=AUTOMATIC,
    metavar="N",
    help="Processes that may work at once, on Linux (0, the default: as many as pay).",
)


def with_cache(command: F) -> F:
    """`--no-cache`."""
    option = click.option(
        "--no-cache",
        "cached",
        flag_value=False,
        default=True,
        help="Look again, even if nothing has changed since the last time.",
    )
    return option(command)
