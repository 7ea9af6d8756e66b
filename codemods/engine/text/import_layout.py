"""Where the imports of a file stand: whole lines, unbroken runs of them, groups between blank lines."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import msgspec

from .bindings import FunctionNode
from .import_order import ImportStatement
from .lines import newline_of, split_lines


class Row(msgspec.Struct, frozen=True):
    """Top-level statements that share lines: `lines[start:end]`."""

    start: int
    end: int
    nodes: tuple[ast.stmt, ...]

    @property
    def imports(self) -> tuple[ImportStatement, ...]:
        """The statements, if all of them are imports."""
        found = tuple(node for node in self.nodes if isinstance(node, (ast.Import, ast.ImportFrom)))
        return found if len(found) == len(self.nodes) else ()

    @property
    def first(self) -> ImportStatement:
        return self.imports[0]


class Run(msgspec.Struct, frozen=True):
    """An unbroken stretch of import lines; `late` when a function or class stands above it."""

    rows: tuple[Row, ...]
    late: bool

    def imports(self) -> list[ImportStatement]:
        return [node for row in self.rows for node in row.imports]


class Layout(msgspec.Struct, frozen=True):
    lines: list[str]
    newline: str
    docstring: Row | None
    rows: tuple[Row, ...]
    runs: tuple[Run, ...]

    def is_blank(self, index: int) -> bool:
        return not self.lines[index].strip()

    def is_comment(self, index: int) -> bool:
        return self.lines[index].lstrip().startswith("#")

    def groups(self, run: Run) -> list[list[Row]]:
        groups: list[list[Row]] = []
        for row in run.rows:
            if not groups or any(self.is_blank(i) for i in range(groups[-1][-1].end, row.start)):
                groups.append([])
            groups[-1].append(row)
        return groups

    def above_comments(self, index: int) -> int:
        """The first of the comment lines that stand directly above line `index`."""
        while index > 0 and self.is_comment(index - 1):
            index -= 1
        return index

    def insert(self, index: int, *texts: str) -> str:
        lines = list(self.lines)
        if index == len(lines) and lines and not lines[-1].endswith(("\r", "\n")):
            lines[-1] += self.newline
        lines[index:index] = [text + self.newline for text in texts]
        return "".join(lines)


def layout(source: str, tree: ast.Module) -> Layout:
    rows = _rows(tree.body)
    has_docstring = bool(tree.body) and ast.get_docstring(tree, clean=False) is not None
    docstring = rows.pop(0) if has_docstring else None
    if docstring and len(docstring.nodes) > 1:
        rows.insert(0, Row(docstring.start, docstring.end, docstring.nodes[1:]))
    return Layout(split_lines(source), newline_of(source), docstring, tuple(rows), _runs(rows))


def _rows(body: Sequence[ast.stmt]) -> list[Row]:
    rows: list[Row] = []
    for node in body:
        decorated = isinstance(node, (*FunctionNode, ast.ClassDef)) and node.decorator_list
        start = (node.decorator_list[0].lineno if decorated else node.lineno) - 1  # type: ignore[attr-defined]
        end = node.end_lineno or node.lineno
        if rows and start < rows[-1].end:
            rows[-1] = Row(rows[-1].start, end, (*rows[-1].nodes, node))
        else:
            rows.append(Row(start, end, (node,)))
    return rows


def _runs(rows: Sequence[Row]) -> tuple[Run, ...]:
    runs: list[Run] = []
    current: list[Row] = []
    late = defined = False
    for row in rows:
        if row.imports:
            late = defined if not current else late
            current.append(row)
            continue
        if current:
            runs.append(Run(tuple(current), late))
            current = []
        defined = defined or any(isinstance(node, (*FunctionNode, ast.ClassDef)) for node in row.nodes)
    if current:
        runs.append(Run(tuple(current), late))
    return tuple(runs)
