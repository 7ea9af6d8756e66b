"""Whether a name surely holds an object, and not None, where a statement stands."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...analysis.nodes import walk
from ...analysis.syntax import FunctionNode
from ...analysis.view import View

_MAYBE = frozenset({"first", "one_or_none", "get", "scalar", "scalar_one_or_none"})


def is_present(view: View, function: FunctionNode, statement: ast.stmt, name: str) -> bool:
    for node in _before(view, function, statement):
        if _proves(node, name):
            return True
        values = list(_bound(view, node, name))
        if not values:
            continue
        if not all(isinstance(value, ast.Call) and not _may_miss(view, value) for value in values):
            return False
        if isinstance(node, (ast.Assign, ast.AnnAssign)) or _fills(node, name):
            return True
    return not _may_be_none(function, name)


def _bound(view: View, node: ast.stmt, name: str) -> Iterator[ast.expr | None]:
    """What the statement, or one inside it, binds the name to; None where that is a part of something."""
    for inner in walk(node):
        if isinstance(inner, ast.Name) and inner.id == name and isinstance(inner.ctx, ast.Store):
            above = view.file.parents[inner]
            yield above.value if isinstance(above, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) else None


def _fills(node: ast.stmt, name: str) -> bool:
    """`if x is None: x = ...`"""
    return isinstance(node, ast.If) and ast.unparse(node.test) in _absent(name)


def _before(view: View, function: FunctionNode, statement: ast.stmt) -> Iterator[ast.stmt]:
    """The statements that surely ran before, the last one first: those above in the same block and in the
    blocks around it."""
    current: ast.AST = statement
    while current is not function:
        if isinstance(current, ast.stmt):
            block = view.block(current)
            yield from reversed(block[: block.index(current)])
        current = view.file.parents[current]


def _proves(node: ast.stmt, name: str) -> bool:
    """`if not x: raise`, `x.title = ...`, `print(x.id)`: behind it, `x` is no None."""
    if isinstance(node, ast.If):
        test = node.test
        tests = test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or) else [test]
        asks = any(ast.unparse(test) in _absent(name) for test in tests)
        return asks and isinstance(node.body[-1], (ast.Return, ast.Raise, ast.Continue))
    if isinstance(node, ast.Assert):
        return ast.unparse(node.test) in (name, f"{name} is not None")
    if not isinstance(node, (ast.Assign, ast.AugAssign, ast.Expr, ast.AnnAssign)):
        return False
    return any(
        isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name) and inner.value.id == name
        for inner in _surely_evaluated(node)
    )


def _absent(name: str) -> frozenset[str]:
    return frozenset({f"not {name}", f"{name} is None", f"{name} == None"})


def _surely_evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """Without what waits for a call, a condition or an item."""
    yield node
    if isinstance(node, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
        return
    parts: list[ast.AST] = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.BoolOp):
        parts = [node.values[0]]
    elif isinstance(node, ast.IfExp):
        parts = [node.test]
    for part in parts:
        yield from _surely_evaluated(part)


def _may_be_none(function: FunctionNode, name: str) -> bool:
    arguments = function.args
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        if argument.arg == name and argument.annotation is not None:
            text = ast.unparse(argument.annotation)
            return "None" in text or "Optional" in text
    return False


def _may_miss(view: View, call: ast.Call) -> bool:
    if isinstance(call.func, ast.Attribute) and call.func.attr in _MAYBE:
        return True
    for key in view.functions_called(call):
        scope = view.program.scope(key)
        text = repr(scope.returns)
        if scope.returns is not None:
            return "NoneType" in text or "Optional" in text
        returned = repr(scope.returned)
        if any(word in returned for word in ("NoneType",)) or not scope.returned:
            return True
        other = view.program.modules[key.path].facts
        for value in scope.returned:
            number = getattr(value, "index", None)
            if number is not None and getattr(other.calls[number].func, "attr", "") in _MAYBE:
                return True
    return False
