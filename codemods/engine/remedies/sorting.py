"""What stands at one place of a function goes to one rung of the ladder."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

import msgspec

from ...analysis.judge.effects.site import Site, SiteKind
from ...analysis.judge.reaching.reach import KNOWN_HARM
from ...analysis.judge.turning.verdicts import Mended, place_of
from ...analysis.judge.turning.whole import Whole
from ...analysis.link.program import Key
from ...analysis.syntax import span_of
from ...extract_tasks import Tasks
from ...model import Hop, Reason, RemedyKind, Span
from .draft import Draft, Slow
from .held import Held
from .questions import Questions
from .waiting import Waiting

_UNKNOWN = frozenset({SiteKind.UNKNOWN})


class Sorting(msgspec.Struct, frozen=True, dict=True):
    ask: Questions
    waiting: Waiting
    held: Held
    tasks: Tasks
    whole: Whole

    def sort(self, draft: Draft) -> None:
        places = list(self._places(draft.function))
        seen = {Span(*sites[0].span) for sites in places}
        awaited = self._awaited.get(draft.file.path, ())
        draft.awaited += [each for each in awaited if span_of(draft.node).contains(each) and each not in seen]
        for sites in sorted(places, key=lambda each: not self._is_handled(draft, each)):
            if self._is_handled(draft, sites):
                self._of_the_database(draft, sites)
                draft.slow += [Slow(site) for site in sites if self._is_queued_whole(draft, site)]
            elif not self.waiting.is_bridged(draft, sites):
                self._sort(draft, sites)
        if draft.partial:
            draft.to_thread += self._called_on(draft, [site for sites in places for site in sites])

    def _is_handled(self, draft: Draft, sites: Sequence[Site]) -> bool:
        return (draft.file.path, sites[0].span) in self.whole.handled

    def _called_on(self, draft: Draft, sites: Sequence[Site]) -> Iterator[Site]:
        """What nobody knows, called on what a call gives that goes to a thread: in `drive.files().execute()`
        the last call does the work, and has to go with the first."""
        moved = {Span(*site.span) for site in draft.to_thread if site.form == "call"}
        unknown = [site for site in sites if site.form == "call" and self.ask.is_harmful(site, _UNKNOWN)]
        for site in sorted(unknown, key=lambda each: each.span[2:]):
            call = draft.call(site)
            if call is not None and not moved.isdisjoint(map(span_of, _receivers(call))):
                moved.add(Span(*site.span))
                yield site

    @cached_property
    def _awaited(self) -> Mapping[str, Sequence[Span]]:
        """What the edits of the database await, by file."""
        found: dict[str, list[Span]] = defaultdict(list)
        for path, span in sorted(self.whole.awaited):
            found[path].append(Span(*span))
        return found

    def stays(self, draft: Draft, awaits: list[Site], others: list[Site]) -> None:
        """What is no task: awaited, replaced by a twin, or run in a thread."""
        if awaits:
            self.waiting.wait(draft, awaits, others)
        elif others:
            site = max(others, key=lambda s: s.kind is not SiteKind.UNKNOWN)
            is_unknown = site.kind is SiteKind.UNKNOWN and not site.name
            if is_unknown or (site.form == "attribute" and not self._goes_apart(draft, site)):
                draft.unresolved.append(site)
            elif not self.waiting.has_twin(draft, site):
                draft.to_thread.append(site)

    def _goes_apart(self, draft: Draft, site: Site) -> bool:
        """A property where something else is awaited: what awaits nothing goes to a thread as a whole.
        What `__getattr__` gives may be anything."""
        is_known = self.ask.is_harmful(site, KNOWN_HARM) and not site.name.endswith("__")
        return site.target is not None and (draft.partial or (bool(draft.awaited) and is_known))

    def _places(self, function: Key) -> Iterable[list[Site]]:
        """What may happen at one place, by override or union: one remedy must do for all of it."""
        places: dict[object, list[Site]] = {}
        for site in self.ask.reach.own(function):
            places.setdefault((site.call or site.form, site.span), []).append(site)
        return places.values()

    def _sort(self, draft: Draft, sites: list[Site]) -> None:
        awaits = [s for s in sites if self._is_awaitable(draft, s)]
        others = [s for s in sites if s not in awaits and self._must_leave(draft, s)]
        if draft.native:
            client = self.waiting.turns_with_client
            others = [s for s in others if not client(draft.function, s, draft.file, draft.node)]
        chosen = [s for s in sites if self.tasks.is_chosen(s)]
        calls = [s for s in (*awaits, *others, *chosen) if s.form != "callback"]
        slow = next((s for s in calls if self._may_be_task(draft, s)), None)
        session = next((s for s in others if self.ask.is_session(s)), None)
        lock = next((s for s in others if self.held.guarded(draft, s)), None)
        if session is not None:
            draft.problems.append((session, self.ask.session_reason(session)))
            if slow is not None and draft.native and draft.function in self.tasks.handlers:
                draft.slow.append(Slow(slow))
        elif others and any(held.contains(Span(*others[0].span)) for held in draft.held):
            draft.problems.append((others[0], self.held.reason(draft.function, others[0])))
        elif lock is not None and lock.form == "call" and not draft.partial:
            draft.unresolved.append(lock)
        elif lock is not None:
            draft.to_thread += [lock, *self.held.locks.given_back(draft.function, lock)]
        elif draft.partial and others and all(map(self.ask.only_locks, others)):
            draft.problems.append((others[0], self.ask.lock_reason(others[0])))
        elif slow is not None and draft.native:
            draft.slow.append(Slow(slow, awaits, others, is_left=True))
        else:
            self.stays(draft, awaits, others)

    def _must_leave(self, draft: Draft, site: Site) -> bool:
        """Must it not run on the loop of the function? A script's may block, but is no place for another."""
        is_new = draft.function in self.whole.off_loop and not self.ask.program.scope(draft.function).is_async
        return self.ask.is_harmful(site, draft.harm) or (is_new and self.ask.starts_loop(site))

    def _is_awaitable(self, draft: Draft, site: Site) -> bool:
        if site.target in draft.turned or draft.is_wrapped(site):
            return True
        is_coroutine = site.kind is SiteKind.ASYNC or self.ask.is_coroutine(site)
        return is_coroutine and site.form != "callback"

    def _may_be_task(self, draft: Draft, site: Site) -> bool:
        """Slow work, unless the function that is called is or becomes async and queues a part of its own."""
        target = site.target
        is_awaited = target is not None and (
            target in draft.turned or self.ask.program.scope(target).is_async
        )
        if target is not None and is_awaited and self.tasks.cuts_inside(target):
            return False
        return self.tasks.is_slow(site, draft.file)

    def _is_queued_whole(self, draft: Draft, site: Site) -> bool:
        """May a task make this call of what turns with the database, and await it?"""
        place = draft.file.path, site.span
        is_call = site.form == "call" and place in self.whole.awaited and place not in self.whole.rewritten
        is_ours = (
            draft.native and draft.function in self.tasks.handlers and site.target in self.whole.functions
        )
        return is_call and is_ours and self._may_be_task(draft, site)

    def _of_the_database(self, draft: Draft, sites: list[Site]) -> None:
        """Its edits are made already; whatever else may happen at this place must not block."""
        is_rewritten = (draft.file.path, sites[0].span) in self.whole.rewritten
        if not is_rewritten or sites[0].form != "for":  # a loop over what is awaited stays one
            draft.awaited.append(Span(*sites[0].span))
        for site in sites if not is_rewritten else ():
            if site.kind is SiteKind.SESSION or site.target in self.whole.functions:
                draft.mended.append(Mended(site, RemedyKind.TWIN, "an await on an async session"))
            elif self.ask.is_harmful(site, draft.harm):
                text = f"{site.name or 'something else'} runs where the database is awaited, and may block"
                chain: tuple[Hop, ...] = ()
                if site.target is not None:
                    chain, last = self.ask.reach.chain(site.target, draft.harm)
                    if last is not None:
                        text = f"{text}: {last.name or last.why} ({place_of(last)})"
                draft.problems.append((site, Reason("AF909", text, place_of(site), chain)))


def _receivers(call: ast.Call) -> Iterator[ast.Call]:
    """The calls whose result a method is called on: `a` and `b` of `a().x[0].b().c()`."""
    node: ast.expr = call.func
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        if isinstance(node, ast.Call):
            yield node
        node = node.func if isinstance(node, ast.Call) else node.value
