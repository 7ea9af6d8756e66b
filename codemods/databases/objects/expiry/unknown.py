"""Values of which nobody knows what they are: they may be objects of the session."""

from __future__ import annotations

import ast

from ....analysis.link.kinds import Decorated, Kinds, Unknown
from ....analysis.nodes import bound_plainly, walk
from ....analysis.syntax import FunctionNode
from ....analysis.view import View
from ...words import SESSIONS
from ..values.newborn import is_handed, only_fills_columns


def may_hold(view: View, function: FunctionNode, statement: ast.stmt, name: str, kinds: Kinds) -> bool:
    """Nobody knows what it is, and it came from the session or was given to it."""
    if kinds and not any(isinstance(kind, Unknown) for kind in kinds):
        return False
    if is_handed(
        view, function, statement, name, "add", "add_all", "merge", "refresh"
    ) and not only_fills_columns(view, function, name):
        return True
    for node in walk(function):
        for value in (value for target, value in bound_plainly(node) if ast.unparse(target) == name):
            for inner in ast.walk(value):
                member = view.member(inner) if isinstance(inner, ast.Call) else None
                if member is not None and member.owner in SESSIONS:
                    return True
            if is_unknown_result(view, value, kinds):
                return True
    return False


def is_unknown_result(view: View, value: ast.expr | None, kinds: Kinds) -> bool:
    """Does a decorator give what nobody knows of one of its functions?"""
    if not isinstance(value, ast.Call) or (kinds and not any(isinstance(kind, Unknown) for kind in kinds)):
        return False
    return any(isinstance(kind, Decorated) for kind in view.callees(value))
