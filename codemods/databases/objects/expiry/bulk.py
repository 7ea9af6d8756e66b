"""Updates of many rows at once: what the session has of them loses the columns that the database computes.

db.query(Note).filter(Note.id == 1).update({"title": title})
db.execute(update(Note).where(Note.id == 1).values(title=title))

https://docs.sqlalchemy.org/en/20/orm/queryguide/dml.html#selecting-a-synchronization-strategy
"""

from __future__ import annotations

import ast

from ....analysis.link.libraries.rows import QUERY
from ....analysis.link.program import Key
from ....analysis.nodes import walk
from ....analysis.view import View
from ...words import SESSIONS

_RUNS = frozenset({"execute", "scalar", "scalars"})
_LEAVES = "synchronize_session=False"


def updated_by(view: View, call: ast.expr) -> frozenset[Key]:
    """The classes whose objects a call updates so."""
    member = view.member(call) if isinstance(call, ast.Call) else None
    if not isinstance(call, ast.Call) or member is None or _LEAVES in view.source(call):
        return frozenset()
    if member.owner == QUERY and member.attr == "update":
        return _named(view, call.func)
    if member.owner in SESSIONS and member.attr in _RUNS and call.args:
        updates = (node for node in walk(call.args[0]) if isinstance(node, ast.Call))
        return frozenset().union(*(_named(view, n) for n in updates if _is_update(view, n)))
    return frozenset()


def _is_update(view: View, call: ast.Call) -> bool:
    return view.external(call.func) in ("sqlalchemy.update", "sqlmodel.update")


def _named(view: View, node: ast.expr) -> frozenset[Key]:
    """Those that stand alone in its first call: `query(Note)`, `update(Note)`."""
    asked = [each for part in walk(node) if isinstance(part, ast.Call) for each in part.args]
    return frozenset(key for each in asked for key in view.classes_named(each))
