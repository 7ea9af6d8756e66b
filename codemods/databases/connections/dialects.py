"""Listeners to connections that ask of which driver these are: SQLAlchemy gives them an adapter of the async
one, which works like the sync connection.

    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA foreign_keys=ON")

->  if isinstance(connection, (sqlite3.Connection, AsyncAdapt_aiosqlite_connection)):

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


def convert_asked_connections(view: View, draft: Draft) -> None:
    if not view.file.mentions("sqlite3") or not any(name.startswith("sqlite") for name in draft.new_drivers):
        return
    for node in view.file.of_kind(ast.Name, ast.Attribute):
        if view.external(node) != _CONNECTION or not listens(view, node):
            continue
        above = view.file.parents[node]
        call = view.file.parents[above] if isinstance(above, ast.Tuple) else above
        if isinstance(call, ast.Call) and view.external(call.func) == "builtins.isinstance":
            others = above.elts if isinstance(above, ast.Tuple) else [node]
            text = ", ".join([*map(view.source, others), slot(0)])
            asked = above if isinstance(above, ast.Tuple) else node
            draft.edit(view, ReplaceExpression(span_of(asked), Code(f"({text})", (_ADAPTER,))))
        elif isinstance(above, ast.Compare):
            text = f"{view.in_a_line(above)} looks for a connection of the sync driver"
            draft.obstacle(view, above, text, "ask isinstance()")
