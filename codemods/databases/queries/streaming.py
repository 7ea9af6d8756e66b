"""Rows that a query asks for bit by bit: an async session hands out results that are read already.

    select(Trip).execution_options(yield_per=10)    ->    select(Trip)

https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#sqlalchemy.ext.asyncio.AsyncSession.stream
"""

from __future__ import annotations

import ast

from ...analysis.link.rows import SELECT
from ...analysis.syntax import span_of
from ...analysis.view import View, Views
from ...model import DropCall
from ..connections.engine_options import engine_options, entries
from ..draft import Draft
from ..words import CONNECTION, SESSIONS

_STREAMS = frozenset({"stream_results", "yield_per"})


def read_at_once(views: Views, view: View, draft: Draft) -> None:
    for node in view.file.of_kind(ast.Call):
        if not isinstance(node.func, ast.Attribute):
            continue
        told = _execution_options(views, view, node, node.func)
        asked = sorted(told & _STREAMS)
        if not asked:
            continue
        words = ", ".join(asked)
        is_statement = node.func.attr == "execution_options" and view.instance(node.func.value) == SELECT
        if is_statement and told <= _STREAMS and {keyword.arg for keyword in node.keywords} == told:
            draft.edit(view, DropCall(span_of(node)))
            draft.note(view, node, f"all rows are read at once, without {words}")
        else:
            draft.obstacle(view, node, f"{words}: rows are read bit by bit, which takes session.stream()")


def _execution_options(views: Views, view: View, call: ast.Call, func: ast.Attribute) -> set[str]:
    """What `it.execution_options(..)` or `session.execute(it, execution_options={..})` says."""
    if func.attr == "execution_options":
        return {each.name for each in engine_options(views, view, call) or ()}
    given = [k.value for k in call.keywords if k.arg == "execution_options"]
    is_asked = bool(given) and view.instance(func.value) in (CONNECTION, *SESSIONS)
    return {each.name for each in entries(views, view, given[0]) or ()} if is_asked else set()
