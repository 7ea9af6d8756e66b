"""The conversion that looks right and is not: `async ` in front of every route handler, and nothing else."""

from __future__ import annotations

import ast
from pathlib import Path

_ROUTE_DECORATORS = {"get", "post", "put", "patch", "delete", "head", "options", "trace", "api_route"}


def make_naive(tree: Path) -> int:
    """Edit the project below `tree` in place; how many handlers became `async def`."""
    return sum(_edit(path) for path in sorted(tree.rglob("*.py")))


def _edit(path: Path) -> int:
    source = path.read_bytes()
    lines = source.splitlines(keepends=True)
    handlers = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and any(map(_is_route, node.decorator_list))
    ]
    for node in handlers:
        line = lines[node.lineno - 1]
        lines[node.lineno - 1] = line[: node.col_offset] + b"async " + line[node.col_offset :]
    if handlers:
        path.write_bytes(b"".join(lines))
    return len(handlers)


def _is_route(decorator: ast.expr) -> bool:
    return (
        isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Attribute)
        and decorator.func.attr in _ROUTE_DECORATORS
        and isinstance(decorator.func.value, ast.Name)
        and decorator.func.value.id.endswith(("app", "router"))
    )
