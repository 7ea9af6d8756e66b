"""What could become tasks, before it is decided: whether a function turns may rest on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..analysis.judge.effects.site import Site
from ..analysis.link.program import Key
from ..model import Span
from .generated.names import TaskNames
from .sites import SlowSite, TaskPlan, TaskPlans

if TYPE_CHECKING:
    from . import Tasks


class Trials:
    def __init__(self, tasks: Tasks, names: TaskNames) -> None:
        """`names` are taken by what may become tasks, and by nothing else."""
        self.tasks = tasks
        self.names = names
        self._helpers: dict[Key, tuple[Sequence[Site], Sequence[TaskPlan]]] = {}

    def queued(self, function: Key) -> frozenset[Key]:
        """Functions of which every call here can move, as they are: a worker runs them."""
        slow, plans = self._of_helpers(function)
        covered = [span for plan in plans for span in plan.covered]
        stays = {s.target for s in slow if not any(span.contains(Span(*s.span)) for span in covered)}
        return frozenset(site.target for site in slow if site.target is not None) - stays

    def move_a_part(self, function: Key) -> bool:
        """Can some call of a helper that does slow work move, whatever the function does beside it?"""
        return bool(self._of_helpers(function)[1])

    def tell_more(self, function: Key, slow: Sequence[Site]) -> bool:
        """Do callers look at errors that it raises, and the slow calls in it do not? Or at what it gives,
        which needs none of these?"""
        watched, sites = self.tasks.watched, self.tasks.sites
        raised = sites.own_errors.leaving(function)
        return watched.tells_apart(function, raised, sites.errors(slow)) or (
            watched.is_read(function) and self.move_a_part(function)
        )

    def of(self, function: Key, slow: Sequence[Site], may_await: bool = True) -> TaskPlans:
        """What could move where these calls are all that is slow. Nothing is decided by that."""
        if self.tasks.workers.run(function):
            return TaskPlans()
        sites = tuple(self.tasks.sites.of(site, frozenset()) for site in slow)
        return self.of_sites(function, sites, may_await=may_await)

    def of_sites(self, function: Key, sites: tuple[SlowSite, ...], *, may_await: bool = True) -> TaskPlans:
        file, node = self.tasks.node(function)
        if node is None or not sites:
            return TaskPlans()
        steps = self.tasks.sites.steps(function, frozenset())
        parts = (function, sites, steps, file, node, self.names, lambda need: False)
        return self.tasks.planned(*parts, may_await=may_await)

    def _of_helpers(self, function: Key) -> tuple[Sequence[Site], Sequence[TaskPlan]]:
        """The calls of helpers that do slow work, and what can move of them."""
        if function not in self._helpers:
            self._helpers[function] = (), ()  # as long as it is looked at
            self._helpers[function] = self._try_helpers(function)
        return self._helpers[function]

    def _try_helpers(self, function: Key) -> tuple[Sequence[Site], Sequence[TaskPlan]]:
        tasks, file = self.tasks, self.tasks.syntax.file(function.path)
        sites = [s for s in tasks.reach.own(function) if s.target is not None and s.form != "callback"]
        slow = [site for site in sites if tasks.is_slow(site, file)]
        if not tasks.slow.may_move(slow):
            return (), ()
        whole = [site for site in slow if not tasks.levels.parts(site.target)]  # type: ignore[arg-type]
        return slow, self.of(function, whole).plans
