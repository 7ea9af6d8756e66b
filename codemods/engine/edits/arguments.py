"""Argument lists that keep their lines, trailing comma and comments when arguments come, go or move."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst
import msgspec

from .precedence import Level, fitted
from .whitespace import NOTHING, SPACE, Whitespace, bare, has_lines, is_broken


class Layout(msgspec.Struct, frozen=True):
    """The white space behind the opening bracket, after each comma, and before the closing bracket."""

    opening: Whitespace
    between: Whitespace
    closing: Whitespace
    trailing_comma: bool


class Item(msgspec.Struct, frozen=True):
    """An argument of the new list, and the place it had in the old one."""

    arg: cst.Arg
    index: int | None = None


def layout_of(call: cst.Call) -> Layout:
    opening = call.whitespace_before_args
    if not call.args:
        return Layout(NOTHING, SPACE, opening, False)
    last = call.args[-1]
    trailing = isinstance(last.comma, cst.Comma)
    closing = last.comma.whitespace_after if isinstance(last.comma, cst.Comma) else last.whitespace_after_arg
    first_comma = call.args[0].comma
    if len(call.args) > 1 and isinstance(first_comma, cst.Comma):
        between = bare(first_comma.whitespace_after)
        return Layout(opening, between if is_broken(between) else SPACE, closing, trailing)
    one_each = is_broken(opening) and (trailing or has_lines(last.value))
    return Layout(opening, bare(opening) if one_each else SPACE, closing, one_each or trailing)


def arranged(items: Sequence[Item], old: Sequence[cst.Arg], layout: Layout) -> list[cst.Arg]:
    """The new list; arguments that neither become nor cease to be the last one stay as they are written."""
    found: list[cst.Arg] = []
    for number, item in enumerate(items):
        arg, is_last = item.arg, number == len(items) - 1
        if len(items) > 1 and isinstance(arg.value, cst.GeneratorExp):
            arg = arg.with_changes(value=fitted(arg.value, Level.PRIMARY))
        was_last = item.index == len(old) - 1
        has_comma = isinstance(arg.comma, cst.Comma)
        keeps_end = not is_last or has_comma == layout.trailing_comma
        if item.index is not None and is_last == was_last and keeps_end:
            found.append(arg)
            continue
        comments = _comments(arg)
        if not is_last:
            comma = cst.Comma(whitespace_after=_with_comments(layout.between, comments))
            found.append(arg.with_changes(comma=comma, whitespace_after_arg=NOTHING))
            continue
        closing = _with_comments(bare(layout.closing) if old else layout.closing, comments)
        if layout.trailing_comma:
            comma = cst.Comma(whitespace_after=closing)
            found.append(arg.with_changes(comma=comma, whitespace_after_arg=NOTHING))
        else:
            found.append(arg.with_changes(comma=cst.MaybeSentinel.DEFAULT, whitespace_after_arg=closing))
    return found


def keyword_argument(arg: cst.Arg, keyword: str) -> cst.Arg:
    """`value` -> `keyword=value`; an argument that has this keyword stays as it is written."""
    if arg.keyword is not None and arg.keyword.value == keyword:
        return arg
    value = fitted(arg.value, Level.LAMBDA)
    return arg.with_changes(keyword=cst.Name(keyword), equal=cst.AssignEqual(NOTHING, NOTHING), value=value)


def as_written(args: Sequence[cst.Arg]) -> list[int]:
    """Places of the arguments in the order of `ast`: the positional ones, then those with a keyword."""
    keywords = [n for n, arg in enumerate(args) if arg.keyword is not None or arg.star == "**"]
    return [n for n in range(len(args)) if n not in keywords] + keywords


def _comments(arg: cst.Arg) -> cst.ParenthesizedWhitespace | None:
    """The line ends behind the argument, when comments stand there."""
    space = arg.comma.whitespace_after if isinstance(arg.comma, cst.Comma) else arg.whitespace_after_arg
    if not isinstance(space, cst.ParenthesizedWhitespace):
        return None
    comments = [space.first_line.comment, *(line.comment for line in space.empty_lines)]
    return space if any(comments) else None


def _with_comments(space: Whitespace, held: cst.ParenthesizedWhitespace | None) -> Whitespace:
    if held is None:
        return space
    if not isinstance(space, cst.ParenthesizedWhitespace):
        return held.with_changes(indent=True, last_line=cst.SimpleWhitespace("    "))
    own = cst.EmptyLine(whitespace=held.last_line, comment=space.first_line.comment)
    lines = [*held.empty_lines, *(line for line in (own, *space.empty_lines) if line.comment)]
    return space.with_changes(first_line=held.first_line, empty_lines=lines)
