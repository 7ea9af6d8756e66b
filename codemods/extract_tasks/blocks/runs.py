"""A run: the statements of one block that leave together, wherever they stand in it."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Sequence
from functools import cached_property

import msgspec

from ...analysis.flow.runs import Region, region
from ...analysis.nodes import walk
from ...analysis.scopes import FUNCTIONS, frame_nodes
from ...analysis.syntax import FileSyntax, FunctionNode, span_of
from ...model import Code, Edit, ReplaceStatements, Span


class Run(msgspec.Struct, frozen=True, dict=True):
    """`moved` are statements of `block`, in order; what stands between them stays and runs before them."""

    file: FileSyntax
    function: FunctionNode
    block: Sequence[ast.stmt]
    moved: tuple[ast.stmt, ...]

    @cached_property
    def first(self) -> int:
        return self._index(self.moved[0])

    @cached_property
    def last(self) -> int:
        return self._index(self.moved[-1])

    def _index(self, statement: ast.stmt) -> int:
        return next(number for number, each in enumerate(self.block) if each is statement)

    @cached_property
    def staying(self) -> tuple[ast.stmt, ...]:
        """Statements between the moved ones."""
        return tuple(s for s in self.block[self.first : self.last + 1] if not any(s is m for m in self.moved))

    @cached_property
    def region(self) -> Region:
        """As if the staying statements stood above the run."""
        if not self.staying:
            return region(self.function, self.moved[0], self.moved[-1])
        arranged = [*self.block[: self.first], *self.staying, *self.moved, *self.block[self.last + 1 :]]
        return region(_with_block(self.function, self.block, arranged), self.moved[0], self.moved[-1])

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All nodes, those of inner functions included."""
        return tuple(node for statement in self.moved for node in walk(statement))

    @cached_property
    def frame(self) -> tuple[ast.AST, ...]:
        """The nodes that run in the frame of the function."""
        return tuple(node for statement in self.moved for node in frame_nodes(statement))

    @cached_property
    def spans(self) -> tuple[Span, ...]:
        return tuple(span_of(statement) for statement in self.moved)

    @cached_property
    def owner(self) -> ast.AST:
        """The statement (or function) whose block it is."""
        return self.file.parents[self.moved[0]]

    def holds(self, span: Span) -> bool:
        return any(own.contains(span) for own in self.spans)

    def climbed(self) -> Run | None:
        """The statement around the run as a run of its own."""
        around = next(node for node in self.file.above(self.moved[0]) if isinstance(node, ast.stmt))
        if isinstance(around, (*FUNCTIONS, ast.ClassDef)):
            return None
        return run_of(self.file, self.function, around)

    def with_statements(self, more: Sequence[ast.stmt]) -> Run:
        wanted = [s for s in self.block if any(s is m for m in (*self.moved, *more))]
        return Run(self.file, self.function, self.block, tuple(wanted))

    @cached_property
    def stretches(self) -> list[list[ast.stmt]]:
        """The moved statements, in pieces that are written one below the other."""
        found: list[list[ast.stmt]] = []
        for number in range(self.first, self.last + 1):
            statement = self.block[number]
            if not any(statement is m for m in self.moved):
                continue
            if found and found[-1][-1] is self.block[number - 1] and _is_below(found[-1][-1], statement):
                found[-1].append(statement)
            else:
                found.append([statement])
        return found

    def edits(self, call: Code) -> tuple[Edit, ...]:
        """`call` in place of the last stretch of the run; the others are taken out."""
        return tuple(
            ReplaceStatements(span_of(s[0]), span_of(s[-1]), call if s is self.stretches[-1] else Code(""))
            for s in self.stretches
        )


def _is_below(above: ast.stmt, below: ast.stmt) -> bool:
    """Not where a statement stands in another place than in the file (see `finding`)."""
    return above.col_offset == below.col_offset and (above.end_lineno or 0) <= below.lineno


def run_of(file: FileSyntax, function: FunctionNode, statement: ast.stmt) -> Run:
    lists = (value for _, value in ast.iter_fields(file.parents[statement]) if isinstance(value, list))
    block = next(value for value in lists if any(each is statement for each in value))
    return Run(file, function, block, (statement,))


def blocks_after(run: Run) -> Iterator[ast.stmt]:
    """The statements behind the run, in its block and in the blocks around it."""
    current: Run | None = run
    while current is not None:
        yield from current.block[current.last + 1 :]
        current = current.climbed()


def mentions(node: ast.AST, names: frozenset[str] | set[str]) -> bool:
    return any(isinstance(part, ast.Name) and part.id in names for part in walk(node))


def _with_block(function: FunctionNode, old: Sequence[ast.stmt], new: list[ast.stmt]) -> FunctionNode:
    """A copy of the function with another order of statements in one block; everything else is shared."""
    changed = _copied(function, old, new)
    assert isinstance(changed, (ast.FunctionDef, ast.AsyncFunctionDef))
    return changed


def _copied(node: ast.AST, old: Sequence[ast.stmt], new: list[ast.stmt]) -> ast.AST:
    for name, value in ast.iter_fields(node):
        if not isinstance(value, list):
            continue
        if value is old:
            return _changed(node, name, new)
        for number, child in enumerate(value):
            if isinstance(child, (ast.stmt, ast.ExceptHandler, ast.match_case)):
                made = _copied(child, old, new)
                if made is not child:
                    return _changed(node, name, [*value[:number], made, *value[number + 1 :]])
    return node


def _changed(node: ast.AST, name: str, value: list[ast.stmt] | list[ast.AST]) -> ast.AST:
    made = copy.copy(node)
    setattr(made, name, value)
    return made
