"""Whether a commit or a rollback stands between the place where an object came from and a later one."""

from __future__ import annotations

import ast

from ...analysis.flow.runs import live_after
from ...analysis.nodes import walk
from ...analysis.syntax import FunctionNode
from ...analysis.view import View, Views
from ..words import SESSIONS

_DEPTH = 3


def is_expired(views: Views, view: View, function: FunctionNode, name: str, statement: ast.stmt) -> bool:
    for node in walk(function):
        if not isinstance(node, ast.Call) or node.lineno >= statement.lineno:
            continue
        done = view.file.statement(node)
        if ends(views, view, node) and name in live_after(function, done):
            return True
    return False


def ends(views: Views, view: View, call: ast.Call, depth: int = 0) -> bool:
    """Does the call, or what it calls, commit or roll back?"""
    if isinstance(call.func, ast.Attribute) and call.func.attr in ("commit", "rollback"):
        return view.instance(call.func.value) in SESSIONS
    if depth >= _DEPTH:
        return False
    for key in view.functions_run(call):
        other = views.of(key.path)
        function = other.file.function(view.program.scope(key).span)
        if function is not None and any(
            isinstance(node, ast.Call) and ends(views, other, node, depth + 1) for node in walk(function)
        ):
            return True
    return False
