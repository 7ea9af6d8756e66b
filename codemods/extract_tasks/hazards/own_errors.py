"""Errors of the project's own that may leave a function: who catches others only does not wait for it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from ...analysis.index.bindings import How
from ...analysis.index.expr import Attr, Call, Expr, Name, Opaque
from ...analysis.judge.reach import Reach
from ...analysis.judge.site import Site, SiteKind
from ...analysis.link.kinds import Cls, Ext, Fn, Kinds, Mod, Obj
from ...analysis.link.names import lookup
from ...analysis.link.program import CallKey, Key
from ...analysis.nodes import given_to, walk
from ...analysis.scopes import own_nodes
from ...analysis.syntax import Syntax
from ...analysis.view import View, Views
from ...model import Span
from ..sites import SlowSite

_PLAIN_DECORATORS = (
    *("builtins.staticmethod", "builtins.classmethod", "builtins.property", "abc.abstractmethod"),
    *("functools.wraps", "functools.lru_cache", "functools.cache", "tenacity.retry"),
)
_FIXED = (How.IMPORT, How.DEF, How.CLASS)
"""What a name that is bound like this means is written down, and not handed in."""


class OwnErrors:
    """Classes of the project, each with what it inherits from."""

    def __init__(self, reach: Reach, syntax: Syntax) -> None:
        self.reach = reach
        self.program = reach.effects.program
        self.views = Views(reach.effects.inference, syntax)
        self._leaving: dict[Key, frozenset[Key] | None] = {}

    def leaving(self, function: Key) -> frozenset[Key] | None:
        """What may leave the function; None where that cannot be told."""
        if function not in self._leaving:
            self._leaving[function] = self._look(function)
        return self._leaving[function]

    def of_sites(self, sites: Iterable[Site]) -> frozenset[Key] | None:
        """What may leave a call that runs any of these."""
        return _together([self._of_library(s) if s.target is None else self.leaving(s.target) for s in sites])

    def _of_library(self, site: Site) -> frozenset[Key] | None:
        """A known library raises errors of its own, as long as it is handed nothing that it calls back."""
        call = self.views.of(site.key.path).file.call(Span(*site.span))
        if site.entry is None or site.form == "callback":
            return None
        given = given_to(call) if call is not None else []
        parts = [part for value in given for part in walk(value)]
        view = self.views.of(site.key.path)
        named = [part for part in parts if isinstance(part, (ast.Name, ast.Attribute))]
        is_called_back = any(isinstance(kind, Fn) for part in named for kind in view.kinds(part))
        return None if is_called_back or any(isinstance(p, ast.Lambda) for p in parts) else frozenset()

    def caught(self, function: Key, types: ast.expr) -> frozenset[Key]:
        """The classes after an `except` in the function, or in a copy of it; empty when one is not of the
        project."""
        parts = types.elts if isinstance(types, ast.Tuple) else [types]
        found = [self.views.inference.kinds(function, _named(part)) for part in parts]
        own = frozenset(kind.key for kinds in found for kind in kinds if isinstance(kind, Cls))
        return own if all(found) and len(own) == len(frozenset().union(*found)) else frozenset()

    def _look(self, function: Key) -> frozenset[Key] | None:
        if SiteKind.UNKNOWN in self.reach.flags(function):
            return None
        found: set[Key] = set()
        for below in self.reach.below(function):
            around = self._wrappers(below)
            for each in (below, *around) if around is not None else (None,):
                mentioned = self._mentioned(each, around or ()) if each is not None else None
                if mentioned is None:
                    return None
                for cls in mentioned:
                    mro = self.views.inference.classes.mro(cls)
                    found.update(step for step in mro if isinstance(step, Key))
        return frozenset(found)

    def _mentioned(self, function: Key, returned: Sequence[Key]) -> Iterable[Key] | None:
        """The classes that a function names, or has an instance of: it raises them, or hands them on to be
        raised. None where it may raise others. A decorator may give those `returned`."""
        view = self.views.of(function.path)
        node = view.file.function(self.program.scope(function).span)
        if node is None:
            return None
        parts = own_nodes(node)
        called = {part.func for part in parts if isinstance(part, ast.Call)}
        types = [part.type for part in parts if isinstance(part, ast.ExceptHandler) and part.type is not None]
        only_caught = {inner for each in types for inner in walk(each)}
        found: set[Key] = set()
        for part in parts:
            if isinstance(part, ast.Lambda) or (isinstance(part, ast.Raise) and not _is_told(view, part.exc)):
                return None
            if not isinstance(part, (ast.Name, ast.Attribute)) or part in only_caught:
                continue
            for kind in view.kinds(part):
                if isinstance(kind, Fn) and part not in called and kind.key not in returned:
                    return None  # whom it is handed to may call it
                if isinstance(kind, (Cls, Obj)):
                    found.add(kind.key)
        return found

    def _wrappers(self, function: Key) -> tuple[Key, ...] | None:
        """The decorators of the project, with the functions inside of them; None where one of somebody else
        may make another error of one."""
        found: list[Key] = []
        for decorator in self.program.scope(function).decorators:
            kinds = self._decorates(function, decorator)
            if not kinds:
                return None
            for kind in kinds:
                if isinstance(kind, Fn):
                    found += [kind.key, *self._inside(kind.key)]
                elif not isinstance(kind, Ext) or kind.name not in _PLAIN_DECORATORS:
                    return None
        return tuple(found)

    def _decorates(self, function: Key, decorator: Expr) -> Kinds:
        """`timed` of `@timed` and of `@timed(..)`"""
        inference = self.views.inference
        if isinstance(decorator, Call):
            return inference.callees(CallKey(function.path, decorator.index))
        return inference.kinds(
            self.program.parent(function), decorator, self.program.scope(function).span.line
        )

    def _inside(self, function: Key) -> Iterator[Key]:
        start = f"{self.program.scope(function).qualname}.<locals>."
        for key in self.program.functions_of(function.path):
            if self.program.scope(key).qualname.startswith(start):
                yield key


def errors_of(sites: Sequence[SlowSite]) -> frozenset[Key] | None:
    """The project's own errors that may leave any of them; None where that cannot be told."""
    return _together([site.own_errors for site in sites])


def _together(found: Sequence[frozenset[Key] | None]) -> frozenset[Key] | None:
    known = [errors for errors in found if errors is not None]
    return frozenset[Key]().union(*known) if len(known) == len(found) else None


def _named(node: ast.expr) -> Expr:
    if isinstance(node, ast.Attribute):
        return Attr(_named(node.value), node.attr)
    return Name(node.id) if isinstance(node, ast.Name) else Opaque()


def _is_told(view: View, raised: ast.expr | None) -> bool:
    """Is it a class, or made of one, that is named where it is raised? A variable may hold any."""
    if raised is None:
        return True
    named = raised.func if isinstance(raised, ast.Call) else raised
    kinds = view.kinds(named)
    if not kinds or not all(isinstance(kind, (Cls, Ext)) for kind in kinds):
        return False
    if isinstance(named, ast.Attribute):
        return all(isinstance(kind, (Mod, Ext)) for kind in view.kinds(named.value))
    bound = lookup(view.program, view.key(named), named.id) if isinstance(named, ast.Name) else []
    return bound is None or (isinstance(bound, list) and all(each.binding.how in _FIXED for each in bound))
