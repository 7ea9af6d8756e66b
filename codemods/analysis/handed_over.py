"""What the callers of a function hand over for one of its parameters."""

from __future__ import annotations

import ast

import msgspec

from .index.bindings import ScopeKind
from .index.expr import Const
from .judge.callers.callers import Callers
from .link.kinds import Cls
from .link.names import Parameter, lookup
from .link.program import Key
from .view import View, Views


class Given(msgspec.Struct, frozen=True):
    view: View
    call: ast.Call
    value: ast.expr
    name: str = ""
    """The key of what `**rest` takes."""


class Arguments:
    def __init__(self, views: Views, callers: Callers, entries: frozenset[Key]) -> None:
        self.views = views
        self.callers = callers
        self.program = callers.program
        self.entries = entries

    def of_name(self, view: View, node: ast.Name) -> list[Given] | None:
        """None where the name is no parameter, or not every caller of the application is known."""
        found = lookup(self.program, view.owner(node), node.id)
        return self.of(found) if isinstance(found, Parameter) else None

    def of(self, parameter: Parameter, *, is_injected: bool = False) -> list[Given] | None:
        """`is_injected`: what FastAPI gives is known, if it calls the function, too."""
        scope = self.program.scope(parameter.function)
        if scope.kind is not ScopeKind.FUNCTION:
            return None
        if scope.parameters[parameter.position].kind not in ("positional", "keyword"):
            return None
        calls = self._calls(parameter.function, is_injected=is_injected)
        found: list[Given] = []
        for view, call in calls or ():
            value = self.value(view, call, parameter)
            if value is None:
                return None
            if not (isinstance(value, ast.Constant) and value.value is None):
                found.append(Given(view, call, value))
        return found if calls is not None else None

    def rest(self, parameter: Parameter) -> list[Given] | None:
        """The same for `**rest`: all that callers name and the function does not, and what they unpack."""
        named = {each.name for each in self.program.scope(parameter.function).parameters}
        calls = self._calls(parameter.function)
        if calls is None:
            return None
        return [
            Given(view, call, keyword.value, keyword.arg or "")
            for view, call in calls
            for keyword in call.keywords
            if keyword.arg not in named
        ]

    def is_uncalled(self, function: Key) -> bool:
        """Does nobody call it, or hand it on?"""
        is_called = function in self.entries or bool(self.callers.calls(function))
        return not is_called and not any(True for _ in self.callers.references(function))

    def _calls(self, function: Key, *, is_injected: bool = False) -> list[tuple[View, ast.Call]] | None:
        """Who calls it; None where not every caller of the application is known."""
        if function in self.entries and not is_injected:
            return None
        calls = self.callers.calls(function)
        if not (calls or is_injected) or any(True for _ in self.callers.references(function)):
            return None
        is_method = self.program.enclosing_class(function) is not None
        if is_method and any(True for _ in self.callers.unresolved_namesakes(function)):
            return None
        found: list[tuple[View, ast.Call]] = []
        for caller in calls:
            view = self.views.of(caller.call.path)
            call = view.node_of(caller.call)
            is_of_test = view.module.is_test and caller.owner not in self.entries  # `routers/test_mail.py`
            if call is None or is_of_test:
                return None
            found.append((view, call))
        return found

    def value(self, view: View, call: ast.Call, parameter: Parameter) -> ast.expr | None:
        """The argument of one call; a constant None where a default of None stands in."""
        scope = self.program.scope(parameter.function)
        taken = scope.parameters[parameter.position]
        name = taken.name
        for keyword in call.keywords:
            if keyword.arg == name:
                return keyword.value
        position = parameter.position
        if is_bound(view, call, parameter.function):
            if position == 0:
                return call.func.value if isinstance(call.func, ast.Attribute) else None
            position -= 1
        starred = any(isinstance(a, ast.Starred) for a in call.args) or any(
            keyword.arg is None for keyword in call.keywords
        )
        if starred:
            return None
        if position < len(call.args) and taken.kind == "positional":
            return call.args[position]
        is_none = isinstance(taken.default, Const) and taken.default.type == "NoneType"
        return ast.Constant(None) if is_none else None


def parameter_taking(view: View, call: ast.Call, node: ast.expr, function: Key) -> str | None:
    """The parameter of `function` that one argument of the call lands in; None for `*args` and the like."""
    for keyword in call.keywords:
        if keyword.value is node:
            return keyword.arg
    parameters = view.program.scope(function).parameters
    position = call.args.index(node) if node in call.args else -1
    if position < 0 or any(isinstance(a, ast.Starred) for a in call.args[:position]):
        return None
    position += is_bound(view, call, function)
    is_plain = position < len(parameters) and parameters[position].kind == "positional"
    return parameters[position].name if is_plain else None


def is_bound(view: View, call: ast.Call, function: Key) -> bool:
    """Does the receiver take the first parameter? Not of a plain function, nor in `Repository.get(it, 1)`."""
    classes = view.inference.classes
    if not classes.takes_self(function):
        return False
    if classes.is_classmethod(function) or not isinstance(call.func, ast.Attribute):
        return True
    if view.classes_named(call.func):
        return True  # `models.Page(rows)` makes the object
    return not any(isinstance(kind, Cls) for kind in view.kinds(call.func.value))
