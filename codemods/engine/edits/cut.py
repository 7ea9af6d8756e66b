"""Only the top-level statements that carry edits are parsed by LibCST; the other lines are never touched.

LibCST parses one statement much faster than its file, and what is not cut out cannot change.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

import msgspec

from ...model import Edit, ExtractToThread, InsertStatements, MoveBody, ReplaceStatements, Span
from .failure import RewriteError
from .spans import spans_of

_DECORATED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_OF_BLOCKS = (ExtractToThread, InsertStatements, MoveBody, ReplaceStatements)


class Piece(msgspec.Struct, frozen=True):
    """`lines[start:end]` with the edits that fall into it."""

    start: int
    end: int
    edits: tuple[Edit, ...]


class _Row(msgspec.Struct, frozen=True):
    """Top-level statements that share lines."""

    start: int
    end: int
    anchors: frozenset[tuple[int, int]]


def cut(lines: Sequence[str], tree: ast.Module, edits: Iterable[Edit]) -> tuple[Piece, ...]:
    """The pieces of the file that must be parsed, in order.

    Raises `RewriteError` for an edit outside the statements.
    """
    rows = _rows(lines, tree)
    wanted = [(_interval(rows, edit), edit) for edit in edits]
    pieces: list[tuple[int, int, list[Edit]]] = []
    for (first, last), edit in sorted(wanted, key=lambda pair: pair[0]):
        if pieces and first <= pieces[-1][1]:
            start, end, inside = pieces[-1]
            pieces[-1] = (start, max(end, last), [*inside, edit])
        else:
            pieces.append((first, last, [edit]))
    # a statement that is the first of its file brings the header along
    starts = [0 if first == 0 else rows[first].start for first, _, _ in pieces]
    return tuple(
        Piece(start, rows[last].end, tuple(e for e in edits if e in inside))
        for start, (_, last, inside) in zip(starts, pieces, strict=True)
    )


def _interval(rows: Sequence[_Row], edit: Edit) -> tuple[int, int]:
    spans = spans_of(edit)
    first = min(_row_of(rows, span, span.line) for span in spans)
    last = max(_row_of(rows, span, span.end_line) for span in spans)
    anchors = {anchor for row in rows[first : last + 1] for anchor in row.anchors}
    if isinstance(edit, _OF_BLOCKS) and any(span[:2] in anchors for span in spans):
        # blank lines are counted from the neighbours on
        return max(first - 1, 0), min(last + 1, len(rows) - 1)
    return first, last


def _row_of(rows: Sequence[_Row], span: Span, line: int) -> int:
    for index, row in enumerate(rows):
        if row.start < line <= row.end:
            return index
    raise RewriteError("no statement stands here", span)


def _rows(lines: Sequence[str], tree: ast.Module) -> list[_Row]:
    rows: list[_Row] = []
    limits = [*(_start(node) for node in tree.body), len(lines)][1:]
    for node, limit in zip(tree.body, limits, strict=True):
        start = _start(node)
        end = _with_footer(lines, node, limit)
        anchor = frozenset({(node.lineno, node.col_offset)})
        if rows and (start < rows[-1].end or _continues(lines, start)):
            rows[-1] = _Row(rows[-1].start, max(end, rows[-1].end), rows[-1].anchors | anchor)
        else:
            rows.append(_Row(start, end, anchor))
    return rows


def _start(node: ast.stmt) -> int:
    decorators = node.decorator_list if isinstance(node, _DECORATED) else []
    return (decorators[0].lineno if decorators else node.lineno) - 1


def _with_footer(lines: Sequence[str], node: ast.stmt, limit: int) -> int:
    """The end of the statement; comments below it that are indented like its block belong to that. Of one
    that is indented less LibCST makes the last line of the file, and drops the blank lines above it."""
    end = node.end_lineno or node.lineno
    block = getattr(node, "body", None) or getattr(node, "cases", None)
    if not block:
        return end
    first = block[0].pattern if isinstance(node, ast.Match) else block[0]
    head = lines[first.lineno - 1]
    depth = len(head) - len(head.lstrip()) if first.lineno > node.lineno else 1
    for number in range(end, limit):
        text = lines[number]
        indent = len(text) - len(text.lstrip())
        is_comment = text.lstrip().startswith("#")
        if is_comment and indent < depth:
            break
        if is_comment:
            end = number + 1
    return end


def _continues(lines: Sequence[str], start: int) -> bool:
    """Whether a backslash joins line `start` to the one above it: `a = 1; \\` and `b = 2` below."""
    return start > 0 and lines[start - 1].rstrip("\r\n").endswith("\\")
