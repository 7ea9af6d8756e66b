"""The facts behind dotted names, as they are spelled: in any file, and in none."""

from __future__ import annotations

import ast

from .index.expr import Attr, Expr, Name


def fact_of(node: ast.expr) -> Expr | None:
    """None for what is no dotted name."""
    if isinstance(node, ast.Name):
        return Name(node.id)
    if isinstance(node, ast.Attribute):
        inner = fact_of(node.value)
        return Attr(inner, node.attr) if inner is not None else None
    return None


def fact_spelled(dotted: str) -> Expr:
    first, *rest = dotted.split(".")
    fact: Expr = Name(first)
    for name in rest:
        fact = Attr(fact, name)
    return fact
