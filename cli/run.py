"""What `check` and `apply` share: reading the config, running the pipeline with progress, one-line errors."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console

from ..codemods.engine import pipeline
from ..codemods.engine.config import ConfigError, load_config
from ..codemods.engine.project import ProjectError
from ..codemods.model import Problem

F = TypeVar("F", bound=Callable[..., Any])

USAGE_ERROR = 2


def common(command: F) -> F:
    """Options that both commands take."""
    for option in (
        click.option("--color/--no-color", default=None, help="Colours, or none (the default looks at the terminal and NO_COLOR)."),
        click.option("-q", "--quiet", is_flag=True, help="Only what the exit code cannot say."),
        click.argument("paths", nargs=-1, type=click.Path(path_type=Path)),
    ):
        command = option(command)
    return command


def consoles(color: bool | None) -> tuple[Console, Console]:
    """One for content (stdout), one for messages (stderr); code is never read as markup."""
    plain = color is False or (color is None and bool(os.environ.get("NO_COLOR")))
    force = True if color else None

    def make(stderr: bool) -> Console:
        return Console(
            stderr=stderr, markup=False, highlight=False, emoji=False, soft_wrap=True, no_color=plain, force_terminal=force
        )

    return make(False), make(True)


def fail(message: str) -> None:
    """One clear line on stderr, exit code 2."""
    click.echo(f"async-fix: {message}", err=True)
    sys.exit(USAGE_ERROR)


def start(paths: Sequence[Path], messages: Console, overrides: dict[str, object] | None = None) -> pipeline.Run:
    """Reads the config and the project, up to the plan."""
    try:
        given = list(paths)
        config = load_config((given[0] if given else Path.cwd()).absolute(), overrides or {})
        if not given:
            given = [Path(p) for p in config.paths] or [Path.cwd()]
        with _progress(messages) as progress:
            return pipeline.start(given, config, progress)
    except (ConfigError, ProjectError) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")
    raise AssertionError("unreachable")


@contextmanager
def _progress(messages: Console) -> Iterator[Callable[[str], None]]:
    """A spinner on a terminal; silence elsewhere."""
    if not messages.is_terminal:
        yield lambda phase: None
        return
    with messages.status("reading") as status:
        yield lambda phase: status.update(phase)


progress = _progress


def show_problems(problems: Sequence[Problem], messages: Console) -> None:
    for problem in problems:
        messages.print(f"async-fix: {problem}", style="yellow" if problem.path else "red")
