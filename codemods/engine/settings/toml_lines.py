"""On which line of a TOML file a key stands: the parsers do not say."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_HEADER = re.compile(r"\s*\[\[?([^\[\]]+)\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"\s*((?:[\w-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[\w-]+|\"[^\"]*\"|'[^']*'))*)\s*=")
_INLINE = re.compile(r"([\w-]+|\"[^\"]*\"|'[^']*')\s*=")
_PART = re.compile(r"\"([^\"]*)\"|'([^']*)'|([\w-]+)")

Lines = Mapping[tuple[str, ...], int]


def key_lines(text: str) -> Lines:
    """Full key -> line, from 1; of a key that stands several times the first one."""
    lines: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    inside = ""
    for number, line in enumerate(text.splitlines(), 1):
        code = line
        if inside:
            if inside not in code:
                continue
            code = code.partition(inside)[2]
        elif header := _HEADER.match(code):
            table = _parts(header.group(1))
            lines.setdefault(table, number)
        elif key := _KEY.match(code):
            path = table + _parts(key.group(1))
            lines.setdefault(path, number)
            for inner in _INLINE.finditer(code, key.end()) if "{" in code else ():
                lines.setdefault(path + _parts(inner.group(1)), number)
        inside = _open_string(code)
    return lines


def line_of(lines: Lines, path: Sequence[str]) -> int:
    """The line of a key, of the first key in it (`a.b = 1` has no `a`) or of the table around; 0 for none."""
    if (key := tuple(path)) not in lines:
        inside = [line for other, line in lines.items() if other[: len(key)] == key]
        if inside:
            return min(inside)
    return next((lines[key] for n in range(len(path), 0, -1) if (key := tuple(path[:n])) in lines), 0)


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(next((group for group in part if group), "") for part in _PART.findall(dotted))


def _open_string(code: str) -> str:
    """The quotes of a string that goes on in the next line."""
    for quotes in ('"""', "'''"):
        if code.count(quotes) % 2:
            return quotes
    return ""
