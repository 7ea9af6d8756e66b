"""What only asks whether there is a query: a legacy one is always true, the truth of a statement is an error.

if not users:                   ->   if users is None:
"""

from __future__ import annotations

import ast

from ...analysis.syntax import span_of
from ...analysis.view import View
from ...model import ReplaceExpression
from ..draft import Draft


def is_compared(above: ast.AST) -> bool:
    """`query is None`"""
    return isinstance(above, ast.Compare) and all(isinstance(op, (ast.Is, ast.IsNot)) for op in above.ops)


def only_asks(view: View, draft: Draft, node: ast.expr) -> bool:
    """The truth of a name is spelled out."""
    above = view.file.parents[node]
    if is_compared(above):
        return True
    is_denied = isinstance(above, ast.UnaryOp) and isinstance(above.op, ast.Not)
    whole = above if is_denied else node
    if not isinstance(node, ast.Name) or not isinstance(whole, ast.expr) or not _is_tested(view, whole):
        return False
    text = f"{node.id} is {'None' if is_denied else 'not None'}"
    draft.edit(view, ReplaceExpression(span_of(whole), draft.code(text)))
    return True


def _is_tested(view: View, node: ast.expr) -> bool:
    above = view.file.parents[node]
    if isinstance(above, ast.BoolOp):
        return _is_tested(view, above)
    return isinstance(above, (ast.If, ast.IfExp, ast.While, ast.Assert)) and above.test is node
