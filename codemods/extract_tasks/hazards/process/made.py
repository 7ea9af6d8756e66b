"""Objects that a function made itself: nobody else has what it writes into them.

draft = Settings()
draft.language = word            # no place of the process, though `settings.language` is one
"""

from __future__ import annotations

from ....analysis.index.bindings import How, Import
from ....analysis.index.expr import Attr, Call, Expr, Item, Name
from ....analysis.link import names
from ....analysis.link.classes.constructed import at_construction
from ....analysis.link.infer import Inference
from ....analysis.link.kinds import Cls, Fn
from ....analysis.link.program import CallKey, Key
from .running import Running

_DEPTH = 3
_MAKES = ("__init__", "__post_init__", "__new__", "model_post_init")


class Made:
    def __init__(self, inference: Inference, running: Running) -> None:
        self.inference = inference
        self.program = inference.program
        self.running = running

    def is_new(self, key: Key, target: Expr) -> bool:
        """What is put there while an object is made all objects have, and nobody else has what the function
        made itself."""
        outer = self.running.outermost(key)
        scope = self.program.scope(outer) if outer is not None else None
        root = _root(target)
        if scope is None or not isinstance(root, Name) or root == target:
            return False
        is_self = bool(scope.parameters) and root.id == scope.parameters[0].name
        return (is_self and self._constructs(outer, _DEPTH)) or self._is_made(key, root, _DEPTH)

    def _constructs(self, method: Key | None, depth: int) -> bool:
        """Does it run only while an object is made? As validators do, and what they and `__init__` call."""
        cls = self.program.enclosing_class(method) if method is not None and depth else None
        if method is None or cls is None:
            return False
        if self.program.scope(method).name in _MAKES or method in at_construction(self.inference, cls):
            return True
        callers = self.running.callers(method)
        return bool(callers) and all(
            self._constructs(self.running.outermost(each), depth - 1) for each in callers
        )

    def _is_made(self, key: Key, value: Expr | Import | None, depth: int) -> bool:
        """`Mailer()`, a name for it, and what a function gives that makes it."""
        if isinstance(value, Name):
            found = names.lookup(self.program, key, value.id)
            bound = (
                [b for b in found if b.binding.how is not How.ANNOTATION] if isinstance(found, list) else []
            )
            is_own = bool(bound) and all(b.home.scope and b.binding.how is How.ASSIGN for b in bound)
            return is_own and all(self._is_made(b.home, b.binding.value, depth) for b in bound)
        if not isinstance(value, Call) or not depth:
            return False
        callees = self.inference.callees(CallKey(key.path, value.index))
        return bool(callees) and all(
            isinstance(kind, Cls)
            or (
                isinstance(kind, Fn)
                and bool(self.program.scope(kind.key).returned)
                and all(self._is_made(kind.key, e, depth - 1) for e in self.program.scope(kind.key).returned)
            )
            for kind in callees
        )


def _root(expr: Expr) -> Expr:
    while isinstance(expr, (Attr, Item)):
        expr = expr.value
    return expr
