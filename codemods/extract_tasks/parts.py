"""Functions that stay with their callers, or turn with a database, while a part of their own can move."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..analysis.link.program import Key

if TYPE_CHECKING:
    from . import Tasks


class Parts:
    def __init__(self, tasks: Tasks) -> None:
        self.tasks = tasks
        self._cut: dict[Key, bool] = {}
        self._moved: dict[tuple[Key, frozenset[Key]], bool] = {}

    def are_cut(self, function: Key) -> bool:
        """Must the function stay with its caller, while a part of its own can move?

        It gives a value, or does more, and calls another for the slow part; or it is async, and blocks, or
        awaits one that does."""
        if function not in self._cut:
            self._cut[function] = False  # as long as it is looked at
            self._cut[function] = self._are_cut(function)
        return self._cut[function]

    def _are_cut(self, function: Key) -> bool:
        tasks = self.tasks
        (file, node), own = tasks.node(function), tasks.reach.own(function)
        awaits = tasks.program.scope(function).is_async and function not in tasks.handlers
        if not (awaits or tasks.slow.may_move(site for site in own if tasks.is_slow(site, file))):
            return False
        calls = tasks.levels.parts(function)
        if node is not None and calls:
            return bool(tasks.plan(function, calls, file, node, frozenset()).plans)
        # what awaits another that queues its part, and does nothing slow beside it
        targets = [site.target for site in own if awaits]
        return any(target is not None and self.are_cut(target) for target in targets)

    def are_run(self, function: Key) -> bool:
        """By a worker, or by what starts no broker: there it queues nothing."""
        workers = self.tasks.workers
        return workers.run(function) or workers.is_run_elsewhere(function) or self.are_queued(function)

    def are_queued(self, function: Key) -> bool:
        """Is all of it left to a worker, whoever calls it?"""
        tasks = self.tasks
        if function in tasks.served:
            return False
        modules, workers = tasks.program.modules, tasks.workers
        owners = {each.owner for each in workers.calls(function)}
        served = [each for each in owners if each.scope and not modules[each.path].facts.is_test]
        is_passed_on = any(True for _ in workers.callers.references(function))
        queued = tasks.trials.queued
        return bool(served) and not is_passed_on and all(function in queued(each) for each in served)

    def move(self, function: Key, turned: frozenset[Key]) -> bool:
        """Can a part of it move, or of those of the `turned` that it calls?"""
        if (function, turned) not in self._moved:
            self._moved[function, turned] = False  # as long as it is looked at
            self._moved[function, turned] = self._move(function, turned)
        return self._moved[function, turned]

    def _move(self, function: Key, turned: frozenset[Key]) -> bool:
        file, _ = self.tasks.node(function)
        slow = [site for site in self.tasks.reach.own(function) if self.tasks.is_slow(site, file)]
        below = {site.target for site in slow if site.target is not None} & turned
        own = tuple(self.tasks.sites.of(site, turned) for site in slow if site.target not in turned)
        moves_itself = bool(self.tasks.trials.of_sites(function, own).plans)
        return moves_itself or any(self.move(each, turned) for each in below)
