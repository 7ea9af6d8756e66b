"""Sessions, which a client gives: they stay in their function, and so does the transaction.

with client.start_session() as session:         ->    async with client().start_session() as session:
    with session.start_transaction():                     async with await session.start_transaction():
        users.insert_one(user, session=session)               await users().insert_one(user, session=session)
    session.commit_transaction()                          await session.commit_transaction()
"""

from __future__ import annotations

import ast

from ...analysis.nodes import target_of, walk
from ...analysis.syntax import last_name, span_of
from ...analysis.view import View
from ...model import AsyncStatement, AwaitExpression
from ..rewriting.renaming import types_of_twins
from ..twin import NoTwinError
from .cursors import Reading
from .handles import HANDLES, WHAT

STARTS = "start_session"
_BEGINS = "start_transaction"
AWAITED = frozenset({"abort_transaction", "commit_transaction", "end_session", _BEGINS})
_KNOWN = frozenset({"has_ended", "in_transaction", "session_id"})


def session_reading(view: View, made: ast.Call) -> Reading:
    """All that is done with a session. Raises `NoTwinError`."""
    parent, function = view.file.parents[made], view.function(made)
    found = Reading()
    if isinstance(parent, ast.withitem):
        found += _entered(view, parent)
        target = parent.optional_vars
    else:
        target = target_of(parent)
        found += Reading(tuple(types_of_twins(view, parent)))
    if function is None or not isinstance(target, ast.Name) or not view.can_await(made):
        raise _refused(view, made)
    uses = [n for n in walk(function) if isinstance(n, ast.Name) and n.id == target.id]
    for use in uses:
        if isinstance(use.ctx, ast.Load):
            found += _used(view, use)
        elif use is not target:
            raise _refused(view, use)
    return found


def _used(view: View, use: ast.Name) -> Reading:
    parent = view.file.parents[use]
    call = view.file.parents[parent]
    if isinstance(parent, ast.keyword) and parent.arg == "session":
        func = call.func if isinstance(call, ast.Call) else None
        if isinstance(func, ast.Attribute) and view.instance(func.value) in HANDLES:
            return Reading()
    if isinstance(parent, ast.Attribute) and parent.attr in _KNOWN:
        return Reading()
    if not isinstance(parent, ast.Attribute) or parent.attr not in AWAITED or not view.can_await(use):
        raise _refused(view, use)
    if not isinstance(call, ast.Call) or call.func is not parent:
        raise _refused(view, use)
    found = Reading((AwaitExpression(span_of(call)),), (span_of(call),))
    item = view.file.parents[call]
    return found + _entered(view, item) if isinstance(item, ast.withitem) else found


def _entered(view: View, item: ast.withitem) -> Reading:
    statement = view.file.parents[item]
    entered = [each.context_expr for each in getattr(statement, "items", ())]
    if not all(isinstance(each, ast.Call) and last_name(each.func) in (STARTS, _BEGINS) for each in entered):
        where = f"{view.path}:{item.context_expr.lineno}"
        raise NoTwinError(f"a session of {WHAT} is entered together with something else ({where})")
    return Reading((AsyncStatement(span_of(statement)),), (span_of(item.context_expr),))


def _refused(view: View, node: ast.expr) -> NoTwinError:
    return NoTwinError(f"a session of {WHAT} is handed on ({view.path}:{node.lineno})")
