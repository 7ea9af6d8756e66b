"""Two interpreters, one for the projects before and one for those after, and what differs between them.

What differs in the code as well, when the migration is taken out of it again: see `stripping`.
"""

from __future__ import annotations

import json
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from replaying.processes import _environment
from small_projects import Migrated, migrate
from stripping import explained

from .projects import Project

HANGS_AFTER = 60.0
_HANGS = "it hangs"
# a coroutine that is made and dropped is a forgotten `await`
_STRICT = ("-X", "dev", "-W", "error::RuntimeWarning")


class Interpreter:
    """Started when it is needed, and anew when a project has brought it down or hangs."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def run(self, tree: Path, requests: list[dict[str, Any]]) -> dict[str, Any]:
        found = self._asked(tree, requests)
        # on a machine that does much else an interpreter may take a minute to start
        return self._asked(tree, requests) if found.get("failed") == _HANGS else found

    def _asked(self, tree: Path, requests: list[dict[str, Any]]) -> dict[str, Any]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, *_STRICT, "-m", "random_projects.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=_environment(None),
            )
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps({"tree": str(tree), "requests": requests}) + "\n")
        process.stdin.flush()
        is_ready, _, _ = select.select([process.stdout], [], [], HANGS_AFTER)
        line = process.stdout.readline() if is_ready else ""
        if line:
            found: dict[str, Any] = json.loads(line)
            return found
        self.end()
        return {"failed": _HANGS if not is_ready else "the interpreter ended"}

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


@dataclass(frozen=True)
class Compared:
    migrated: Migrated
    differences: list[str]


class Pair:
    def __init__(self) -> None:
        self._before, self._after = Interpreter(), Interpreter()

    def compare(self, project: Project) -> Compared | None:
        """None where the project does not run to begin with."""
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder).resolve()
            before = self._before.run(_written(root / "before", project.files), project.requests)
            if "failed" in before or before["unraisable"] or before["together"]:
                return None
            migrated = migrate(project.files)
            after = self._after.run(_written(root / "after", migrated.texts), project.requests)
        return Compared(migrated, [*_differences(before, after), *_unexplained(migrated)])

    def end(self) -> None:
        self._before.end()
        self._after.end()


@contextmanager
def pair() -> Iterator[Pair]:
    found = Pair()
    try:
        yield found
    finally:
        found.end()


def _written(tree: Path, files: Mapping[str, str]) -> Path:
    for path, text in files.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(text)
    return tree


def _differences(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    if "failed" in after:
        yield after["failed"]
        return
    for old, new in zip(before["answers"], after["answers"], strict=True):
        for what in old:
            if old[what] != new[what]:
                yield f"{old['name']}: {what}: {_difference(old[what], new[what])}"
    if before["files"] != after["files"]:
        yield f"files: {_difference(before['files'], after['files'])}"
    for found in after["unraisable"]:
        yield f"unraisable: {found}"
    for found in after["together"]:
        yield f"together with others: {found}"
    blocked = {line.split(": ")[0] for line in before["blocking"]}
    for line in after["blocking"]:
        if line.split(": ")[0] not in blocked:
            yield f"blocks the loop: {line}"


def _unexplained(migrated: Migrated) -> Iterator[str]:
    for name, old, new in explained(migrated.run, migrated.report).unexplained:
        yield f"the plan does not explain what became of {name}\n{old}\n-->\n{new}"


def _difference(before: Any, after: Any) -> str:
    """Of two lists, only where they part."""
    if isinstance(before, list) and isinstance(after, list):
        same = 0
        while before[same : same + 1] == after[same : same + 1] and same < len(before):
            same += 1
        return f"item {same}: {before[same : same + 3]} before, {after[same : same + 3]} after"
    return f"{before} before, {after} after"
