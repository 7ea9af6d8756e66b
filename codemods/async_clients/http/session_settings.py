"""What a `requests.Session` is set up with, where that means the same on an `httpx.AsyncClient`.

session.headers["X-Key"] = API_KEY
session.headers.update(HEADERS)
session.auth = (USER, PASSWORD)
session.cookies.set("lang", "de")
"""

from __future__ import annotations

import ast

from ...analysis.nodes import walk
from ...analysis.syntax import FileSyntax, last_name
from ..twin import NoTwinError

_METHODS = {"headers": {"pop", "setdefault", "update"}, "auth": set(), "cookies": {"clear", "set", "update"}}


def check_setting(file: FileSyntax, target: str, statement: ast.stmt) -> None:
    """`target` is the session as it is written. Raises `NoTwinError` for what an async client lacks."""
    name = setting(file, target, statement)
    if name not in _METHODS:
        raise NoTwinError(f"{name or 'something'} of the session has no equal attribute in httpx")
    value = statement.value if isinstance(statement, (ast.Assign, ast.Expr)) else None
    if name == "auth" and not (isinstance(value, ast.Tuple) and len(value.elts) == 2):
        raise NoTwinError("auth of the session is not a pair")
    if name == "cookies" and not isinstance(statement, ast.Expr):
        raise NoTwinError("the cookies of the session are replaced")
    method = last_name(value.func) if isinstance(value, ast.Call) else ""
    if isinstance(statement, ast.Expr) and method not in _METHODS[name]:
        raise NoTwinError(f".{name}.{method}() of the session has no exact twin")
    if (
        name == "headers"
        and isinstance(statement, ast.Assign)
        and isinstance(statement.targets[0], ast.Attribute)
    ):
        raise NoTwinError("the headers of the session are replaced")
    if any(isinstance(node, ast.Constant) and node.value is None for node in walk(statement)):
        raise NoTwinError("a header of the session is None")


def setting(file: FileSyntax, target: str, statement: ast.stmt) -> str:
    """`headers` in `session.headers["X"] = ...` and `session.headers.update(...)`."""
    node: ast.AST = statement.targets[0] if isinstance(statement, ast.Assign) else statement
    for inner in walk(node):
        if isinstance(inner, ast.Attribute) and file.source(inner.value) == target:
            return inner.attr
    return ""
