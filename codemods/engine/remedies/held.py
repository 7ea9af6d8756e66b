"""Locks of threads in a function that lives on the event loop: what blocks under one runs in one thread."""

from __future__ import annotations

import msgspec

from ...analysis.judge.locks import Locks, is_lock
from ...analysis.judge.reach import Reach
from ...analysis.judge.site import Site
from ...analysis.link.program import Key
from ...model import Span
from .draft import Draft
from .questions import Questions
from .threads import Threads


class HeldLocks(msgspec.Struct, frozen=True):
    reach: Reach
    locks: Locks
    ask: Questions
    threads: Threads

    def holds(self, function: Key, *spans: Span) -> bool:
        """Does the function hold a lock at one of the places, so that nothing may be awaited there?"""
        return any(self.locks.hold(function, span) for span in spans)

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
        """Where an async function holds a lock and cannot do all that blocks there in one hop."""
        found: list[Span] = []
        for lock in filter(is_lock, self.reach.own(draft.function)):
            guarded = self.guarded(draft, lock)
            if guarded and not self.threads.in_one_hop(draft, [lock, *guarded]):
                found += [Span(*site.span) for site in (lock, *guarded)]
        return tuple(found)
