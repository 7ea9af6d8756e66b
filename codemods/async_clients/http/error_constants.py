"""Names that stand for classes of errors, and that nothing but `except` clauses of their file reads.

RETRYABLE = (requests.Timeout, requests.ConnectionError)
...
except RETRYABLE:
"""

from __future__ import annotations

import ast

import msgspec

from ...analysis.link.program import Program
from ...analysis.nodes import walk
from ...analysis.syntax import FileSyntax, Syntax

_CLASSES = (ast.Name, ast.Attribute)
_NAMES = ("name", "asname", "arg", "rest")
"""The fields by which a node binds a name, but for those of names themselves."""


class Constant(msgspec.Struct, frozen=True):
    value: ast.expr
    """The classes, where the name gets them."""
    clauses: tuple[ast.ExceptHandler, ...]
    """All that read it."""


class Constants:
    def __init__(self, program: Program, syntax: Syntax) -> None:
        self.program = program
        self.syntax = syntax
        self._known: dict[tuple[str, str], Constant | None] = {}

    def of(self, file: FileSyntax, node: ast.AST | None) -> Constant | None:
        """What the type of a clause, or the target of an assignment, is the name of."""
        if not isinstance(node, ast.Name):
            return None
        if (file.path, node.id) not in self._known:
            self._known[file.path, node.id] = self._find(file, node.id)
        return self._known[file.path, node.id]

    def assigned(self, file: FileSyntax, statement: ast.AST) -> Constant | None:
        """The one that gets its classes there."""
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            return self.of(file, statement.targets[0])
        return self.of(file, statement.target) if isinstance(statement, ast.AnnAssign) else None

    def types(self, file: FileSyntax, handler: ast.ExceptHandler) -> list[ast.expr]:
        """The classes that a clause catches, as they are written."""
        known = self.of(file, handler.type)
        found = handler.type if known is None else known.value
        if found is None:
            return []
        return found.elts if isinstance(found, ast.Tuple) else [found]

    def _find(self, file: FileSyntax, name: str) -> Constant | None:
        value: ast.expr | None = None
        clauses: list[ast.ExceptHandler] = []
        for node in walk(file.tree):
            if any(getattr(node, field, None) == name for field in _NAMES) or _is_global(node, name):
                return None
            if not isinstance(node, ast.Name) or node.id != name:
                continue
            above = file.parents[node]
            if isinstance(above, ast.ExceptHandler) and above.type is node:
                clauses.append(above)
            elif value is None and _is_assigned(above, node) and _are_classes(above.value):  # type: ignore[attr-defined]
                value = above.value  # type: ignore[attr-defined]
            else:
                return None
        if value is None or self._is_taken(file, name):
            return None
        return Constant(value, tuple(clauses))

    def _is_taken(self, file: FileSyntax, name: str) -> bool:
        """May another file read it?"""
        module = self.program.modules[file.path].facts.module.rpartition(".")[2]
        others = (self.syntax.file(path) for path in self.program.modules if path != file.path)
        return any(other.mentions(name) and other.mentions(module) for other in others)


def _is_global(node: ast.AST, name: str) -> bool:
    return isinstance(node, (ast.Global, ast.Nonlocal)) and name in node.names


def _is_assigned(statement: ast.AST, target: ast.Name) -> bool:
    if isinstance(statement, ast.Assign):
        return statement.targets == [target]
    return isinstance(statement, ast.AnnAssign) and statement.target is target


def _are_classes(value: ast.expr | None) -> bool:
    if isinstance(value, ast.Tuple):
        return bool(value.elts) and all(isinstance(each, _CLASSES) for each in value.elts)
    return isinstance(value, _CLASSES)
