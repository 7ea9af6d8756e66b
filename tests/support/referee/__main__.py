"""A type checker as referee: no error after the migration that was not there before.

    PYTHONPATH=tests/support python -m referee [--checker mypy|pyright|ty] [FOLDER PATH ...]

Without a folder: the projects of `testdata/projects`, as they are kept there. With one: FOLDER is copied,
`async-fix apply PATH ...` runs in the copy, and both trees are checked. mypy must be there for this Python,
pyright or ty on the path. Exit code 1 with the new errors, which a forgotten `await` or an attribute that
the twin has not would be.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

PROJECTS = Path(__file__).resolve().parents[2] / "testdata" / "projects"
_LINE = re.compile(r"^ *(?P<path>[^:]+):\d+:(?:\d+:?)?(?: -)? (?P<text>(?:error|warning).*)$")
# a hop takes the place of the function: the same error has another name
_CALLED = re.compile(r"to (function|bound method) `[^`]*`| in function \"[^\"]*\"$")
_KNOWN = (
    # packages that are not installed here
    "[import-untyped]",
    "[import-not-found]",
    "[unresolved-import]",
    "(reportMissing",
    # SQLModel declares a relationship as what it loads, SQLAlchemy's options take the attribute
    'Argument 1 to "selectinload"',
    'in function "selectinload"',
    "function `selectinload`",
    "method `_AbstractLoad.selectinload`",
    # SQLAlchemy gives a CursorResult for DELETE and UPDATE and declares a Result
    'has no attribute "rowcount"',
    "has no attribute `rowcount`",
    'attribute "rowcount" for class "Result',
    # and a Sequence for the list that `all()` gives, and None for the condition of a query that has one
    "`Sequence[",
    'has incompatible type "Sequence[',
    "found `ColumnElement[Any] | None`",
    'type "ColumnElement[Any] | None"',
    # a double of a test: what makes the session is declared as a class and used as a function
    'Argument "sync_session_class" to "AsyncSession"',
    "Argument to `AsyncSession.__init__`",
    # code of a handler without types, in a task that has them
    "[func-returns-value]",
    # `on_event` where the application has it already, and an iterator as the type of a context manager
    "warning[deprecated]",
)
"""Errors that say nothing of the migration."""
_MYPY = ("mypy", "--config-file=", "--no-error-summary", "--check-untyped-defs", f"--cache-dir={os.devnull}")
_UNAWAITED = ("--enable-error-code", "unused-awaitable", "--enable-error-code", "unused-coroutine")
_TY = ("ty", "check", "--output-format", "concise", "--no-progress", "--warn", "unused-awaitable")
COMMANDS = {
    "mypy": (sys.executable, "-m", *_MYPY, *_UNAWAITED, "--explicit-package-bases", "."),
    "pyright": ("pyright", "--pythonpath", sys.executable),
    "ty": (*_TY, "--python", sys.prefix, "."),
}


def errors(tree: Path, checker: str) -> Counter[str]:
    """Without their lines, which the migration moves. Raises `SystemExit` where there is no such checker."""
    done = subprocess.run(COMMANDS[checker], cwd=tree, capture_output=True, text=True, timeout=600)
    if done.returncode not in (0, 1):
        sys.exit(f"{checker} does not run: {done.stderr or done.stdout}")
    found = (_LINE.match(line) for line in done.stdout.splitlines())
    lines = [f"{m['path'].removeprefix(f'{tree}/')}: {m['text']}" for m in found if m]
    return Counter(_CALLED.sub("", line) for line in lines if not any(known in line for known in _KNOWN))


def new_errors(before: Path, after: Path, checker: str) -> list[str]:
    return sorted((errors(after, checker) - errors(before, checker)).elements())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--checker", choices=COMMANDS, default="mypy")
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("paths", nargs="*")
    args = parser.parse_args()
    if args.folder is None:
        found = [
            f"{project.name}: {line}"
            for project in sorted(PROJECTS.iterdir())
            for line in new_errors(project / "before", project / "after", args.checker)
        ]
    else:
        found = _migrated(args.folder, args.paths, args.checker)
    print(*found or ["no new error"], sep="\n")
    return int(bool(found))


def _migrated(folder: Path, paths: Sequence[str], checker: str) -> list[str]:
    with tempfile.TemporaryDirectory() as name:
        before, after = Path(name, "before"), Path(name, "after")
        for tree in (before, after):
            shutil.copytree(folder, tree, ignore=shutil.ignore_patterns(".git", ".venv"))
        command = [sys.executable, "-m", "async_fix", "apply", "--allow-dirty", *paths]
        subprocess.run(command, cwd=after, timeout=1800, stdout=subprocess.DEVNULL)
        return new_errors(before, after, checker)


if __name__ == "__main__":
    sys.exit(main())
