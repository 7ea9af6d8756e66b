"""A whole statement as Black and Ruff would lay it out within a given width."""

from __future__ import annotations

import keyword
import re
import token
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from .operators import Rank, breaks, has_string_parts, outside_brackets
from .split import Bracket, Lines, Splitter, bracket_kind
from .statements import Source, Token, partners

_COMPOUND = frozenset(
    {"if", "elif", "else", "while", "for", "with", "def", "class", "try", "except", "finally"}
)
_LEFT = frozenset({"import", "from", "global", "nonlocal"})
_ASSIGNMENTS = frozenset(
    {"=", "+=", "-=", "*=", "/=", "//=", "%=", "@=", "&=", "|=", "^=", ">>=", "<<=", "**="}
)

_BEFORE_ITEMS = frozenset({"(", "[", "{", ",", ":", "="})
_BEHIND_ITEMS = frozenset({")", "]", "}", ","})

# these speak of the line they stand on
PRAGMA = re.compile(r"#\s*(?:noqa|type:|pyright:|pylint:|ty:|flake8:|ruff:|mypy:|nosec|fmt:|isort:)")


class _Parts(msgspec.Struct, frozen=True):
    """`tokens[start:end]` is the expression that may be put into parentheses."""

    tokens: Sequence[Token]
    start: int
    end: int

    @property
    def expression(self) -> Sequence[Token]:
        return self.tokens[self.start : self.end]


def relayout(
    source: Source, tokens: Sequence[Token], limit: int, *, closes_brackets: bool = False
) -> Lines | None:
    """The lines of the statement without their ends; None if it holds what is better left alone.

    `closes_brackets`: those around a whole value go, of one line too."""
    code = tokens[:-1] if tokens[-1].is_comment else tokens
    first, last = code[0].row, code[-1].end_row
    if any(each.is_comment or each.row != each.end_row for each in code) or any(
        each.text == ";" for each in code
    ):
        return None
    if source.lines[first][: code[0].col].strip() or any(
        line.endswith("\\") and not _is_in_brackets(code, first + row)
        for row, line in enumerate(_line_ends(source, first, last))
    ):
        return None
    comment = source.lines[last].rstrip("\r\n")[code[-1].end_col :] if len(code) < len(tokens) else ""
    indent = source.lines[first][: code[0].col]
    line, flat = _flat(source, code, closes_brackets)
    splitter = Splitter(line, limit, source.indent_unit)
    if splitter.fits(flat, indent, comment):
        return [indent + line + comment]
    return None if PRAGMA.search(comment) else _statement(splitter, flat, indent, comment)


def _line_ends(source: Source, first: int, last: int) -> list[str]:
    return [line.rstrip()[-1:] for line in source.lines[first:last]]


def _is_in_brackets(code: Sequence[Token], row: int) -> bool:
    """Is the line end inside brackets, where a backslash does nothing any more?"""
    return sum(each.opens() - each.closes() for each in code if each.row <= row) > 0


def _flat(source: Source, code: Sequence[Token], closes_brackets: bool) -> tuple[str, list[Token]]:
    """The statement on one line, without the parentheses that were only there to break it."""
    dropped = breaking_parentheses(code, of_one_line=closes_brackets) | _around_awaited(code)
    kept = [each for index, each in enumerate(code) if index not in dropped]
    line, flat = "", []
    for index, each in enumerate(kept):
        if index:
            line += _gap(source, kept[index - 1], each)
        text = source.lines[each.row][each.col : each.end_col]
        flat.append(replace(each, row=0, end_row=0, col=len(line), end_col=len(line) + len(text)))
        line += text
    return line, flat


def _gap(source: Source, before: Token, each: Token) -> str:
    if before.end_row == each.row and not source.lines[each.row][before.end_col : each.col].strip():
        return source.lines[each.row][before.end_col : each.col]
    if before.opens() or each.closes() or each.text in (".", ",", ":"):
        return ""
    is_close = before.text == "=" and not source.lines[before.row][before.col - 1].isspace()
    return "" if is_close else " "  # `name=(⏎ value)` of an argument


def breaking_parentheses(code: Sequence[Token], *, of_one_line: bool = False) -> set[int]:
    """Those around the value of the statement, by their index."""
    parts = _parts(code)
    if parts is None:
        return set()
    if code[0].text == "assert" and parts.end < len(code):
        return _breaking(code, parts.start, parts.end - 1, of_one_line) | _breaking(
            code, parts.end + 1, len(code) - 1, of_one_line
        )
    return _breaking(code, parts.start, parts.end - 1, of_one_line)


def _around_awaited(code: Sequence[Token]) -> set[int]:
    """Those around all of an argument, an item or a value that is awaited, which stand on lines of their own:
    `total=(⏎ await db.scalar(..)⏎ ),`."""
    found: set[int] = set()
    for opening, closing in partners(code).items():
        inside = code[opening + 1 : closing]
        if not opening or not inside or code[opening].text != "(" or inside[0].text != "await":
            continue
        is_whole = code[opening - 1].text in _BEFORE_ITEMS and code[closing + 1 :][:1]
        places = breaks(inside)
        if (
            is_whole
            and code[closing + 1].text in _BEHIND_ITEMS
            and code[opening].row < inside[0].row
            and inside[-1].end_row < code[closing].row
            and (places is None or places.rank is Rank.ATTRIBUTE)
        ):
            found |= {opening, closing}
    return found


def _breaking(code: Sequence[Token], opening: int, closing: int, of_one_line: bool) -> set[int]:
    if closing - opening < 2 or partners(code).get(opening) != closing:
        return set()
    if code[opening].row == code[closing].row and not of_one_line:
        return set()
    inside = code[opening + 1 : closing]
    if bracket_kind(code, opening, closing) is not Bracket.GROUP or any(
        t.text in (":=", "yield") for t in inside
    ):
        return set()
    places = breaks(inside)
    return set() if places and places.rank is Rank.COMPREHENSION else {opening, closing}


def _statement(splitter: Splitter, tokens: Sequence[Token], indent: str, comment: str) -> Lines | None:
    words = [each.text for each in tokens[:2]]
    headed = words[0] in _COMPOUND or (words[0] == "async" and words[-1] in _COMPOUND) or _is_match(tokens)
    if "def" in words:
        return _definition(splitter, tokens, indent, comment)
    if headed != (tokens[-1].text == ":") or words[0] in _LEFT or has_string_parts(tokens):
        return None
    if "with" in words and any(tokens[index].text == "," for index in outside_brackets(tokens)):
        return None
    parts = _parts(tokens)
    if parts is None:
        return splitter.at_brackets(tokens, 0, len(tokens), indent, comment)
    if words[0] == "assert" and parts.end < len(tokens):
        return _assertion(splitter, parts, indent, comment)
    places = breaks(parts.expression)
    count = len(places.indexes) if places else 0
    if count == 0 or (count == 1 and _breaks_at_brackets(splitter, parts, indent)):
        found = splitter.at_brackets(tokens, parts.start, parts.end, indent, comment)
        # what is awaited gets no parentheses of its own while the targets can be broken
        if not (found or count) and parts.expression[0].text == "await":
            found = _targets(splitter, parts, indent, comment)
        if found:
            return found
    found = _in_parentheses(splitter, parts, indent, comment)
    return found if found or count else _targets(splitter, parts, indent, comment)


def _definition(splitter: Splitter, tokens: Sequence[Token], indent: str, comment: str) -> Lines | None:
    match = partners(tokens)
    opening = next(index for index, each in enumerate(tokens) if each.text == "def") + 2
    if tokens[opening].text == "[":
        opening = match[opening] + 1
    ends_head = tokens[-1].text == ":" or [each.text for each in tokens[-2:]] == [":", "..."]
    if not ends_head or match[opening] == opening + 1:
        return None
    return splitter.around(tokens, opening, match[opening], Bracket.PARAMETERS, indent, comment)


def _assertion(splitter: Splitter, parts: _Parts, indent: str, comment: str) -> Lines | None:
    """The message goes into parentheses if what is asserted is short enough."""
    tokens, message = parts.tokens, parts.tokens[parts.end + 1 :]
    head = f"{indent}{splitter.text(tokens[: parts.end + 1])} ("
    if splitter.fits(tokens[: parts.end + 1], indent, " ("):
        inner = splitter.element(message, indent + splitter.unit, "")
        return inner and [head, *inner, f"{indent}){comment}"]
    places = breaks(parts.expression)
    if places and not (len(places.indexes) == 1 and _breaks_at_brackets(splitter, parts, indent)):
        return None
    return splitter.at_brackets(tokens, parts.start, parts.end, indent, comment)


def _targets(splitter: Splitter, parts: _Parts, indent: str, comment: str) -> Lines | None:
    """`a, b = value` and `for a, b in value` that can only be broken between the targets."""
    tokens = parts.tokens
    start = next((index + 1 for index in (0, 1) if tokens[index].text == "for"), 0)
    targets = tokens[start : parts.start - 1]
    places = breaks(targets)
    tail = splitter.text(tokens[parts.start - 1 :])
    if (
        places is None
        or places.rank is not Rank.COMMA
        or not splitter.fits(tokens[parts.start - 1 :], f"{indent}) ")
    ):
        return splitter.at_brackets(tokens, 0, parts.start, indent, comment)
    lines = splitter.one_per_line(targets, places.indexes, indent + splitter.unit)
    head = f"{indent}{splitter.text(tokens[:start])} (" if start else f"{indent}("
    return lines and [head, *lines, f"{indent}) {tail}{comment}"]


def _in_parentheses(splitter: Splitter, parts: _Parts, indent: str, comment: str) -> Lines | None:
    inside, inner = parts.expression, indent + splitter.unit
    places = breaks(inside)
    if places and places.rank is Rank.COMMA:
        lines = splitter.one_per_line(inside, places.indexes, inner)
    else:
        lines = splitter.element(inside, inner, "")
    if (
        lines is None
        or not (places or splitter.fits(inside, inner))
        or not splitter.fits(parts.tokens[: parts.start], indent, " (")
    ):
        return None
    head = f"{indent}{splitter.text(parts.tokens[: parts.start])} ("
    return [head, *lines, f"{indent}){splitter.text(parts.tokens[parts.end :])}{comment}"]


def _is_match(tokens: Sequence[Token]) -> bool:
    """`match subject:`, where `match` is no name."""
    return tokens[0].text == "match" and tokens[-1].text == ":" and len(tokens) > 2


def _parts(tokens: Sequence[Token]) -> _Parts | None:
    outside = list(outside_brackets(tokens))
    first, end = tokens[0].text, len(tokens) - (tokens[-1].text == ":")
    if first in ("return", "if", "elif", "while") or (
        first == "yield" and len(tokens) > 1 and tokens[1].text != "from"
    ):
        return _Parts(tokens, 1, end) if end > 1 else None
    if _is_match(tokens):
        return _Parts(tokens, 1, end)
    if first == "assert":
        return _Parts(tokens, 1, next((index for index in outside if tokens[index].text == ","), end))
    if "for" in (first, tokens[min(1, end - 1)].text):
        start = next((index + 1 for index in outside if tokens[index].text == "in"), None)
        return _Parts(tokens, start, end) if start else None
    if keyword.iskeyword(first) and first not in ("await", "not", "None", "True", "False"):
        return None
    equals = [
        index for index in outside if tokens[index].type == token.OP and tokens[index].text in _ASSIGNMENTS
    ]
    if equals:
        return _Parts(tokens, equals[-1] + 1, end)
    chain = breaks(tokens[1:]) if first == "await" else None
    return _Parts(tokens, 1, end) if chain and chain.rank is Rank.ATTRIBUTE else None


def _breaks_at_brackets(splitter: Splitter, parts: _Parts, indent: str) -> bool:
    """Whether brackets that open or end an expression with one operator are the better place to break it."""
    tokens, match, first, last = parts.tokens, partners(parts.tokens), parts.start, parts.end - 1
    places = breaks(parts.expression)
    if places and places.rank is Rank.COMMA:
        cut = first + places.indexes[0]
        if all(
            splitter.fits(one, indent + splitter.unit, ",")
            for one in (tokens[first:cut], tokens[cut + 1 : last + 1])
        ):
            return False
    if tokens[first].opens() and match[first] - first > 1:
        return True
    if not tokens[last].closes() or last - match[last] == 1:
        return False
    return bracket_kind(tokens, match[last], last) is not Bracket.SUBSCRIPT
