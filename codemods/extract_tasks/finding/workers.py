"""What a worker runs already: tasks, and the functions that only tasks call."""

from __future__ import annotations

import ast
from functools import cached_property

from ...analysis.index.expr import Attr, Call, Expr, Name
from ...analysis.judge.callers.callers import Caller, Callers
from ...analysis.link.program import CallKey, Key, Program
from ...analysis.syntax import Syntax, last_name
from .celery import CeleryTasks

_RUNNERS_OF_ROUTES = frozenset({"run_until_complete"})
_RUNNERS = _RUNNERS_OF_ROUTES | {"run"}


class Workers:
    def __init__(
        self, callers: Callers, celery: CeleryTasks, syntax: Syntax, handlers: frozenset[Key]
    ) -> None:
        self.callers = callers
        self.syntax = syntax
        self.handlers = handlers
        self.celery = celery
        self.program: Program = callers.program
        self._found: dict[Key, bool] = {}
        self._elsewhere: dict[Key, bool] = {}

    def run(self, function: Key) -> bool:
        if function not in self._found:
            self._found[function] = False  # as long as it is looked at
            self._found[function] = self.is_task(function) or (
                self._are_any and self._is_only_called_by_tasks(function)
            )
        return self._found[function]

    def calls(self, function: Key) -> list[Caller]:
        """All of it but its own."""
        return [call for call in self.callers.calls(function) if call.owner != function]

    def call(self, function: Key) -> bool:
        """Does a task call it itself?"""
        return any(self.is_task(call.owner) for call in self.calls(function))

    def is_task(self, function: Key) -> bool:
        """`@broker.task`: what it does is off the request path."""
        for decorator in self.program.scope(function).decorators:
            if isinstance(decorator, Call):
                decorator = self.program.call(CallKey(function.path, decorator.index)).func
            if isinstance(decorator, Attr) and decorator.attr == "task":
                return True
        return False

    def is_run_elsewhere(self, function: Key) -> bool:
        """Does a task of Celery or a script come to it, too: `asyncio.run(send(to))`?

        There no broker of Taskiq is started, and a loop of its own ends before a task that runs on it.
        """
        if function not in self._elsewhere:
            self._elsewhere[function] = self._starts_elsewhere(function)
        return self._elsewhere[function]

    def _starts_elsewhere(self, function: Key) -> bool:
        if not self._are_run_elsewhere:
            return False
        seen, stack = {function}, [function]
        while stack:
            current = stack.pop()
            if current in self._celery_tasks:
                return True
            for caller in self.callers.calls(current):
                if self.program.modules[caller.owner.path].facts.is_test:
                    continue
                if self._is_run_to_its_end(caller):
                    return True
                if caller.owner not in seen:
                    seen.add(caller.owner)
                    stack.append(caller.owner)
        return False

    def _is_run_to_its_end(self, caller: Caller) -> bool:
        """`asyncio.run(send(to))` in what is no coroutine itself, and no route, which comes to await it."""
        if self.program.scope(caller.owner).is_async and caller.owner not in self.handlers:
            return False
        file = self.syntax.file(caller.call.path)
        call = file.call(self.program.call(caller.call).span)
        above = file.parents[call] if call is not None else None
        # `run_in_threadpool(loop.run_until_complete, send(to))`
        runners = {last_name(n) for n in (above.func, *above.args)} if isinstance(above, ast.Call) else set()
        return bool(runners & (_RUNNERS_OF_ROUTES if caller.owner in self.handlers else _RUNNERS))

    @cached_property
    def _are_run_elsewhere(self) -> bool:
        """Is there a task of Celery, or anything like `run(f())` of a function of the project? Most programs
        have neither, and need no walk to all callers."""
        calls = [call for name in _RUNNERS for call in self.program.calls_by_name.get(name, ())]
        inner = (
            CallKey(call.path, argument.index)
            for call in calls
            for argument in self.program.call(call).args
            if isinstance(argument, Call)
        )
        sites = (site for call in inner for site in self.callers.effects.of_call(call))
        return bool(self._celery_tasks) or any(site.target is not None for site in sites)

    @cached_property
    def _celery_tasks(self) -> frozenset[Key]:
        decorated = (key for key in self.program.functions() if self.program.scope(key).decorators)
        return frozenset(filter(self.celery.is_task, decorated))

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
