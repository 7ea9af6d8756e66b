"""Is a parameter given by `Depends`, and by a function that gives a certain client?"""

from __future__ import annotations

from collections.abc import Iterator

from ...analysis.index.bindings import How, Import, Parameter
from ...analysis.index.expr import Call, Display, Expr, Item, Name
from ...analysis.link import names
from ...analysis.link.infer import Inference
from ...analysis.link.kinds import Fn, Kind
from ...analysis.link.program import Key

_DEPTH = 5


def injected_by(inference: Inference, taker: Key, parameter: Parameter) -> frozenset[Key]:
    """`get_cache` of `= Depends(get_cache)`, of `Annotated[Redis, Depends(get_cache)]`, or of an alias of
    it."""
    kinds = _provided_to(inference, taker, parameter)
    return frozenset(kind.key for kind in kinds if isinstance(kind, Fn))


def provider(inference: Inference, taker: Key, parameter: Parameter) -> Key | None:
    """The one function that gives the parameter; None where there is none, or it cannot be told."""
    found = {*_provided_to(inference, taker, parameter)}
    keys = {kind.key for kind in found if isinstance(kind, Fn)}
    return keys.pop() if len(found) == len(keys) == 1 else None


def _provided_to(inference: Inference, taker: Key, parameter: Parameter) -> Iterator[Kind]:
    outer = inference.program.parent(taker)
    for expr in (parameter.default, parameter.annotation):
        if expr is not None:
            yield from _provided(inference, outer, expr)


def _provided(inference: Inference, key: Key, expr: Expr, depth: int = 0) -> Iterator[Kind]:
    if depth > _DEPTH:
        return
    if isinstance(expr, Call):
        yield from inference.injection.provider(key, expr) or ()
    elif isinstance(expr, Item):
        yield from _provided(inference, key, expr.key, depth + 1)
    elif isinstance(expr, Display):
        for item in expr.items:
            yield from _provided(inference, key, item, depth + 1)
    elif isinstance(expr, Name):
        found = names.lookup(inference.program, key, expr.id)
        for home, value in _values(inference, found if isinstance(found, list) else [], 0):
            if isinstance(value, Item):
                yield from _provided(inference, home, value, depth + 1)


def _values(inference: Inference, found: list[names.Bound], depth: int) -> Iterator[tuple[Key, Expr]]:
    """What names are assigned, imports followed."""
    for bound in found:
        value = bound.binding.value
        if isinstance(value, Import):
            inner = names.imported(inference.program, value, bound.home.path)
            if isinstance(inner, list) and depth < _DEPTH:
                yield from _values(inference, inner, depth + 1)
        elif value is not None and bound.binding.how is How.ASSIGN:
            yield bound.home, value
