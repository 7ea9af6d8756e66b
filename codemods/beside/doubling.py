"""What must be there twice, and what cannot be: the sync side goes on with the original."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from ..analysis.link.kinds import Cls
from ..analysis.link.program import Key
from ..analysis.nodes import walk
from ..analysis.syntax import span_of
from ..analysis.view import View
from ..databases import OBSTACLE
from ..databases.connections.urls import Finder, url_of
from ..databases.words import CREATE_ENGINE
from ..model import Reason
from .sides import Sides
from .statements import DEFINITIONS, Place

_DECORATORS = frozenset({"contextlib.contextmanager", "contextlib.asynccontextmanager"})
_ONCE = frozenset({"functools.lru_cache", "functools.cache"})
_OF_METHODS = frozenset({"staticmethod", "classmethod", "property", "abstractmethod"})
_BASES = frozenset({"builtins.object", "typing.Generic", "typing.Protocol", "abc.ABC"})
_MAKERS = ("sqlalchemy.", "sqlmodel.", "fastapi.")
_IN_MEMORY = re.compile(r"""sqlite(\+\w+)?:(//)?["']|:memory:|mode=memory""")
_CONSTANTS = (ast.Constant, ast.JoinedStr, ast.Subscript, ast.BinOp)


class Doubling:
    def __init__(self, sides: Sides, relevant: frozenset[Place], has_twin: Callable[[Place], bool]) -> None:
        self.sides = sides
        self.statements = sides.statements
        self.relevant = relevant
        shared = {place for place in sides.shared(relevant) if not sides.is_router(place)}
        shared |= set(filter(has_twin, relevant))
        self._kept_in = {place: tuple(self._kept_by(place, frozenset(shared))) for place in shared}
        """What functions keep in names of the module, where nobody else reads them."""
        self.shared = frozenset(shared.union(*self._kept_in.values()))

    def refused(self) -> Iterator[Reason]:
        for place in sorted(self.shared):
            view, node = self.sides.views.of(place.path), self.statements.node(place)
            why = self._why_not(view, place, node)
            if why:
                yield Reason(OBSTACLE, why, view.place(node))

    def _why_not(self, view: View, place: Place, node: ast.stmt) -> str:
        names = self.sides.names(place)
        name = names[0] if names else view.source(node).partition("\n")[0]
        if place in self.sides.seeds.values():
            return f"{name} is used elsewhere as well, where nothing changes"
        if len(names) != 1 or not isinstance(node, (*DEFINITIONS, ast.Assign, ast.AnnAssign)):
            return f"{name} must be there twice, and is no plain definition"
        if sum(name in self.sides.names(other) for other, _ in self.statements.of(place.path)) > 1:
            return f"{name} must be there twice, and has several definitions"
        if isinstance(node, ast.ClassDef):
            return self._class(view, node)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return self._function(view, place, node)
        is_kept = any(place in kept for kept in self._kept_in.values())
        return "" if is_kept else self._value(view, node)

    def _kept_by(self, place: Place, shared: frozenset[Place]) -> Iterator[Place]:
        """`_engine = None` that the function binds, `_engines = {}` into which it puts what it makes, where
        only it and others that are there twice read them."""
        view, node = self.sides.views.of(place.path), self.statements.node(place)
        bound = {name for n in walk(node) if isinstance(n, ast.Global) for name in n.names}
        filled = set(_filled(node, lambda made: view.external(made.func).startswith(_MAKERS)))
        for other, statement in self.statements.of(place.path):
            value = getattr(statement, "value", None)
            names = bound if isinstance(value, ast.Constant) else filled if _is_empty(value) else set()
            if names.intersection(self.sides.names(other)) and self._is_read_by(other, shared):
                yield other

    def _is_read_by(self, kept: Place, only: frozenset[Place]) -> bool:
        outside = self.sides.outside(frozenset({kept}))
        readers = {p for p in (*outside, *self.sides.inside) if kept in self.statements.targets(p)}
        return readers <= only

    def _function(self, view: View, place: Place, node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
        for decorator in node.decorator_list:
            bare = decorator.func if isinstance(decorator, ast.Call) else decorator
            external = view.external(bare)
            takes_nothing = not any(isinstance(n, ast.arg) for n in ast.walk(node.args))
            if external not in _DECORATORS and not (external in _ONCE and takes_nothing):
                return f"{node.name} must be there twice, and @{view.source(bare)} may count on one"
        names = {name for n in walk(node) if isinstance(n, ast.Global) for name in n.names}
        if names - {name for kept in self._kept_in[place] for name in self.sides.names(kept)}:
            return f"{node.name} must be there twice, and binds names of the module"
        return ""

    def _class(self, view: View, node: ast.ClassDef) -> str:
        name = node.name
        key = next(iter(self._keys(view, node)), None)
        classes = self.sides.views.inference.classes
        if key is None or node.decorator_list or node.keywords:
            return f"{name} must be there twice, and is no plain class"
        if key in self.sides.mapped.classes or not set(classes.external_bases(key)) <= _BASES:
            return f"{name} must be there twice, and what it inherits may count on one"
        for statement in node.body:
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
                bare = [view.source(d).rpartition(".")[2] for d in statement.decorator_list]
                if not set(bare) <= _OF_METHODS:
                    return f"{name}.{statement.name} must be there twice, and @{bare[0]} may count on one"
            elif not _is_stateless(statement):
                return f"{name} must be there twice, and holds state"
        return ""

    def _keys(self, view: View, node: ast.ClassDef) -> Iterator[Key]:
        for number, scope in enumerate(view.module.scopes):
            if number and scope.span == span_of(node):
                yield Key(view.path, number)

    def _value(self, view: View, node: ast.Assign | ast.AnnAssign) -> str:
        name = ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target)
        value = node.value
        if isinstance(value, _CONSTANTS):
            return ""
        if isinstance(value, ast.Call):
            if view.external(value.func) == CREATE_ENGINE and self._is_in_memory(view, value):
                return f"{name} must be there twice, and its database lives in its own memory"
            if view.external(value.func).startswith(_MAKERS):
                return ""
            made = [kind.key for kind in view.kinds(value.func) if isinstance(kind, Cls)]
            if len(made) == 1 and self._only_keeps(made[0]):
                return ""
        return f"{name} must be there twice, and may hold state"

    def _is_in_memory(self, view: View, call: ast.Call) -> bool:
        url = url_of(call)
        written = Finder(self.sides.views).literal(view, url) if url is not None else None
        text = written.view.source(written.node) if written is not None else ""
        return "StaticPool" in view.source(call) or bool(_IN_MEMORY.search(text))

    def _only_keeps(self, cls: Key) -> bool:
        """Do its constructors nothing but keep what they are given?"""
        for step in self.sides.views.inference.classes.mro(cls):
            if not isinstance(step, Key):
                continue
            for node in self.sides.views.of(step.path).file.tree.body:
                if isinstance(node, ast.ClassDef) and span_of(node) == self.sides.program.scope(step).span:
                    for each in node.body:
                        if isinstance(each, ast.FunctionDef) and each.name == "__init__":
                            return all(map(_keeps, each.body))
        return True


def _filled(function: ast.stmt, is_twice: Callable[[ast.Call], bool]) -> Iterator[str]:
    """`engines` of `engines[tenant] = create_engine(..)`, of which nothing is done with the whole."""
    nodes = list(walk(function))
    parts = [n for n in nodes if isinstance(n, ast.Subscript) and isinstance(n.value, ast.Name)]
    asked = [c for n in nodes if isinstance(n, ast.Compare) for c in n.comparators]
    apart = {id(each.value) for each in parts} | {id(each) for each in asked}
    whole = {n.id for n in nodes if isinstance(n, ast.Name) and id(n) not in apart}
    for node in nodes:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.value, ast.Call):
            target = node.targets[0]
            name = getattr(target.value, "id", "") if isinstance(target, ast.Subscript) else ""
            stores = [n for n in parts if isinstance(n.ctx, ast.Store) and getattr(n.value, "id", "") == name]
            if name and name not in whole and len(stores) == 1 and is_twice(node.value):
                yield name


def _is_empty(value: ast.AST | None) -> bool:
    return isinstance(value, ast.Dict) and not value.keys


def _is_stateless(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.AnnAssign) and statement.value is None:
        return True
    value = getattr(statement, "value", None)
    return isinstance(statement, ast.Pass) or isinstance(value, (ast.Constant, ast.Name, ast.Attribute))


def _keeps(statement: ast.stmt) -> bool:
    if not isinstance(statement, (ast.Assign, ast.AnnAssign)):
        return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return isinstance(statement.value, (ast.Name, ast.Attribute, ast.Constant))
