"""What a statement of SQL does, and to which table: `UPDATE users SET ...` -> update, users."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ..analysis.nodes import walk
from ..analysis.syntax import FunctionNode, last_name

_RUNNERS = frozenset({"execute", "executemany", "executescript", "mogrify"})
_TABLE = r"[\"'`\[]?(?:\w+[\"'`\]]?\.[\"'`\[]?)*(?P<table>[a-z_]\w*)"
_STATEMENTS = tuple(
    (re.compile(pattern + r"\s+" + _TABLE, re.IGNORECASE | re.DOTALL), verb)
    for pattern, verb in (
        (r"\s*(?:SELECT|WITH)\b.*?\bFROM", "read"),
        (r"\s*(?:INSERT|REPLACE)\s+(?:\w+\s+)*?INTO", "insert"),
        (r"\s*UPDATE", "update"),
        (r"\s*DELETE\s+FROM", "delete"),
    )
)


def statement(call: ast.Call, function: FunctionNode) -> tuple[str, str] | None:
    """Verb and table of `cursor.execute("...")`, where the text stands in the call or in a variable."""
    if last_name(call.func) not in _RUNNERS or not call.args:
        return None
    text = next(_texts(call.args[0], function), "")
    for pattern, verb in _STATEMENTS:
        found = pattern.match(text)
        if found is not None:
            return verb, found["table"].lower()
    return None


def _texts(node: ast.expr, function: FunctionNode) -> Iterator[str]:
    """The text itself, or how it begins: of `f"..."`, `"..." + more`, `text("...")`, and `query`."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
            yield text
        case ast.BinOp(left=left):
            yield from _texts(left, function)
        case ast.Call(args=[first, *_]):
            yield from _texts(first, function)
        case ast.Name(id=name):
            for each in walk(function):
                if isinstance(each, ast.Assign) and not isinstance(each.value, ast.Name):
                    named = (isinstance(target, ast.Name) and target.id == name for target in each.targets)
                    yield from _texts(each.value, function) if any(named) else ()
