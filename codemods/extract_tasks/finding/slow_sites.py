"""Slow calls that the judge found -> what the decision about them is made from."""

from __future__ import annotations

from collections.abc import Set

from msgspec.structs import replace

from ...analysis.judge.reach import Reach
from ...analysis.judge.site import Site
from ...analysis.link.program import Key
from ...analysis.syntax import Syntax
from ...catalogue.entry import Effect
from ...model import Span
from ..hazards.state import State
from ..sites import InnerWork, SlowSite
from .helpers import Helpers
from .slow import SlowWork


class SlowSites:
    def __init__(self, reach: Reach, syntax: Syntax, slow: SlowWork, helpers: Helpers, state: State) -> None:
        self.reach = reach
        self.program = reach.effects.program
        self.syntax = syntax
        self.slow = slow
        self.helpers = helpers
        self.state = state

    def of(self, site: Site, turned: Set[Key]) -> SlowSite:
        """`turned`: helpers that will be coroutine functions."""
        span = Span(*site.span)
        category = self.slow.category(site)
        celery = self.slow.celery.why_not(site) if self.slow.celery.is_about(site) else None
        if site.target is None:
            is_async = site.entry is not None and site.entry.effect is Effect.ASYNC
            return SlowSite(span, site.name, category, is_async=is_async, celery=celery)
        helper = self.helpers.signature(site.target) if self._is_one_function(site) else None
        if helper is not None:
            is_async = helper.is_async or site.target in turned
            is_told_so = self.slow.chosen.is_chosen(site)
            elsewhere = "" if is_told_so else self.state.elsewhere(site.target, category, self.slow.is_told)
            helper = replace(helper, is_async=is_async, elsewhere=elsewhere)
        return SlowSite(span, site.name, category, helper, inner=self._inner(site, turned), celery=celery)

    def _inner(self, site: Site, turned: Set[Key]) -> InnerWork | None:
        """What is known of an inner function that is handed on."""
        function = site.target
        if (
            function is None
            or site.form != "callback"
            or "<locals>" not in self.program.scope(function).qualname
        ):
            return None
        file = self.syntax.file(function.path)
        slow = tuple(self.of(s, turned) for s in self.reach.own(function) if self.slow.is_slow(s, file))
        return InnerWork(slow, self.state.needed(function), self.state.memory(function))

    def _is_one_function(self, site: Site) -> bool:
        """Does the call always run this function, and not the one of a subclass?"""
        if site.call is None or site.form == "callback":
            return True
        targets = {s.target for s in self.reach.effects.of_call(site.call) if s.target is not None}
        return targets == {site.target}
