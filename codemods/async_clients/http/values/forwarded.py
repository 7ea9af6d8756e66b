"""Keyword arguments that a function of the project passes on, and that mean the same in both libraries.

def _request(self, method, path, **kwargs):
    kwargs.setdefault("timeout", 9)
    return self.session.request(method, self.base + path, **kwargs).json()
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ....analysis.index.expr import Expr, Name
from ....analysis.link.program import Key
from ....analysis.nodes import walk
from ...twin import Call, NoTwinError, World
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
    if (
        any(isinstance(argument, ast.Starred) for argument in node.args)
        or not isinstance(value, ast.Name)
        or value.id not in own
    ):
        raise NoTwinError("its arguments are passed on with a star")
    for each in _others(call, value):
        _added(call, each)
    return stars[0]


def _others(call: Call, value: ast.expr | None) -> Iterator[ast.Name]:
    """What else the function does with what it passes on."""
    for node in walk(call.node):
        if isinstance(node, ast.Name) and node.id == getattr(value, "id", "") and node is not value:
            yield node


def _added(call: Call, node: ast.Name) -> tuple[str, Expr] | None:
    """The argument that is added there, if one is: `kwargs["a"] = 1`, `kwargs.setdefault("a", 1)`.

    Raises `NoTwinError` for what may do more than ask, or take one away: `kwargs.pop("retries", 3)`.
    """
    above = call.file.parents[node]
    made = call.file.parents[above]
    if isinstance(above, ast.Subscript) and isinstance(above.slice, ast.Constant):
        name = above.slice.value
        facts = call.world.effects.program.modules[call.file.path].facts
        stores = [each for each in facts.stores if each.line == node.lineno and each.target == Name(node.id)]
        if isinstance(above.ctx, ast.Store) and len(stores) == 1 and isinstance(name, str):
            return name, stores[0].value
        if isinstance(above.ctx, ast.Load) and name not in _DICTS:
            return None
    elif isinstance(above, ast.Attribute) and isinstance(made, ast.Call) and made.func is above:
        name = made.args[0].value if made.args and isinstance(made.args[0], ast.Constant) else None
        key = call.world.call_key(call.file.path, made)
        if above.attr == "setdefault" and isinstance(name, str) and key is not None and len(made.args) == 2:
            kept = isinstance(call.file.parents[made], ast.Expr) or name not in _DICTS
            if kept:
                return name, call.world.effects.program.call(key).args[1]
        elif (above.attr == "get" and name not in _DICTS) or above.attr == "pop":
            return None
    elif isinstance(above, ast.Compare) and isinstance(above.ops[0], (ast.In, ast.NotIn)):
        return None
    raise NoTwinError("its arguments are passed on with a star")


def forwarded(call: Call) -> Iterator[tuple[str, Key, Expr, int]]:
    """What callers give beyond the named parameters: the name, and the value with its place.

    Raises `NoTwinError` where a caller is not seen, or passes something on itself.
    """
    star = star_of(call)
    yield from _given_by_callers(call.world, call.function, frozenset())
    for node in _others(call, star.value if star is not None else None):
        added = _added(call, node)
        if added is not None:
            yield added[0], call.scope, added[1], node.lineno


def _given_by_callers(
    world: World, function: Key, above: frozenset[Key]
) -> Iterator[tuple[str, Key, Expr, int]]:
    program, scope = world.effects.program, world.effects.program.scope(function)
    if not world.callers.knows_all(function) or function in above:
        raise NoTwinError(f"what {scope.qualname} passes on is not known")
    named = {parameter.name for parameter in scope.parameters}
    for caller in world.callers.calls(function):
        site = program.call(caller.call)
        for word, value in site.keywords:
            if not word and not _only_passes_on(world, caller.owner, value):
                raise NoTwinError(f"what {scope.qualname} passes on is not known")
            passed = _given_by_callers(world, caller.owner, above | {function}) if not word else ()
            given = ((word, Key(caller.call.path, site.scope), value, site.span.line),)
            yield from (each for each in (*passed, *(given if word else ())) if each[0] not in named)


def _only_passes_on(world: World, function: Key, value: Expr) -> bool:
    """`def get(self, path, **kwargs): return self._request("GET", path, **kwargs)`"""
    node = world.node(function)
    name = value.id if isinstance(value, Name) else ""
    if node is None or node.args.kwarg is None or node.args.kwarg.arg != name:
        return False
    file = world.syntax.file(function.path)
    uses = [each for each in walk(node) if isinstance(each, ast.Name) and each.id == name]
    return all(isinstance(above := file.parents[use], ast.keyword) and above.arg is None for use in uses)


def is_same(name: str, key: Key, value: Expr, line: int, values: Values) -> bool:
    """Does httpx take the argument as requests does?"""
    if name in _SAME:
        return True
    can = values.mapping(key, value, line)[0] if name in _DICTS else None
    return can is not None and not can & ~_DICTS[name]
