"""Does a statement that is executed only ask the database?

db.execute(select(User))      # asks
db.execute(update(User))      # tells
db.execute(statement)         # what the name was bound to in the function
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ....analysis.nodes import bound_plainly
from ....analysis.scopes import FUNCTIONS, own_nodes
from ....analysis.syntax import FileSyntax, last_name
from ...words import words

_EXECUTES = words("execute exec scalars scalar exec_driver_sql stream stream_scalars")
_ASKS = ("select", "with", "show", "pragma", "explain")
_TELLS = ("insert", "update", "delete", "create", "drop", "alter", "replace", "truncate")
_CHANGES = {"insert", "update", "delete", "merge"}
_WORD = re.compile(r"\w+")
_DEPTH = 3


def executes(name: str) -> bool:
    return name in _EXECUTES


def asks(file: FileSyntax, call: ast.Call | None) -> bool | None:
    """None for what cannot be told."""
    return _asks(file, call.args[0], _DEPTH) if call is not None and call.args else None


def _asks(file: FileSyntax, statement: ast.expr, depth: int) -> bool | None:
    if isinstance(statement, (ast.JoinedStr, ast.Constant)):
        return _of_text(statement)
    if isinstance(statement, ast.Name):
        found = {_asks(file, value, depth - 1) for value in _values(file, statement)} if depth else {None}
        return found.pop() if len(found) == 1 else None
    for call in _chain(statement):
        name = last_name(call.func)
        if name == "text" and call.args:
            return _asks(file, call.args[0], depth)
        if _of_word(name) is not None:
            return _of_word(name)
    return None


def _of_text(text: ast.JoinedStr | ast.Constant) -> bool | None:
    parts = text.values if isinstance(text, ast.JoinedStr) else [text]
    written = [part.value if isinstance(part, ast.Constant) else "?" for part in parts]
    return asks_by(" ".join(map(str, written)))


def asks_by(text: str) -> bool | None:
    """`with sent as (update mails ..) select ..` changes rows, whatever it gives."""
    whole = text.lower()
    first = next(iter(whole.split()), "")
    return False if first == "with" and _CHANGES.intersection(_WORD.findall(whole)) else _of_word(first)


def _of_word(first: str) -> bool | None:
    return True if first in _ASKS else False if first in _TELLS else None


def _chain(node: ast.expr) -> list[ast.Call]:
    """`select(User)` of `select(User).where(..)`, and the whole; what it began with first."""
    found: list[ast.Call] = []
    while isinstance(node, (ast.Call, ast.Attribute)):
        if isinstance(node, ast.Call):
            found.append(node)
        node = node.func if isinstance(node, ast.Call) else node.value
    return found[::-1]


def _values(file: FileSyntax, name: ast.Name) -> Iterator[ast.expr]:
    """What the function binds it to, but for what it makes of itself: `query = query.where(..)`."""
    function = next((above for above in file.above(name) if isinstance(above, FUNCTIONS)), None)
    for part in own_nodes(function) if function is not None else ():
        for target, value in bound_plainly(part):
            is_of_itself = any(last_name(each) == name.id for each in ast.walk(value))
            if last_name(target) == name.id and not is_of_itself:
                yield value
