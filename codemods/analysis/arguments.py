"""What a call is given, where that is written out."""

from __future__ import annotations

from ..catalogue import Argument
from .index.expr import Const, Expr
from .index.facts import CallSite

_BOOLS = {"False": 0, "True": 1}


def placed(site: CallSite) -> list[tuple[int | str, Expr]]:
    """Every argument of a call with its position or keyword."""
    return [*enumerate(site.args), *site.keywords]


def is_given(argument: Argument, site: CallSite) -> bool:
    """Does the call have the argument, written out?"""
    value = dict(site.keywords).get(argument.keyword)
    if value is None and argument.position is not None and argument.position < len(site.args):
        value = site.args[argument.position]
    if value is None:
        return argument.value == "None" and all(name for name, _ in site.keywords)
    if not isinstance(value, Const):
        return False
    return (
        value.type == "NoneType" if argument.value == "None" else _BOOLS.get(argument.value) == value.number
    )
