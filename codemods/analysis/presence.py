"""Whether a name surely holds an object, and not None, where a statement stands."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from .index.expr import Const, Expr
from .index.narrowing import leaves
from .link.kinds import Cls, Decorated, Fn, Kind
from .link.optional import may_be_none, may_end_without_value
from .link.program import Key, Program
from .nodes import walk
from .scopes import own_nodes
from .syntax import FunctionNode
from .view import View, Views

_MAYBE = frozenset({"first", "one_or_none", "get", "scalar", "scalar_one_or_none"})
_OF_OBJECTS = frozenset({"add", "delete", "refresh", "expunge"})
_ORMS = ("sqlalchemy.", "sqlmodel.")
_DEPTH = 3
"""Functions that are looked into for what they give."""


def is_present(
    views: Views, view: View, function: FunctionNode, statement: ast.stmt, name: str, depth: int = _DEPTH
) -> bool:
    for node in _before(view, function, statement):
        if _proves(views, view, node, name):
            return True
        values = list(_bound(view, node, name))
        if not values:
            continue
        if not all(
            isinstance(value, ast.Call) and not may_miss(views, view, value, depth) for value in values
        ):
            return False
        if isinstance(node, (ast.Assign, ast.AnnAssign)) or _fills(node, name):
            return True
    return not _may_be_none(view, statement, name)


def is_present_behind(
    views: Views, view: View, function: FunctionNode, statement: ast.stmt, name: str
) -> bool:
    """The same behind the statement, which may be the one that binds the name."""
    values = list(_bound(view, statement, name))
    if not values:
        return is_present(views, view, function, statement, name)
    return all(isinstance(value, ast.Call) and not may_miss(views, view, value) for value in values)


def is_proven(views: Views, view: View, function: FunctionNode, statement: ast.stmt, path: str) -> bool:
    """Does what surely ran before show that `self.user` is no None?"""
    for node in _before(view, function, statement):
        if _proves(views, view, node, path):
            return True
        stored = (n for n in walk(node) if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store))
        if any(_is_named(each, path) for each in stored):
            return False
    return False


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
    blocks around it; an `if x:` around does what `assert x` would."""
    current: ast.AST = statement
    while current is not function:
        if isinstance(current, ast.stmt):
            block = view.block(current)
            yield from _run(block[: block.index(current)])
        above = view.file.parents[current]
        if isinstance(above, ast.If) and current in above.body:
            is_all = isinstance(above.test, ast.BoolOp) and isinstance(above.test.op, ast.And)
            tests = above.test.values if is_all else [above.test]  # type: ignore[attr-defined]
            yield from (ast.Assert(test) for test in tests)
        current = above


def _run(statements: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The last one first; those of a `try:` as well, where all that goes wrong in it ends the function."""
    for each in reversed(statements):
        if isinstance(each, ast.Try) and all(leaves(handler.body) for handler in each.handlers):
            yield from _run([*each.body, *each.orelse, *each.finalbody])
        else:
            yield each


def _proves(views: Views, view: View, node: ast.stmt, name: str) -> bool:
    """`if not x: raise`, `x.title = ...`, `print(x.id)`, `db.refresh(x)`: behind it, `x` is no None."""
    if isinstance(node, ast.If):
        test = node.test
        tests = test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or) else [test]
        asks = any(ast.unparse(test) in _absent(name) for test in tests)
        return asks and _ends_here(views, view, node.body[-1])
    if isinstance(node, ast.Assert):
        return ast.unparse(node.test) in (name, f"{name} is not None")
    if not isinstance(node, (ast.Assign, ast.AugAssign, ast.Expr, ast.AnnAssign)):
        return False
    return any(
        (isinstance(inner, ast.Attribute) and _is_named(inner.value, name)) or _takes(view, inner, name)
        for inner in _surely_evaluated(node)
    )


def _is_named(node: ast.AST, name: str) -> bool:
    """`user`, or `self.user`."""
    if isinstance(node, ast.Attribute):
        return name.endswith(f".{node.attr}") and ast.unparse(node) == name
    return isinstance(node, ast.Name) and node.id == name


def _takes(view: View, node: ast.AST, name: str) -> bool:
    """`db.refresh(x)`: a session raises for None."""
    if not isinstance(node, ast.Call) or not node.args or not _is_named(node.args[0], name):
        return False
    member = view.member(node)
    return member is not None and member.attr in _OF_OBJECTS and member.owner.startswith(_ORMS)


def _ends_here(views: Views, view: View, node: ast.stmt) -> bool:
    """`raise`, or `not_found("note")` of a function that does nothing but raise in the end."""
    if isinstance(node, (ast.Return, ast.Raise, ast.Continue)):
        return True
    call = node.value if isinstance(node, ast.Expr) else None
    called = view.callees(call) if isinstance(call, ast.Call) else frozenset[Kind]()
    return bool(called) and all(isinstance(kind, Fn) and _always_raises(views, kind.key) for kind in called)


def _always_raises(views: Views, key: Key) -> bool:
    view = views.of(key.path)
    function = view.file.function(view.program.scope(key).span)
    if not isinstance(function, ast.FunctionDef) or not isinstance(function.body[-1], ast.Raise):
        return False
    return not any(isinstance(node, (ast.Return, ast.Yield, ast.YieldFrom)) for node in own_nodes(function))


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


def _may_be_none(view: View, statement: ast.stmt, name: str) -> bool:
    """Of a parameter, by its annotation and its default."""
    owner = view.owner(statement)
    return any(
        _allows_none(view.program, view.program.parent(owner), parameter.annotation)
        or (isinstance(parameter.default, Const) and parameter.default.type == "NoneType")
        for parameter in view.program.scope(owner).parameters
        if parameter.name == name
    )


def _allows_none(program: Program, key: Key, annotation: Expr | None) -> bool:
    """A type in a string allows it unless the string is the name of a class."""
    if isinstance(annotation, Const) and annotation.text:
        return not all(part.isidentifier() for part in annotation.text.split("."))
    return annotation is not None and may_be_none(program, key, annotation)


def may_miss(views: Views, view: View, call: ast.Call, depth: int = _DEPTH) -> bool:
    """May the call give None?"""
    ours = [isinstance(kind, (Cls, Fn, Decorated)) for kind in view.callees(call)]
    if not all(ours or [False]) and isinstance(call.func, ast.Attribute) and call.func.attr in _MAYBE:
        return True
    if any(ours):
        return any(_may_give_none(views, key, depth - 1) for key in view.functions_run(call))
    # libraries give back what they are handed: `next(users, None)`, `max(users, default=None)`, `copy(user)`
    given = (*call.args, *(keyword.value for keyword in call.keywords))
    return any(
        value.value is None
        if isinstance(value, ast.Constant)
        else isinstance(value, ast.Call) and may_miss(views, view, value, depth)
        for value in given
    )


def _may_give_none(views: Views, key: Key, depth: int) -> bool:
    """By what the function promises, else by each of its returns."""
    view = views.of(key.path)
    scope = view.program.scope(key)
    if scope.returns is not None:
        return _allows_none(view.program, view.program.parent(key), scope.returns)
    function = view.file.function(scope.span)
    if function is None or depth == 0 or may_end_without_value(function):
        return True
    returns = [node for node in own_nodes(function) if isinstance(node, ast.Return)]
    return not all(_gives_object(views, view, function, node, depth) for node in returns)


def _gives_object(views: Views, view: View, function: FunctionNode, node: ast.Return, depth: int) -> bool:
    if isinstance(node.value, ast.Name):
        return is_present(views, view, function, node, node.value.id, depth)
    return isinstance(node.value, ast.Call) and not may_miss(views, view, node.value, depth)
