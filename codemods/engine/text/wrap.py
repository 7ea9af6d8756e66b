"""Statements that an edit made too long, wrapped; continuation lines that it put out of line, aligned."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from .align import realign
from .changes import origins
from .lines import newline_of, split_lines
from .parsed import parsed
from .relayout import PRAGMA, breaking_parentheses, relayout
from .split import Lines, Splitter, bracket_kind, width
from .statements import Source, Token, partners, read

_Rows = tuple[int, int]


def wrap_long_lines(before: str, after: str, limit: int | None, *, habit: int | None = None) -> str:
    """`after` with the statements wrapped that were within `limit` in `before` and no longer are.

    What `before` laid out as the formatters do is laid out anew, so a statement that got shorter closes up.
    Where no formatter is in use, only statements of several lines are laid out anew, and only those that no
    author would have written so: within `habit` columns, in which the lines of the file stay.
    """
    if before == after:
        return after
    aligned = realign(before, after)
    if not limit:
        return aligned
    old, new = read(before), read(aligned)
    if old is None or new is None:
        return aligned
    origin = origins(old.lines, new.lines)
    # where functions are alike, a line that stays may seem to be another that went
    long = {line for line in old.lines if _length(line) > limit}
    changed = {row for row, line in enumerate(new.lines) if row not in origin.unchanged and line not in long}
    old_statements = {row: tokens for tokens in old.statements for row in _rows(tokens)}
    by_rest = {_rest(old, tokens): tokens for tokens in old.statements if len(_rows(tokens)) > 1}
    replaced: dict[_Rows, Lines] = {}
    for tokens in new.statements:
        touched = [row for row in _rows(tokens) if row in changed]
        if not touched:
            continue
        came_from = (origin.of(row, -1) for row in _rows(tokens))
        below = origin.of(tokens[0].row - 1, -2) + 1 if tokens[0].row else 0
        earlier = old_statements.get(next((row for row in came_from if row >= 0), below))
        if earlier is None and len(_rows(tokens)) > 1:
            earlier = by_rest.get(_rest(new, tokens))  # it has moved
        if habit is not None and (
            _is_torn(new, tokens, touched, earlier, habit) or _fits_now(old, earlier, new, tokens, habit)
        ):
            found = relayout(new, tokens, min(habit, limit), closes_brackets=True)
            replaced.update({} if found is None else {(tokens[0].row, tokens[-1].end_row + 1): found})
        elif habit is None or any(_length(new.lines[row]) > limit for row in touched):
            replaced.update(_laid_out(old, earlier, new, tokens, origin.changed, touched, limit))
    return _replace(aligned, replaced)


def _is_torn(
    new: Source,
    tokens: Sequence[Token],
    touched: Sequence[int],
    earlier: Sequence[Token] | None,
    habit: int,
) -> bool:
    """Did an edit make a line that opens or closes several brackets at once, or goes on behind one that stays
    open, or one long line of several, or are there brackets around one line that were there for several?"""
    rows = len(_rows(tokens))
    if earlier is None or len(_rows(earlier)) == 1:
        return False
    was = max(abs(_opened(earlier, row)) for row in _rows(earlier))
    if any(abs(_opened(tokens, row)) > max(was, 1) for row in touched):
        return True
    if not _hanging(earlier) and not _hanging(tokens).isdisjoint(touched):
        return True
    is_long = _length(new.lines[tokens[0].row]) > habit
    if rows == 1:
        return is_long or bool(breaking_parentheses(earlier))
    return rows == 3 and _is_wrapped_twice(tokens, was_as_short=len(_rows(earlier)) == 3)


def _is_wrapped_twice(tokens: Sequence[Token], *, was_as_short: bool) -> bool:
    """Do the brackets around the value, with lines of their own, hold one line that begins with a bracket, or
    that was several?"""
    found = sorted(breaking_parentheses(tokens))
    if len(found) != 2 or found[1] != len(tokens) - 1 or tokens[found[0]].row != tokens[0].row:
        return False
    inside = tokens[found[0] + 1 : found[1]]
    is_apart = tokens[0].row < inside[0].row == inside[-1].end_row < tokens[-1].row
    return is_apart and (inside[0].text == "(" or not was_as_short)


def _rest(source: Source, tokens: Sequence[Token]) -> tuple[str, ...]:
    """Its lines but the first, wherever they stand."""
    return tuple(source.lines[row].strip() for row in _rows(tokens)[1:])


def _fits_now(
    old: Source, earlier: Sequence[Token] | None, new: Source, tokens: Sequence[Token], habit: int
) -> bool:
    """Was all between its brackets on a line of its own, as one was too short for it, and now it has moved to
    the left?"""
    if earlier is None or not len(_rows(earlier)) == len(_rows(tokens)) == 3:
        return False
    if tokens[0].col >= earlier[0].col:
        return False
    was, found = relayout(old, earlier, habit), relayout(new, tokens, habit)
    return found is not None and len(found) == 1 and was is not None and len(was) > 1


def _opened(tokens: Sequence[Token], row: int) -> int:
    """How many more brackets the line opens than it closes."""
    return sum(each.opens() - each.closes() for each in tokens if each.row == row)


def _hanging(tokens: Sequence[Token]) -> set[int]:
    """The lines that go on behind a bracket that is closed further down: `f(first,`."""
    return {
        tokens[opening].row
        for opening, closing in partners(tokens).items()
        if tokens[closing].row > tokens[opening].row == tokens[opening + 1].row
        and not tokens[opening + 1].is_comment
    }


def _laid_out(
    old: Source,
    earlier: Sequence[Token] | None,
    new: Source,
    tokens: Sequence[Token],
    origin: Mapping[int, int],
    touched: Sequence[int],
    limit: int,
) -> dict[_Rows, Lines]:
    rows = _rows(tokens)
    if earlier is None:
        known = len(rows) == 1 or not old.lines
    else:
        known = relayout(old, earlier, limit) == [old.lines[row].rstrip("\r\n") for row in _rows(earlier)]
    if known:
        found = relayout(new, tokens, limit)
        return {} if found is None else {(rows[0], rows[-1] + 1): found}
    wrapped: dict[_Rows, Lines] = {}
    for row in touched:
        was_long = row in origin and _length(old.lines[origin[row]]) > limit
        if not was_long and _length(new.lines[row]) > limit and len(rows) > 1:
            inside = _inside(new, tokens, row, limit)
            if inside is not None:
                wrapped[row, row + 1] = inside
    return wrapped


def _inside(source: Source, tokens: Sequence[Token], row: int, limit: int) -> Lines | None:
    """One line of a statement, if it holds whole arguments or one operand."""
    line = source.lines[row].rstrip("\r\n")
    code = [each for each in tokens if each.row <= row <= each.end_row and not each.is_comment]
    if not code or any(each.row != row or each.end_row != row for each in code) or PRAGMA.search(line):
        return None
    if len(partners(code)) != sum(each.opens() or each.closes() for each in code) or line.endswith("\\"):
        return None
    first, last = tokens.index(code[0]), tokens.index(code[-1])
    match = partners(tokens)
    opening = max((o for o in match if o < first and match[o] > last), default=None)
    if opening is None:
        return None
    splitter = Splitter(line, limit, source.indent_unit)
    indent, comment = line[: code[0].col], line[code[-1].end_col :]
    if opening == first - 1 and match[opening] == last + 1:
        apart = source.lines[tokens[opening].row] is not source.lines[row] and tokens[last + 1].row > row
        found = splitter.body(code, bracket_kind(tokens, opening, match[opening]), indent) if apart else None
    else:
        argument = code[:-1] if code[-1].text == "," else code
        found = splitter.element(argument, indent, "," if argument is not code else "")
    return None if found is None else [*found[:-1], found[-1] + comment]


def _rows(tokens: Sequence[Token]) -> range:
    return range(tokens[0].row, tokens[-1].end_row + 1)


def _replace(text: str, replaced: Mapping[_Rows, Lines]) -> str:
    result = _with(text, replaced)
    if result == text or _same_code(text, result):
        return result
    sound = {rows: lines for rows, lines in replaced.items() if _same_code(text, _with(text, {rows: lines}))}
    return _with(text, sound)


def _with(text: str, replaced: Mapping[_Rows, Lines]) -> str:
    lines = split_lines(text)
    newline = newline_of(text)
    for (start, end), new in sorted(replaced.items(), reverse=True):
        last = lines[end - 1]
        ending = last[len(last.rstrip("\r\n")) :]
        lines[start:end] = [*(line + newline for line in new[:-1]), new[-1] + ending]
    return "".join(lines)


def _same_code(text: str, other: str) -> bool:
    try:
        return ast.dump(parsed(text)) == ast.dump(parsed(other))
    except SyntaxError:
        return False


def _length(line: str) -> int:
    return width(line.rstrip("\r\n"))
