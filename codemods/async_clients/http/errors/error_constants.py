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

from ....analysis.index.bindings import Import
from ....analysis.link.program import Key, Program
from ....analysis.nodes import bound_alone, target_of, walk
from ....analysis.syntax import FileSyntax, Syntax
from .retried import Retried

_CLASSES = (ast.Name, ast.Attribute)
_NAMES = ("name", "asname", "arg", "rest")
"""The fields by which a node binds a name, but for those of names themselves."""


class Classes(msgspec.Struct, frozen=True):
    """A class, or a tuple of them, as it is written where a name gets it."""

    path: str
    value: ast.expr
    reads: tuple[ast.expr, ...]
    """The names in clauses that read it, be it through another name."""

    @property
    def types(self) -> list[ast.expr]:
        return self.value.elts if isinstance(self.value, ast.Tuple) else [self.value]


Constant = tuple[Classes, ...]
"""What a name stands for: `RETRYABLE + (requests.HTTPError,)` is made of two."""
_Name = tuple[str, str]
"""The file that gives it its value, and the name."""


class Constants:
    def __init__(self, program: Program, syntax: Syntax, retried: Retried) -> None:
        self.program = program
        self.syntax = syntax
        self.retried = retried
        self._known: dict[_Name, Constant | None] = {}
        self._read: dict[_Name, tuple[ast.expr, ...] | None] = {}

    def of(self, file: FileSyntax, node: ast.AST | None) -> Constant | None:
        """What the type of a clause, or the target of an assignment, is the name of."""
        home = self._home(file, node.id) if isinstance(node, ast.Name) else None
        if home is None or not isinstance(node, ast.Name):
            return None
        name = (home, node.id)
        if name not in self._known:
            self._known[name] = None  # it does not stand for itself
            self._known[name] = self._find(name)
        return self._known[name]

    def assigned(self, file: FileSyntax, statement: ast.AST) -> Constant | None:
        """The one that gets its classes there."""
        target = target_of(statement)
        return self.of(file, target) if target is not None else None

    def types(self, key: Key, file: FileSyntax, handler: ast.ExceptHandler) -> Iterator[tuple[Key, ast.expr]]:
        """The classes that a clause of a function catches, as they are written, and where that is."""
        known = self.of(file, handler.type)
        if known is not None:
            for part in known:
                where = key if part.path == file.path else Key(part.path, 0)
                yield from ((where, each) for each in part.types)
        elif handler.type is not None:
            found = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
            yield from ((key, each) for each in found)

    def _home(self, file: FileSyntax, name: str) -> str | None:
        """The file that gives the name its value; None for a module of a library."""
        bindings = self.program.modules[file.path].names[0].get(name, ())
        imported = next((each.value for each in bindings if isinstance(each.value, Import)), None)
        if imported is None:
            return file.path
        if imported.name != name:
            return None
        return self.program.module_path(self.program.absolute(imported, file.path), file.path)

    def _find(self, name: _Name) -> Constant | None:
        """The classes that it is made of, where clauses are all that reads them."""
        clauses, value = self._clauses(name), self._value(self.syntax.file(name[0]), name[1])
        if clauses is None or value is None:
            return None
        parts: list[Classes] = []
        for each in _summands(value):
            if isinstance(each, ast.Name) and each is not value:
                other = self.of(self.syntax.file(name[0]), each)
                if other is None:
                    return None
                parts += other
            elif _are_classes(each):
                parts.append(Classes(name[0], each, clauses))
            else:
                return None
        return tuple(parts)

    def _value(self, file: FileSyntax, name: str) -> ast.expr | None:
        """What the file gives it, once."""
        found = [n for n in walk(file.tree) if isinstance(n, ast.Name) and n.id == name]
        stored = [n for n in found if not isinstance(n.ctx, ast.Load)]
        statement = file.parents[stored[0]] if len(stored) == 1 else None
        if statement is None or any(_is_bound(node, name) for node in walk(file.tree)):
            return None
        return statement.value if _is_assigned(statement, stored[0]) else None  # type: ignore[attr-defined]

    def _clauses(self, name: _Name) -> tuple[ast.expr, ...] | None:
        """All that reads it, in all files; None where something may do something else with it."""
        if name not in self._read:
            self._read[name] = None
            file = self.syntax.file(name[0])
            own = list(self._reads(file, name[1]))
            elsewhere = self._elsewhere(file, name[1])
            found = [*own, *elsewhere] if elsewhere is not None else [None]
            known = [each for group in found for each in group or ()]
            self._read[name] = None if None in found else tuple(known)
        return self._read[name]

    def _reads(self, file: FileSyntax, name: str) -> Iterator[tuple[ast.expr, ...] | None]:
        """The clauses of a file that read the name; None for any other use."""
        for node in walk(file.tree):
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
                above = file.parents[node]
                is_clause = isinstance(above, ast.ExceptHandler) and above.type is node
                is_caught = is_clause or self.retried.is_caught(file, node)
                yield (node,) if is_caught else self._through(file, node)

    def _through(self, file: FileSyntax, node: ast.Name) -> tuple[ast.expr, ...] | None:
        """Those that read it by another name: `ERRORS = RETRYABLE + (requests.HTTPError,)`."""
        statement = file.statement(node)
        target, value = bound_alone(statement)
        if not isinstance(target, ast.Name) or value is None or statement not in file.tree.body:
            return None
        if node is value or node not in _summands(value):
            return None
        return self._clauses((file.path, target.id))

    def _elsewhere(self, file: FileSyntax, name: str) -> list[tuple[ast.expr, ...] | None] | None:
        """The clauses of other files that read it; None where one may do something else with it."""
        naming = [self.syntax.file(path) for path in self.program.modules if path != file.path]
        naming = [other for other in naming if other.mentions(name)]
        importing = [other for other in naming if self._home(other, name) == file.path]
        modules = {self._module(each) for each in (file, *importing)}
        if any(other not in importing and any(map(other.mentions, modules)) for other in naming):
            return None
        clauses: list[tuple[ast.expr, ...] | None] = []
        for other in importing:
            found = list(self._reads(other, name))
            is_package = self.program.modules[other.path].facts.is_package
            if is_package or not found or not _is_only_imported(other, name):
                return None
            clauses += found
        return clauses

    def _module(self, file: FileSyntax) -> str:
        return self.program.modules[file.path].facts.module.rpartition(".")[2]


def _summands(value: ast.expr) -> list[ast.expr]:
    """`RETRYABLE`, `(requests.HTTPError,)`"""
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        return [*_summands(value.left), *_summands(value.right)]
    return [value]


def _is_only_imported(file: FileSyntax, name: str) -> bool:
    """Does a file that imports the name give it no other meaning, and hand it on to nobody?"""
    for node in walk(file.tree):
        if isinstance(node, ast.alias) and name in (node.name, node.asname):
            above = file.parents[node]
            if not isinstance(above, ast.ImportFrom) or node.asname or file.parents[above] is not file.tree:
                return False
        elif _is_bound(node, name) or (isinstance(node, ast.Constant) and node.value == name):
            return False
    return not any(_is_stored(node, name) for node in walk(file.tree))


def _is_stored(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)


def _is_bound(node: ast.AST, name: str) -> bool:
    """In another way than by a name itself."""
    return any(getattr(node, field, None) == name for field in _NAMES) or _is_global(node, name)


def _is_global(node: ast.AST, name: str) -> bool:
    return isinstance(node, (ast.Global, ast.Nonlocal)) and name in node.names


def _is_assigned(statement: ast.AST, target: ast.Name) -> bool:
    return target_of(statement) is target


def _are_classes(value: ast.expr | None) -> bool:
    if isinstance(value, ast.Tuple):
        return bool(value.elts) and all(isinstance(each, _CLASSES) for each in value.elts)
    return isinstance(value, _CLASSES)
