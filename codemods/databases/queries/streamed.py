"""Loops over rows that a query asks for bit by bit.

    for user in db.scalars(statement):    ->    async for user in await db.stream_scalars(statement):

https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#sqlalchemy.ext.asyncio.AsyncSession.stream
"""

from __future__ import annotations

import ast

from ...analysis.nodes import BINDINGS, given_to, target_of
from ...analysis.syntax import span_of
from ...analysis.view import View
from ...model import AsyncStatement, AwaitExpression, ReplaceExpression, Span
from ..draft import Draft
from ..names import names_in
from ..words import CONNECTION, SESSIONS

_STREAMING = {"execute": "stream", "exec": "stream", "scalars": "stream_scalars"}
_SAME_ROWS = frozenset({"columns", "mappings", "partitions", "scalars", "unique", "yield_per"})


def streams(view: View, draft: Draft, call: ast.Call, options: ast.Call | None = None) -> bool:
    """Can the result of `session.execute(..)` be gone through as its rows come in? Then it is from now on; so
    with the `options` of the connection: `connection.execution_options(..).execute(..)`."""
    func = call.func
    if not isinstance(func, ast.Attribute) or func.attr not in _STREAMING:
        return False
    owner = (
        options.func.value if options is not None and isinstance(options.func, ast.Attribute) else func.value
    )
    loops = _loops(view, call)
    if view.instance(owner) not in (CONNECTION, *SESSIONS) or not loops or not view.can_await(call):
        return False
    asked = {AwaitExpression(span_of(each)) for each in (call, options) if each is not None}
    whole = span_of(call)
    inside = [
        edit
        for edit in draft.edits.get(view.path, [])
        if edit not in asked and (span := getattr(edit, "span", None)) is not None and whole.contains(span)
    ]
    if not all(isinstance(edit, ReplaceExpression) for edit in inside):
        return False
    draft.edits[view.path] = [edit for edit in draft.edits[view.path] if edit not in asked]
    changes = [(edit.span, edit.code.text) for edit in draft.take_inside(view, span_of(call))]
    changes.append((view.attribute_name(func), _STREAMING[func.attr]))
    if options is not None:
        told = ", ".join(f'"{keyword.arg}": {view.source(keyword.value)}' for keyword in options.keywords)
        changes.append((span_of(options), view.source(owner)))
        end = span_of(given_to(call)[-1])
        behind = Span(end.end_line, end.end_col, end.end_line, end.end_col)
        changes.append((behind, f", execution_options={{{told}}}"))
    text = f"await {view.spliced(whole, changes)}"
    is_bare = isinstance(view.file.parents[call], (*BINDINGS, ast.For))
    code = draft.code(text if is_bare else f"({text})")
    draft.edit(view, ReplaceExpression(whole, code), *(AsyncStatement(span_of(loop)) for loop in loops))
    for loop in loops:
        draft.awaited(view, loop)
    return True


def _loops(view: View, call: ast.Call) -> list[ast.For]:
    """All that is done with the result: loops over its rows, and its keys; none where there is more."""
    kept = view.file.parents[call]
    function = view.function(call)
    target = target_of(kept)
    if not isinstance(target, ast.Name) or function is None:
        return list(filter(None, [_loop(view, call)]))
    uses = [use for use in names_in(function, target.id) if use is not target]
    found = [_loop(view, use) for use in uses if not _asks_for_keys(view, use)]
    is_clear = all(isinstance(use.ctx, ast.Load) for use in uses)
    return [each for each in found if each is not None] if is_clear and None not in found else []


def _loop(view: View, node: ast.expr) -> ast.For | None:
    """The loop that goes over the rows of `node`, or over what it makes of them."""
    above = view.file.parents[node]
    if isinstance(above, ast.Attribute) and above.attr in _SAME_ROWS:
        call = view.file.parents[above]
        return _loop(view, call) if isinstance(call, ast.Call) and call.func is above else None
    is_told = isinstance(above, ast.For) and above.iter is node and view.can_await(above)
    return above if isinstance(above, ast.For) and is_told else None


def _asks_for_keys(view: View, node: ast.expr) -> bool:
    above = view.file.parents[node]
    return isinstance(above, ast.Attribute) and above.attr == "keys"
