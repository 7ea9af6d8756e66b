"""What makes a dictionary that is sent, and what a call hands over for it.

def success(message, data): return {"message": message, "data": data}

return success("found", user)       # `data` is the user here, whatever other callers hand over
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from ....analysis.handed_over import Arguments
from ....analysis.link.names import Parameter, lookup
from ....analysis.link.program import Key
from ....analysis.nodes import bound_plainly, walk
from ....analysis.syntax import span_of
from ....analysis.view import View, Views
from ....model import Span
from .values import entries_of, functions_run

Follow = Callable[[View, ast.expr, ast.stmt], None]
_Place = tuple[str, Span]


class Filled:
    def __init__(self, views: Views, arguments: Arguments) -> None:
        self.views = views
        self.arguments = arguments
        self._open: dict[_Place, object] = {}
        """Expressions that are being followed, with what for."""
        self._calls: dict[Key, tuple[View, ast.Call]] = {}
        """Functions that are being followed, with the calls that led there."""
        self._leans: set[_Place | Key] = set()
        """Those of both that decided what was found below the current expression."""
        self._followed: set[object] = set()

    def once(self, value: object, follow: Callable[[], None]) -> None:
        """Models that hold each other lead to a value on more ways than can be counted: it is followed again
        only where it depends on the way what is found below it."""
        if value in self._followed:
            return
        outer, self._leans = self._leans, set()
        follow()
        if not self._leans:
            self._followed.add(value)
        self._leans |= outer

    def of(self, view: View, node: ast.expr, sought: object) -> Iterator[tuple[View, ast.expr, ast.stmt]]:
        """What makes a dictionary that has a name, or that a function gives: `return paginate(query)`."""
        mark = (view.path, span_of(node))
        if mark in self._open:
            if self._open[mark] != sought:
                self._leans.add(mark)
            return
        self._open[mark] = sought
        was_leaning = mark in self._leans
        if isinstance(node, ast.Call):
            yield from self._returned(view, node)
        elif isinstance(node, ast.Name) and (function := view.function(node)) is not None:
            for target, value in (pair for each in walk(function) for pair in bound_plainly(each)):
                if getattr(target, "id", "") == node.id:
                    yield view, value, view.file.statement(node)
        del self._open[mark]
        self._forget(mark, was_leaning=was_leaning)

    def _forget(self, step: _Place | Key, *, was_leaning: bool) -> None:
        """Whoever comes to this step takes it in the same way."""
        if not was_leaning:
            self._leans.discard(step)

    def _returned(self, view: View, call: ast.Call) -> Iterator[tuple[View, ast.expr, ast.stmt]]:
        called = view.functions_called(call)
        for key in functions_run(view, call):
            other = self.views.of(key.path)
            function = other.file.function(other.program.scope(key).span)
            before, was_leaning = self._calls.pop(key, None), key in self._leans
            if key in called:
                self._calls[key] = (view, call)
            for each in walk(function) if function is not None else ():
                if isinstance(each, ast.Return) and each.value is not None and other.owner(each) == key:
                    yield other, each.value, each
            self._calls.pop(key, None)
            if before is not None:
                self._calls[key] = before
            self._forget(key, was_leaning=was_leaning)

    def follow_argument(self, view: View, node: ast.expr, follow: Follow) -> bool:
        """What the call that led here hands over for a parameter; False where that cannot be told."""
        found = lookup(view.program, view.owner(node), node.id) if isinstance(node, ast.Name) else None
        if not isinstance(found, Parameter):
            return False
        self._leans.add(found.function)
        if found.function not in self._calls:
            return False
        caller, call = at = self._calls[found.function]
        value = self.arguments.value(caller, call, found)
        if value is None:
            return False
        if not isinstance(value, ast.Constant):
            del self._calls[found.function]
            follow(caller, value, caller.file.statement(call))
            self._calls[found.function] = at
        return True

    def unpacked(self, view: View, node: ast.expr) -> Iterator[tuple[str, View, ast.expr, ast.stmt]]:
        """What the call that led here hands over for `**extra`, by key."""
        found = lookup(view.program, view.owner(node), node.id) if isinstance(node, ast.Name) else None
        if not isinstance(found, Parameter):
            return
        self._leans.add(found.function)
        at = self._calls.get(found.function)
        if at is None:
            return
        taken = view.program.scope(found.function).parameters
        if taken[found.position].kind == "**":
            caller, call = at
            named = {parameter.name for parameter in taken}
            for keyword in call.keywords:
                if keyword.arg is not None and keyword.arg not in named:
                    yield keyword.arg, caller, keyword.value, caller.file.statement(call)

    def stored(self, view: View, node: ast.expr) -> Iterator[tuple[str, ast.expr]]:
        """`answer["data"] = user`, `answer.update(data=user)`, by key."""
        function = view.function(node) if isinstance(node, ast.Name) else None
        for each in walk(function) if function is not None else ():
            if isinstance(each, ast.Assign):
                for target in each.targets:
                    if isinstance(target, ast.Subscript) and ast.unparse(target.value) == ast.unparse(node):
                        yield str(getattr(target.slice, "value", "")), each.value
            elif isinstance(each, ast.Call) and ast.unparse(each.func) == f"{ast.unparse(node)}.update":
                yield from ((keyword.arg, keyword.value) for keyword in each.keywords if keyword.arg)
                for key, value in (entries_of(view, each.args[0]) if each.args else None) or ():
                    if key is not None:
                        yield key, value
