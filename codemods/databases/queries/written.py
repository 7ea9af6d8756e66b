"""The expressions that an argument may be: what a name in its place was given, and what functions return.

loads = [joinedload(User.notes)]
return db.query(User).options(*loads).all()
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...analysis.link.program import Key
from ...analysis.nodes import walk
from ...analysis.scopes import own_nodes, parameter_names
from ...analysis.syntax import FunctionNode
from ...analysis.view import View, Views
from ..objects.mapped.said import Place, meant

_GROWING = frozenset({"append", "extend", "insert"})


class Written:
    """Of several arguments; what a name was given is told once, as it may be given itself and more:
    `loads = [*loads, joinedload(User.notes)]`."""

    def __init__(self, views: Views) -> None:
        self.views = views
        self._told: set[tuple[object, str]] = set()

    def of(self, view: View, node: ast.expr) -> Iterator[Place | None]:
        """None stands for what is not seen."""
        parts: list[ast.expr] | None = None
        if isinstance(node, ast.Starred):
            parts = [node.value]
        elif isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            parts = node.elts
        elif isinstance(node, (ast.ListComp, ast.GeneratorExp)):
            parts = [node.elt]
        elif isinstance(node, ast.IfExp):
            parts = [node.body, node.orelse]
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            parts = [node.left, node.right]
        if parts is not None:
            for part in parts:
                yield from self.of(view, part)
        elif isinstance(node, ast.Name):
            yield from self._of_name(view, node)
        elif isinstance(node, ast.Attribute):
            home, value = meant(self.views, view, node)
            yield from [(view, node)] if value is node else self._of_constant(home, value)
        elif isinstance(node, ast.Call) and view.functions_called(node):
            for key in view.functions_called(node):
                yield from self._returned(key)
        else:
            yield view, node

    def _is_told(self, home: object, name: str = "") -> bool:
        told = (home, name) in self._told
        self._told.add((home, name))
        return told

    def _of_name(self, view: View, node: ast.Name) -> Iterator[Place | None]:
        function = view.function(node)
        values = given_in(view, function, node.id) if function is not None else []
        if values:
            for value in values if not self._is_told(function, node.id) else ():
                yield from self.of(view, value) if value is not None else [None]
            return
        home, value = meant(self.views, view, node)
        yield from [None] if value is node else self._of_constant(home, value)

    def _of_constant(self, view: View, value: ast.expr) -> Iterator[Place | None]:
        if not self._is_told(value):
            yield from self.of(view, value)

    def _returned(self, key: Key) -> Iterator[Place | None]:
        if self._is_told(key):
            return
        view = self.views.of(key.path)
        function = view.file.function(self.views.inference.program.scope(key).span)
        returned = [n.value for n in own_nodes(function) if isinstance(n, ast.Return)] if function else []
        for value in returned or [None]:
            yield from self.of(view, value) if value is not None else [None]


def given_in(view: View, function: FunctionNode, name: str) -> list[ast.expr | None]:
    """All that is put into a name of the function; None for what is bound in another way."""
    found: list[ast.expr | None] = [None] if name in parameter_names(function.args) else []
    for use in (each for each in walk(function) if isinstance(each, ast.Name) and each.id == name):
        above = view.file.parents[use]
        if isinstance(use.ctx, ast.Store):
            is_plain = isinstance(above, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr))
            is_step = isinstance(above, (ast.For, ast.comprehension)) and above.target is use
            found.append(
                getattr(above, "value" if is_plain else "iter", None) if is_plain or is_step else None
            )
        elif isinstance(above, ast.Attribute) and above.attr in _GROWING:
            call = view.file.parents[above]
            found += call.args[-1:] if isinstance(call, ast.Call) and call.func is above else []
    return found
