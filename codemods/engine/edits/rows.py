"""A block as rows: each old statement with what comes above it, in its place and below it."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

import libcst as cst
import msgspec

from .code import STATEMENT_LINES, BodyStatement
from .lines import Lines, apart, comments, joined, leading, split, with_leading, without_first_blanks

Block = cst.Module | cst.IndentedBlock | cst.SimpleStatementSuite


class Row(msgspec.Struct):
    """`nodes` are the old statements of the line, without the lines above them: those are kept in two parts.

    `detached` stands on its own above the row, `attached` are the comments directly above the statement;
    `loose` are comments that have no statement left to stand at.
    """

    nodes: tuple[cst.CSTNode, ...]
    body: list[BodyStatement]
    detached: Lines
    attached: Lines
    above: list[BodyStatement] = msgspec.field(default_factory=list)
    below: list[BodyStatement] = msgspec.field(default_factory=list)
    loose: Lines = msgspec.field(default_factory=list)
    is_new: bool = False
    comments_move_up: bool = False
    """Whether `attached` belongs to the last statement of `above`."""


class Laid(msgspec.Struct, frozen=True):
    """The statements of a block, and the lines that are left over at its end."""

    body: list[BodyStatement]
    footer: Lines


def nodes_of(block: Block) -> Iterator[cst.CSTNode]:
    """The statements of the block, each for itself."""
    for statement in block.body:
        if isinstance(statement, cst.SimpleStatementLine):
            yield from statement.body
        else:
            yield statement


def rows_of(
    original: Block, updated: Block, targets: Container[cst.CSTNode], *, opens_file: bool
) -> list[Row]:
    """A line of several statements becomes one row for each when one of them is a target.

    `opens_file`: the comments above the first row are those of the file.
    """
    if isinstance(updated, cst.SimpleStatementSuite):
        assert isinstance(original, cst.SimpleStatementSuite)
        line = cst.SimpleStatementLine(updated.body, trailing_whitespace=updated.trailing_whitespace)
        return _split_line(original.body, line)
    assert not isinstance(original, cst.SimpleStatementSuite)
    rows: list[Row] = []
    for old, new in zip(original.body, updated.body, strict=True):
        assert isinstance(new, STATEMENT_LINES)
        if not isinstance(old, cst.SimpleStatementLine) or not isinstance(new, cst.SimpleStatementLine):
            rows.append(_row((old,), new))
        elif len(old.body) > 1 and any(each in targets for each in old.body):
            rows.extend(_split_line(old.body, new))
        else:
            rows.append(_row(tuple(old.body), new))
    if isinstance(updated, cst.Module) and rows:
        first = rows[0]
        lead = [*updated.header, *first.detached, *first.attached]
        first.detached, first.attached = (lead, []) if opens_file else split(lead)
    return rows


def _row(nodes: tuple[cst.CSTNode, ...], statement: BodyStatement) -> Row:
    detached, attached = split(statement.leading_lines)
    return Row(nodes, [with_leading(statement, [])], detached, attached)


def _split_line(old: Sequence[cst.CSTNode], line: cst.SimpleStatementLine) -> list[Row]:
    rows: list[Row] = []
    for number, (node, each) in enumerate(zip(old, line.body, strict=True)):
        statement = cst.SimpleStatementLine(
            [each.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)],
            leading_lines=line.leading_lines if number == 0 else [],
        )
        if number == len(line.body) - 1:
            statement = statement.with_changes(trailing_whitespace=line.trailing_whitespace)
        rows.append(_row((node,), statement))
    return rows


def laid(rows: Sequence[Row], *, top: bool, opens_file: bool = False, below_header: bool = True) -> Laid:
    """The rows one below the other; definitions that are new neighbours stand apart.

    `below_header`: the block belongs to a `def` or a `class`, below which no blank line is needed.
    """
    out: list[BodyStatement] = []
    carry: Lines = []
    gap_is_new = False
    group: list[BodyStatement] = []
    for row in rows:
        group = _group(row)
        if not group:
            carry = joined(carry, [*row.detached, *row.attached, *row.loose])
            gap_is_new = True
            continue
        if carry:
            group[0] = with_leading(group[0], joined(carry, leading(group[0])))
        if gap_is_new and not out and not opens_file:
            group[0] = with_leading(group[0], without_first_blanks(leading(group[0])))
        for index, statement in enumerate(group):
            is_new = gap_is_new or row.is_new or index > 0 or bool(row.above)
            # the formatters leave a comment that opens a block where it is
            if is_new and (out or not (below_header or leading(statement))):
                statement = apart(out[-1] if out else None, statement, top=top)
            out.append(statement)
            gap_is_new = False
        carry = list(row.loose)
        gap_is_new = row.is_new or bool(row.below)
    return Laid(out, carry if group else comments(carry))


def inside(rows: Sequence[Row]) -> Laid:
    """The rows as a block of their own, which no blank line opens."""
    for first in rows[:1]:
        first.detached = without_first_blanks(first.detached)
    return laid(rows, top=False, below_header=False)


def _group(row: Row) -> list[BodyStatement]:
    """The statements of one row, each with the lines above it."""
    group = [*row.above, *row.body, *row.below]
    if not group:
        return []
    count = len(row.above)
    owner = count - 1 if row.comments_move_up else count
    if owner < len(group):
        group[owner] = with_leading(group[owner], [*row.attached, *leading(group[owner])])
    group[0] = with_leading(group[0], [*row.detached, *leading(group[0])])
    return group
