"""The top-level statements of all files, and which of them each one names."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple, TypeGuard

import msgspec

from ..analysis.index.bindings import Import
from ..analysis.link import names
from ..analysis.link.kinds import Mod
from ..analysis.link.module import Module
from ..analysis.link.program import Key
from ..analysis.nodes import children, walk
from ..analysis.syntax import extent, last_name, span_of
from ..analysis.view import View, Views
from ..model import Span
from .bodies import Body

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_IMPORTS = (ast.Import, ast.ImportFrom)


class Place(NamedTuple):
    """A top-level statement: its file, and its number there."""

    path: str
    number: int


class Reference(msgspec.Struct, frozen=True):
    """A name that means what a top-level statement of the project defines."""

    node: ast.Name | ast.Attribute
    target: Place
    name: str
    """As it is called where it is defined."""
    is_local: bool
    """By an import inside a function."""


def bound_names(statement: ast.stmt) -> tuple[str, ...]:
    """What it binds at the top of its file, be it below an `if`."""
    found: list[str] = []
    pending: list[ast.AST] = [statement]
    while pending:
        node = pending.pop()
        if isinstance(node, DEFINITIONS):
            found.append(node.name)
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.append(node.id)
        pending.extend(reversed(children(node)))
    return tuple(found)


def lines_span(statement: ast.stmt) -> Span:
    """From the start of its first line."""
    lines = extent(statement)
    return Span(lines.start, 0, lines.stop - 1, span_of(statement).end_col)


def at_margin(view: View, span: Span, text: str) -> str:
    """What stands in place of a statement, as if that began its line without a blank."""
    before = view.file.text.split("\n")[span.line - 1][: span.col]
    return text if before.strip() else textwrap.dedent(before + text)


def name_span(view: View, node: ast.stmt) -> Span:
    """Where the definition says its name."""
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        return span_of(node.targets[0] if isinstance(node, ast.Assign) else node.target)
    name: str = getattr(node, "name", "")
    line = view.file.text.split("\n")[node.lineno - 1].encode()
    found = re.compile(rb"(?:def|class)\s+").search(line, node.col_offset)
    at = found.end() if found else node.col_offset
    return Span(node.lineno, at, node.lineno, at + len(name.encode()))


def _bound_inside(module: Module) -> frozenset[str]:
    """Names of functions, classes and comprehensions: all others mean the same wherever they are read."""
    parameters = (each.name for scope in module.facts.scopes[1:] for each in scope.parameters)
    return frozenset().union(parameters, *module.names[1:])


def _runs(node: ast.AST) -> TypeGuard[ast.Call]:
    """`db.run_sync(f, ..)`: sync code below an async session."""
    return isinstance(node, ast.Call) and last_name(node.func) == "run_sync" and bool(node.args)


class Statements:
    def __init__(self, views: Views, bodies: Mapping[Place, Body] = MappingProxyType({})) -> None:
        """What stands in one of the `bodies` is not looked at."""
        self.views = views
        self.bodies = bodies
        self.program = views.inference.program
        self._references: dict[Place, tuple[Reference, ...]] = {}
        self._lines: dict[str, dict[int, int]] = {}
        self._known: dict[str, frozenset[str]] = {}
        self._inner: dict[str, frozenset[str]] = {}
        self._by_name: dict[tuple[Key, str], tuple[list[names.Bound | Mod], bool]] = {}
        self._bound_names: dict[Place, tuple[str, ...]] = {}

    def of(self, path: str) -> Iterator[tuple[Place, ast.stmt]]:
        for number, statement in enumerate(self.views.of(path).file.tree.body):
            yield Place(path, number), statement

    def node(self, place: Place) -> ast.stmt:
        return self.views.of(place.path).file.tree.body[place.number]

    def bound(self, place: Place) -> tuple[str, ...]:
        """What it binds; asked for at each place that names it."""
        if place not in self._bound_names:
            self._bound_names[place] = bound_names(self.node(place))
        return self._bound_names[place]

    def span(self, place: Place) -> Span:
        return span_of(self.node(place))

    def at(self, path: str, line: int) -> Place | None:
        if path not in self._lines:
            self._lines[path] = {
                each: place.number for place, statement in self.of(path) for each in extent(statement)
            }
        number = self._lines[path].get(line)
        return None if number is None else Place(path, number)

    def holding(self, key: Key) -> Place | None:
        """The statement around a function or class."""
        return self.at(key.path, self.program.scope(key).span.line)

    def is_import(self, place: Place) -> bool:
        """Of nothing but imports, be they guarded by `if TYPE_CHECKING` or `try`."""
        statement = self.node(place)
        if isinstance(statement, (ast.If, ast.Try)):
            return not any(isinstance(each, (*DEFINITIONS, ast.Call)) for each in walk(statement)) and any(
                isinstance(each, _IMPORTS) for each in walk(statement)
            )
        return isinstance(statement, _IMPORTS)

    def references(self, place: Place) -> tuple[Reference, ...]:
        if place not in self._references:
            view = self.views.of(place.path)
            body = self.bodies.get(place)
            found = self._named(view, self.node(place))
            self._references[place] = tuple(r for r in found if body is None or not body.holds(r.node))
        return self._references[place]

    def meant(self, path: str, name: str) -> Iterator[Place]:
        """What stands behind a name at the top of a file."""
        for bound in self._bound_to(Key(path, 0), name)[0]:
            if isinstance(bound, names.Bound):
                place = self.at(bound.home.path, bound.binding.line)
                if place is not None:
                    yield place

    def targets(self, place: Place) -> Iterable[Place]:
        return dict.fromkeys(each.target for each in self.references(place))

    def _named(self, view: View, statement: ast.stmt) -> Iterator[Reference]:
        if isinstance(statement, _IMPORTS):
            return
        known = self._known_in(view.path)
        runs = filter(_runs, walk(statement)) if view.file.mentions("run_sync") else ()
        run_below = {inner for call in runs for inner in walk(call.args[0])}
        for node in walk(statement):
            if not isinstance(node, (ast.Name, ast.Attribute)):
                continue
            if last_name(node) not in (known if isinstance(node, ast.Name) else self._at_the_top):
                continue
            if isinstance(node.ctx, ast.Load) and node not in run_below:
                for bound, is_local in self._meant(view, node):
                    target = self.at(bound.home.path, bound.binding.line)
                    # what a function binds by `global` is defined elsewhere
                    if target is not None and bound.binding.name in self.bound(target):
                        yield Reference(node, target, bound.binding.name, is_local)

    @cached_property
    def _at_the_top(self) -> frozenset[str]:
        """All names that the top of some file binds."""
        return frozenset().union(*(module.names[0] for module in self.program.modules.values()))

    def _known_in(self, path: str) -> frozenset[str]:
        """Names under which a file may know them."""
        if path not in self._known:
            module = self.program.modules[path]
            inner = (binding for scope in module.facts.scopes[1:] for binding in scope.bindings)
            imported = (binding.name for binding in inner if isinstance(binding.value, Import))
            found = frozenset(module.names[0]).union(imported)
            self._known[path] = found | self._at_the_top if module.star_imports else found
        return self._known[path]

    def _meant(self, view: View, node: ast.expr) -> Iterator[tuple[names.Bound, bool]]:
        found, is_local = self._bound(view, node)
        for each in found:
            if isinstance(each, names.Bound):
                yield each, is_local

    def _bound(self, view: View, node: ast.expr) -> tuple[list[names.Bound | Mod], bool]:
        """What stands at the top of some file under this name, and modules of the project."""
        if isinstance(node, ast.Attribute):
            found: list[names.Bound | Mod] = []
            owners, is_local = self._bound(view, node.value)
            for owner in owners:
                if isinstance(owner, Mod):
                    found += self._followed(names.module_attribute(self.program, owner, node.attr))
            return found, is_local
        if not isinstance(node, ast.Name):
            return [], False
        if view.path not in self._inner:
            self._inner[view.path] = _bound_inside(self.program.modules[view.path])
        is_inner = node.id in self._inner[view.path]
        asked = view.key(node) if is_inner else Key(view.path, 0), node.id
        if asked not in self._by_name:
            self._by_name[asked] = self._bound_to(*asked)
        return self._by_name[asked]

    def _bound_to(self, scope: Key, name: str) -> tuple[list[names.Bound | Mod], bool]:
        bound = names.lookup(self.program, scope, name)
        if bound is None:
            return list(self._followed(names.starred(self.program, scope.path, name))), False
        if isinstance(bound, names.Parameter):
            return [], False
        is_local = any(each.home.scope for each in bound)
        return list(self._followed(bound)), is_local

    def _followed(self, found: Iterable[object], depth: int = 8) -> Iterator[names.Bound | Mod]:
        """Through imports to the place of the definition."""
        for each in found:
            if isinstance(each, Mod):
                yield each
            elif isinstance(each, names.Bound):
                value = each.binding.value
                if isinstance(value, Import):
                    if depth:
                        yield from self._followed(
                            names.imported(self.program, value, each.home.path), depth - 1
                        )
                elif each.home.scope == 0:
                    yield each
