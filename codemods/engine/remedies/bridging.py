"""Bridges into async code that may become an `await`: nothing blocks in what they bring onto the loop."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Protocol

import msgspec
from msgspec.structs import replace

from ...analysis.judge.reaching.reach import Reach
from ...analysis.judge.turning.verdicts import FunctionPlan
from ...analysis.link.program import Key
from ...analysis.syntax import FileSyntax, FunctionNode
from ...await_bridges import Bridge, Bridges, Place
from ...await_bridges.runners import Runners
from ...model import Reason, RemedyKind


class _Settle(Protocol):
    def __call__(
        self, function: Key, turned: frozenset[Key], *, partial: bool, is_new: bool
    ) -> FunctionPlan | Reason: ...


class Bridging(msgspec.Struct, dict=True):
    reach: Reach
    on_loop: frozenset[Key]
    """What runs on the loop of the server today."""
    runners: Runners
    can_await: Callable[[Key, FileSyntax, FunctionNode, ast.Call], bool]
    settle: _Settle
    is_run_elsewhere: Callable[[Key], bool]
    """By what makes a loop for it: there it queues nothing."""
    is_left_to_workers: Callable[[Key, FileSyntax, ast.Call, Iterable[Key]], bool]
    """Would the next run make a task of what the bridge awaits? Then it stays in its thread."""
    off_loop: frozenset[Key] = frozenset()
    """Tests and scripts: they bring nothing onto the loop of the server."""
    _free: dict[Key, bool] = msgspec.field(default_factory=dict)

    @cached_property
    def _bridges(self) -> Bridges:
        return Bridges(self.reach, self.on_loop, self.runners)

    def plan(self, place: Place) -> Bridge | None:
        """`brings` names all coroutine functions that have not run on this loop so far."""
        bridge = self._bridges.plan(
            place, lambda call: self.can_await(place.function, place.file, place.node, call)
        )
        if bridge is None:
            return None
        if place.function in self.off_loop:
            return replace(bridge, brings=frozenset())
        scope = self.reach.effects.program.scope
        coroutines = [key for key in self.reach.below(*bridge.brings) if scope(key).is_async]
        if not all(map(self._is_free, sorted(coroutines))):
            return None
        kept = filter(self.is_run_elsewhere, coroutines)
        if self.is_left_to_workers(place.function, place.file, place.call, kept):
            return None
        return replace(bridge, brings=frozenset(coroutines) - self.on_loop)

    def _is_free(self, coroutine: Key) -> bool:
        """Can all be mended that blocks in its own frame?"""
        if coroutine not in self._free:
            self._free[coroutine] = True  # until it is found otherwise, where coroutines call each other
            plan = self.settle(coroutine, frozenset(), partial=True, is_new=coroutine not in self.on_loop)
            self._free[coroutine] = isinstance(plan, FunctionPlan) and all(
                mended.remedy is not RemedyKind.LEAVE for mended in plan.mended
            )
        return self._free[coroutine]
