"""What the statements of a run tell of the calls in them."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ..analysis.syntax import holds, last_name


def loop_over(run: Sequence[ast.AST], call: ast.Call) -> ast.For | None:
    """The loop that goes over what the call gives, with one variable."""
    for top in run:
        for node in ast.walk(top):
            if (
                isinstance(node, ast.For)
                and isinstance(node.target, ast.Name)
                and call in ast.walk(node.iter)
            ):
                return node
    return None


def makes_response(last: ast.AST) -> bool:
    """`return Response(encode(image))`"""
    value = last.value if isinstance(last, ast.Return) else None
    return isinstance(value, ast.Call) and last_name(value.func).endswith("Response")


def is_optional(run: Sequence[ast.AST], call: ast.Call) -> bool:
    """Whether the run does it only under a condition."""
    return any(
        isinstance(node, ast.If) and any(holds(part, call) for part in (*node.body, *node.orelse))
        for top in run
        for node in ast.walk(top)
    )
