"""Reads and writes of `threading.local` objects: on the event loop all requests would share one state."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from ...model import Span
from ..index.expr import Attr, Expr
from ..link.infer import Inference
from ..link.kinds import Inst, Obj
from ..link.program import Key, Program

THREAD_LOCAL = "threading.local"


class ThreadState:
    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.program: Program = inference.program

    def touched(self, function: Key) -> Iterator[Span]:
        """The places in a function's own frame where an attribute of such an object is read or set."""
        if not self._is_in_use:
            return
        module = self.program.modules[function.path]
        for scope, expr, span in module.uses(function.scope):
            while isinstance(expr, Attr):
                if self._is_local(Key(function.path, scope), expr.value, span.line):
                    yield span
                expr = expr.value
        for scope in module.frame(function.scope):
            for stored in module.attributes_by_scope.get(scope, ()):
                if self._is_local(Key(function.path, scope), stored.target, stored.line):
                    yield Span(stored.line, 0, stored.line, 0)

    def _is_local(self, scope: Key, owner: Expr, line: int) -> bool:
        return any(
            (isinstance(kind, Inst) and kind.name == THREAD_LOCAL)
            or (isinstance(kind, Obj) and self.inference.classes.is_a(kind.key, THREAD_LOCAL))
            for kind in self.inference.kinds(scope, owner, line)
        )

    @cached_property
    def _is_in_use(self) -> bool:
        """Is the class named anywhere: called, or as a base?"""
        names = {"local", *self.program.aliases.get("local", ())}
        return not names.isdisjoint({*self.program.references_by_name, *self.program.calls_by_name})
