"""Generator expressions that a call goes through at once: as lists, they may await.

sum(price(sku) for sku in skus)      ->      sum([await price(sku) for sku in skus])

What may stop before the end (`any`, `all`, `next`) would do more as a list.
"""

from __future__ import annotations

import ast

TAKE_ALL = frozenset({"dict", "frozenset", "list", "max", "min", "set", "sorted", "sum", "tuple"})
JOIN = "join"
_PLAIN = (ast.Constant, ast.Name, ast.Lambda, ast.Attribute)
"""Other arguments, which do nothing when they are read."""


def taken_at_once(call: ast.Call) -> ast.GeneratorExp | None:
    """The generator expression that the call takes all of before anything else happens."""
    only = call.args[0] if len(call.args) == 1 else None  # `max(xs, other)` compares the two
    if not isinstance(only, ast.GeneratorExp):
        return None
    func = call.func
    takes = func.id in TAKE_ALL if isinstance(func, ast.Name) else getattr(func, "attr", "") == JOIN
    return only if takes and all(isinstance(each.value, _PLAIN) for each in call.keywords) else None


def is_taken(parent: ast.AST, node: ast.AST) -> bool:
    """Is it the generator expression that the call above it takes at once?"""
    return isinstance(parent, ast.Call) and taken_at_once(parent) is node
