"""What the annotations around a query promise: `Query.all()` gave a list and `Query.count()` an int; the new
forms are written down as a `Sequence` and as `int | None`, which type checkers do not take for these.
"""

from __future__ import annotations

import ast

from ...analysis.scopes import own_nodes
from ...analysis.syntax import FunctionNode, last_name
from ...analysis.view import View

_LISTS = frozenset({"list", "List"})


def promises_list(view: View, call: ast.Call) -> bool:
    """By the annotation of the name that it is bound to or of the function that returns it, or by a `+`."""
    above = view.file.parents[call]
    match above:
        case ast.AnnAssign():
            return _is_list(above.annotation)
        case ast.BinOp(op=ast.Add()):
            return True
        case ast.Return() | ast.Assign(targets=[ast.Name()]):
            function = view.function(call)
            if function is None or not _is_list(function.returns):
                return False
            return isinstance(above, ast.Return) or _is_returned(function, above.targets[0])
    return False


def promises_value(view: View, call: ast.Call) -> bool:
    """Is the call in a function that is annotated to give something back?"""
    function = view.function(call)
    if function is None or function.returns is None:
        return False
    return not (isinstance(function.returns, ast.Constant) and function.returns.value is None)


def _is_list(annotation: ast.expr | None) -> bool:
    if isinstance(annotation, ast.Subscript):
        annotation = annotation.value
    return annotation is not None and last_name(annotation) in _LISTS


def _is_returned(function: FunctionNode, name: ast.expr) -> bool:
    return isinstance(name, ast.Name) and any(
        isinstance(node, ast.Return) and isinstance(node.value, ast.Name) and node.value.id == name.id
        for node in own_nodes(function)
    )
