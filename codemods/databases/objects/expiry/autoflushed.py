"""Queries that write what was changed above them: a session flushes before it asks.

note.title = title
if db.query(Note).filter(Note.title == title).count() > 1: ..
return note                     # whose `updated_at` the database has computed by then

https://docs.sqlalchemy.org/en/20/orm/session_basics.html#flushing
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ....analysis.link.libraries.rows import QUERY
from ....analysis.nodes import walk
from ....analysis.syntax import FunctionNode
from ....analysis.view import View
from ...words import SESSIONS

_ASKS = frozenset({"exec", "execute", "scalar", "scalars"})
_ASKS_QUERY = frozenset({"all", "count", "first", "one", "one_or_none", "scalar"})
_WRITES = frozenset({"commit", "flush", "rollback"})


def written_by(view: View, function: FunctionNode, call: ast.expr) -> frozenset[str]:
    """The names of objects in which the function sets something that a query of its own is the first to
    write."""
    is_query = isinstance(call, ast.Call) and _asks(view, call)
    return unwritten(view, function, call) if is_query else frozenset()


def unwritten(view: View, function: FunctionNode, call: ast.expr) -> frozenset[str]:
    """The names of those in which it has set something that nothing above the call writes."""
    last: dict[str, int] = {}
    for name, line in _set(view, function):
        if line < call.lineno:
            last[name] = max(line, last.get(name, 0))
    if not last:
        return frozenset()
    others = [each.lineno for each in walk(function) if isinstance(each, ast.Call) and _writes(view, each)]
    return frozenset(
        name for name, line in last.items() if not any(line < other < call.lineno for other in others)
    )


def _set(view: View, function: FunctionNode) -> Iterator[tuple[str, int]]:
    """`note.title = title`, `setattr(note, name, value)`"""
    for node in walk(function):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            owner: ast.expr | None = node.value
        elif isinstance(node, ast.Call) and view.external(node.func) == "builtins.setattr":
            owner = node.args[0] if node.args else None
        else:
            continue
        if isinstance(owner, ast.Name):
            yield owner.id, node.lineno


def _asks(view: View, call: ast.Call) -> bool:
    member = view.member(call)
    if member is None:
        return False
    return (member.owner in SESSIONS and member.attr in _ASKS) or (
        member.owner == QUERY and member.attr in _ASKS_QUERY
    )


def _writes(view: View, call: ast.Call) -> bool:
    member = view.member(call)
    is_written = member is not None and member.owner in SESSIONS and member.attr in _WRITES
    return is_written or _asks(view, call)
