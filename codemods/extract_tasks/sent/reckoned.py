"""The type of what comes out where two values are reckoned with: numbers, texts, amounts, dates."""

from __future__ import annotations

import ast

from ...model import Code
from ..generated.code import plain
from .values import alternatives

NUMBER = Code("float | int")
_STR = Code("str")
_INT = Code("int")
_RECKONS = (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod)
_MOVED_BY_TIME = ("datetime", "date", "timedelta")


def reckoned(left: Code | None, operator: ast.operator, right: Code | None) -> Code | None:
    """None where it cannot be told."""
    if left is None or right is None:
        return _STR if left == _STR and isinstance(operator, (ast.Mod, ast.Mult)) else None
    if left == _STR:
        is_text = isinstance(operator, (ast.Mod, ast.Mult)) or (
            right == _STR and isinstance(operator, ast.Add)
        )
        return _STR if is_text else None
    kinds = [set(alternatives(code.text)) for code in (left, right)]
    if all(kind <= {"float", "int"} for kind in kinds):
        return _number(left, operator, right)
    if isinstance(operator, (*_RECKONS, ast.Div)) and _are_amounts(left, right):
        return left if _is(left, "Decimal") else right
    is_time = isinstance(operator, (ast.Add, ast.Sub)) and _is(right, "timedelta")
    return left if is_time and _is(left, *_MOVED_BY_TIME) else None


def _number(left: Code, operator: ast.operator, right: Code) -> Code | None:
    if isinstance(operator, ast.Div):
        return Code("float")
    same = left if left == right else NUMBER  # what is said to be a float may be whole
    return same if isinstance(operator, _RECKONS) else None


def _are_amounts(left: Code, right: Code) -> bool:
    """`price * quantity`, where one is a Decimal: floats cannot be reckoned with it."""
    return all(_is(code, "Decimal") or code == _INT for code in (left, right))


def _is(code: Code, *names: str) -> bool:
    return plain(code).rpartition(".")[2] in names
