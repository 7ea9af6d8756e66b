"""Errors of the project's own that may leave a function: who catches others only does not wait for it.

So are a `ValueError` and its like, where the project raises them itself; what else does may be a library.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ....analysis.index.bindings import How
from ....analysis.index.expr import Attr, Call, Expr, Name, Opaque
from ....analysis.judge.effects.site import Site, SiteKind
from ....analysis.judge.reaching.reach import Reach
from ....analysis.link.kinds import Cls, Ext, Fn, Kind, Kinds, Mod, Obj
from ....analysis.link.names import lookup
from ....analysis.link.program import CallKey, Key
from ....analysis.nodes import given_to, walk
from ....analysis.scopes import own_nodes
from ....analysis.syntax import Syntax, span_of
from ....analysis.view import View, Views
from ....frameworks.error_handlers import Error
from ....model import Span
from ...sites import SlowSite

_PLAIN_DECORATORS = (
    *("builtins.staticmethod", "builtins.classmethod", "builtins.property", "abc.abstractmethod"),
    *("functools.wraps", "functools.lru_cache", "functools.cache", "tenacity.retry"),
)
_FIXED = (How.IMPORT, How.DEF, How.CLASS)
"""What a name that is bound like this means is written down, and not handed in."""
_MISTAKES = (ValueError, TypeError, LookupError, KeyError, IndexError, ZeroDivisionError, NotImplementedError)
_PLAIN: Mapping[str, frozenset[str]] = {
    f"builtins.{each.__name__}": frozenset(
        f"builtins.{base.__name__}" for base in each.__mro__ if base in _MISTAKES
    )
    for each in _MISTAKES
}
"""Errors of Python that say that a value is wrong, and nothing of networks or files; each with its bases."""


class OwnErrors:
    """Classes of the project, each with what it inherits from."""

    def __init__(self, reach: Reach, syntax: Syntax) -> None:
        self.reach = reach
        self.program = reach.effects.program
        self.views = Views(reach.effects.inference, syntax)
        self._leaving: dict[Key, frozenset[Error] | None] = {}
        self._raised: dict[Key, frozenset[str]] = {}

    def leaving(self, function: Key) -> frozenset[Error] | None:
        """What may leave the function; None where that cannot be told."""
        if function not in self._leaving:
            self._leaving[function] = self._look(function)
        return self._leaving[function]

    def of_sites(self, sites: Iterable[Site]) -> frozenset[Error] | None:
        """What may leave a call that runs any of these."""
        return _together([self._of_library(s) if s.target is None else self.leaving(s.target) for s in sites])

    def _of_library(self, site: Site) -> frozenset[Error] | None:
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

    def caught(self, function: Key, types: ast.expr, body: Sequence[ast.stmt]) -> frozenset[Error]:
        """The classes after an `except` in the function, or in a copy of it, with this `body`; empty when one
        is neither of the project nor raised by it there."""
        parts = types.elts if isinstance(types, ast.Tuple) else [types]
        found = [self.views.inference.kinds(function, _named(part)) for part in parts]
        every = [kind for kinds in found for kind in kinds]
        own = {kind.key for kind in every if isinstance(kind, Cls)}
        plain = {kind.name for kind in every if isinstance(kind, Ext)}
        is_told = all(found) and len(own) + len(plain) == len({*every}) and plain <= _PLAIN.keys()
        return frozenset(own | plain) if is_told and plain <= self._raised_in(function, body) else frozenset()

    def _raised_in(self, function: Key, body: Sequence[ast.stmt]) -> frozenset[str]:
        """The errors of Python that the project raises in these statements, or below them."""
        spans = [span_of(each) for each in body]
        sites = (s for s in self.reach.own(function) if any(each.contains(Span(*s.span)) for each in spans))
        below = [self._raised_by(site.target) for site in sites if site.target is not None]
        parts = [part for each in body for part in walk(each)]
        return frozenset(self._plain_of(function, parts)).union(*below)

    def _raised_by(self, function: Key) -> frozenset[str]:
        if function not in self._raised:
            found: set[str] = set()
            for below in self.reach.below(function):
                file = self.views.of(below.path).file
                node = file.function(self.program.scope(below).span)
                found.update(self._plain_of(below, own_nodes(node) if node is not None else ()))
            self._raised[function] = frozenset(found)
        return self._raised[function]

    def _plain_of(self, function: Key, parts: Iterable[ast.AST]) -> Iterator[str]:
        for part in parts:
            if isinstance(part, ast.Raise) and part.exc is not None:
                named = part.exc.func if isinstance(part.exc, ast.Call) else part.exc
                for kind in self.views.inference.kinds(function, _named(named)):
                    yield from (each for each in self._with_bases(kind) if isinstance(each, str))

    def _with_bases(self, kind: Kind) -> Iterator[Error]:
        """The class, or that of the object, with all that catches it."""
        if isinstance(kind, (Cls, Obj)):
            for step in self.views.inference.classes.mro(kind.key):
                yield from (step,) if isinstance(step, Key) else _PLAIN.get(step or "", ())
        elif isinstance(kind, Ext):
            yield from _PLAIN.get(kind.name, ())

    def _look(self, function: Key) -> frozenset[Error] | None:
        if SiteKind.UNKNOWN in self.reach.flags(function):
            return None
        found: set[Error] = set()
        for below in self.reach.below(function):
            around = self._wrappers(below)
            for each in (below, *around) if around is not None else (None,):
                mentioned = self._mentioned(each, around or ()) if each is not None else None
                if mentioned is None:
                    return None
                for kind in mentioned:
                    found.update(self._with_bases(kind))
        return frozenset(found)

    def _mentioned(self, function: Key, returned: Sequence[Key]) -> Iterable[Kind] | None:
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
        found: set[Kind] = set()
        for part in parts:
            if isinstance(part, ast.Lambda) or (isinstance(part, ast.Raise) and not _is_told(view, part.exc)):
                return None
            if not isinstance(part, (ast.Name, ast.Attribute)) or part in only_caught:
                continue
            for kind in view.kinds(part):
                if isinstance(kind, Fn) and part not in called and kind.key not in returned:
                    return None  # whom it is handed to may call it
                if isinstance(kind, (Cls, Obj, Ext)):
                    found.add(kind)
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


def errors_of(sites: Sequence[SlowSite]) -> frozenset[Error] | None:
    """The project's own errors that may leave any of them; None where that cannot be told."""
    return _together([site.own_errors for site in sites])


def _together(found: Sequence[frozenset[Error] | None]) -> frozenset[Error] | None:
    known = [errors for errors in found if errors is not None]
    return frozenset[Error]().union(*known) if len(known) == len(found) else None


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
