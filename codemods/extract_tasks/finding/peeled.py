"""A call that is wrapped up: `partial(send, to)`, `lambda: send(to)`, an inner function of one call."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from ...analysis.nodes import walk
from ...analysis.scopes import FUNCTIONS, own_nodes
from ...analysis.syntax import FileSyntax, FunctionNode, last_name


@dataclass(frozen=True, slots=True)
class Peeled:
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
    definition = _definition(around, function.id) if isinstance(function, ast.Name) else None
    call = only_call(file, definition or function)
    if call is None or not _is_settled(file, around, function, call):
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


def _definition(around: ast.AST, name: str) -> FunctionNode | None:
    """The inner function of that name, when it is handed on once and not used otherwise."""
    assert isinstance(around, FUNCTIONS)
    named = [node for node in walk(around) if isinstance(node, ast.Name) and node.id == name]
    found = [node for node in own_nodes(around) if isinstance(node, FUNCTIONS) and node.name == name]
    return found[0] if len(found) == 1 and len(named) == 1 else None


def _is_settled(file: FileSyntax, around: ast.AST, handed_on: ast.expr, call: ast.Call) -> bool:
    """Does each name in the call have its last value already, where it is handed on?"""
    if any(isinstance(node, (ast.For, ast.AsyncFor, ast.While)) for node in file.above(handed_on)):
        return False
    read = {node.id for node in walk(call) if isinstance(node, ast.Name)}
    stores = (n for n in walk(around) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load))
    return not any(node.id in read and node.lineno >= handed_on.lineno for node in stores)
