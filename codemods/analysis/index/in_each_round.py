"""What is done in each round of a loop: does it reckon with numbers, or compare what two loops go over?"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ..nodes import children, walk
from ..scopes import COMPREHENSIONS, DEFERRED

_APART = (ast.Return, ast.While, ast.For, *COMPREHENSIONS, *DEFERRED)
_TEXTS = (ast.JoinedStr, ast.Constant)


def computes(loop: ast.AST, targets: set[str]) -> bool:
    """Is something done in each round with numbers, or with what stands at a place?

    What ends the loop is not done in each round, and loops further inside speak for themselves.
    """
    if isinstance(loop, ast.For):
        inside: list[ast.AST] = [*loop.body]
    elif isinstance(loop, ast.DictComp):
        inside = [loop.key, loop.value, *loop.generators[-1].ifs]
    else:
        inside = [loop.elt, *loop.generators[-1].ifs]  # type: ignore[attr-defined]
    while inside:
        node = inside.pop()
        if _is_arithmetic(node, targets):
            return True
        if not isinstance(node, _APART):
            inside += children(node)
    return False


def compares(loop: ast.AST, targets: Sequence[set[str]]) -> bool:
    """`x == y` of the elements of two loops; what their attributes are is asked of few objects."""
    for node in walk(loop):
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Name):
            sides = [node.left, *(each for each in node.comparators if isinstance(each, ast.Name))]
            if sum(any(side.id in names for side in sides) for names in targets) > 1:
                return not any(isinstance(op, (ast.Is, ast.IsNot, ast.In, ast.NotIn)) for op in node.ops)
    return False


def _is_arithmetic(node: ast.AST, targets: set[str]) -> bool:
    if isinstance(node, ast.AugAssign):
        return not isinstance(node.value, _TEXTS) or _is_number(node.value)
    if not isinstance(node, (ast.BinOp, ast.Compare)) or not targets & names_in(node):
        return False
    if isinstance(node, ast.BinOp):
        return not any(isinstance(side, _TEXTS) and not _is_number(side) for side in (node.left, node.right))
    compares = not any(isinstance(op, (ast.Is, ast.IsNot, ast.In, ast.NotIn)) for op in node.ops)
    return compares and any(isinstance(side, ast.Subscript) for side in (node.left, *node.comparators))


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, (int, float))


def names_in(node: ast.AST) -> set[str]:
    return {each.id for each in walk(node) if isinstance(each, ast.Name)}
