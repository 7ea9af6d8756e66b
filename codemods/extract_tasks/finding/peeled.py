"""A call that is wrapped up: `partial(send, to)`, `lambda: send(to)`, an inner function of one call."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import msgspec

from ...analysis.nodes import LOOPS, walk
from ...analysis.scopes import FUNCTIONS, own_nodes
from ...analysis.syntax import FileSyntax, FunctionNode, last_name
from ..hazards.objects.objects import changed_by, root_of


class Peeled(msgspec.Struct, frozen=True):
    """`callee(*positional, **keywords)` is what will be called."""

    callee: ast.expr
    positional: Sequence[ast.expr]
    keywords: Sequence[ast.keyword]
    definition: FunctionNode | None = None
    """The inner function, which is not needed any more."""


def peeled(file: FileSyntax, function: ast.expr) -> Peeled | None:
    """None where it is wrapped in something else, or where the call would come to see other values."""
    if isinstance(function, ast.Call) and last_name(function.func) == "partial" and function.args:
        return Peeled(function.args[0], function.args[1:], function.keywords)
    around = next((node for node in file.above(function) if isinstance(node, FUNCTIONS)), None)
    if around is None:
        return None
    definition = definition_of(around, function.id) if isinstance(function, ast.Name) else None
    call = only_call(file, definition or function)
    if call is None or not is_settled(file, around, function, call):
        return None
    return Peeled(call.func, call.args, call.keywords, definition)


def only_call(file: FileSyntax, function: ast.AST) -> ast.Call | None:
    """The call that is all there is in a lambda or an inner function without parameters."""
    if not isinstance(function, (*FUNCTIONS, ast.Lambda)):
        return None
    arguments = function.args
    if arguments.args or arguments.posonlyargs or arguments.kwonlyargs or arguments.vararg or arguments.kwarg:
        return None
    value: ast.expr | None = function.body if isinstance(function, ast.Lambda) else None
    if isinstance(function, FUNCTIONS):
        statement = function.body[0]
        is_plain = len(function.body) == 1 and not function.decorator_list
        if not is_plain or not isinstance(statement, (ast.Expr, ast.Return)) or "#" in file.source(function):
            return None
        value = statement.value
    if isinstance(value, ast.Await):
        value = value.value
    return value if isinstance(value, ast.Call) else None


def definition_of(around: ast.AST, name: str) -> FunctionNode | None:
    """The inner function of that name, when it is handed on once and not used otherwise."""
    assert isinstance(around, FUNCTIONS)
    named = [node for node in walk(around) if isinstance(node, ast.Name) and node.id == name]
    found = [node for node in own_nodes(around) if isinstance(node, FUNCTIONS) and node.name == name]
    return found[0] if len(found) == 1 and len(named) == 1 else None


def is_settled(file: FileSyntax, around: ast.AST, handed_on: ast.expr, later: ast.AST) -> bool:
    """Has each name and attribute that is read later its last value already where it is handed on?"""
    if any(isinstance(node, LOOPS) for node in file.above(handed_on)):
        return False
    inside = set(walk(later))
    read = {node.id for node in inside if isinstance(node, ast.Name)}
    behind = [n for n in walk(around) if n not in inside and getattr(n, "lineno", 0) >= handed_on.lineno]
    if any(isinstance(n, ast.Name) and n.id in read and not isinstance(n.ctx, ast.Load) for n in behind):
        return False
    changed = [each for each in map(changed_by, behind) if each is not None and root_of(each) in read]
    return not any(_is_read(file, later, each) for each in changed)


def _is_read(file: FileSyntax, later: ast.AST, changed: ast.expr) -> bool:
    """Is it looked at later: `user.email` when that is set, or the whole `user`?"""
    own = f"{ast.unparse(changed)}."
    for node in walk(later):
        if isinstance(node, ast.Name) and node.id == root_of(changed):
            path: ast.AST = node
            while isinstance(file.parents[path], ast.Attribute):
                path = file.parents[path]
            read = f"{ast.unparse(path)}."
            if own.startswith(read) or read.startswith(own):
                return True
    return False
