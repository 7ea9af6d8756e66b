"""Slow calls that the judge found -> what the decision about them is made from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from functools import partial

from msgspec.structs import replace

from ...analysis.judge.callers.callers import Callers
from ...analysis.judge.effects.simulated import SLEEPS
from ...analysis.judge.effects.site import Site, SiteKind
from ...analysis.judge.reaching.reach import HARMFUL, Reach
from ...analysis.link.program import Key
from ...analysis.syntax import Syntax, snake
from ...catalogue.entry import Effect
from ...frameworks.error_handlers import Error
from ...model import Span
from ..hazards.errors.own_errors import OwnErrors
from ..hazards.state import State
from ..sites import HelperSignature, InnerWork, SlowSite
from ..words import FILE_KINDS
from .helpers import Helpers
from .requests import Requests
from .services import Services
from .slow import SlowWork

_READS = frozenset({"fetch", "get", "load", "read", "find", "collect", "query", "select"})


class SlowSites:
    def __init__(
        self,
        reach: Reach,
        syntax: Syntax,
        handlers: Set[Key],
        slow: SlowWork,
        helpers: Helpers,
        state: State,
        own_errors: OwnErrors,
        callers: Callers,
    ) -> None:
        self.reach = reach
        self.program = reach.effects.program
        self.syntax = syntax
        self.handlers = handlers
        self.slow = slow
        self.helpers = helpers
        self.state = state
        self.own_errors = own_errors
        self._requests: dict[Key, Requests] = {}
        self._services = Services(reach, syntax, callers, handlers, slow.carried)

    def requests(self, function: Key) -> Requests:
        if function not in self._requests:
            behind = partial(self._services.behind, function)
            services, queued = partial(self._services_of, function), partial(self._queued_by, function)
            self._requests[function] = Requests(services, behind, queued)
        return self._requests[function]

    def _services_of(self, function: Key) -> Mapping[Span, frozenset[str]]:
        sites = (*self._services.sites(function), *self.slow.celery.started(function))
        return self._services.of(sites, self._services.queued(function))

    def _queued_by(self, function: Key) -> Mapping[Span, frozenset[str]]:
        return {
            span: frozenset(map(self.slow.category, self.reach.own(task)))
            for span, task in self._services.queued(function)
        }

    def of(self, site: Site, turned: Set[Key], around: Set[Key] = frozenset()) -> SlowSite:
        """`turned`: helpers that will be coroutine functions; `around`: inner functions that lead to it."""
        span = Span(*site.span)
        category = self.slow.category(site)
        celery = self.slow.celery.why_not(site) if self.slow.celery.is_about(site) else None
        errors = self.errors([site])
        if site.target is None:
            is_async = site.entry is not None and site.entry.effect is Effect.ASYNC
            return SlowSite(span, site.name, category, is_async=is_async, own_errors=errors, celery=celery)
        called = self._named(self._at(site))
        found = [self._signature(each, category, turned) for each in called]
        helpers = tuple(each for each in found if each is not None)
        is_one = len(found) == len(helpers) == 1 and not helpers[0].is_hidden
        helper = helpers[0] if is_one else None
        one_of, inner = helpers if helper is None else (), self._inner(site, turned, around)
        name = called[0].name if helper is not None else site.name
        return SlowSite(span, name, category, helper, False, errors, one_of, inner, celery)

    def _named(self, sites: Iterable[Site]) -> Sequence[Site]:
        """Those that the call names: not what decorators put in their places."""
        sites = tuple(sites)
        wrappers = self.reach.effects.inference.decorators.wrappers
        around = {key for site in sites if site.target is not None for key in wrappers(site.target)}
        return tuple(site for site in sites if site.target not in around)

    def _signature(self, site: Site, category: str, turned: Set[Key]) -> HelperSignature | None:
        helper = self.helpers.signature(site.target) if site.target is not None else None
        if site.target is None or helper is None:
            return None
        is_told_so = self.slow.chosen.is_chosen(site)
        elsewhere = "" if is_told_so else self.state.elsewhere(site.target, category, self.slow.is_told)
        rows = self.state.rows
        stored = rows.stored(site.target) if helper.process_state else ""
        is_made = bool(stored) and category in FILE_KINDS and not rows.stored_before_slow(site.target)
        return replace(
            helper,
            is_async=helper.is_async or site.target in turned,
            elsewhere=elsewhere,
            stored="" if is_made else stored,
            stores_product=is_made,
        )

    def steps(self, function: Key, turned: Set[Key]) -> Mapping[Span, HelperSignature]:
        """Calls of a handler that only read or store rows, or stand for that, or that take a product of slow
        work anywhere, and of which nobody sees how they fail."""
        found: dict[Span, HelperSignature] = {}
        file = self.syntax.file(function.path)
        own = self.reach.own(function) if function in self.handlers else ()
        slow = [site for site in own if self.slow.is_slow(site, file)]
        made = min((site.span[2:] for site in slow if self.slow.category(site) in FILE_KINDS), default=None)
        for site in own:
            if site.target is None or site.form != "call" or site in slow:
                continue
            helper = self._signature(site, "document", turned) if len([*self._at(site)]) == 1 else None
            if helper is None or helper.is_hidden or not _is_step(helper):
                continue
            is_behind = made is not None and made <= site.span[2:]
            if helper.process_state or is_behind or self._stands_for_reading(site.target):
                found[Span(*site.span)] = helper
        return found

    def _stands_for_reading(self, function: Key) -> bool:
        """`fetch_report_data()`, which only makes up what it gives, and waits or is awaited for that."""
        scope = self.program.scope(function)
        is_waited_for = scope.is_async or any(map(_waits, self.reach.own(function)))
        if not is_waited_for or snake(scope.name).partition("_")[0] not in _READS:
            return False
        kinds = HARMFUL | {SiteKind.ASYNC}
        return self.reach.chain(function, kinds, lambda site: not _waits(site)) == ((), None)

    def errors(self, sites: Iterable[Site]) -> frozenset[Error] | None:
        """The project's own that may leave any of these calls; None where that cannot be told."""
        return self.own_errors.of_sites(each for site in sites for each in self._at(site))

    def _at(self, site: Site) -> Iterable[Site]:
        """All that may be called there, by override or union; each of the project once."""
        if site.form == "callback":
            return self.slow.alternatives(site)
        if site.call is None:
            return (site,)
        sites = self.reach.effects.of_call(site.call)
        return {each.target: each for each in sites if each.target is not None}.values() or sites

    def _inner(self, site: Site, turned: Set[Key], around: Set[Key]) -> InnerWork | None:
        """What is known of an inner function that is handed on; nothing of one that hands on itself."""
        function = site.target
        if (
            function is None
            or function in around
            or site.form != "callback"
            or "<locals>" not in self.program.scope(function).qualname
        ):
            return None
        file = self.syntax.file(function.path)
        own = (each for each in self.reach.own(function) if self.slow.is_slow(each, file))
        slow = tuple(self.of(each, turned, {*around, function}) for each in own)
        return InnerWork(slow, self.state.needed_later(function), self.state.memory(function))


def _waits(site: Site) -> bool:
    return site.name in SLEEPS


def _is_step(helper: HelperSignature) -> bool:
    is_seen = helper.raises or helper.memory or helper.changes_itself or helper.filled or helper.elsewhere
    is_bound = helper.needed_later or helper.changed or helper.draws or helper.needs_late_import
    return not (is_seen or is_bound)
