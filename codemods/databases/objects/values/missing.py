"""Whether the code expects None in the place of an object: of an outer join, or of `db.get()` in a list.

for user, note in rows:                    # await db.refresh(note) of None would raise
    print(note.title if note else "")
"""

from __future__ import annotations

import ast

from ....analysis.nodes import walk
from ....analysis.syntax import FunctionNode
from ....analysis.view import View


def may_be_missing(view: View, function: FunctionNode, name: str) -> bool:
    """Is it asked for anywhere? What is read unasked fails of None as well as `refresh` does."""
    return any(
        isinstance(node, ast.Name)
        and node.id == name
        and isinstance(node.ctx, ast.Load)
        and _asks(view, node)
        for node in walk(function)
    )


def may_miss_members(view: View, function: FunctionNode, name: str) -> bool:
    """The same for what a list holds: asked for where something goes through it."""
    return any(
        isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension))
        and isinstance(node.iter, ast.Name)
        and node.iter.id == name
        and isinstance(node.target, ast.Name)
        and may_be_missing(view, function, node.target.id)
        for node in walk(function)
    )


def _asks(view: View, node: ast.Name) -> bool:
    """`if note:`, `note and note.title`, `note is None`, `[note for note in notes if note]`"""
    above = view.file.parents[node]
    if isinstance(above, ast.Compare):
        return any(isinstance(each, ast.Constant) and each.value is None for each in above.comparators)
    if isinstance(above, (ast.If, ast.IfExp, ast.While)):
        return above.test is node
    if isinstance(above, ast.comprehension):
        return node in above.ifs
    return isinstance(above, ast.BoolOp) or (isinstance(above, ast.UnaryOp) and isinstance(above.op, ast.Not))
