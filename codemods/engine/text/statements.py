"""Logical lines as tokens: where each statement of a file begins and ends, one token for a whole string."""

from __future__ import annotations

import io
import token
import tokenize
from collections.abc import Iterator, Sequence
from functools import lru_cache

import msgspec

from .lines import split_lines

OPENING = "([{"
CLOSING = ")]}"
_STRING_STARTS = {getattr(token, name, -1) for name in ("FSTRING_START", "TSTRING_START")}
_STRING_ENDS = {getattr(token, name, -1) for name in ("FSTRING_END", "TSTRING_END")}
_LAYOUT = {token.INDENT, token.DEDENT, token.NL, token.ENDMARKER}


class Token(msgspec.Struct, frozen=True):
    """Rows count from 0, columns are characters."""

    type: int
    text: str
    row: int
    col: int
    end_row: int
    end_col: int

    @property
    def is_comment(self) -> bool:
        return self.type == token.COMMENT

    def opens(self) -> bool:
        return self.type == token.OP and self.text in OPENING

    def closes(self) -> bool:
        return self.type == token.OP and self.text in CLOSING


class Source(msgspec.Struct, frozen=True):
    """`statements` hold comments inside them and at their end, not the ones between them."""

    lines: list[str]
    statements: tuple[tuple[Token, ...], ...]
    indent_unit: str


@lru_cache(maxsize=4)
def read(text: str) -> Source | None:
    """None when the tokenizer of this Python cannot read the text."""
    lines = split_lines(text)
    statements: list[tuple[Token, ...]] = []
    current: list[Token] = []
    unit = ""
    try:
        for found in _whole_strings(_tokens(lines)):
            if found.type == token.NEWLINE:
                if current:  # not so behind a backslash on a line of its own
                    statements.append(tuple(current))
                current = []
            elif found.type == token.INDENT and not unit:
                unit = found.text
            elif found.type not in _LAYOUT and (current or not found.is_comment):
                current.append(found)
    except (tokenize.TokenError, SyntaxError):
        return None
    return Source(lines, tuple(statements), unit or "    ")


def partners(tokens: Sequence[Token]) -> dict[int, int]:
    """Index of each bracket -> index of its partner; unmatched ones are absent."""
    found: dict[int, int] = {}
    opened: list[int] = []
    for index, each in enumerate(tokens):
        if each.opens():
            opened.append(index)
        elif each.closes() and opened:
            start = opened.pop()
            found[start], found[index] = index, start
    return found


def _tokens(lines: Sequence[str]) -> Iterator[Token]:
    readable = io.StringIO("".join(line.rstrip("\r\n") + "\n" for line in lines))
    for found in tokenize.generate_tokens(readable.readline):
        (row, col), (end_row, end_col) = found.start, found.end
        yield Token(found.type, found.string, row - 1, col, end_row - 1, end_col)


def _whole_strings(tokens: Iterator[Token]) -> Iterator[Token]:
    """From Python 3.12 the parts of an f-string are tokens of their own."""
    depth, start = 0, None
    for each in tokens:
        if each.type in _STRING_STARTS:
            start = start if depth else each
            depth += 1
        elif each.type in _STRING_ENDS and start:
            depth -= 1
            if not depth:
                yield Token(token.STRING, "", start.row, start.col, each.end_row, each.end_col)
        elif not depth:
            yield each
