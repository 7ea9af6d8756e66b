"""What git says of the files that would be written, and of those of an older revision."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
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


def top(folder: Path) -> Path:
    """The root of the work tree. Raises `GitError` outside of one."""
    found = _run(folder, "rev-parse", "--show-toplevel")
    if found is None:
        raise GitError(f"{folder}: not in a git repository, or git is not installed")
    return Path(os.fsdecode(found).removesuffix("\n"))


def fork_point(root: Path, revision: str) -> str:
    """The commit at which the current branch left `revision`. Raises `GitError`."""
    commit = _said(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if not commit or revision.startswith("-"):
        raise GitError(f"no revision {revision}")
    common = _said(root, "merge-base", commit, "HEAD")
    if not common:
        raise GitError(
            f"{revision} and HEAD have no commit in common; a shallow clone must fetch more of them"
        )
    return common


def files_at(root: Path, commit: str, suffix: str, names: frozenset[str]) -> Iterator[tuple[str, bytes]]:
    """Path from the root of the work tree, and content, of the files with the suffix or one of the names."""
    entries = (_run(root, "ls-tree", "-r", "-z", "--full-tree", commit) or b"").split(b"\0")
    wanted: list[tuple[bytes, str]] = []
    for entry in entries:
        head, _, name = entry.partition(b"\t")
        path = os.fsdecode(name)
        # neither links nor submodules
        if head.startswith(b"100") and (path.endswith(suffix) or path.rpartition("/")[2] in names):
            wanted.append((head.split(b" ")[2], path))
    found = _run(root, "cat-file", "--batch", data=b"".join(sha + b"\n" for sha, _ in wanted)) or b""
    start = 0
    for _, path in wanted:
        end = found.index(b"\n", start)
        size = int(found[start:end].split(b" ")[2])
        yield path, found[end + 1 : end + 1 + size]
        start = end + 1 + size + 1


def renamed_since(root: Path, commit: str) -> Mapping[str, str]:
    """Old path -> new path, both from the root of the work tree."""
    # of the index, not of the work tree: git runs what filters name to compare that
    options = ("--cached", "--name-status", "-z", "-M", "--diff-filter=R", "--no-ext-diff")
    found = _run(root, "diff", *options, commit, "--")
    parts = [os.fsdecode(part) for part in (found or b"").split(b"\0")]
    return {parts[n + 1]: parts[n + 2] for n in range(0, len(parts) - 2, 3)}


def _said(root: Path, *arguments: str) -> str:
    """The answer to a question to which git may say no."""
    try:
        return os.fsdecode(_run(root, *arguments) or b"").strip()
    except GitError:
        return ""


def _run(root: Path, *arguments: str, data: bytes | None = None) -> bytes | None:
    # in a hook of another repository these would lead there
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = [*_GIT, "-C", str(root), *arguments]
    try:
        result = subprocess.run(
            command, env={**environment, "LC_ALL": "C"}, input=data, capture_output=True, check=False
        )
    except OSError:
        return None
    if result.returncode == 0:
        return result.stdout
    words = result.stderr.decode(errors="replace").strip().partition("\n")[0].removeprefix("fatal: ")
    if "not a git repository" in words:
        return None
    raise GitError(f"git cannot say what is committed: {words}")
