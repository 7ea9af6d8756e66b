"""Lambdas that read objects: whether it is known what each is given."""

from __future__ import annotations

import ast

from ....analysis.syntax import last_name
from ....analysis.view import View

_BY_PLACE = {"groupby": 1, "nlargest": 2, "nsmallest": 2}
"""Where the key stands that is not named."""


def is_run(view: View, node: ast.AST) -> bool:
    """Does `node` run in a function? Not what reads each of some objects, or is run by a session."""
    below = node
    for above in view.file.above(node):
        if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return True
        if isinstance(above, ast.Call):
            key = key_function(above)
            if last_name(above.func) == "run_sync":
                return False
            if key is not None and key[0] is below and _names(node) & _bound_in(key[0]):
                return False
        if not isinstance(above, ast.keyword):
            below = above
    return False


def _names(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _bound_in(function: ast.Lambda) -> set[str]:
    """What is no object of the function around the lambda."""
    arguments = {each.arg for each in ast.walk(function.args) if isinstance(each, ast.arg)}
    stored = (each for each in ast.walk(function.body) if isinstance(each, ast.Name))
    return arguments | {each.id for each in stored if isinstance(each.ctx, ast.Store)}


def key_function(call: ast.Call) -> tuple[ast.Lambda, ast.expr] | None:
    """A function that is called for each of what the other expression gives."""
    key = key_of(call)
    return (key[0], key[1]) if key is not None and isinstance(key[0], ast.Lambda) else None


def key_of(call: ast.Call) -> tuple[ast.expr, ast.expr] | None:
    """The same, however it is written: `attrgetter("owner.name")`, the name of a function."""
    name = last_name(call.func)
    key = next((keyword.value for keyword in call.keywords if keyword.arg == "key"), None)
    if name in _BY_PLACE and len(call.args) > _BY_PLACE[name]:
        key = call.args[_BY_PLACE[name]]
    if key is not None and name in ("sorted", "min", "max", "groupby") and call.args:
        return key, call.args[0]
    if key is not None and name in ("nlargest", "nsmallest") and len(call.args) >= 2:
        return key, call.args[1]
    if key is not None and name == "sort" and isinstance(call.func, ast.Attribute):
        return key, call.func.value
    if name in ("map", "filter") and len(call.args) == 2:
        return call.args[0], call.args[1]
    return None
