"""Reads and writes of `threading.local` objects: on the event loop all requests would share one state."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from functools import cached_property

from ....model import Span
from ...index.expr import Attr, Const, Expr, Name
from ...link.infer import Inference
from ...link.kinds import Inst, Obj
from ...link.program import Key, Program

THREAD_LOCAL = "threading.local"
_BY_NAME = frozenset({"delattr", "getattr", "hasattr", "setattr", "vars"})


class ThreadState:
    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.program: Program = inference.program

    def touched(self, function: Key) -> Iterator[tuple[Span, str]]:
        """The places in a function's own frame where an attribute of such an object is read or set, and
        which; empty for any."""
        if not self._is_in_use:
            return
        module = self.program.modules[function.path]
        for scope, expr, span in module.uses(function.scope):
            while isinstance(expr, Attr):
                if self._is_local(Key(function.path, scope), expr.value, span.line):
                    yield span, "" if expr.attr.startswith("__") else expr.attr
                expr = expr.value
        for scope in module.frame(function.scope):
            for stored in module.attributes_by_scope.get(scope, ()):
                if self._is_local(Key(function.path, scope), stored.target, stored.line):
                    yield Span(stored.line, 0, stored.line, 0), stored.attr
            for number in module.calls_by_scope.get(scope, ()):
                call = module.facts.calls[number]
                is_by_name = isinstance(call.func, Name) and call.func.id in _BY_NAME and call.args
                if is_by_name and self._is_local(Key(function.path, scope), call.args[0], call.span.line):
                    name = call.args[1] if len(call.args) > 1 else None
                    yield call.span, name.text if isinstance(name, Const) else ""

    def keeps_to(self, functions: Set[Key]) -> bool:
        """Does nobody else read or set what these do, as where one keeps a connection for each thread?"""
        own = {name for name, users in self._users.items() if users & functions}
        others = own if "" not in own else self._users.keys()
        return all(self._users[name] <= functions for name in {*others, *({""} & self._users.keys())})

    @cached_property
    def _users(self) -> Mapping[str, set[Key]]:
        """By attribute; of any, who may read or set each."""
        found: dict[str, set[Key]] = defaultdict(set)
        for key in self.program.functions():
            for _, name in self.touched(key):
                found[name].add(key)
        return found

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
