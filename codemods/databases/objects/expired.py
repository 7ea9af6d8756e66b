"""Whether a commit or a rollback stands between the place where an object came from and a later one."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...analysis.flow.runs import live_after
from ...analysis.judge.entered import MANAGING
from ...analysis.link.kinds import Obj
from ...analysis.link.program import Key
from ...analysis.nodes import walk
from ...analysis.syntax import FunctionNode, holds
from ...analysis.view import View, Views
from ..words import SESSIONS

_DEPTH = 3


def is_expired(views: Views, view: View, function: FunctionNode, name: str, statement: ast.stmt) -> bool:
    for node in works(function):
        if node.lineno >= statement.lineno:
            continue
        done = view.file.statement(node)
        if isinstance(done, ast.With) and holds(done, statement):
            continue  # it ends later
        if ends(views, view, node) and name in live_after(function, done):
            return True
    return False


def works(function: ast.AST) -> Iterator[ast.expr]:
    """The calls of a function, and what its `with` statements enter."""
    for node in walk(function):
        if isinstance(node, ast.Call):
            yield node
        elif isinstance(node, ast.withitem) and not isinstance(node.context_expr, ast.Call):
            yield node.context_expr


def ends(views: Views, view: View, node: ast.expr, depth: int = 0) -> bool:
    """Does the call, or what it calls, or the `with` around it, commit or roll back?"""
    if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("commit", "rollback"):
        return view.instance(node.func.value) in SESSIONS  # type: ignore[attr-defined]
    if depth >= _DEPTH:
        return False
    for key in run_by(view, node):
        other = views.of(key.path)
        function = other.file.function(view.program.scope(key).span)
        if function is not None and any(ends(views, other, each, depth + 1) for each in works(function)):
            return True
    return False


def run_by(view: View, node: ast.expr) -> list[Key]:
    """The functions of the project that a call runs, and those that a `with` runs when it enters and leaves
    what the expression gives."""
    found = view.functions_run(node) if isinstance(node, ast.Call) else []
    above = view.file.parents[node]
    if isinstance(above, ast.withitem) and above.context_expr is node:
        classes = sorted({kind.key for kind in view.kinds(node) if isinstance(kind, Obj)})
        methods = (view.inference.classes.method(cls, name) for cls in classes for name in MANAGING)
        found += [method for method in methods if method is not None]
    return found
