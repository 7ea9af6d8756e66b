"""How a function, or the methods of a class, spell their session."""

from __future__ import annotations

import ast

from ..analysis.link.kinds import Inst
from ..analysis.nodes import walk
from ..analysis.syntax import FunctionNode
from ..analysis.view import View
from .words import SESSIONS


def session_of_function(view: View, function: FunctionNode) -> ast.expr | None:
    for node in walk(function):
        if (
            isinstance(node, (ast.Name, ast.Attribute))
            and view.instance(node) in SESSIONS
            and view.function(node) is function
        ):
            return node
    return None


def session_of_class(view: View, function: FunctionNode) -> ast.expr | None:
    """`self._session`, which another method of the class uses or the constructor binds."""
    owner = view.file.parents[function]
    if not isinstance(owner, ast.ClassDef) or not function.args.args:
        return None
    own = function.args.args[0].arg
    for node in walk(owner):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == own
            and any(isinstance(k, Inst) and k.name in SESSIONS for k in view.kinds(node))
        ):
            return node
    return None
