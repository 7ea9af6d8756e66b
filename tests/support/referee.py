"""A type checker as referee: no error after the migration that was not there before.

    PYTHONPATH=tests/support python -m referee [FOLDER PATH ...]

Without arguments: the projects of `testdata/projects`, as they are kept there. With them: FOLDER is copied,
`async-fix apply PATH ...` runs in the copy, and both trees are checked. Needs mypy. Exit code 1 with the new
errors, which a forgotten `await` or an attribute that the twin has not would be.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

PROJECTS = Path(__file__).resolve().parents[2] / "testdata" / "projects"
_LINE = re.compile(r"^(?P<path>[^:]+):\d+: (?P<text>error: .*)$")
_KNOWN = (
    # packages that are not installed here
    "[import-untyped]",
    "[import-not-found]",
    # SQLModel declares a relationship as what it loads, SQLAlchemy's options take the attribute
    'Argument 1 to "selectinload" has incompatible type',
    # SQLAlchemy gives a CursorResult for DELETE and UPDATE and declares a Result
    'has no attribute "rowcount"',
    # a double of a test: what makes the session is declared as a class and used as a function
    'Argument "sync_session_class" to "AsyncSession"',
)
"""Errors that say nothing of the migration."""


def errors(tree: Path) -> Counter[str]:
    """Without their lines, which the migration moves."""
    options = ["--config-file=", "--no-error-summary", "--check-untyped-defs", f"--cache-dir={os.devnull}"]
    unawaited = ["--enable-error-code", "unused-awaitable", "--enable-error-code", "unused-coroutine"]
    command = [sys.executable, "-m", "mypy", *options, *unawaited, "--explicit-package-bases", "."]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, timeout=600)
    found = (_LINE.match(line) for line in done.stdout.splitlines())
    lines = [f"{m['path']}: {m['text']}" for m in found if m]
    return Counter(line for line in lines if not any(known in line for known in _KNOWN))


def new_errors(before: Path, after: Path) -> list[str]:
    return sorted((errors(after) - errors(before)).elements())


def main(arguments: list[str]) -> int:
    if not arguments:
        pairs = [(path.name, path / "before", path / "after") for path in sorted(PROJECTS.iterdir())]
        found = [f"{name}: {line}" for name, before, after in pairs for line in new_errors(before, after)]
    else:
        with tempfile.TemporaryDirectory() as folder:
            before, after = Path(folder, "before"), Path(folder, "after")
            for tree in (before, after):
                shutil.copytree(arguments[0], tree, ignore=shutil.ignore_patterns(".git", ".venv"))
            command = [sys.executable, "-m", "async_fix", "apply", "--allow-dirty", *arguments[1:]]
            subprocess.run(command, cwd=after, timeout=1800, stdout=subprocess.DEVNULL)
            found = new_errors(before, after)
    print(*found or ["no new error"], sep="\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
