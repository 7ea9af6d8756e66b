"""What git says of the files that would be written."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

_AT_ONCE = 500
"""Paths per call, well below what a command line holds."""

_GIT = ("git", "--no-optional-locks", "--literal-pathspecs", "-c", "core.fsmonitor=false")
"""Git neither writes to the repository nor runs what its config names."""


class GitError(Exception):
    """There is a repository and git does not answer; the text is the one line that the user sees."""


def uncommitted(root: Path, paths: Sequence[str]) -> tuple[str, ...]:
    """Those of `paths` (relative to `root`) that differ from the last commit or are not known to git.

    Empty outside a git work tree, for ignored files, and where git is not installed. Raises `GitError`.
    """
    found: set[str] = set()
    prefix = _run(root, "rev-parse", "--show-prefix") if paths else None
    if prefix is None:
        return ()
    inner = os.fsdecode(prefix).removesuffix("\n")
    for start in range(0, len(paths), _AT_ONCE):
        some = paths[start : start + _AT_ONCE]
        status = ("status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--", *some)
        entries = (_run(root, *status) or b"").split(b"\0")
        found.update(os.fsdecode(entry[3:]).removeprefix(inner) for entry in entries if entry)
    return tuple(sorted(found))


def _run(root: Path, *arguments: str) -> bytes | None:
    # in a hook of another repository these would lead there
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = [*_GIT, "-C", str(root), *arguments]
    try:
        result = subprocess.run(command, env={**environment, "LC_ALL": "C"}, capture_output=True, check=False)
    except OSError:
        return None
    if result.returncode == 0:
        return result.stdout
    words = result.stderr.decode(errors="replace").strip().partition("\n")[0].removeprefix("fatal: ")
    if "not a git repository" in words:
        return None
    raise GitError(f"git cannot say what is committed: {words}")
