"""Helpers that are given objects of the database: they stay, and the part moves that needs their fields.

def notify(order):                                async def notify(order):
    send(order.customer.email, "Shipped")   ->        await send_task.kiq(order.customer.email, "Shipped")
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ...analysis.judge.callers.callers import Callers
from ...analysis.judge.effects.site import Site
from ...analysis.judge.reaching.reach import Reach
from ...analysis.link.program import Key, Program
from ...analysis.syntax import Syntax
from ...model import Span
from ..sent.injected import Injected
from ..sites import ORM_OBJECT, TaskPlans
from .work import root_name

Plan = Callable[[Key, Sequence[Site], bool], TaskPlans]


class Unsent:
    def __init__(
        self, callers: Callers, reach: Reach, syntax: Syntax, injected: Injected, plan: Plan
    ) -> None:
        """`plan` of some calls alone, in a function that may await or may not."""
        self.callers = callers
        self.program: Program = callers.program
        self.reach = reach
        self.syntax = syntax
        self.injected = injected
        self.plan = plan
        self._found: dict[Key, bool] = {}

    def is_given(self, function: Key) -> bool:
        """Does a caller pass an object of the database, and can none have a worker run the function as it
        is? What must not be sent at all, as a secret, is no nearer to it further down."""
        if function not in self._found:
            self._found[function] = False  # as long as it is looked at
            calls = list(self._calls(function))
            plans = [plan for caller, site in calls for plan in self._both(caller, site)]
            reasons = [reason for plan in plans for reason in plan.reasons.values()]
            is_given = any(reason.code == ORM_OBJECT for reason in reasons)
            is_cut = is_given and not any(plan.plans for plan in plans)
            self._found[function] = is_cut and not any(self._is_faked(*call) for call in calls)
        return self._found[function]

    def _both(self, caller: Key, site: Site) -> Iterator[TaskPlans]:
        yield self.plan(caller, [site], True)
        yield self.plan(caller, [site], False)

    def _is_faked(self, caller: Key, site: Site) -> bool:
        """Is it a method of what tests override, by something that nobody could await?"""
        file = self.syntax.file(caller.path)
        node, call = file.function(self.program.scope(caller).span), file.call(Span(*site.span))
        name = root_name(call.func) if call is not None else ""
        return node is not None and self.injected.is_overridden(caller, node, name)

    def _calls(self, function: Key) -> Iterator[tuple[Key, Site]]:
        for caller in self.callers.calls(function):
            if not self.program.modules[caller.call.path].facts.is_test:
                for site in self.reach.own(caller.owner):
                    if site.call == caller.call and site.target == function and site.form == "call":
                        yield caller.owner, site
