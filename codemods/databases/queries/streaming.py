"""Rows that a query asks for bit by bit: an async session hands out results that are read already.

    select(Trip).execution_options(yield_per=10)    ->    select(Trip)

https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#sqlalchemy.ext.asyncio.AsyncSession.stream
"""

from __future__ import annotations

import ast

from ...analysis.link.rows import QUERY, SELECT
from ...analysis.syntax import span_of
from ...analysis.view import View
from ...model import DropCall
from ..draft import Draft

_STREAMS = frozenset({"stream_results", "yield_per"})


def read_at_once(view: View, draft: Draft) -> None:
    for node in view.file.of_kind(ast.Call):
        if not isinstance(node.func, ast.Attribute):
            continue
        asked = {keyword.arg for keyword in node.keywords} & _STREAMS
        if node.func.attr != "execution_options" or not asked:
            continue
        statement = node.func.value
        words = ", ".join(sorted(map(str, asked)))
        if view.instance(statement) not in (SELECT, QUERY):
            continue
        if view.instance(statement) == QUERY or node.args or len(asked) < len(node.keywords):
            draft.obstacle(view, node, f"{words}: rows are read bit by bit, which takes session.stream()")
            continue
        draft.edit(view, DropCall(span_of(node)))
        draft.note(view, node, f"all rows are read at once, without {words}")
