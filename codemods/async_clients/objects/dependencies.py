"""Is a parameter given by `Depends`, and by a function that gives a certain client?"""

from __future__ import annotations

from collections.abc import Iterator, Set

from ...analysis.index.bindings import How, Import, Parameter
from ...analysis.index.expr import Call, Display, Expr, Item, Name
from ...analysis.link import names
from ...analysis.link.infer import Inference
from ...analysis.link.kinds import Fn
from ...analysis.link.program import Key

_DEPTH = 5


def is_injected(inference: Inference, givers: Set[Key], taker: Key, parameter: Parameter) -> bool:
    """`= Depends(get_cache)`, `Annotated[Redis, Depends(get_cache)]`, or an alias of it."""
    outer = inference.program.parent(taker)
    written = (parameter.default, parameter.annotation)
    return any(expr is not None and _gives(inference, givers, outer, expr) for expr in written)


def _gives(inference: Inference, givers: Set[Key], key: Key, expr: Expr, depth: int = 0) -> bool:
    if not givers or depth > _DEPTH:
        return False
    if isinstance(expr, Call):
        provider = inference.injection.provider(key, expr)
        return any(isinstance(kind, Fn) and kind.key in givers for kind in provider or ())
    if isinstance(expr, Item):
        return _gives(inference, givers, key, expr.key, depth + 1)
    if isinstance(expr, Display):
        return any(_gives(inference, givers, key, item, depth + 1) for item in expr.items)
    if isinstance(expr, Name):
        found = names.lookup(inference.program, key, expr.id)
        for home, value in _values(inference, found if isinstance(found, list) else [], 0):
            if isinstance(value, Item) and _gives(inference, givers, home, value, depth + 1):
                return True
    return False


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
