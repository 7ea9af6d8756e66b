"""What comes from outside of the program and may be text: of a token, of JSON, of a session in a cookie.

    user_id: int = payload.get("sub")       # text: https://www.rfc-editor.org/rfc/rfc7519#section-4.1.2
    find_user(db, payload["sub"])           # def find_user(db: Session, user_id: int)

Nothing checks such annotations when the program runs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from ...analysis.handed_over import Arguments
from ...analysis.judge.callers.callers import Callers
from ...analysis.link.kinds import Fn, Inst, one
from ...analysis.link.names import Parameter, lookup
from ...analysis.link.program import Key
from ...analysis.nodes import bound_plainly, walk
from ...analysis.presence import is_present, is_proven
from ...analysis.scopes import own_nodes
from ...analysis.view import View, Views

OUTSIDE = Inst("json.Value")
_TEXT = one(Inst("builtins.str"))
_DEPTH = 6
"""Functions and names that hand it on."""


class Source(NamedTuple):
    view: View
    value: ast.expr

    @property
    def is_outside(self) -> bool:
        return OUTSIDE in self.view.kinds(self.value)


class Outside:
    def __init__(self, views: Views, callers: Callers) -> None:
        self._views = views
        self._callers = callers
        self._arguments = Arguments(views, callers, frozenset())

    def may_be_text(self, view: View, value: ast.expr) -> bool:
        """Whatever is said of it."""
        sources = self._sources(Source(view, value), _DEPTH)
        return any(each.is_outside or each.view.kinds(each.value) == _TEXT for each in sources)

    def is_there(self, view: View, value: ast.expr, *, is_said: bool) -> bool:
        """Has the code made sure that it is not None, where it is used or where it is taken from outside?
        `is_said`: its annotation says so, and counts for what is not from there."""
        return self._is_there(Source(view, value), _DEPTH, is_said=is_said)

    def _is_there(self, source: Source, depth: int, *, is_said: bool = False) -> bool:
        if self._is_checked(*source):
            return True
        outside = [each for each in self._behind(source) if each.is_outside] if depth else []
        return bool(outside or is_said) and all(self._is_there(each, depth - 1) for each in outside)

    def _is_checked(self, view: View, value: ast.expr) -> bool:
        """By the code itself: annotations of parameters say what nobody checks."""
        if isinstance(value, ast.Subscript):
            is_claim = isinstance(value.slice, ast.Constant) and value.slice.value == "sub"
            return is_claim or view.kinds(value) == _TEXT
        function, statement = view.function(value), view.file.statement(value)
        if not isinstance(value, ast.Name) or function is None:
            return False
        is_parameter = isinstance(lookup(view.program, view.owner(value), value.id), Parameter)
        shown = is_proven if is_parameter else is_present
        return shown(self._views, view, function, statement, value.id)

    def _sources(self, source: Source, depth: int) -> Iterator[Source]:
        """The value, and all that it is by what binds it, hands it over or gives it back."""
        yield source
        if depth:
            for each in self._behind(source):
                yield from self._sources(each, depth - 1)

    def _behind(self, source: Source) -> Iterator[Source]:
        view, value = source
        if isinstance(value, ast.Call):
            for key in view.functions_called(value):
                yield from self._returned(key)
        function = view.function(value)
        if not isinstance(value, ast.Name) or function is None:
            return
        for node in walk(function):
            for target, given in bound_plainly(node):
                if isinstance(target, ast.Name) and target.id == value.id:
                    yield Source(view, given)
        found = lookup(view.program, view.owner(value), value.id)
        if isinstance(found, Parameter):
            yield from self._handed(found)

    def _handed(self, parameter: Parameter) -> Iterator[Source]:
        for caller in self._callers.calls(parameter.function):
            view = self._views.of(caller.call.path)
            call = view.node_of(caller.call)
            given = self._arguments.value(view, call, parameter) if call is not None else None
            if given is not None and not isinstance(given, ast.Constant) and not view.module.is_test:
                yield Source(view, given)
        program = self._callers.program
        default = program.scope(parameter.function).parameters[parameter.position].default
        if default is not None:
            injection = self._views.inference.injection
            provided = injection.provider(program.parent(parameter.function), default)
            for kind in provided or ():
                if isinstance(kind, Fn):
                    yield from self._returned(kind.key)

    def _returned(self, key: Key) -> Iterator[Source]:
        view = self._views.of(key.path)
        function = view.file.function(view.program.scope(key).span)
        for node in own_nodes(function) if function is not None else ():
            if isinstance(node, (ast.Return, ast.Yield)) and node.value is not None:
                yield Source(view, node.value)
