"""What the code around a query asks of it: `Query.all()` gave a list and `Query.count()` an int; the new
forms are written down as a `Sequence` and as `int | None`, which type checkers do not take for these.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...analysis.handed_over import parameter_taking
from ...analysis.index.bindings import How, Import
from ...analysis.index.expr import Attr, Expr, Item, Name
from ...analysis.link.program import Key
from ...analysis.nodes import target_of
from ...analysis.scopes import is_annotated, own_nodes
from ...analysis.syntax import FunctionNode, last_name
from ...analysis.view import View

_LISTS = frozenset({"list", "List"})
_OF_LISTS = frozenset({"append", "clear", "copy", "extend", "insert", "pop", "remove", "reverse", "sort"})
"""What a `Sequence` has not."""
_SAME_FOR_NONE = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot)


def promises_list(view: View, call: ast.expr) -> bool:
    """By an annotation of the name that it is bound to, of what returns it or of what takes it; or by what
    only a list can do."""
    above, function = view.file.parents[call], view.function(call)
    if isinstance(above, ast.AnnAssign):
        return _name(above.annotation) in _LISTS
    bound = target_of(above)
    if function is None or not isinstance(bound, ast.Name):
        return _must_be_list(view, function, call)
    return any(
        _must_be_list(view, function, node)
        for node in own_nodes(function)
        if isinstance(node, ast.Name) and node.id == bound.id and node is not bound
    )


def promises_value(view: View, call: ast.Call) -> bool:
    """Is the call where None will not do, in a function that type checkers look into?"""
    function = view.function(call)
    if function is None or not is_annotated(function):
        return False
    match view.file.parents[call]:
        case ast.Compare(ops=operators):
            return not all(isinstance(each, _SAME_FOR_NONE) for each in operators)
        case ast.UnaryOp(op=operator):
            return not isinstance(operator, ast.Not)
        case ast.Return():
            return function.returns is not None
        case ast.Call(func=ast.Name(id="bool" | "print" | "repr" | "str")):
            return False
        case ast.BoolOp() | ast.FormattedValue() | ast.If() | ast.While() | ast.IfExp() | ast.Expr():
            return False
    return True


def _must_be_list(view: View, function: FunctionNode | None, value: ast.expr) -> bool:
    above = view.file.parents[value]
    match above:
        case ast.BinOp(op=ast.Add()):
            return True
        case ast.AugAssign(target=target):
            return target is value
        case ast.Attribute(attr=attribute):
            return attribute in _OF_LISTS
        case ast.Subscript(slice=ast.Slice(), value=sliced) if sliced is value:
            return _must_be_list(view, function, above)
        case ast.BoolOp() | ast.IfExp():
            return _must_be_list(view, function, above)
        case ast.keyword():
            above = view.file.parents[above]
    asked = _taken_as(view, above, value) if isinstance(above, ast.Call) else _given_as(view, function, value)
    return not _LISTS.isdisjoint(asked)


def _given_as(view: View, function: FunctionNode | None, value: ast.expr) -> Iterator[str]:
    """As what the function is said to return it."""
    returns = function.returns if function is not None else None
    above = view.file.parents[value]
    if isinstance(above, ast.Return):
        yield _name(returns)
    elif isinstance(above, ast.Tuple) and isinstance(view.file.parents[above], ast.Return):
        items = returns.slice if isinstance(returns, ast.Subscript) else None
        if isinstance(items, ast.Tuple) and len(items.elts) == len(above.elts):
            yield _name(items.elts[above.elts.index(value)])


def _taken_as(view: View, call: ast.Call, value: ast.expr) -> Iterator[str]:
    """As what the parameter is annotated that takes it, or the field of a model or a dataclass."""
    names = {keyword.arg for keyword in call.keywords if keyword.value is value}
    for cls in view.classes_named(call.func):
        for step in view.inference.classes.mro(cls):
            bindings = view.program.scope(step).bindings if isinstance(step, Key) else ()
            yield from (
                _name_of_fact(each.value)
                for each in bindings
                if each.how is How.ANNOTATION and each.name in names and not isinstance(each.value, Import)
            )
    for key in view.functions_called(call):
        taking = parameter_taking(view, call, value, key)
        for parameter in view.program.scope(key).parameters:
            if parameter.name == taking:
                yield _name_of_fact(parameter.annotation)


def _name(annotation: ast.expr | None) -> str:
    """`list` of `list[User]`"""
    if isinstance(annotation, ast.Subscript):
        annotation = annotation.value
    return last_name(annotation) if annotation is not None else ""


def _name_of_fact(annotation: Expr | None) -> str:
    match annotation.value if isinstance(annotation, Item) else annotation:
        case Name(id=name) | Attr(attr=name):
            return name
    return ""
