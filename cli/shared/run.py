"""What the commands share: options, consoles, reading the config and the project, progress."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from platformdirs import user_cache_path
from rich.console import Console
from rich.text import Text

from ...codemods.engine import pipeline
from ...codemods.engine.kept.reports import ReportCache
from ...codemods.engine.read.git import GitError
from ...codemods.engine.read.project import ProjectError
from ...codemods.engine.settings.config import Config, ConfigError, load_config
from ...codemods.engine.workers import AUTOMATIC
from ...codemods.engine.write.journal import HOME
from ...codemods.engine.write.transaction import WriteError, recover
from ...codemods.model import Problem, Report
from .guard import OutputClosed, fail, state
from .letters import in_one_line
from .places import Places
from .words import count


class _Console(Console):
    def print(self, *objects: Any, **how: Any) -> None:
        """Lines of plain text go to a file or a pipe as they are: laying a thousand of them out would take
        Rich a fifth of a second."""
        is_as_it_is = not how and self.color_system is None and self.width >= WIDE and not self._buffer_index
        text = _plain(*objects) if is_as_it_is else None
        if text is None or len(text) > WIDE:
            super().print(*objects, **how)
            return
        try:
            self.file.write(f"{text}\n")
            self.file.flush()
        except BrokenPipeError:
            self.on_broken_pipe()

    def on_broken_pipe(self) -> NoReturn:
        raise OutputClosed


def _plain(*objects: object) -> str | None:
    """None for what has to be laid out."""
    if not objects:
        return ""
    if len(objects) > 1 or not isinstance(objects[0], Text):
        return None
    text = objects[0].plain
    return None if "\t" in text or "\n" in text else text


def consoles(color: bool | None) -> tuple[Console, Console]:
    """One for content (stdout), one for messages (stderr); code is never read as markup."""
    return _console(color, stderr=False), _console(color, stderr=True)


def _console(color: bool | None, *, stderr: bool) -> Console:
    is_terminal = bool(color) or is_tty(sys.stderr if stderr else sys.stdout)
    forced = color is None and bool(os.environ.get("FORCE_COLOR")) and not os.environ.get("NO_COLOR")
    return _Console(
        stderr=stderr,
        markup=False,
        highlight=False,
        emoji=False,
        soft_wrap=True,
        no_color=color is False or (color is None and bool(os.environ.get("NO_COLOR"))),
        force_terminal=is_terminal or forced,
        width=None if is_tty(sys.stderr if stderr else sys.stdout) or "COLUMNS" in os.environ else WIDE,
    )


WIDE = 100_000
"""Lines that go to a file or a pipe are not broken."""


def is_tty(stream: Any) -> bool:
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):
        return False


def read_config(paths: Sequence[Path], overrides: Mapping[str, object] | None = None) -> Config:
    try:
        here = Path.cwd()
    except OSError:
        fail("the current folder is gone; change to one that is there")
    try:
        return load_config((paths[0] if paths else here).absolute(), overrides)
    except ConfigError as error:
        place = os.path.relpath(error.path) if error.path else ""
        line = f":{error.line}" if error.path and error.line else ""
        option = error.message.replace("databases: ", "database ", 1)  # `--database app.db:engine=leave`
        fail(f"{place}{line}: {error.message}" if place else f"--{option}")


def given_paths(paths: Sequence[Path], config: Config) -> list[Path]:
    """What the command line names, else the config, else the current folder."""
    return list(paths) or [Path(path) for path in config.paths] or [Path.cwd()]


def start(
    paths: Sequence[Path],
    messages: Console,
    overrides: Mapping[str, object] | None = None,
    *,
    writes: bool = False,
    jobs: int = AUTOMATIC,
    cached: bool = True,
) -> pipeline.Run:
    """Everything is read; where we may write, a run that was killed is put back first."""
    read = partial(pipeline.start, jobs=jobs, facts=_cache("facts") if cached else None)
    config = read_config(paths, overrides)
    given = given_paths(paths, config)
    try:
        with progress(messages) as phase:
            run = read(given, config)
            if state.verbose:
                _say_what_was_read(run, phase)
            if (run.project.root / HOME / "journal" / "next").is_dir():
                if not writes:
                    fail("an apply was interrupted here; `async-fix undo` puts its files back first")
                recover(run.project.root)
                run = read(given, config)
            return run
    except (ConfigError, ProjectError, WriteError, GitError) as error:
        fail(str(error))


def _say_what_was_read(run: pipeline.Run, phase: Callable[[str], None]) -> None:
    project = run.project
    phase(f"{count(len(project.files), 'file')} in {project.root}, {len(project.api)} of them the API layer")
    where = project.config.folder
    phase(f"config: {where}" if where else "config: none, all values are the defaults")


def checked(run: pipeline.Run, messages: Console, *, cached: bool = True) -> Report:
    """What `check` found the last time, if nothing has changed; else it looks again."""
    cache = ReportCache(_cache("reports")) if cached else None
    with progress(messages) as phase:
        phase("linking and judging")
        return pipeline.check(run, cache)


def _cache(of: str) -> Path:
    return user_cache_path("async-fix", appauthor=False) / of


@contextmanager
def progress(messages: Console) -> Iterator[Callable[[str], None]]:
    """A spinner on a terminal, lines where they are wanted, silence elsewhere."""
    if state.verbose:
        start = time.monotonic()
        yield lambda phase: messages.print(Text(f"async-fix: {time.monotonic() - start:.1f} s: {phase}"))
        return
    if not is_tty(sys.stderr):
        yield lambda phase: None
        return
    with messages.status("reading") as status:
        yield lambda phase: status.update(Text(phase))


def show_problems(problems: Sequence[Problem], messages: Console, places: Places) -> None:
    for problem in problems:
        line = f":{problem.line}" if problem.line else ""
        place = f"{places.shown(problem.path)}{line}: " if problem.path else ""
        hint = f" ({problem.hint})" if problem.hint else ""
        style = "yellow" if problem.path else "red"
        messages.print(Text(in_one_line(f"async-fix: {place}{problem.message}{hint}"), style=style))
