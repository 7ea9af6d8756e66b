"""What a worker runs already: tasks, and the functions that only tasks call."""

from __future__ import annotations

from functools import cached_property

from ...analysis.index.expr import Attr, Call, Expr, Name
from ...analysis.judge.callers import Callers
from ...analysis.link.program import CallKey, Key, Program


class Workers:
    def __init__(self, callers: Callers) -> None:
        self.callers = callers
        self.program: Program = callers.program
        self._found: dict[Key, bool] = {}

    def run(self, function: Key) -> bool:
        if function not in self._found:
            self._found[function] = False  # as long as it is looked at
            self._found[function] = self.is_task(function) or (
                self._are_any and self._is_only_called_by_tasks(function)
            )
        return self._found[function]

    def is_task(self, function: Key) -> bool:
        """`@broker.task`: what it does is off the request path."""
        for decorator in self.program.scope(function).decorators:
            if isinstance(decorator, Call):
                decorator = self.program.call(CallKey(function.path, decorator.index)).func
            if isinstance(decorator, Attr) and decorator.attr == "task":
                return True
        return False

    @cached_property
    def _are_any(self) -> bool:
        return any(map(self.is_task, self.program.functions()))

    def _is_only_called_by_tasks(self, function: Key) -> bool:
        callers = [caller.owner for caller in self.callers.calls(function)]
        served = [key for key in callers if not self.program.modules[key.path].facts.is_test]
        decorators = [each for each in self.program.scope(function).decorators if not _is_of_class(each)]
        if not served or decorators:
            return False
        is_passed_on = any(True for _ in self.callers.references(function))
        return not is_passed_on and all(key.scope and self.run(key) for key in served)


def _is_of_class(decorator: Expr) -> bool:
    """Of these nobody calls the function later, as a route's does."""
    return isinstance(decorator, Name) and decorator.id in ("staticmethod", "classmethod")
