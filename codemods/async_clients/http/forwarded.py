"""Keyword arguments that a function of the project passes on, and that mean the same in both libraries.

def _request(self, method, path, **kwargs):
    return self.session.request(method, self.base + path, timeout=9, **kwargs).json()
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...analysis.index.expr import Expr
from ...analysis.link.program import Key
from ...analysis.nodes import walk
from ..twin import Call, NoTwinError
from .scalars import PLAIN, Can
from .values import Values

_SAME = {"json", "timeout"}
_DICTS = {"params": PLAIN | Can.LIST, "headers": Can.TEXT, "data": PLAIN | Can.LIST}
"""By name, what the values of a dict may be."""


def star_of(call: Call) -> ast.keyword | None:
    """`**kwargs`, if the call passes on what its function was given.

    Raises `NoTwinError` for any other star.
    """
    node = call.call
    stars = [keyword for keyword in node.keywords if keyword.arg is None]
    if not stars and not any(isinstance(argument, ast.Starred) for argument in node.args):
        return None
    parameters = call.world.effects.program.scope(call.function).parameters
    own = {parameter.name for parameter in parameters if parameter.kind == "**"}
    value = stars[0].value if len(stars) == 1 and len(stars) + len(node.args) else None
    named = [each for each in walk(call.node) if isinstance(each, ast.Name) and each is not value]
    if (
        any(isinstance(argument, ast.Starred) for argument in node.args)
        or not isinstance(value, ast.Name)
        or value.id not in own
        or any(each.id == value.id for each in named)
    ):
        raise NoTwinError("its arguments are passed on with a star")
    return stars[0]


def forwarded(call: Call) -> Iterator[tuple[str, Key, Expr, int]]:
    """What callers give beyond the named parameters: the name, and the value with its place.

    Raises `NoTwinError` where a caller is not seen, or passes something on itself.
    """
    program, callers, function = call.world.effects.program, call.world.callers, call.function
    scope = program.scope(function)
    is_method = program.enclosing_class(function) is not None
    if (
        any(callers.references(function))
        or any(callers.lookups.of(function))
        or (is_method and any(callers.unresolved_namesakes(function)))
    ):
        raise NoTwinError(f"what {scope.qualname} passes on is not known")
    named = {parameter.name for parameter in scope.parameters}
    for caller in callers.calls(function):
        site = program.call(caller.call)
        for word, value in site.keywords:
            if not word:
                raise NoTwinError(f"what {scope.qualname} passes on is not known")
            if word not in named:
                yield word, Key(caller.call.path, site.scope), value, site.span.line


def check_forwarded(name: str, key: Key, value: Expr, line: int, values: Values) -> None:
    """Raises `NoTwinError` for an argument that httpx takes differently."""
    if name in _SAME:
        return
    can = values.mapping(key, value, line)[0] if name in _DICTS else None
    if can is None or can & ~_DICTS[name]:
        raise NoTwinError(f"{name}= is passed on, and may have no exact equal in httpx ({key.path}:{line})")
