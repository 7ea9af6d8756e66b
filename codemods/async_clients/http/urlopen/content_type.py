"""Do the headers of a request name the type of its body, wherever they are made? If not, urllib does."""

from __future__ import annotations

from collections.abc import Iterator

from ....analysis.index.bindings import How, Import
from ....analysis.index.expr import Call, Const, DictDisplay, Expr, Name
from ....analysis.link.kinds import Fn
from ....analysis.link.names import lookup
from ....analysis.link.program import CallKey, Key
from ..values.scalars import DEPTH
from ..values.values import Values

TYPE = "Content-Type"


def names_type(values: Values, key: Key, headers: Expr, line: int, depth: int = 0) -> bool:
    if isinstance(headers, DictDisplay):
        return any(isinstance(name, Const) and name.text.lower() == TYPE.lower() for name in headers.keys)
    made = [*_made(values, key, headers, line)]
    return (
        depth < DEPTH
        and bool(made)
        and all(
            value is not None and names_type(values, where, value, at, depth + 1) for where, value, at in made
        )
    )


def _made(values: Values, key: Key, headers: Expr, line: int) -> Iterator[tuple[Key, Expr | None, int]]:
    """What a name or a call gives, with its place; None where that is not seen."""
    if isinstance(headers, Name):
        found = lookup(values.program, key, headers.id, line)
        for home, binding in found if isinstance(found, list) else ():
            value = binding.value
            if binding.how is How.ASSIGN and not binding.path and not isinstance(value, Import):
                yield home, value, binding.line
            elif binding.how is not How.ANNOTATION:
                yield home, None, binding.line
    elif isinstance(headers, Call):
        for kind in values.inference.callees(CallKey(key.path, headers.index)):
            if isinstance(kind, Fn):
                yield from ((kind.key, value, 0) for value in values.program.scope(kind.key).returned)
            else:
                yield key, None, line
