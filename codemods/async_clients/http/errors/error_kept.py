"""An error that a clause keeps under a name: to raise it later, or to tell of it.

for _ in range(3):
    try:
        return session.get(url)
    except requests.ConnectionError as e:
        last = e
raise GatewayError(f"gave up: {last}") from last
"""

from __future__ import annotations

import ast

from ....analysis.nodes import bound_alone, walk
from ....analysis.scopes import FUNCTIONS
from ....analysis.syntax import FileSyntax
from .surrounding import surrounding_tries


def kept_as(file: FileSyntax, error: ast.Name) -> ast.expr | None:
    """The name that gets it."""
    target, value = bound_alone(file.parents[error])
    return target if value is error else None


def raised_later(file: FileSyntax, handler: ast.ExceptHandler) -> bool:
    """Is the name that gets the error of the clause raised anywhere in the function?"""
    errors = [n for n in walk(handler) if isinstance(n, ast.Name) and n.id == handler.name]
    targets = [kept_as(file, each) for each in errors if isinstance(each.ctx, ast.Load)]
    kept = {target.id for target in targets if isinstance(target, ast.Name)}
    around = (
        next((each for each in file.above(handler) if isinstance(each, FUNCTIONS)), None) if kept else None
    )
    raised = (node.exc for node in walk(around) if isinstance(node, ast.Raise)) if around is not None else ()
    return any(isinstance(each, ast.Name) and each.id in kept for each in raised)


def is_caught_elsewhere(
    file: FileSyntax, frame: ast.AST, error: ast.Name, handler: ast.ExceptHandler
) -> bool:
    """Is it raised where a `try` stands that does not stand around the clause?"""
    parent = file.parents[error]
    if not isinstance(parent, ast.Raise) or parent.exc is not error:
        return False
    return not {*surrounding_tries(file, frame, error)} <= {*surrounding_tries(file, frame, handler)}


def is_asked_for(file: FileSyntax, error: ast.Name) -> bool:
    """`if error:`, `error is not None`: of no library an error is false."""
    parent = file.parents[error]
    if isinstance(parent, ast.Compare):
        return all(isinstance(operator, (ast.Is, ast.IsNot)) for operator in parent.ops)
    is_test = isinstance(parent, (ast.If, ast.While, ast.IfExp, ast.Assert)) and parent.test is error
    return is_test or (isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not))
