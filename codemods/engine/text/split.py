"""One long line cut as Black and Ruff cut it: at the last brackets, then between arguments or operands."""

from __future__ import annotations

import keyword
import token
import unicodedata
from collections.abc import Sequence
from enum import Enum
from itertools import pairwise

import msgspec

from .operators import Rank, breaks, has_string_parts, lambda_body, value_start
from .statements import Token, partners

Lines = list[str]


class Bracket(Enum):
    CALL = "arguments"
    PARAMETERS = "parameters"
    SUBSCRIPT = "subscript"
    DISPLAY = "list, tuple, set or dict"
    GROUP = "parentheses or comprehension"


class Splitter(msgspec.Struct, frozen=True):
    """Cuts tokens that stand on one line, `line`; None means: there is no good place."""

    line: str
    limit: int
    unit: str

    def fits(self, tokens: Sequence[Token], indent: str, suffix: str = "") -> bool:
        """Short enough for one line, and no comma before a bracket that asks for one argument a line."""
        return self._is_short(indent + self.text(tokens) + suffix) and not _has_magic_comma(tokens)

    def text(self, tokens: Sequence[Token]) -> str:
        return self.line[tokens[0].col : tokens[-1].end_col] if tokens else ""

    def element(self, tokens: Sequence[Token], indent: str, suffix: str, lead: int = 0) -> Lines | None:
        """One argument, item or operand inside brackets; the first `lead` tokens are its operator."""
        if self.fits(tokens, indent, suffix):
            return [indent + self.text(tokens) + suffix]
        start = max(lead, value_start(tokens))
        if has_string_parts(tokens):
            return None
        body = lambda_body(tokens, start)
        if body is not None and breaks(tokens[body:]):
            inner = self.element(tokens[body:], indent + self.unit, "")
            return inner and [f"{indent}{self.text(tokens[:body])} (", *inner, f"{indent}){suffix}"]
        places = breaks(tokens, max(start, 1))
        if places is None and not _pairs(tokens, 0, len(tokens)):
            # a long name or string stays long
            return [indent + self.text(tokens) + suffix]
        if places is None:
            return self.at_brackets(tokens, 0, len(tokens), indent, suffix)
        if places.rank is Rank.COMMA:
            return None
        lines: Lines = []
        for begin, end in pairwise((0, *places.indexes, len(tokens))):
            operand = self.element(
                tokens[begin:end], indent, suffix if end == len(tokens) else "", 1 if begin else start
            )
            if operand is None:
                return None
            lines.extend(operand)
        return lines

    def body(self, tokens: Sequence[Token], kind: Bracket, indent: str) -> Lines | None:
        """What stands between two brackets, on lines of its own."""
        places = breaks(tokens)
        commas = places.indexes if places and places.rank is Rank.COMMA else ()
        magic = bool(commas) and commas[-1] == len(tokens) - 1
        if not magic and not (kind is Bracket.DISPLAY and commas) and self.fits(tokens, indent):
            return [indent + self.text(tokens) + ("," if kind is Bracket.PARAMETERS and not commas else "")]
        if commas:
            return self.one_per_line(tokens, commas, indent) if kind is not Bracket.GROUP else None
        return self.element(tokens, indent, "," if kind is Bracket.PARAMETERS else "")

    def one_per_line(self, tokens: Sequence[Token], commas: Sequence[int], indent: str) -> Lines | None:
        lines: Lines = []
        start = 0
        for end in (*commas, len(tokens)):
            if start < end:
                found = self.element(tokens[start:end], indent, ",")
                if found is None:
                    return None
                lines.extend(found)
            start = end + 1
        return lines

    def at_brackets(
        self, tokens: Sequence[Token], start: int, end: int, indent: str, suffix: str
    ) -> Lines | None:
        """Cut at the last brackets between `start` and `end` that leave a first line short enough."""
        for opening, closing in _pairs(tokens, start, end):
            if self.fits(tokens[: opening + 1], indent):
                return self.around(
                    tokens, opening, closing, bracket_kind(tokens, opening, closing), indent, suffix
                )
        return None

    def around(
        self, tokens: Sequence[Token], opening: int, closing: int, kind: Bracket, indent: str, suffix: str
    ) -> Lines | None:
        if not self.fits(tokens[: opening + 1], indent):
            return None
        inner = self.body(tokens[opening + 1 : closing], kind, indent + self.unit)
        tail = tokens[closing:]
        if self.fits(tail, indent, suffix if suffix == "," else ""):
            last: Lines | None = [indent + self.text(tail) + suffix]
        else:
            last = self.at_brackets(tail, 1, len(tail), indent, suffix)
        if inner is None or last is None:
            return None
        return [indent + self.text(tokens[: opening + 1]), *inner, *last]

    def _is_short(self, text: str) -> bool:
        return width(text) <= self.limit


def width(text: str) -> int:
    """Columns on a screen, as the formatters count them."""
    if text.isascii():
        return len(text) + 3 * text.count("\t")
    return sum(
        4
        if char == "\t"
        else 0
        if unicodedata.combining(char)
        else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )


def bracket_kind(tokens: Sequence[Token], opening: int, closing: int) -> Bracket:
    places = breaks(tokens[opening + 1 : closing])
    before = tokens[opening - 1] if opening else None
    trails = before is not None and (
        before.closes()
        or before.type == token.STRING
        or (before.type == token.NAME and not keyword.iskeyword(before.text))
    )
    if places and places.rank is Rank.COMPREHENSION:
        return Bracket.GROUP
    if tokens[opening].text == "(" and trails:
        return Bracket.CALL
    if tokens[opening].text == "[" and trails:
        return Bracket.SUBSCRIPT
    if tokens[opening].text == "(" and not (places and places.rank is Rank.COMMA):
        return Bracket.GROUP
    return Bracket.DISPLAY


def _pairs(tokens: Sequence[Token], start: int, end: int) -> list[tuple[int, int]]:
    """The brackets with something in them, from the last to the first, the inner ones left out."""
    match = partners(tokens)
    found: list[tuple[int, int]] = []
    index = end - 1
    while index >= start:
        if tokens[index].closes():
            if index - match[index] > 1:
                found.append((match[index], index))
            index = match[index]
        index -= 1
    return found


def _has_magic_comma(tokens: Sequence[Token]) -> bool:
    for opening, closing in partners(tokens).items():
        if opening < closing and tokens[closing - 1].text == ",":
            commas = breaks(tokens[opening + 1 : closing])
            one_tuple = tokens[opening].text != "{" and commas is not None and len(commas.indexes) == 1
            if not one_tuple or bracket_kind(tokens, opening, closing) is Bracket.CALL:
                return True
    return False
