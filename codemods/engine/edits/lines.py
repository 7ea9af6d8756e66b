"""Blank lines and comments above statements: what stays, what moves, how far definitions stand apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from .code import STATEMENT_LINES, BodyStatement

Lines = list[cst.EmptyLine]


def blank(number: int = 1) -> Lines:
    return [cst.EmptyLine(indent=False) for _ in range(number)]


def leading(statement: BodyStatement) -> Lines:
    return list(statement.leading_lines)


def with_leading(statement: BodyStatement, lines: Sequence[cst.EmptyLine]) -> BodyStatement:
    return statement.with_changes(leading_lines=lines)


def split(lines: Sequence[cst.EmptyLine]) -> tuple[Lines, Lines]:
    """What stands on its own above a statement, and the comments directly above it, which belong to it."""
    start = len(lines)
    while start and lines[start - 1].comment:
        start -= 1
    return list(lines[:start]), list(lines[start:])


def comments(lines: Sequence[cst.EmptyLine]) -> Lines:
    return [line for line in lines if line.comment]


def without_first_blanks(lines: Sequence[cst.EmptyLine]) -> Lines:
    return list(lines[_first_blanks(lines) :])


def joined(above: Sequence[cst.EmptyLine], below: Sequence[cst.EmptyLine]) -> Lines:
    """One below the other; blank lines that meet are not added up."""
    last = _first_blanks(above[::-1])
    first = _first_blanks(below)
    if last > first:
        return [*above, *below[first:]]
    return [*above[: len(above) - last], *below]


def blanks_inside(statement: cst.CSTNode) -> Lines:
    """The blank lines below a statement that LibCST counts to its last block, as they are indented as far."""
    footers = [block.footer for block in _last_blocks(statement)]
    found = [line for footer in reversed(footers) for line in footer]
    return blank(_first_blanks(found[::-1]))


def without_blanks_inside(statement: BodyStatement) -> BodyStatement:
    """The same, ending with its last line."""
    for block in _last_blocks(statement):
        kept = block.footer[: len(block.footer) - _first_blanks(block.footer[::-1])]
        changed = statement.deep_replace(block, block.with_changes(footer=kept))
        assert isinstance(changed, STATEMENT_LINES)
        statement = changed
        if kept:
            break
    return statement


def _last_blocks(statement: cst.CSTNode) -> Iterator[cst.IndentedBlock]:
    """Those with which it ends, outermost first."""
    node = statement
    while node.children:
        if isinstance(node, cst.IndentedBlock):
            yield node
            node = node.body[-1]
        else:
            node = node.children[-1]


def apart(before: BodyStatement | None, statement: BodyStatement, *, top: bool) -> BodyStatement:
    """`statement` with the blank lines that must stand above it when it or the one before is a definition."""
    if not (_is_definition(before) or _is_definition(statement)):
        return statement
    wanted = 2 if top else 1
    lines = leading(statement)
    above = _first_blanks(lines)
    detached, _ = split(lines)
    if max(above, _first_blanks(detached[::-1])) >= wanted:
        return statement
    return with_leading(statement, [*blank(wanted - above), *lines])


def _is_definition(statement: BodyStatement | None) -> bool:
    return isinstance(statement, (cst.FunctionDef, cst.ClassDef))


def _first_blanks(lines: Sequence[cst.EmptyLine]) -> int:
    return next((number for number, line in enumerate(lines) if line.comment), len(lines))
