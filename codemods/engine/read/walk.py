"""The files of a kind below a folder, without what git ignores, environments, build output and links."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pathspec

from ...model import Problem
from .ignored import IgnoreFile, around, is_ignored, read_ignore_file

_SKIPPED = {
    ".async-fix",
    ".direnv",
    ".eggs",
    ".git",
    ".hg",
    ".hypothesis",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".nox",
    ".pixi",
    ".pytest_cache",
    ".ruff_cache",
    ".svn",
    ".tox",
    ".venv",
    "__pycache__",
    "__pypackages__",
    "node_modules",
    "site-packages",
    "venv",
}
_BUILT = {"build", "dist", "eggs"}
"""Skipped as well, unless they are packages: an application may well have `app/build/`."""


class Walk:
    """One pass over the folders below `root`; `problems` grows while `files` is read.

    `wanted` are paths that the user named: neither git nor the list of skipped folders keeps them out.
    """

    def __init__(
        self,
        root: Path,
        wanted: Sequence[str] = (),
        exclude: Sequence[str] = (),
        suffixes: tuple[str, ...] = (".py",),
    ) -> None:
        self.problems: list[Problem] = []
        self._root = os.path.realpath(root)
        self._outer = around(root)
        self._suffixes = suffixes
        self._exclude = pathspec.GitIgnoreSpec.from_lines(exclude)
        self._wanted = frozenset(wanted)
        self._on_the_way = {f"{above}/" for path in wanted for above in _above(path)}

    def files(self) -> Iterator[str]:
        """Paths relative to the root, with slashes, in no order."""
        stack: list[tuple[str, tuple[IgnoreFile, ...]]] = [("", self._outer)]
        while stack:
            folder, ignores = stack.pop()
            try:
                with os.scandir(os.path.join(self._root, folder)) as found:
                    entries = {entry.name: entry for entry in found}
            except OSError as error:
                self.problems.append(Problem(f"cannot be read: {error.strerror}", folder.rstrip("/") or "."))
                continue
            if folder and folder not in self._on_the_way and _is_environment(entries):
                continue
            if ".gitignore" in entries:
                own = read_ignore_file(Path(entries[".gitignore"].path), folder)
                ignores = (own, *ignores) if own else ignores
            for name, entry in entries.items():
                path = folder + name
                if entry.is_dir(follow_symlinks=False):
                    inner = self._enter(path, "__init__.py" in entries, entry, ignores)
                    if inner is not None:
                        stack.append((f"{path}/", inner))
                elif entry.is_symlink():
                    if (
                        name not in _SKIPPED
                        and not is_ignored(path, ignores)
                        and not self._exclude.match_file(path)
                    ):
                        self._note_link(path, entry.path)
                elif name.endswith(self._suffixes) and self._takes(path, entry, ignores):
                    yield path

    def _enter(
        self, path: str, in_package: bool, entry: os.DirEntry[str], ignores: tuple[IgnoreFile, ...]
    ) -> tuple[IgnoreFile, ...] | None:
        """The ignore files in force inside a folder; None when it is passed over."""
        if self._exclude.match_file(f"{path}/"):
            return None
        ignored = is_ignored(f"{path}/", ignores)
        if f"{path}/" in self._on_the_way:
            return () if ignored else ignores
        name = entry.name
        if ignored or name in _SKIPPED or name.endswith(".egg-info") or not self._is_printable(path):
            return None
        if name in _BUILT and not in_package and not os.path.exists(os.path.join(entry.path, "__init__.py")):
            return None
        return ignores

    def _takes(self, path: str, entry: os.DirEntry[str], ignores: tuple[IgnoreFile, ...]) -> bool:
        if self._exclude.match_file(path) or not entry.is_file(follow_symlinks=False):
            return False
        if path not in self._wanted and is_ignored(path, ignores):
            return False
        return self._is_printable(path)

    def _is_printable(self, path: str) -> bool:
        """Python cannot import a module whose name is not text, and reports could not show it."""
        try:
            path.encode()
        except UnicodeEncodeError:
            shown = os.fsencode(path).decode("utf-8", "backslashreplace")
            self.problems.append(Problem("the name is not UTF-8; it is left out", shown))
            return False
        return True

    def _note_link(self, path: str, link: str) -> None:
        """Code has one path; what is imported through a second one is said to be unknown."""
        target = os.path.realpath(link)
        if not _holds_python(target):
            return
        inside = target.startswith(self._root + os.sep)
        where = (
            os.path.relpath(target, self._root).replace(os.sep, "/")
            if inside
            else "a place outside the project"
        )
        if self._is_printable(path) and self._is_printable(where):
            hint = "imports through the link are not followed"
            self.problems.append(Problem(f"is a symbolic link to {where}; it is left out", path, hint=hint))


def _holds_python(path: str) -> bool:
    if not os.path.isdir(path):
        return path.endswith(".py") and os.path.isfile(path)
    try:
        return any(name.endswith(".py") for name in os.listdir(path))
    except OSError:
        return False


def _is_environment(names: dict[str, os.DirEntry[str]]) -> bool:
    return "pyvenv.cfg" in names or "conda-meta" in names


def _above(path: str) -> Iterator[str]:
    while path:
        yield path
        path = path.rpartition("/")[0]
