"""What the names of a function mean in it."""

from __future__ import annotations

import ast

from ..analysis.nodes import bound_plainly, walk
from ..analysis.scopes import parameter_names
from ..analysis.syntax import FunctionNode
from ..analysis.view import View

ADDING = frozenset({"append", "extend", "insert", "add", "update"})
"""Methods of a list or set that put objects into it."""


def names_in(function: FunctionNode, name: str) -> list[ast.Name]:
    found = [n for n in walk(function) if isinstance(n, ast.Name) and n.id == name]
    return sorted(found, key=lambda n: (n.lineno, n.col_offset))


def only_value(view: View, node: ast.expr) -> ast.expr | None:
    """What a name of the function is bound to, once and for all."""
    function = view.function(node)
    if function is None or not isinstance(node, ast.Name) or not is_bound_once(view, node):
        return None
    bound = [name for name in names_in(function, node.id) if not isinstance(name.ctx, ast.Load)]
    pairs = [pair for name in bound for pair in bound_plainly(view.file.statement(name))]
    return next((value for target, value in pairs if target in bound), None)


def is_bound_once(view: View, node: ast.expr) -> bool:
    """Is it a name that means one value all along, be it that of a parameter?"""
    function = view.function(node)
    if function is None or not isinstance(node, ast.Name):
        return False
    bound = [name for name in names_in(function, node.id) if not isinstance(name.ctx, ast.Load)]
    return len(bound) + (node.id in parameter_names(function.args)) == 1


def values_of(view: View, node: ast.Name) -> list[ast.expr]:
    """All that a name of the function may be bound to, and all that is put into the list or set that it is,
    each by itself: `a` and `b` of `x = a if c else b`; nothing where some of it has no expression."""
    function = view.function(node)
    if function is None or node.id in parameter_names(function.args):
        return []
    found: list[ast.expr] = []
    for name in names_in(function, node.id):
        above = view.file.parents[name]
        if isinstance(name.ctx, ast.Load):
            around = view.file.parents[above]
            adds = isinstance(above, ast.Attribute) and above.attr in ADDING and isinstance(around, ast.Call)
            found += around.args[-1:] if adds and around.func is above else ()  # type: ignore[attr-defined]
            continue
        values = [value for target, value in _bound_at(view, name) if target is name]
        if not values:
            return []
        found += values
    return [each for value in found for each in alternatives(value)]


def _bound_at(view: View, name: ast.Name) -> list[tuple[ast.expr, ast.expr]]:
    """`one, other = 1, 2` as well"""
    above = view.file.parents[name]
    if not isinstance(above, ast.Tuple):
        return bound_plainly(above)
    pairs = bound_plainly(view.file.parents[above])
    parts = [value.elts for target, value in pairs if target is above and isinstance(value, ast.Tuple)]
    same = [each for each in parts if len(each) == len(above.elts)]
    return [pair for each in same for pair in zip(above.elts, each, strict=True)]


def alternatives(value: ast.expr) -> list[ast.expr]:
    """`a` and `b` of `a if c else b`, and of `a or b`."""
    if isinstance(value, ast.IfExp):
        return [each for part in (value.body, value.orelse) for each in alternatives(part)]
    if isinstance(value, ast.BoolOp):
        return [each for part in value.values for each in alternatives(part)]
    return [value]
