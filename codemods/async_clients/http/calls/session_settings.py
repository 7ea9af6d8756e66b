"""What a `requests.Session` is set up with, where that means the same on an `httpx.AsyncClient`.

session.headers["X-Key"] = API_KEY
session.headers.update(HEADERS)
session.auth = (USER, PASSWORD)
session.cookies.set("lang", "de")
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from ....analysis.index.expr import Attr
from ....analysis.link.program import Key
from ....analysis.nodes import walk
from ....analysis.syntax import FileSyntax, last_name
from ...twin import NoTwinError, World
from ..values.keys import Keys, check_conditions
from ..values.scalars import Can, union
from ..values.values import Values

_METHODS = {"headers": {"pop", "setdefault", "update"}, "auth": set(), "cookies": {"clear", "set", "update"}}
# transports of httpx have `retries=` for what cannot be connected to, and for nothing else
MOUNTED = "what is mounted on the session may repeat requests by their answers, unlike httpx"
_KEYWORDS = {"set": {"name", "value", "domain", "path"}, "setdefault": {"key", "default"}}


def check_setting(world: World, values: Values, file: FileSyntax, target: str, statement: ast.stmt) -> None:
    """`target` is the session as it is written. Raises `NoTwinError` for what an async client lacks."""
    name = setting(file, target, statement)
    if name == "mount":
        raise NoTwinError(MOUNTED)
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
    if isinstance(value, ast.Call) and {keyword.arg for keyword in value.keywords} - _KEYWORDS.get(
        method, set()
    ):
        raise NoTwinError(f"an argument of .{name}.{method}() of the session has no exact twin")
    if (
        name == "headers"
        and isinstance(statement, ast.Assign)
        and isinstance(statement.targets[0], ast.Attribute)
    ):
        raise NoTwinError("the headers of the session are replaced")
    keys, can = _set(world, values, file, statement) if name != "auth" else ((), Can.NOTHING)
    if can & ~Can.TEXT:
        raise NoTwinError(f"{name} of the session may be set to something else than text")
    if name == "headers":
        check_conditions(keys)


def _set(world: World, values: Values, file: FileSyntax, statement: ast.stmt) -> tuple[Iterable[str], Can]:
    """The keys and values that they get: None takes one away in requests, and fails in httpx."""
    program, keys = world.effects.program, Keys(values, values.growth)
    if isinstance(statement, ast.Assign):
        stores = [
            (Key(file.path, store.scope), store)
            for store in program.modules[file.path].facts.stores
            if store.line == statement.lineno and isinstance(store.target, Attr)
        ]
        written = [text for key, store in stores for text in keys.text(key, store.key, store.line)]
        return written, union(
            values.scalar(key, each.value, each.line) for key, each in stores
        ) or Can.UNKNOWN
    call = statement.value if isinstance(statement, ast.Expr) else None
    found = world.call_key(file.path, call) if isinstance(call, ast.Call) else None
    if found is None or not isinstance(call, ast.Call):
        return (), Can.UNKNOWN
    site, scope = program.call(found), Key(file.path, program.call(found).scope)
    if last_name(call.func) in ("pop", "clear"):
        return (), Can.NOTHING
    if last_name(call.func) == "update":
        given = union(values.mapping(scope, value, call.lineno)[0] for value in site.args)
        return keys.given(site, scope), given
    single = [*site.args[1:2], *(value for name, value in site.keywords if name in ("value", "default"))]
    can = union(values.scalar(scope, value, call.lineno) for value in single) or Can.UNKNOWN
    return [text for name in site.args[:1] for text in keys.text(scope, name, call.lineno)], can


def setting(file: FileSyntax, target: str, statement: ast.stmt) -> str:
    """`headers` in `session.headers["X"] = ...` and `session.headers.update(...)`."""
    node: ast.AST = statement.targets[0] if isinstance(statement, ast.Assign) else statement
    for inner in walk(node):
        if isinstance(inner, ast.Attribute) and file.source(inner.value) == target:
            return inner.attr
    return ""
