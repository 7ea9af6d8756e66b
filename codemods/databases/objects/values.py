"""What values are made of, and whether all of it is known."""

from __future__ import annotations

import ast

from ...analysis.link.kinds import Inst, Kinds, Unknown


def hides(kinds: Kinds) -> bool:
    """A container of nobody knows what."""
    return any(
        isinstance(kind, Inst)
        and kind.name in ("builtins.list", "builtins.tuple")
        and any(
            not inner or any(isinstance(k, Unknown) for k in inner)
            for inner in kind.args[:1] or (frozenset(),)
        )
        for kind in kinds
    )


def parts_of(node: ast.expr) -> list[ast.expr] | None:
    """The values that a display or a choice is made of; none for a constant."""
    if isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp)):
        return [node.elt]
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return node.elts
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    return [] if isinstance(node, ast.Constant) else None
