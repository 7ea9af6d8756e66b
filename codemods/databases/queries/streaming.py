"""Rows that a query asks for bit by bit: an async session hands out results that are read already, unless
loops over them can be told to wait for each.

    select(Trip).execution_options(yield_per=10)               ->    select(Trip)
    conn.execution_options(yield_per=10).execute(statement)    ->    await conn.execute(statement)
"""

from __future__ import annotations

import ast

from ...analysis.link.libraries.rows import SELECT
from ...analysis.nodes import target_of
from ...analysis.syntax import span_of
from ...analysis.view import View, Views
from ...model import AwaitExpression, DropCall
from ..connections.engine_options import engine_options, entries
from ..draft import Draft
from ..names import names_in
from ..words import CONNECTION, SESSIONS
from .streamed import streams

_TAKING = (SELECT, CONNECTION)
_STREAMS = frozenset({"stream_results", "yield_per"})


def read_at_once(views: Views, view: View, draft: Draft) -> None:
    for node in view.file.of_kind(ast.Call):
        if not isinstance(node.func, ast.Attribute):
            continue
        told = _execution_options(views, view, node, node.func)
        asked = sorted(told & _STREAMS)
        if not asked:
            continue
        if _is_streamed(view, draft, node, node.func):
            continue
        words = ", ".join(asked)
        is_dropped = node.func.attr == "execution_options" and view.instance(node.func.value) in _TAKING
        if is_dropped and told <= _STREAMS and {keyword.arg for keyword in node.keywords} == told:
            edits = draft.edits.get(view.path, [])
            edits[:] = [edit for edit in edits if edit != AwaitExpression(span_of(node))]
            draft.edit(view, DropCall(span_of(node)))
            draft.note(view, node, f"all rows are read at once, without {words}")
        else:
            draft.obstacle(view, node, f"{words}: rows are read bit by bit, which takes session.stream()")


def _is_streamed(view: View, draft: Draft, node: ast.Call, func: ast.Attribute) -> bool:
    if func.attr != "execution_options":
        return streams(view, draft, node)
    above = view.file.parents[node]
    call = view.file.parents[above]
    if view.instance(func.value) == CONNECTION:
        is_called = isinstance(above, ast.Attribute) and isinstance(call, ast.Call) and call.func is above
        return is_called and isinstance(call, ast.Call) and streams(view, draft, call, node)
    calls = _executing(view, node)
    return len(calls) == 1 and streams(view, draft, calls[0])


def _executing(view: View, node: ast.expr) -> list[ast.Call]:
    """The calls that are handed the statement, by its name too."""
    above = view.file.parents[node]
    while isinstance(above, ast.Attribute):
        node = view.file.parents[above]  # type: ignore[assignment]
        above = view.file.parents[node]
    function = view.function(node)
    target = target_of(above)
    if isinstance(target, ast.Name) and function is not None:
        uses = [use for use in names_in(function, target.id) if use is not target]
        given = [view.file.parents[use] for use in uses if isinstance(use.ctx, ast.Load)]
        return [each for each in given if isinstance(each, ast.Call)] if len(given) == len(uses) else []
    return [above] if isinstance(above, ast.Call) and node in above.args[:1] else []


def _execution_options(views: Views, view: View, call: ast.Call, func: ast.Attribute) -> set[str]:
    """What `it.execution_options(..)` or `session.execute(it, execution_options={..})` says."""
    if func.attr == "execution_options":
        return {each.name for each in engine_options(views, view, call) or ()}
    given = [k.value for k in call.keywords if k.arg == "execution_options"]
    is_asked = bool(given) and view.instance(func.value) in (CONNECTION, *SESSIONS)
    return {each.name for each in entries(views, view, given[0]) or ()} if is_asked else set()
