"""Where an expression may be broken between its operands, ranked as Black and Ruff rank the places."""

from __future__ import annotations

import keyword
import token
from collections.abc import Iterator, Sequence
from enum import IntEnum

import msgspec

from .statements import Token


class Rank(IntEnum):
    ATTRIBUTE = 1
    POWER = 2
    TERM = 3
    ARITHMETIC = 4
    SHIFT = 5
    BIT_AND = 6
    BIT_XOR = 7
    BIT_OR = 8
    COMPARISON = 9
    LOGIC = 10
    CONDITIONAL = 11
    COMPREHENSION = 12
    COMMA = 13


class Breaks(msgspec.Struct, frozen=True):
    """The places of the strongest rank: the tokens that begin a new line (a comma: that end one)."""

    rank: Rank
    indexes: tuple[int, ...]


_SYMBOLS = {
    **dict.fromkeys(("==", "!=", "<", ">", "<=", ">="), Rank.COMPARISON),
    "|": Rank.BIT_OR,
    "^": Rank.BIT_XOR,
    "&": Rank.BIT_AND,
    **dict.fromkeys(("<<", ">>"), Rank.SHIFT),
    **dict.fromkeys(("+", "-"), Rank.ARITHMETIC),
    **dict.fromkeys(("*", "/", "//", "%", "@"), Rank.TERM),
    "**": Rank.POWER,
}


def breaks(tokens: Sequence[Token], start: int = 0) -> Breaks | None:
    """The places outside brackets from `start` on; chains of calls count from the second call on."""
    found: dict[Rank, list[int]] = {}
    for index, rank in _ranked(tokens):
        # a comprehension is one whole, whatever stands in front of its `for`
        if index >= start or rank is Rank.COMPREHENSION:
            found.setdefault(rank, []).append(index)
    if len(found.get(Rank.ATTRIBUTE, ())) < 2:
        found.pop(Rank.ATTRIBUTE, None)
    if not found:
        return None
    strongest = max(found)
    return Breaks(strongest, tuple(found[strongest]))


def has_string_parts(tokens: Sequence[Token]) -> bool:
    """Whether strings stand side by side outside brackets: the formatters have rules just for those."""
    depth = 0
    for index, each in enumerate(tokens):
        depth += each.opens() - each.closes()
        if depth == 0 and index and each.type == tokens[index - 1].type == token.STRING:
            return True
    return False


def value_start(tokens: Sequence[Token]) -> int:
    """Where the value of `name=value`, `key: value` or `name: type = value` begins, else 0."""
    depth = start = 0
    for index, each in enumerate(tokens[:-1]):  # nothing begins behind the colon of `items[first:]`
        depth += each.opens() - each.closes()
        if depth:
            continue
        if each.text in ("lambda", "for"):
            break
        if each.type == token.OP and each.text in ("=", ":"):
            start = index + 1
    return start


def lambda_body(tokens: Sequence[Token], start: int) -> int | None:
    """Where the body begins of the lambda that the tokens from `start` on are."""
    if tokens[start].text != "lambda":
        return None
    behind = tokens[start:]
    return start + next(index for index in outside_brackets(behind) if behind[index].text == ":") + 1


def outside_brackets(tokens: Sequence[Token]) -> Iterator[int]:
    depth = 0
    for index, each in enumerate(tokens):
        depth -= each.closes()
        if depth == 0 and not each.closes() and not each.opens():
            yield index
        depth += each.opens()


def _ranked(tokens: Sequence[Token]) -> Iterator[tuple[int, Rank]]:
    in_lambda = in_body = in_targets = comprehension = False
    for index in outside_brackets(tokens):
        text = tokens[index].text
        if in_lambda and not (in_body and text == ","):
            in_body = in_body or text == ":"
        elif in_targets:
            in_targets = text != "in"
        elif text == ",":
            in_lambda = in_body = comprehension = False
            yield index, Rank.COMMA
        elif text == "lambda":
            in_lambda, in_body = True, False
        elif text == "for":
            in_targets = comprehension = True
            begins = index - 1 if index and tokens[index - 1].text == "async" else index
            if begins:
                yield begins, Rank.COMPREHENSION
        elif index:
            rank = _rank(tokens, index, comprehension)
            if rank:
                yield index, rank


def _rank(tokens: Sequence[Token], index: int, comprehension: bool) -> Rank | None:
    each, previous = tokens[index], tokens[index - 1]
    if each.text in ("if", "else"):
        return Rank.COMPREHENSION if comprehension and each.text == "if" else Rank.CONDITIONAL
    if each.text in ("and", "or"):
        return Rank.LOGIC
    if each.text == "not":
        return Rank.COMPARISON if index + 1 < len(tokens) and tokens[index + 1].text == "in" else None
    if each.text in ("in", "is"):
        return None if previous.text == "not" else Rank.COMPARISON
    if each.text == ".":
        return Rank.ATTRIBUTE if previous.closes() else None
    return _SYMBOLS.get(each.text) if each.type == token.OP and _ends_operand(previous) else None


def _ends_operand(each: Token) -> bool:
    if each.type == token.NAME:
        return not keyword.iskeyword(each.text) or each.text in ("None", "True", "False")
    return each.type in (token.NUMBER, token.STRING) or each.closes() or each.text == "..."
