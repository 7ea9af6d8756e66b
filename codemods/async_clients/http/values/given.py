"""The arguments of a call by their names."""

from __future__ import annotations

import ast

import msgspec

from ....analysis.index.expr import Expr
from ...twin import Call, NoTwinError
from .forwarded import star_of


class Given(msgspec.Struct, frozen=True):
    """One argument of the old call."""

    index: int
    fact: Expr
    value: ast.expr
    is_positional: bool


def given_arguments(call: Call, positions: tuple[str, ...]) -> dict[str, Given]:
    """The arguments of a call by name, but for `**kwargs`.

    Raises `NoTwinError` for a star of which nobody knows what it holds.
    """
    node = call.call
    star_of(call)
    if len(node.args) > len(positions):
        raise NoTwinError("it has more positional arguments than it takes")
    facts, keywords = call.arguments
    given = {
        name: Given(index, facts[index], value, True)
        for index, (name, value) in enumerate(zip(positions, node.args, strict=False))
    }
    for offset, keyword in enumerate(node.keywords):
        if keyword.arg is not None:
            given[keyword.arg] = Given(len(node.args) + offset, keywords[keyword.arg], keyword.value, False)
    return given


def is_none(argument: Given) -> bool:
    return isinstance(argument.value, ast.Constant) and argument.value.value is None
