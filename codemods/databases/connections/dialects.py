"""Listeners to connections that ask of which driver these are: SQLAlchemy gives them an adapter of the async
one, which works like the sync connection.

    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA foreign_keys=ON")

->  if isinstance(connection, (sqlite3.Connection, AsyncAdapt_aiosqlite_connection)):

`type(connection) is sqlite3.Connection` becomes `type(connection) in (sqlite3.Connection, ..)`.

https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#using-events-with-the-asyncio-extension
"""

from __future__ import annotations

import ast

from ...analysis.syntax import span_of
from ...analysis.view import View
from ...model import Code, ImportNeed, ReplaceExpression, slot
from ..draft import Draft
from ..listening import listens

_CONNECTION = "sqlite3.Connection"
_ADAPTER = ImportNeed("sqlalchemy.dialects.sqlite.aiosqlite", "AsyncAdapt_aiosqlite_connection")
_AMONG = {
    ast.Is: "in",
    ast.Eq: "in",
    ast.In: "in",
    ast.IsNot: "not in",
    ast.NotEq: "not in",
    ast.NotIn: "not in",
}
"""A class is equal to itself only."""


def convert_asked_connections(view: View, draft: Draft) -> None:
    if not view.file.mentions("sqlite3") or not any(name.startswith("sqlite") for name in draft.new_drivers):
        return
    for node in view.file.of_kind(ast.Name, ast.Attribute):
        if view.external(node) != _CONNECTION or not listens(view, node):
            continue
        above = view.file.parents[node]
        is_among = isinstance(above, (ast.Tuple, ast.List, ast.Set))
        asked = above if is_among else node
        others = above.elts if isinstance(above, (ast.Tuple, ast.List, ast.Set)) else [node]
        asks = view.file.parents[asked]
        text = f"({', '.join([*map(view.source, others), slot(0)])})"
        if isinstance(asks, ast.Call) and view.external(asks.func) == "builtins.isinstance":
            draft.edit(view, ReplaceExpression(span_of(asked), Code(text, (_ADAPTER,))))
        elif isinstance(asks, ast.Compare):
            left = view.source(asks.left)
            word = _AMONG.get(type(asks.ops[0])) if asks.comparators == [asked] else None
            if word is None or isinstance(asks.ops[0], (ast.In, ast.NotIn)) != is_among:
                said = f"{view.in_a_line(asks)} looks for a connection of the sync driver"
                draft.obstacle(view, asks, said, "ask isinstance()")
            else:
                made = Code(f"{left} {word} {text}", (_ADAPTER,))
                draft.edit(view, ReplaceExpression(span_of(asks), made))
