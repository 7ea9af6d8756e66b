"""Slow work -> Taskiq tasks in `domain/tasks.py`, with `await x_task.kiq(...)` left at its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..analysis.effects import Effects, Site
from ..analysis.program import Key, Program
from ..analysis.reach import Reach
from ..analysis.syntax import FileSyntax, FunctionNode, Syntax
from ..model import EntryPoint, Span
from .chosen import Chosen
from .decide import plan_tasks
from .helpers import Helpers
from .importable import Importable
from .injected import Injected
from .knowledge import Knowledge
from .levels import Levels
from .names import TaskNames
from .raises import Raises
from .sites import SlowSite, TaskPlan, TaskPlans
from .slow import SlowWork
from .state import State


class Tasks:
    """Asked for one function after the other; tasks of one name with the same source are one."""

    def __init__(
        self,
        reach: Reach,
        syntax: Syntax,
        entries: tuple[EntryPoint, ...],
        handlers: frozenset[Key],
        chosen: Chosen,
        names: TaskNames,
        patched: frozenset[str] = frozenset(),
    ) -> None:
        """`handlers` return the response; `patched` are dotted names that tests replace."""
        self.patched = patched
        self.reach = reach
        self.effects: Effects = reach.effects
        self.program: Program = reach.effects.program
        self.syntax = syntax
        self.handlers = handlers
        self.names = names
        self.importable = Importable(self.program)
        self.slow = SlowWork(reach, syntax, chosen)
        self.state = State(reach, syntax)
        self.injected = Injected(reach, syntax, self.importable, self.state)
        self.helpers = Helpers(reach, syntax, self.importable, Raises(reach, syntax, entries), self.state)
        self.levels = Levels(reach, syntax, entries, self.slow, self.helpers, self.state)
        self._cut: dict[Key, bool] = {}
        self._plans: dict[tuple[Key, tuple[SlowSite, ...]], TaskPlans] = {}

    def is_slow(self, site: Site, file: FileSyntax) -> bool:
        return self.slow.is_slow(site, file)

    def handed_on(self, function: Key) -> Iterator[Site]:
        return self.slow.handed_on(function)

    def is_chosen(self, site: Site) -> bool:
        """Slow only because the user says so: it may block nothing."""
        return self.slow.chosen.is_chosen(site)

    def plan(
        self,
        function: Key,
        slow: Sequence[Site],
        file: FileSyntax,
        node: FunctionNode,
        turned: frozenset[Key],
    ) -> TaskPlans:
        """What moves, and why the rest stays; helpers in `turned` will be coroutine functions."""
        sites = tuple(self._slow_site(site, turned) for site in slow)
        if self.slow.is_task(function):
            return TaskPlans()
        memo = (function, sites)
        if memo not in self._plans:
            context = Knowledge(
                self.reach,
                self.syntax,
                self.importable,
                self.injected,
                self.patched,
                function,
                node,
                lambda need: self.levels.is_late(need, function),
            )
            prefix = self.program.modules[function.path].facts.module.rpartition(".")[2]
            self._plans[memo] = plan_tasks(
                file,
                node,
                sites,
                context,
                self.names,
                prefix,
                is_handler=function in self.handlers,
                is_called=self._is_called(function),
            )
        return self._plans[memo]

    def cuts_inside(self, function: Key) -> bool:
        """Must the function stay with its caller, while a call of its own can move?

        It gives a value, or does more than slow work, and calls another function for the slow part.
        """
        if function not in self._cut:
            self._cut[function] = False  # as long as it is looked at
            self._cut[function] = self._is_cut(function)
        return self._cut[function]

    def _is_cut(self, function: Key) -> bool:
        file = self.syntax.file(function.path)
        node, calls = file.function(self.program.scope(function).span), self.levels.calls_to_cut(function)
        return node is not None and bool(calls and self.plan(function, calls, file, node, frozenset()).plans)

    def _slow_site(self, site: Site, turned: frozenset[Key]) -> SlowSite:
        span = Span(*site.span)
        category = self.slow.category(site)
        if site.target is None:
            return SlowSite(span, site.name, category)
        helper = self.helpers.signature(site.target) if self._is_one_function(site) else None
        if helper is not None:
            is_async = helper.is_async or site.target in turned
            elsewhere = self.state.elsewhere(site.target, category, self.slow.is_told)
            helper = replace(helper, is_async=is_async, elsewhere=elsewhere)
        return SlowSite(span, site.name, category, helper)

    def _is_one_function(self, site: Site) -> bool:
        """Does the call always run this function, and not the one of a subclass?"""
        if site.call is None or site.form == "callback":
            return True
        return {s.target for s in self.effects.of_call(site.call) if s.target is not None} == {site.target}

    def _is_called(self, function: Key) -> bool:
        """By the project itself, or by a call of that name of which nobody knows whom it calls."""
        if self.program.enclosing_class(function) is not None:
            return True
        for call in self.program.calls_by_name.get(self.program.scope(function).name, ()):
            targets = {site.target for site in self.effects.of_call(call)}
            if function in targets or targets <= {None}:
                return True
        return False


__all__ = ["TaskPlan", "TaskPlans", "Tasks"]
