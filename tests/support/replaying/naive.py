"""The conversion that looks right and is not: `async ` in front of every route handler, and nothing else."""

from __future__ import annotations

import ast
from pathlib import Path

_ROUTE_DECORATORS = {"get", "post", "put", "patch", "delete", "head", "options", "trace", "api_route"}
# as functions these take a handler as their second argument
_ROUTE_CALLS = {"add_api_route", "add_route", "Route"}


def make_naive(tree: Path) -> int:
    """Edit the project below `tree` in place; how many handlers became `async def`."""
    sources = {path: path.read_bytes() for path in sorted(tree.rglob("*.py"))}
    modules = {path: ast.parse(source) for path, source in sources.items()}
    listed = {name for module in modules.values() for name in _listed(module)}
    return sum(_edit(path, sources[path], modules[path], listed) for path in sources)


def _edit(path: Path, source: bytes, module: ast.Module, listed: set[str]) -> int:
    lines = source.splitlines(keepends=True)
    handlers = [
        node
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef)
        and (node.name in listed or any(map(_is_route, node.decorator_list)))
    ]
    for node in handlers:
        line = lines[node.lineno - 1]
        lines[node.lineno - 1] = line[: node.col_offset] + b"async " + line[node.col_offset :]
    if handlers:
        path.write_bytes(b"".join(lines))
    return len(handlers)


def _listed(module: ast.Module) -> set[str]:
    """The names of handlers that are given to a call, like `router.add_api_route("/", handler)`."""
    names = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and len(node.args) > 1:
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            handler = node.args[1]
            if called in _ROUTE_CALLS and isinstance(handler, (ast.Name, ast.Attribute)):
                names.add(handler.id if isinstance(handler, ast.Name) else handler.attr)
    return names


def _is_route(decorator: ast.expr) -> bool:
    return (
        isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Attribute)
        and decorator.func.attr in _ROUTE_DECORATORS
        and isinstance(decorator.func.value, ast.Name)
        and decorator.func.value.id.endswith(("app", "router"))
    )
