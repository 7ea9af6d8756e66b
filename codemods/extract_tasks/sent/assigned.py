"""What a statement gives a name, or puts into what it holds."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..words import CHANGING_METHODS

_ADDING_METHODS = CHANGING_METHODS - {"pop", "remove", "clear", "discard", "popitem", "popleft"}


def assignments(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Targets with values of their type: `x = value`, `x: T = value`, `x += value`."""
    if isinstance(node, ast.Assign):
        yield from ((target, node.value) for target in node.targets)
    elif isinstance(node, ast.AnnAssign):
        if node.value is not None:
            yield node.target, node.value
    elif isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add):
        yield node.target, node.value


def additions(node: ast.AST) -> Iterator[tuple[str, ast.expr | None, ast.expr | None]]:
    """`x[key] = value`, `x.append(value)`, and other changes of `x`: its name, the key, the value."""
    if isinstance(node, (ast.Assign, ast.AugAssign)):
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
                is_plain = isinstance(node, ast.Assign) and not isinstance(target.slice, ast.Slice)
                yield target.value.id, target.slice, node.value if is_plain else None
    elif (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _ADDING_METHODS
        and isinstance(node.func.value, ast.Name)
    ):
        is_plain = node.func.attr == "append" and len(node.args) == 1
        yield node.func.value.id, None, node.args[0] if is_plain else None
