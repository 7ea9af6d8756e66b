"""Slow calls that the judge found -> what the decision about them is made from."""

from __future__ import annotations

from collections.abc import Iterable, Set

from msgspec.structs import replace

from ...analysis.judge.reach import Reach
from ...analysis.judge.site import Site
from ...analysis.link.program import Key
from ...analysis.syntax import Syntax
from ...catalogue.entry import Effect
from ...model import Span
from ..hazards.own_errors import OwnErrors
from ..hazards.state import State
from ..sites import HelperSignature, InnerWork, SlowSite
from .helpers import Helpers
from .slow import SlowWork


class SlowSites:
    def __init__(
        self,
        reach: Reach,
        syntax: Syntax,
        slow: SlowWork,
        helpers: Helpers,
        state: State,
        own_errors: OwnErrors,
    ) -> None:
        self.reach = reach
        self.program = reach.effects.program
        self.syntax = syntax
        self.slow = slow
        self.helpers = helpers
        self.state = state
        self.own_errors = own_errors

    def of(self, site: Site, turned: Set[Key]) -> SlowSite:
        """`turned`: helpers that will be coroutine functions."""
        span = Span(*site.span)
        category = self.slow.category(site)
        celery = self.slow.celery.why_not(site) if self.slow.celery.is_about(site) else None
        errors = self.errors([site])
        if site.target is None:
            is_async = site.entry is not None and site.entry.effect is Effect.ASYNC
            return SlowSite(span, site.name, category, is_async=is_async, own_errors=errors, celery=celery)
        found = [self._signature(each, category, turned) for each in self._at(site)]
        helpers = tuple(each for each in found if each is not None)
        helper = helpers[0] if len(found) == len(helpers) == 1 else None
        one_of, inner = helpers if helper is None else (), self._inner(site, turned)
        return SlowSite(span, site.name, category, helper, False, errors, one_of, inner, celery)

    def _signature(self, site: Site, category: str, turned: Set[Key]) -> HelperSignature | None:
        helper = self.helpers.signature(site.target) if site.target is not None else None
        if site.target is None or helper is None:
            return None
        is_told_so = self.slow.chosen.is_chosen(site)
        elsewhere = "" if is_told_so else self.state.elsewhere(site.target, category, self.slow.is_told)
        return replace(helper, is_async=helper.is_async or site.target in turned, elsewhere=elsewhere)

    def errors(self, sites: Iterable[Site]) -> frozenset[Key] | None:
        """The project's own that may leave any of these calls; None where that cannot be told."""
        return self.own_errors.of_sites(each for site in sites for each in self._at(site))

    def _at(self, site: Site) -> Iterable[Site]:
        """All that may be called there, by override or union; each of the project once."""
        if site.call is None or site.form == "callback":
            return (site,)
        sites = self.reach.effects.of_call(site.call)
        return {each.target: each for each in sites if each.target is not None}.values() or sites

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
