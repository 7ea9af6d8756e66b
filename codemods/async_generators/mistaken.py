"""A generator in a name that is used as something else: what reads `session.exec` of it fails in either form.

if session is None:
    session = get_session()           # meant was next(get_session())
session.exec(query)
"""

from __future__ import annotations

import ast

from ..analysis.nodes import walk
from ..analysis.syntax import FunctionNode
from ..analysis.view import View

_OF_GENERATORS = frozenset({"close", "send", "throw"})


def is_mistaken(view: View, function: FunctionNode, name: str) -> bool:
    """Is nothing done with the name but to read what no generator has, and to ask whether it is there?"""
    nodes = list(walk(function))
    if any(isinstance(node, (ast.Global, ast.Nonlocal)) and name in node.names for node in nodes):
        return False
    uses = [node for node in nodes if isinstance(node, ast.Name) and node.id == name]
    read = [use for use in uses if isinstance(use.ctx, ast.Load) and not _is_asked_for(view, use)]
    return bool(read) and all(_is_of_another(view, use) for use in read)


def _is_asked_for(view: View, use: ast.Name) -> bool:
    """`session is None`, `not session`, `if session:`"""
    above = view.file.parents[use]
    if isinstance(above, ast.Compare):
        return all(isinstance(operator, (ast.Is, ast.IsNot)) for operator in above.ops)
    is_not = isinstance(above, ast.UnaryOp) and isinstance(above.op, ast.Not)
    return is_not or (isinstance(above, (ast.If, ast.While)) and above.test is use)


def _is_of_another(view: View, use: ast.Name) -> bool:
    above = view.file.parents[use]
    if not isinstance(above, ast.Attribute) or not isinstance(above.ctx, ast.Load):
        return False
    return above.attr not in _OF_GENERATORS and not above.attr.startswith(("__", "gi_"))
