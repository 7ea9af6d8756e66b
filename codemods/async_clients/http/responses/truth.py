"""How it is asked whether a response is there and no error."""

from __future__ import annotations

import ast

from ....analysis.syntax import FileSyntax

TRUTH = ("not {}.is_error", "{}.is_error")
OR_NONE = ("{} is not None and not {}.is_error", "{} is None or {}.is_error")


def is_there(file: FileSyntax, test: ast.AST, name: str) -> bool:
    """`r is not None and r`, `r is None or not r`: has it been asked for already?"""
    chain = file.parents[test]
    if not isinstance(chain, ast.BoolOp):
        return False
    asked = ast.IsNot if isinstance(chain.op, ast.And) else ast.Is
    return any(
        isinstance(each, ast.Compare)
        and isinstance(each.left, ast.Name)
        and each.left.id == name
        and isinstance(each.ops[0], asked)
        and len(each.ops) == 1
        and getattr(each.comparators[0], "value", ...) is None
        for each in chain.values[: [*map(id, chain.values)].index(id(test))]
    )
