"""Objects that a commit does not expire for those who read them behind it."""

from __future__ import annotations

import ast

from ....analysis.nodes import walk
from ....analysis.syntax import FunctionNode
from ....analysis.view import View, Views
from ..values.gone import is_deleted
from ..values.newborn import binds, is_added, is_made_here, is_unseen_list, made_above
from .refreshed import is_refreshed


def is_safe(
    views: Views, view: View, function: FunctionNode, statement: ast.stmt, name: str, *, rolls_back: bool
) -> bool:
    """Bound by the statement itself, loaded again right after it, deleted before, or never in the session."""
    # a `with` commits at its end: what its body binds is expired
    parts = statement.items if isinstance(statement, ast.With) else [statement]
    if any(binds(node, name) for part in parts for node in walk(part)):
        return True
    if is_refreshed(view, statement, name) or (not rolls_back and is_deleted(view, statement, name)):
        return True
    return is_new(views, view, function, statement, name, rolls_back=rolls_back)


def is_new(
    views: Views, view: View, function: FunctionNode, statement: ast.stmt, name: str, *, rolls_back: bool
) -> bool:
    """Never in the session, as far as the statement."""
    if is_unseen_list(views, view, function, statement, name):
        return True
    is_made = is_made_here(view, function, name) or made_above(view, statement, name) is not None
    return is_made and (rolls_back or not is_added(views, view, function, statement, name))
