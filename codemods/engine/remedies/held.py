"""Places of a function where nothing may be awaited: what blocks under a lock of threads runs in one thread,
and what cleans up behind a stream that is broken off runs at once."""

from __future__ import annotations

import msgspec

from ...analysis.judge.effects.site import Site
from ...analysis.judge.reaching.reach import Reach
from ...analysis.judge.state.broken_off import BrokenOff
from ...analysis.judge.state.locks import Locks, is_lock
from ...analysis.judge.turning.verdicts import place_of
from ...analysis.link.program import Key
from ...model import Reason, Span
from .draft import Draft
from .questions import Questions
from .threads import Threads


class Held(msgspec.Struct, frozen=True):
    reach: Reach
    locks: Locks
    broken_off: BrokenOff
    ask: Questions
    threads: Threads

    def holds(self, function: Key, *spans: Span) -> bool:
        """May nothing be awaited at one of the places?"""
        return any(self.why(function, span) for span in spans)

    def why(self, function: Key, span: Span) -> str:
        if self.locks.hold(function, span):
            return "while a lock of threads is held"
        return "when a stream is broken off" if self.broken_off.at(function, span) else ""

    def reason(self, function: Key, site: Site) -> Reason:
        if not self.broken_off.at(function, Span(*site.span)):
            return self.ask.held_reason(site)
        text = f"{site.name} runs when a stream is broken off, and what is awaited then is not done any more"
        hint = "await it in a thread inside `with anyio.CancelScope(shield=True):`"
        return Reason("AF913", text, place_of(site), hint=hint)

    def guarded(self, draft: Draft, lock: Site) -> list[Site]:
        """What blocks while this lock is held, other locks apart."""
        spans = [held for held in self.locks.held(draft.function) if held[:2] == lock.span[2:]]
        if not spans:
            return []
        return [
            site
            for site in self.reach.own(draft.function)
            if any(span.contains(Span(*site.span)) for span in spans)
            and self.ask.is_harmful(site, draft.harm)
            and not self.ask.only_locks(site)
        ]

    def stuck(self, draft: Draft) -> tuple[Span, ...]:
        """Where a function may not await, and cannot do all that blocks there in one hop."""
        found = [Span(*site.span) for site in self._left_behind(draft)]
        locks = filter(is_lock, self.reach.own(draft.function)) if draft.partial else ()
        for lock in locks:
            guarded = self.guarded(draft, lock)
            given_back = self.locks.given_back(draft.function, lock)
            if guarded and not self.threads.in_one_hop(draft, [lock, *guarded, *given_back]):
                found += [Span(*site.span) for site in (lock, *guarded)]
        return tuple(found)

    def _left_behind(self, draft: Draft) -> list[Site]:
        """What blocks when a stream is broken off, where that does not go to a thread with all else."""
        own = [site for site in self.reach.own(draft.function) if self.ask.is_harmful(site, draft.harm)]
        late = [site for site in own if self.broken_off.at(draft.function, Span(*site.span))]
        return [site for site in late if not self._goes_at_once(draft, site, own)]

    def _goes_at_once(self, draft: Draft, late: Site, own: list[Site]) -> bool:
        around = self.broken_off.at_once(draft.function, Span(*late.span))
        inside = [site for site in own if around is not None and around.contains(Span(*site.span))]
        apart = any(site.target in draft.turned or self._has_twin(draft, site) for site in inside)
        return not apart and self.threads.in_one_hop(draft, inside)

    def _has_twin(self, draft: Draft, site: Site) -> bool:
        call = draft.call(site) if draft.native else None
        twins = self.threads.twins
        return call is not None and twins.plan(draft.function, site, draft.file, draft.node, call) is not None
