"""The order in which an expression reads, binds and may fail, as nodes of a graph."""

from __future__ import annotations

import ast
from enum import Enum

from ..nodes import children
from ..scopes import COMPREHENSIONS, DEFERRED, Comprehension, around, free_names, names_of, target_names


class Kind(Enum):
    ENTER = 0
    """The start of a statement."""
    JOIN = 1
    READ = 2
    WRITE = 3
    DELETE = 4
    CAPTURE = 5
    """An inner function is made that reads the name when it is called."""
    STEP = 6
    """Something that can raise."""


class Evaluation:
    """`following[n]` are the nodes after `n`, `failing[n]` those reached when `n` raises."""

    def __init__(self, first: ast.stmt) -> None:
        self.kinds: list[Kind] = []
        self.names: list[str] = []
        self.statements: list[ast.stmt] = []
        self.following: list[set[int]] = []
        self.failing: list[set[int]] = []
        self._statement = first
        self._frontier: set[int] = set()
        self._catches: list[int] = []
        self._hidden: list[set[str]] = []

    def _emit(self, kind: Kind, name: str = "") -> int:
        node = len(self.kinds)
        self.kinds.append(kind)
        self.names.append(name)
        self.statements.append(self._statement)
        self.following.append(set())
        self.failing.append(set())
        self._connect(node)
        self._frontier = {node}
        if kind is Kind.STEP and self._catches:
            self.failing[node].add(self._catches[-1])
        return node

    def _connect(self, node: int) -> None:
        for before in self._frontier:
            self.following[before].add(node)

    def _join(self) -> int:
        """A node with nothing before it yet."""
        self._frontier = set()
        return self._emit(Kind.JOIN)

    def _visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.Name):
            self._read(node.id)
        elif isinstance(node, COMPREHENSIONS):
            self._comprehension(node)
        elif isinstance(node, DEFERRED):
            self._defer(node)
        elif isinstance(node, ast.NamedExpr):
            self._visit(node.value)
            self._write(node.target.id)
        elif isinstance(node, (ast.BoolOp, ast.IfExp, ast.Compare)):
            self._branches(node)
        elif isinstance(node, (ast.MatchAs, ast.MatchStar, ast.MatchMapping)):
            self._parts(node)
            name = node.rest if isinstance(node, ast.MatchMapping) else node.name
            if name:
                self._write(name)
        else:
            self._parts(node)
            if not isinstance(
                node, (ast.Constant, ast.Tuple, ast.keyword, ast.expr_context, ast.operator, ast.unaryop)
            ):
                self._emit(Kind.STEP)

    def _parts(self, node: ast.AST) -> None:
        for child in children(node):
            self._visit(child)

    def _branches(self, node: ast.BoolOp | ast.IfExp | ast.Compare) -> None:
        """Every operand after the first may be left out."""
        if isinstance(node, ast.IfExp):
            self._visit(node.test)
            test = set(self._frontier)
            self._visit(node.body)
            chosen = self._frontier
            self._frontier = test
            self._visit(node.orelse)
            self._frontier = self._frontier | chosen
            return
        operands = [node.left, *node.comparators] if isinstance(node, ast.Compare) else node.values
        skipped: set[int] = set()
        for position, operand in enumerate(operands):
            if position > (1 if isinstance(node, ast.Compare) else 0):
                skipped |= self._frontier
            self._visit(operand)
            if isinstance(node, ast.Compare) and position:
                self._emit(Kind.STEP)
        self._frontier = self._frontier | skipped

    def _comprehension(self, node: Comprehension) -> None:
        self._visit(node.generators[0].iter)
        before = set(self._frontier)
        if isinstance(node, ast.GeneratorExp):
            for name in sorted(names_of(node).missing):
                self._read(name)
                self._emit(Kind.CAPTURE, name)
        self._hidden.append(
            {name for generator in node.generators for name in target_names(generator.target)}
        )
        head = self._emit(Kind.STEP)
        for position, generator in enumerate(node.generators):
            if position:
                self._visit(generator.iter)
            self._store(generator.target)
            for test in generator.ifs:
                self._visit(test)
                self._connect(head)
        for element in [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]:
            self._visit(element)
        self._connect(head)
        self._hidden.pop()
        self._frontier = {head} | (before if isinstance(node, ast.GeneratorExp) else set())

    def _defer(self, node: ast.AST) -> None:
        for part in around(node):
            self._visit(part)
        self._emit(Kind.STEP)
        for name in sorted(free_names(node)):
            self._read(name)
            if not self._is_hidden(name):
                self._emit(Kind.CAPTURE, name)

    def _store(self, target: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self._write(target.id)
        elif isinstance(target, ast.Starred):
            self._store(target.value)
        elif isinstance(target, (ast.Tuple, ast.List)):
            self._emit(Kind.STEP)
            for item in target.elts:
                self._store(item)
        else:
            self._parts(target)
            self._emit(Kind.STEP)

    def _is_hidden(self, name: str) -> bool:
        return any(name in names for names in self._hidden)

    def _read(self, name: str) -> None:
        if not self._is_hidden(name):
            self._emit(Kind.READ, name)

    def _write(self, name: str) -> None:
        if not self._is_hidden(name):
            self._emit(Kind.WRITE, name)
