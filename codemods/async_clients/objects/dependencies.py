"""Which functions give a parameter its value, by `Depends`?"""

from __future__ import annotations

from collections.abc import Iterator

from ...analysis.index.bindings import How, Import, Parameter
from ...analysis.index.expr import Call, Display, Expr, Item, Name
from ...analysis.link import names
from ...analysis.link.infer import Inference
from ...analysis.link.kinds import Fn
from ...analysis.link.program import Key

_DEPTH = 5


def injected_by(inference: Inference, taker: Key, parameter: Parameter) -> frozenset[Key]:
    """`get_cache` of `= Depends(get_cache)`, of `Annotated[Redis, Depends(get_cache)]`, or of an alias of
    it."""
    if parameter.default is None and parameter.annotation is None:
        return frozenset()
    outer = inference.program.parent(taker)
    written = (parameter.default, parameter.annotation)
    return frozenset(g for expr in written if expr is not None for g in _givers(inference, outer, expr))


def _givers(inference: Inference, key: Key, expr: Expr, depth: int = 0) -> Iterator[Key]:
    if depth > _DEPTH:
        return
    if isinstance(expr, Call):
        provider = inference.injection.provider(key, expr)
        yield from (kind.key for kind in provider or () if isinstance(kind, Fn))
    elif isinstance(expr, Item):
        yield from _givers(inference, key, expr.key, depth + 1)
    elif isinstance(expr, Display):
        for item in expr.items:
            yield from _givers(inference, key, item, depth + 1)
    elif isinstance(expr, Name):
        found = names.lookup(inference.program, key, expr.id)
        for home, value in _values(inference, found if isinstance(found, list) else [], 0):
            if isinstance(value, Item):
                yield from _givers(inference, home, value, depth + 1)


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
