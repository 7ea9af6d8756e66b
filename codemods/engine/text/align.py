"""Continuation lines aligned to an opening bracket follow it when an edit moves the bracket."""

from __future__ import annotations

from collections.abc import Sequence

from .changes import origins
from .statements import Source, Token, read


def realign(before: str, after: str) -> str:
    """`after` with those lines moved that stood under the text behind a bracket and no longer do."""
    old, new = read(before), read(after)
    if old is None or new is None:
        return after
    origin = origins(old.lines, new.lines)
    old_openers = _openers(old)
    if not any(_is_aligned(old, row, opener) for row, opener in old_openers.items()):
        return after
    lines = list(new.lines)
    shifts: dict[int, int] = {}
    for row, opener in sorted(_openers(new).items()):
        source = origin.of(row, -1)
        if source not in old_openers or not lines[row].strip():
            continue
        if opener.column >= 0 and _is_aligned(old, source, old_openers[source]):
            shift = opener.column + shifts.get(opener.row, 0) - _indent(new.lines[row])
        else:
            shift = shifts.get(opener.row, 0)
        if shift:
            shifts[row] = shift
            lines[row] = _shifted(lines[row], shift)
    return "".join(lines)


class _Opener:
    """The innermost bracket open at the start of a line; `column` is that of the text behind it, or -1."""

    __slots__ = ("column", "row")

    def __init__(self, row: int, column: int) -> None:
        self.row = row
        self.column = column


def _openers(source: Source) -> dict[int, _Opener]:
    """For each line that goes on inside brackets; lines that begin inside a string are left out."""
    found: dict[int, _Opener] = {}
    for tokens in source.statements:
        opened: list[_Opener] = []
        row = tokens[0].row
        for index, each in enumerate(tokens):
            if each.row > row and opened:
                found[each.row] = opened[-1]
            row = max(row, each.end_row)
            if each.opens():
                opened.append(_Opener(each.row, _column_behind(tokens, index)))
            elif each.closes() and opened:
                opened.pop()
    return found


def _column_behind(tokens: Sequence[Token], index: int) -> int:
    following = tokens[index + 1] if index + 1 < len(tokens) else tokens[index]
    return following.col if following.row == tokens[index].row and not following.is_comment else -1


def _is_aligned(source: Source, row: int, opener: _Opener) -> bool:
    return opener.column >= 0 and _indent(source.lines[row]) == opener.column


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _shifted(line: str, shift: int) -> str:
    return " " * shift + line if shift > 0 else line[min(-shift, _indent(line)) :]
