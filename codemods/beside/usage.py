"""How code outside of the async side uses a name of it, where it does not only call it."""

from __future__ import annotations

import ast
from enum import Enum

from ..analysis.syntax import last_name
from ..analysis.view import View

OVERRIDES = "dependency_overrides"
LISTENING = ("listens_for", "listen")


class Said(Enum):
    """What can be said of a twin as well."""

    LISTENER = "the decorator of a listener"
    STATEMENT = "a statement that listens, or overrides"


def said(view: View, node: ast.expr) -> Said | None:
    """`@event.listens_for(engine, ..)`, `event.listen(..)`, `app.dependency_overrides[get_db] = ..`"""
    above, statement = view.file.parents[node], view.file.statement(node)
    if isinstance(above, ast.Call) and node in above.args:
        if last_name(above.func) in LISTENING:
            if above in getattr(statement, "decorator_list", ()):
                return Said.LISTENER
            return Said.STATEMENT if isinstance(statement, ast.Expr) else None
        pops = isinstance(above.func, ast.Attribute) and above.func.attr == "pop"
        is_ours = pops and last_name(above.func.value) == OVERRIDES  # type: ignore[attr-defined]
        return Said.STATEMENT if is_ours and isinstance(statement, ast.Expr) else None
    if isinstance(above, ast.Subscript) and last_name(above.value) == OVERRIDES:
        return Said.STATEMENT if isinstance(statement, (ast.Assign, ast.Delete)) else None
    return None
