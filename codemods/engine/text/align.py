"""Continuation lines aligned to an opening bracket follow it when an edit moves the bracket."""

from __future__ import annotations

from collections.abc import Sequence

from .changes import origins
from .statements import Source, Token, read


def realign(before: str, after: str) -> str:
    """`after` with those lines moved that stood under the text behind a bracket and no longer do."""
    old = read(before)
    old_openers = {} if old is None else _openers(old)
    if old is None or not any(_is_aligned(old, row, opener) for row, opener in old_openers.items()):
        return after
    new = read(after)
    if new is None:
        return after
    origin = origins(old.lines, new.lines)
    lines = list(new.lines)
    shifts: dict[int, int] = {}
    new_openers = _openers(new)
    sources = {row: origin.of(row, -1) for row in new_openers}
    aligned = {row for row, source in sources.items() if _stands_under(old, source, old_openers)}
    # the first argument has a line of its own, now that another stands before it
    under = {(new_openers[row].row, new_openers[row].column) for row in aligned}
    aligned |= {
        row
        for row, opener in new_openers.items()
        if sources[row] not in old_openers and (opener.row, opener.column) in under
    }
    for row, opener in sorted(new_openers.items()):
        if (row not in aligned and sources[row] not in old_openers) or not lines[row].strip():
            continue
        if opener.column >= 0 and row in aligned:
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


def _stands_under(old: Source, row: int, openers: dict[int, _Opener]) -> bool:
    return row in openers and _is_aligned(old, row, openers[row])


def _is_aligned(source: Source, row: int, opener: _Opener) -> bool:
    return opener.column >= 0 and _indent(source.lines[row]) == opener.column


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _shifted(line: str, shift: int) -> str:
    return " " * shift + line if shift > 0 else line[min(-shift, _indent(line)) :]
