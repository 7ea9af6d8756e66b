"""Starts what runs in an interpreter of its own: the tool, a project's suite, a replay, a worker."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import forked

from .case import Case, read_case
from .naive import make_naive

SUPPORT = Path(__file__).resolve().parents[1]
# what runs leave behind in a tree, and the tool's own journal
LEFT_BEHIND = ("__pycache__", ".pytest_cache", ".async-fix", "*.pyc")


class Project:
    """One folder of `testdata/projects`, and copies of it: before, after, and after the naive conversion.

    Every step is taken once and kept, so that tests may ask in any order.
    """

    def __init__(self, folder: Path, scratch: Path) -> None:
        self.folder = folder
        self.name = folder.name
        self.case_file = folder / "case.toml"
        self._scratch = scratch
        self._failure = ""

    @cached_property
    def case(self) -> Case:
        return read_case(self.case_file)

    @cached_property
    def before(self) -> Path:
        return self._copy("before")

    @cached_property
    def naive(self) -> Path:
        tree = self._copy("naive")
        make_naive(tree)
        return tree

    @cached_property
    def after(self) -> Path:
        if self._failure:
            raise AssertionError(self._failure)
        tree = self._copy("after")
        try:
            self.convert(tree)
        except AssertionError as failure:
            self._failure = str(failure)
            raise
        return tree

    def converted(self, *options: str) -> Path:
        """A copy for which the tool was given more options."""
        tree = self._copy("-".join(option.strip("-") for option in options))
        self.convert(tree, *options)
        return tree

    def convert(self, tree: Path, *options: str) -> str:
        """Let the tool loose on `tree`; what it said."""
        done = run("-m", "async_fix", *self.case.command, *options, cwd=tree)
        said = f"{done.stdout}{done.stderr}"
        # 1: something is left that a person should look at
        assert done.returncode in (0, 1), f"{self.name}: exit code {done.returncode}\n{said[-5000:]}"
        return said

    @cached_property
    def answers_before(self) -> dict[str, Any]:
        return self.answers(self.before)

    @cached_property
    def answers_after(self) -> dict[str, Any]:
        return self.answers(self.after)

    @cached_property
    def probe_after(self) -> dict[str, Any]:
        return self.probe(self.after)

    @cached_property
    def probe_naive(self) -> dict[str, Any] | None:
        """None where the process went down: two threads use one session of SQLite at once.

        It would wait for all neighbours in turn, and the first ones tell enough.
        """
        done = self._probed(self.naive, "--patience", "5")
        return None if done.returncode == -signal.SIGSEGV else self._document(done)

    def probe(self, tree: Path) -> dict[str, Any]:
        return self._document(self._probed(tree))

    def _probed(self, tree: Path, *options: str) -> subprocess.CompletedProcess[str]:
        return run("-m", "replaying.replay", self.case_file, "--probe", *options, cwd=tree)

    def answers(self, tree: Path) -> dict[str, Any]:
        return self._document(run("-m", "replaying.replay", self.case_file, cwd=tree, strict=True))

    def own_suite(self, tree: Path) -> subprocess.CompletedProcess[str]:
        return run("-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=tree, strict=True)

    def _document(self, done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
        assert done.returncode == 0, f"{self.name}: {done.stderr[-5000:]}"
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    def _copy(self, name: str) -> Path:
        tree = self._scratch / name
        shutil.copytree(self.folder / "before", tree, ignore=shutil.ignore_patterns(*LEFT_BEHIND))
        return tree


def run(
    *arguments: str | Path, cwd: Path, environment: Mapping[str, str] | None = None, strict: bool = False
) -> subprocess.CompletedProcess[str]:
    """`python <arguments>`, with `replaying` to be imported, to its end."""
    return forked.run(*arguments, cwd=cwd, environment=_environment(environment), strict=strict)


@contextlib.contextmanager
def running(
    *arguments: str, cwd: Path, environment: Mapping[str, str], patience: float = 20
) -> Iterator[subprocess.Popen[bytes]]:
    """`python <arguments>` beside the block; ends with it, but has `patience` seconds to finish its work.

    What it started itself ends with it.
    """
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=cwd,
            env=_environment(environment),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
        except BaseException:
            output.seek(0)
            print(output.read().decode(errors="replace")[-5000:])  # pytest shows it with the failure
            raise
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(patience)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _environment(more: Mapping[str, str] | None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "TASKIQ"))}
    path = os.pathsep.join([str(SUPPORT), *filter(None, [kept.get("PYTHONPATH")])])
    return {**kept, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", **(more or {})}


def content(tree: Path) -> dict[str, bytes]:
    """Every file below `tree` by its name, without what runs leave behind."""
    return {
        path.relative_to(tree).as_posix(): path.read_bytes()
        for path in sorted(tree.rglob("*"))
        if path.is_file() and not _is_left_behind(path.relative_to(tree))
    }


def _is_left_behind(path: Path) -> bool:
    return any(part in LEFT_BEHIND for part in path.parts) or path.suffix in (".pyc", ".db")


def projects(folder: Path) -> Sequence[Path]:
    return sorted(path.parent for path in folder.glob("*/case.toml"))
