"""Where `StopIteration` is caught: out of a thread or a coroutine it comes as a `RuntimeError`."""

from __future__ import annotations

import ast

from .nodes import walk
from .syntax import FileSyntax, last_name


def stopped_by(file: FileSyntax, node: ast.AST) -> ast.Try | None:
    """The `try` that catches one of a call in its body; beside a `next()` it is there for that."""
    child = node
    for above in file.above(node):
        if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            return None
        if isinstance(above, ast.Try) and child in above.body and any(map(_catches, above.handlers)):
            steps = [each for part in above.body for each in walk(part) if is_bare_next(each)]
            return above if node in steps or not steps else None
        child = above
    return None


def is_bare_next(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Name):
        return node.func.id == "next" and len(node.args) == 1
    return last_name(node.func) == "__next__"


def _catches(handler: ast.ExceptHandler) -> bool:
    names = walk(handler.type) if handler.type is not None else ()
    return any(isinstance(each, ast.Name) and each.id == "StopIteration" for each in names)
