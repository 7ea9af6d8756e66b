"""The diff of a file as rows of old and new lines, with the part of a line that changed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

import msgspec

from ...codemods.model import FileResult
from ..shared.hunks import hunks
from ..shared.letters import harmless

_AROUND = 3
"""Unchanged lines above and below a change."""


class Side(msgspec.Struct, frozen=True):
    number: int = 0
    """From 1; 0 where there is no line."""
    before: str = ""
    changed: str = ""
    after: str = ""


class Row(msgspec.Struct, frozen=True):
    kind: str
    """`same`, `changed`, or `gap` between two places."""
    old: Side = Side()
    new: Side = Side()


def rows(result: FileResult) -> list[Row]:
    old, new = _lines(result.old), _lines(result.new)
    found: list[Row] = []
    for opcodes in hunks(old, new, _AROUND):
        if found:
            found.append(Row("gap"))
        for tag, i, i_end, j, j_end in opcodes:
            if tag == "equal":
                found += [
                    Row("same", Side(i + n + 1, old[i + n]), Side(j + n + 1, new[j + n]))
                    for n in range(i_end - i)
                ]
            else:
                found += _changed(old, i, i_end, new, j, j_end)
    return found


def _changed(old: list[str], i: int, i_end: int, new: list[str], j: int, j_end: int) -> Iterator[Row]:
    for n in range(max(i_end - i, j_end - j)):
        left = old[i + n] if i + n < i_end else None
        right = new[j + n] if j + n < j_end else None
        start, end = _common(left, right)
        yield Row("changed", _side(left, i + n + 1, start, end), _side(right, j + n + 1, start, end))


def _side(text: str | None, number: int, start: int, end: int) -> Side:
    if text is None:
        return Side()
    return Side(number, text[:start], text[start : len(text) - end], text[len(text) - end :])


def _common(left: str | None, right: str | None) -> tuple[int, int]:
    """How many letters the two have in common at the start and, of the rest, at the end.

    Lines that have little in common are nothing but two lines: all of each is its start.
    """
    if left is None or right is None:
        return max(len(left or ""), len(right or "")), 0
    start = _same(left, right)
    end = _same(left[start:][::-1], right[start:][::-1])
    longest = max(len(left), len(right))
    return (start, end) if 3 * (start + end) > longest else (longest, 0)


def _same(left: str, right: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(left, right, strict=False)))


def _lines(data: bytes | None) -> list[str]:
    text = (data or b"").decode("utf-8", "replace").replace("\r\n", "\n")
    return [harmless(line) for line in text.splitlines()]
