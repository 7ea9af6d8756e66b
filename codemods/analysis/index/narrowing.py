"""What a test says about the classes of names: `isinstance(x, T)`, alone or among `and`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence


def narrowings(test: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """Name and classes that hold where `test` is true."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for value in test.values:
            yield from narrowings(value)
    elif isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = negated(test.operand)
        if inner is not None:
            yield from narrowings(inner)
    elif (
        isinstance(test, ast.Call)
        and isinstance(test.func, ast.Name)
        and test.func.id == "isinstance"
        and len(test.args) == 2
    ):
        tested = test.args[0].target if isinstance(test.args[0], ast.NamedExpr) else test.args[0]
        if isinstance(tested, ast.Name):
            yield tested.id, test.args[1]


def negated(test: ast.expr) -> ast.expr | None:
    """What holds where `test` is false, when that is something about classes."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
        # `not a or b` is false only where `a` is true and `b` is false
        inner = [part for value in test.values if (part := negated(value)) is not None]
        return ast.BoolOp(ast.And(), inner) if inner else None
    return None


def leaves(body: Sequence[ast.stmt]) -> bool:
    """Does nothing run after this block within the block around it?"""
    return bool(body) and isinstance(body[-1], (ast.Return, ast.Raise, ast.Continue, ast.Break))
