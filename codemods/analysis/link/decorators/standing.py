"""Context managers that stand on functions, and are entered and left around each call.

@timed("orders")  # made by `@contextmanager`, or of a class over `ContextDecorator`
def place(order): ...

https://docs.python.org/3/library/contextlib.html#contextlib.ContextDecorator
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...index.expr import Call
from ..kinds import CONTEXT, Fn, Inst, Obj, ordered
from ..program import CallKey, Key

if TYPE_CHECKING:
    from ..infer import Inference

_BASE = "contextlib.ContextDecorator"
_RUN = ("__enter__", "__exit__")


def entered(inference: Inference, function: Key) -> Iterator[Key]:
    """What they run: the generator function, or the two methods."""
    scope, where = inference.program.scope(function), inference.program.parent(function)
    for decorator in scope.decorators:
        for kind in ordered(inference.kinds(where, decorator, scope.span.line)):
            if isinstance(kind, Inst) and kind.name == CONTEXT and isinstance(decorator, Call):
                made_by = inference.callees(CallKey(where.path, decorator.index))
                yield from (each.key for each in ordered(made_by) if isinstance(each, Fn))
            elif isinstance(kind, Obj) and inference.classes.is_a(kind.key, _BASE):
                methods = (inference.classes.method(kind.key, name) for name in _RUN)
                yield from (method for method in methods if method is not None)
