"""How code outside of the async side uses a name of it, where it does not only call it."""

from __future__ import annotations

import ast
from enum import Enum

from ..analysis.nodes import walk
from ..analysis.syntax import last_name
from ..analysis.view import View
from ..databases.words import LISTENING

OVERRIDES = "dependency_overrides"


class Said(Enum):
    """What can be said of a twin as well."""

    LISTENER = "the decorator of a listener"
    STATEMENT = "a statement that listens, or overrides"


def said(view: View, node: ast.expr) -> Said | None:
    """`@event.listens_for(engine, ..)`, `event.listen(..)`, `app.dependency_overrides[get_db] = ..`"""
    above, statement = view.file.parents[node], view.file.statement(node)
    if isinstance(above, ast.Attribute) and above.attr == "sync_engine":  # as it is said of a twin
        node, above = above, view.file.parents[above]
    if isinstance(above, ast.Call) and node in above.args:
        if view.external(above.func) in LISTENING:
            if above in getattr(statement, "decorator_list", ()):
                return Said.LISTENER
            return Said.STATEMENT if isinstance(statement, ast.Expr) else None
        pops = isinstance(above.func, ast.Attribute) and above.func.attr == "pop"
        is_ours = pops and last_name(above.func.value) == OVERRIDES  # type: ignore[attr-defined]
        return Said.STATEMENT if is_ours and isinstance(statement, ast.Expr) else None
    if isinstance(above, ast.Subscript) and last_name(above.value) == OVERRIDES:
        return Said.STATEMENT if isinstance(statement, (ast.Assign, ast.Delete)) else None
    return None


def may_override(view: View, node: ast.expr) -> bool:
    """Is the name of a dependency a key, or one of several names in a row, or does it stand beside
    `dependency_overrides`? Whoever goes through what holds it knows nothing of a twin."""
    above = view.file.parents[node]
    if isinstance(above, ast.Dict):
        return node in above.keys
    if isinstance(above, ast.Subscript):
        return node is above.slice and not isinstance(above.ctx, ast.Load)
    if isinstance(above, (ast.List, ast.Tuple, ast.Set)):
        return True
    return any(
        isinstance(each, ast.Attribute) and each.attr == OVERRIDES for each in walk(_around(view, node))
    )


def _around(view: View, node: ast.expr) -> ast.AST:
    """The statement, or what stands in the head of one that has a body."""
    found: ast.AST = node
    for above in view.file.above(node):
        if hasattr(above, "body") and isinstance(above, ast.stmt):
            break
        found = above
        if isinstance(above, ast.stmt):
            break
    return found
