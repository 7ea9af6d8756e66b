"""What git would not look at: `.gitignore` files at every level, and `.git/info/exclude`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import msgspec
import pathspec
from pathspec.pattern import Pattern


class Rule(NamedTuple):
    """One line of an ignore file.

    `depth` is how many parts of a path the line speaks of, 0 for a bare name at any level, -1 for `**`.
    In git a pattern that matches a folder does not match what it holds, or `!app/` would take back
    `app/x.log`; pathspec's patterns do.
    """

    matches: Callable[[str], object]
    is_ignored: bool
    depth: int


class IgnoreFile(msgspec.Struct, frozen=True):
    """The rules of one file, and where it lies.

    `above` is how the root is reached from the file's folder (`backend/` for a file one level up), `folder`
    where the file lies below the root (`app/`); at least one of the two is empty.
    """

    rules: tuple[Rule, ...]
    folder: str = ""
    above: str = ""

    def says(self, path: str) -> bool | None:
        """Ignored, taken back by a `!pattern`, or nothing said; the paths of folders end with a slash."""
        inner = self.above + path[len(self.folder) :]
        parts = inner.rstrip("/").count("/") + 1
        name = inner[inner.rfind("/", 0, -1) + 1 :]
        for rule in reversed(self.rules):
            if (rule.depth <= 0 or rule.depth == parts) and rule.matches(inner if rule.depth else name):
                return rule.is_ignored
        return None


def is_ignored(path: str, files: Iterable[IgnoreFile]) -> bool:
    """`files` from the innermost to the outermost: the first that has something to say decides, as in git."""
    for file in files:
        said = file.says(path)
        if said is not None:
            return said
    return False


def read_ignore_file(path: Path, folder: str = "", above: str = "") -> IgnoreFile | None:
    """None for a file that cannot be read or holds no pattern."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    rules = tuple(rule for line in lines for rule in _rules(line))
    return IgnoreFile(rules, folder, above) if rules else None


def _rules(line: str) -> Iterator[Rule]:
    """Lines that git cannot read mean nothing, there as here."""
    with contextlib.suppress(ValueError):
        for pattern in pathspec.GitIgnoreSpec.from_lines([line]).patterns:
            if pattern.include is not None:
                body = line.strip().removeprefix("!").rstrip("/")
                depth = -1 if "**" in body else body.lstrip("/").count("/") + 1 if "/" in body else 0
                matches = partial(_matches_inside, pattern) if body.endswith("**") else pattern.match_file
                yield Rule(matches, pattern.include, depth)


def _matches_inside(pattern: Pattern, path: str) -> bool:
    """`docs/**` is what `docs` holds, not `docs` itself."""
    return pattern.match_file(path.rstrip("/")) is not None


def around(root: Path) -> tuple[IgnoreFile, ...]:
    """What holds at the root before its own `.gitignore` is read: files further up, innermost first.

    Nothing holds when they would ignore the root itself: whoever names such a folder wants it.
    """
    found: list[IgnoreFile | None] = []
    inner = ""
    for folder in (root, *root.parents):
        if folder != root:
            found.append(read_ignore_file(folder / ".gitignore", above=inner))
        git = folder / ".git"
        if git.exists():
            found.append(read_ignore_file(_git_folder(git) / "info" / "exclude", above=inner))
            break
        inner = f"{folder.name}/{inner}"
    else:
        return ()
    files = tuple(file for file in found if file is not None)
    return () if _is_root_ignored(files) else files


def _is_root_ignored(files: Iterable[IgnoreFile]) -> bool:
    """Whether one of the folders on the way to the root is ignored by a file above it."""
    for file in files:
        parts = file.above.split("/")[:-1]
        bare = IgnoreFile(file.rules)
        if any(bare.says("/".join(parts[:n]) + "/") for n in range(1, len(parts) + 1)):
            return True
    return False


def _git_folder(git: Path) -> Path:
    """A linked work tree's `.git` is a file that names its folder, and that folder names the common one."""
    if git.is_dir():
        return git
    try:
        named = git.read_text(encoding="utf-8").partition("gitdir:")[2].strip()
        own = git.parent / named
        common = own / "commondir"
        return own / common.read_text(encoding="utf-8").strip() if common.is_file() else own
    except (OSError, ValueError):
        return git
