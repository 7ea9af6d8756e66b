"""Names that stand for classes of errors, and that nothing but `except` clauses reads, be it in files that
import them.

RETRYABLE = (requests.Timeout, requests.ConnectionError)
...
except RETRYABLE:
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec

from ...analysis.index.bindings import Import
from ...analysis.link.program import Key, Program
from ...analysis.nodes import walk
from ...analysis.syntax import FileSyntax, Syntax

_CLASSES = (ast.Name, ast.Attribute)
_NAMES = ("name", "asname", "arg", "rest")
"""The fields by which a node binds a name, but for those of names themselves."""


class Constant(msgspec.Struct, frozen=True):
    path: str
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
        home = self._home(file, node.id)
        if home is None:
            return None
        if (home, node.id) not in self._known:
            self._known[home, node.id] = self._find(self.syntax.file(home), node.id)
        return self._known[home, node.id]

    def assigned(self, file: FileSyntax, statement: ast.AST) -> Constant | None:
        """The one that gets its classes there."""
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            return self.of(file, statement.targets[0])
        return self.of(file, statement.target) if isinstance(statement, ast.AnnAssign) else None

    def types(self, key: Key, file: FileSyntax, handler: ast.ExceptHandler) -> tuple[Key, list[ast.expr]]:
        """The classes that a clause of a function catches, as they are written, and where that is."""
        known = self.of(file, handler.type)
        found = handler.type if known is None else known.value
        where = key if known is None or known.path == file.path else Key(known.path, 0)
        if found is None:
            return where, []
        return where, found.elts if isinstance(found, ast.Tuple) else [found]

    def _home(self, file: FileSyntax, name: str) -> str | None:
        """The file that gives the name its value; None for a module of a library."""
        bindings = self.program.modules[file.path].names[0].get(name, ())
        imported = next((each.value for each in bindings if isinstance(each.value, Import)), None)
        if imported is None:
            return file.path
        if imported.name != name:
            return None
        return self.program.module_path(self.program.absolute(imported, file.path), file.path)

    def _find(self, file: FileSyntax, name: str) -> Constant | None:
        value: ast.expr | None = None
        clauses: list[ast.ExceptHandler] = []
        for node in walk(file.tree):
            if _is_bound(node, name):
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
        if value is None:
            return None
        elsewhere = self._elsewhere(file, name)
        return Constant(file.path, value, (*clauses, *elsewhere)) if elsewhere is not None else None

    def _elsewhere(self, file: FileSyntax, name: str) -> list[ast.ExceptHandler] | None:
        """The clauses of other files that read it; None where one may do something else with it."""
        naming = [self.syntax.file(path) for path in self.program.modules if path != file.path]
        naming = [other for other in naming if other.mentions(name)]
        importing = [other for other in naming if self._home(other, name) == file.path]
        modules = {self._module(each) for each in (file, *importing)}
        if any(other not in importing and any(map(other.mentions, modules)) for other in naming):
            return None
        clauses: list[ast.ExceptHandler] = []
        for other in importing:
            found = [] if self.program.modules[other.path].facts.is_package else list(_reads(other, name))
            if not found or None in found:
                return None
            clauses += [each for each in found if each is not None]
        return clauses

    def _module(self, file: FileSyntax) -> str:
        return self.program.modules[file.path].facts.module.rpartition(".")[2]


def _reads(file: FileSyntax, name: str) -> Iterator[ast.ExceptHandler | None]:
    """The clauses of a file that imports the name; None for any other use."""
    for node in walk(file.tree):
        above = file.parents.get(node)
        if isinstance(node, ast.alias) and name in (node.name, node.asname):
            if not isinstance(above, ast.ImportFrom) or node.asname or file.parents[above] is not file.tree:
                yield None
        elif _is_bound(node, name) or (isinstance(node, ast.Constant) and node.value == name):
            yield None
        elif isinstance(node, ast.Name) and node.id == name:
            yield above if isinstance(above, ast.ExceptHandler) and above.type is node else None


def _is_bound(node: ast.AST, name: str) -> bool:
    """In another way than by a name itself."""
    return any(getattr(node, field, None) == name for field in _NAMES) or _is_global(node, name)


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
