"""How files are called: from the current folder for people, from the repository's root for tools."""

from __future__ import annotations

import os
from pathlib import Path

from ...codemods.model import Finding, Location


class Places:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._here = Path.cwd()
        self._top = next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), root)

    def shown(self, path: str) -> str:
        """From the current folder, so that a terminal can open it."""
        try:
            return os.path.relpath(self._root / path, self._here).replace(os.sep, "/")
        except ValueError:  # another drive
            return str(self._root / path)

    def at(self, place: Location) -> str:
        return f"{self.shown(place.path)}:{place.line}"

    def in_repository(self, path: str) -> str:
        """From the root of the repository: what `git apply`, annotations and code scanning expect."""
        return (self._root / path).relative_to(self._top).as_posix()


class Region:
    """The place of a finding in characters from 1; the end is exclusive. A handler is its `def` line."""

    def __init__(self, finding: Finding, lines: list[str]) -> None:
        span = finding.span
        self.line = span.line
        first = _text(lines, span.line)
        self.column = _characters(first, span.col) + 1
        if finding.code == "AF101":
            self.end_line, self.end_column = span.line, max(len(first.rstrip()) + 1, self.column + 1)
        else:
            self.end_line = span.end_line
            self.end_column = _characters(_text(lines, span.end_line), span.end_col) + 1


def _text(lines: list[str], number: int) -> str:
    return lines[number - 1] if 0 < number <= len(lines) else ""


def _characters(line: str, column: int) -> int:
    return column if line.isascii() else len(line.encode()[:column].decode(errors="ignore"))
