"""What a statement of SQL does, and to which table: `UPDATE users SET ...` -> update, users."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TypeGuard

from ..analysis.nodes import bound_plainly, walk
from ..analysis.syntax import FunctionNode, last_name, snake

_FILLED = "{}"
"""What is put into a text when it runs."""
_RUNNERS = frozenset({"execute", "executemany", "executescript", "mogrify"})
_TABLE = r"[\"'`\[]?(?:\w+[\"'`\]]?\.[\"'`\[]?)*(?P<table>[a-z_]\w*)"
_BUILT = {"select": "read", "insert": "insert", "update": "update", "upsert": "upsert", "delete": "delete"}
_OF_TABLES = frozenset({"table", "from_"})
_STATEMENTS = tuple(
    (re.compile(pattern + r"\s+" + f"(?:{_TABLE}|{re.escape(_FILLED)})", re.IGNORECASE | re.DOTALL), verb)
    for pattern, verb in (
        (r"\s*(?:SELECT|WITH)\b.*?\bFROM", "read"),
        (r"\s*(?:INSERT|REPLACE)\s+(?:\w+\s+)*?INTO", "insert"),
        (r"\s*UPDATE", "update"),
        (r"\s*DELETE\s+FROM", "delete"),
    )
)


def statement(call: ast.Call, function: FunctionNode) -> tuple[str, str] | None:
    """Verb and table of `cursor.execute("...")`, where the text stands in the call or in a variable."""
    if last_name(call.func) not in _RUNNERS:
        return None
    if not call.args:
        return _built(call.func)
    text = next(_texts(call.args[0], function), "")
    for pattern, verb in _STATEMENTS:
        found = pattern.match(text)
        if found is not None:
            return verb, (found["table"] or "rows").lower()
    return _built(call.args[0])


def _built(node: ast.AST) -> tuple[str, str] | None:
    """`db.table("users").update(row).eq("id", number).execute()`, `User.delete().where(..).execute()`, and
    `delete(User).where(..)`."""
    verb = ""
    while isinstance(node, (ast.Attribute, ast.Call)):
        if isinstance(node, ast.Call):
            name = last_name(node.func)
            verb = verb or _BUILT.get(name, "")
            first = node.args[0] if node.args else None
            table = first.value if isinstance(first, ast.Constant) else None
            if verb and name in _OF_TABLES and isinstance(table, str):
                return verb, table.rpartition(".")[2].lower()
            if isinstance(node.func, ast.Name) and name in _BUILT and _is_class(first):
                return verb, snake(first.id)
            node = node.func
        else:
            node = node.value
    return (verb, snake(node.id)) if verb and _is_class(node) else None


def _is_class(node: ast.AST | None) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and node.id[:1].isupper() and not node.id.isupper()


def _texts(node: ast.expr, function: FunctionNode) -> Iterator[str]:
    """The text itself, or how it begins: of `f"..."`, `"..." + more`, `text("...")`, and `query`."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=values):
            yield "".join(str(each.value) if isinstance(each, ast.Constant) else _FILLED for each in values)
        case ast.BinOp(left=left, right=right):
            for text in _texts(left, function):
                yield text + next(_texts(right, function), _FILLED)
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format")):
            yield text
        case ast.Call(args=[first, *_]):
            yield from _texts(first, function)
        case ast.Name(id=name):
            for each in walk(function):
                for target, value in bound_plainly(each):
                    if isinstance(target, ast.Name) and target.id == name and not _mentions(value, name):
                        yield from _texts(value, function)


def _mentions(value: ast.expr, name: str) -> bool:
    """`query = query + more`, or another name for it."""
    return isinstance(value, ast.Name) or any(
        isinstance(node, ast.Name) and node.id == name for node in ast.walk(value)
    )
