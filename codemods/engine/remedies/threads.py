"""The last rung: what has no twin and is no task goes to the thread pool."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from ... import offload
from ...analysis.judge.effects.site import Site, SiteKind
from ...analysis.judge.reaching.reach import HARMFUL, KNOWN_HARM
from ...analysis.judge.state.handled_errors import HandledErrors
from ...analysis.judge.state.locks import is_lock
from ...analysis.judge.state.one_at_a_time import OneAtATime
from ...analysis.judge.state.swallowing import Swallowing
from ...analysis.judge.turning.verdicts import Mended, place_of
from ...analysis.link.program import Key, unnumbered
from ...analysis.syntax import FunctionNode
from ...async_clients import Twins
from ...model import Edit, ExtractToThread, Hop, Location, Reason, RemedyKind, Span
from .draft import Draft
from .lives import Lives, connections_of, is_on_connection
from .questions import Questions

_Sites = tuple[offload.OffloadSite, ...]
_Spans = tuple[Span, ...]
_Asked = tuple[FunctionNode, _Sites, _Spans, bool, bool, int, frozenset[str]]


class Threads(msgspec.Struct, frozen=True):
    ask: Questions
    twins: Twins
    alone: OneAtATime
    swallowing: Swallowing
    errors: HandledErrors
    is_skipped: bool = False
    """Is nothing to be put into the thread pool?"""
    _plans: dict[_Asked, offload.OffloadPlan | Reason] = msgspec.field(default_factory=dict)
    """Asked for again when the sites are taken."""
    _names: dict[Key, frozenset[str]] = msgspec.field(default_factory=dict)

    def take(self, draft: Draft) -> Reason | None:
        """Plan the hops of the draft; a reason when the function cannot be mended as a whole."""
        if not draft.to_thread and not draft.unresolved and not draft.bound:
            return None
        if self.is_skipped:
            return self._left_out(draft)
        if draft.partial:
            drawn = self.ask.drawn(draft.to_thread)
            draft.problems.extend((site, self.ask.drawing_reason(site)) for site in drawn)
            draft.to_thread = [site for site in draft.to_thread if site not in drawn]
        kept = draft.to_thread
        if draft.partial:
            draft.problems.extend((site, _without_call(site)) for site in draft.unresolved)
            kept = draft.to_thread if self._goes_at_once(draft) else self._one_by_one(draft)
            if not kept:
                return None
        elif draft.unresolved and (draft.awaited or draft.edits):
            return self._cannot_be_told(draft.unresolved[0])
        elif draft.bound and (draft.awaited or draft.edits):
            return _is_bound(draft.bound[0])
        # what stays because it is bound to its thread, or to the loop, must not be carried off by what goes
        # around it
        stays = [site for site in self.ask.sharing(draft.to_thread) if site not in kept]
        stays += self._of_the_loop(draft) if draft.partial else ()
        fixed = tuple(Span(*site.span) for site in stays)
        at_once = self._goes_at_once(draft)
        whole = at_once or not (draft.partial or draft.keeps_body)
        apart = draft.awaited and not draft.partial
        held = connections_of(self.ask.program, draft.node, draft.to_thread) if apart else frozenset()
        result = self._planned(draft, kept, whole=whole, fixed=fixed, at_once=at_once, held=held)
        if isinstance(result, Reason) and not draft.partial:
            result = self._connection_by_connection(draft, fixed) or result
        if isinstance(result, Reason):
            if draft.partial:
                return None
            return self._cannot_be_told(draft.unresolved[0]) if draft.unresolved else result
        draft.hops, draft.whole_body = result.hops, result.whole_body
        draft.edits.extend((draft.file.path, edit) for edit in result.edits)
        remedy = RemedyKind.WHOLE_BODY if result.whole_body else RemedyKind.OFFLOAD
        draft.mended.extend(Mended(site, remedy, self._in_thread(site)) for site in kept)
        self._carry(draft, result.edits)
        if result.whole_body:
            draft.mended.extend(Mended(site, remedy, site.why) for site in draft.unresolved)
        return None

    def _of_the_loop(self, draft: Draft) -> Iterator[Site]:
        """What an async function does that a thread cannot, or not beside others."""
        own = self.ask.reach.own(draft.function)
        yield from filter(self.ask.asked_of_loop, own)
        yield from self.ask.drawn(own)
        yield from filter(self.alone.used_at, own)

    def _goes_at_once(self, draft: Draft) -> bool:
        """Can a function whose work on a connection would take several hops go as a whole?"""
        on_connections = [*filter(is_on_connection, draft.to_thread)]
        known = all(site.kind is not SiteKind.UNKNOWN for site in draft.to_thread)
        if draft.keeps_body or draft.unresolved or draft.problems or not known or len(on_connections) < 2:
            return False
        apart = self._planned(draft, draft.to_thread, whole=False)
        if not isinstance(apart, Reason) and apart.hops <= 1:
            return False
        fixed = tuple(Span(*site.span) for site in self._of_the_loop(draft)) if draft.partial else ()
        result = self._planned(draft, draft.to_thread, whole=True, fixed=fixed, at_once=True)
        return not isinstance(result, Reason) and result.whole_body

    def _connection_by_connection(self, draft: Draft, fixed: _Spans) -> offload.OffloadPlan | Reason | None:
        """A hop for all that is done on one connection, where something is awaited around it."""
        sharing = self.ask.sharing(draft.to_thread)
        if not (sharing and draft.awaited) or draft.unresolved or draft.bound:
            return None
        lives = Lives(self.ask.connections, draft.function, draft.node)
        apart = self._planned(draft, draft.to_thread, whole=False, fixed=fixed, held=lives.held)
        if isinstance(apart, Reason) or not lives.are_whole(sharing, apart.edits):
            text = f"{sharing[0].name} works on a connection that is open longer, and belongs to one thread"
            return Reason("AF913", text, place_of(sharing[0]), hint="close it before something is awaited")
        return apart

    def _cannot_be_told(self, site: Site) -> Reason:
        if is_lock(site):
            text = "a lock is held from here on, so that all that follows belongs into one thread"
            return Reason("AF913", text, place_of(site))
        chain: tuple[Hop, ...] = ()
        why = site.why
        if site.target is not None:
            chain, last = self.ask.reach.chain(site.target, HARMFUL)
            why = f"{last.name or last.why} ({place_of(last)})" if last is not None else why
        return Reason(
            "AF903",
            f"what {site.name or 'a call'} does cannot be told: {why}",
            place_of(site),
            chain,
            hint="annotate the value, or name the call in `trusted` when it is fast",
        )

    def _carry(self, draft: Draft, edits: Sequence[Edit]) -> None:
        """What has no remedy of its own goes along where what stands around it goes to a thread."""
        moved = [Span(*edit.first[:2], *edit.last[2:]) for edit in edits if isinstance(edit, ExtractToThread)]
        gone = [site for site, _ in draft.problems if any(each.contains(Span(*site.span)) for each in moved)]
        draft.problems = [(site, reason) for site, reason in draft.problems if site not in gone]
        text = "await run_in_threadpool(...), with what is done around it"
        draft.mended.extend(Mended(site, RemedyKind.OFFLOAD, text) for site in gone)

    def in_one_hop(self, draft: Draft, sites: list[Site]) -> bool:
        result = self._planned(draft, sites, whole=False)
        return not isinstance(result, Reason) and result.hops == 1

    def take_whole(self, draft: Draft, sites: list[Site]) -> Reason | None:
        """The whole body goes, with its session; a reason when it cannot."""
        draft.unresolved = sites
        if self.is_skipped:
            return self._left_out(draft)
        result = self._planned(draft, [], whole=True, at_least=1)
        if isinstance(result, Reason):
            return result
        draft.hops, draft.whole_body = result.hops, result.whole_body
        draft.edits.extend((draft.file.path, edit) for edit in result.edits)
        text = "in a thread, with all that is done on the session"
        draft.mended.extend(Mended(site, RemedyKind.WHOLE_BODY, text) for site in sites)
        return None

    def _left_out(self, draft: Draft) -> Reason | None:
        """Nothing may go to the pool: what runs on the loop already stays there, and the rest stays `def`."""
        if draft.partial:
            draft.problems.extend((site, _without_pool(place_of(site))) for site in draft.to_thread)
            return None
        return _without_pool(self.ask.program.location(draft.function))

    def _in_thread(self, site: Site) -> str:
        """What is done, and why nothing better."""
        last = site if site.target is None else self.ask.reach.chain(site.target, KNOWN_HARM)[1]
        reason = self.twins.reason(last) if last is not None else None
        return "await run_in_threadpool(...)" + (f", because {reason.text}" if reason is not None else "")

    def _planned(
        self,
        draft: Draft,
        wanted: list[Site],
        *,
        whole: bool,
        fixed: _Spans = (),
        at_least: int = 0,
        at_once: bool = False,
        held: frozenset[str] = frozenset(),
    ) -> offload.OffloadPlan | Reason:
        """`fixed` are places that stay where they are, whatever goes to a thread around them; `at_once`: what
        can go as a whole does."""
        sites = tuple(
            offload.OffloadSite(
                Span(*site.span),
                unnumbered(site.name),
                _form(site),
                self.ask.given(site),
                self.ask.asks_who_calls(site),
                site.is_cheap,
            )
            for site in wanted
        )
        awaited = (*draft.awaited, *fixed)
        prefers_whole = at_once or any(site.kind is SiteKind.UNKNOWN for site in draft.to_thread)
        unresolved = 0
        if whole:
            # one connection, one thread: then all goes, or nothing
            bound = len(draft.to_thread) if self.ask.sharing(draft.to_thread) else 0
            unresolved = max(len(draft.unresolved) + len(draft.bound) + bound, at_least)
        asked = (draft.node, sites, awaited, whole, prefers_whole, unresolved, held)
        if asked not in self._plans:
            self._plans[asked] = offload.plan_offload(
                draft.file,
                draft.node,
                sites,
                awaited,
                changing=self.ask.context_changes.calls(draft.function),
                looking=self.errors.calls(draft.function),
                held=held,
                tuples=self.ask.tuples(draft.function, draft.node),
                swallowing=self.swallowing.entered(draft.function),
                taken_names=self._taken(draft.function),
                allow_whole_body=whole,
                prefer_whole_body=prefers_whole,
                unresolved=unresolved,
            )
        return self._plans[asked]

    def _one_by_one(self, draft: Draft) -> list[Site]:
        """The sites of an async function that can go to a thread; why the others cannot goes into the
        draft."""
        bound = self.ask.sharing(draft.to_thread)
        together = self._planned(draft, bound, whole=False) if len(bound) > 1 else None
        torn = isinstance(together, Reason) or (together is not None and together.hops > 1)
        possible: list[Site] = []
        for site in draft.to_thread:
            asked, alone = self.ask.asked_of_loop(site), self.alone.used_at(site)
            if alone:
                text = f"{alone} serves one thread at a time, and requests would use it in several"
                hint = "make one for each request, or hold an asyncio.Lock around it"
                draft.problems.append((site, Reason("AF913", text, place_of(site), hint=hint)))
            elif asked:
                text = f"{site.name} works with the event loop or its thread ({asked}), which another has not"
                draft.problems.append((site, Reason("AF913", text, place_of(site))))
            elif torn and site in bound:
                text = f"{site.name} works on what belongs to one thread, and some hops would use several"
                hint = "put all work on it into one function"
                draft.problems.append((site, Reason("AF913", text, place_of(site), hint=hint)))
            else:
                possible.append(site)
        fixed = tuple(Span(*site.span) for site in bound) if torn else ()
        if possible and not isinstance(self._planned(draft, possible, whole=False, fixed=fixed), Reason):
            return possible
        return self._most_of(draft, [], possible, fixed)

    def _most_of(self, draft: Draft, accepted: list[Site], sites: list[Site], fixed: _Spans) -> list[Site]:
        """Those of the sites that can go beside the accepted ones; halved until the one that cannot stands
        alone, for a function may have hundreds."""
        for half in (sites[: len(sites) // 2], sites[len(sites) // 2 :]):
            result = self._planned(draft, [*accepted, *half], whole=False, fixed=fixed) if half else None
            if not isinstance(result, Reason):
                accepted = [*accepted, *half]
            elif len(half) > 1:
                accepted = self._most_of(draft, accepted, half, fixed)
            else:
                draft.problems.append((half[0], result))
        return accepted

    def _taken(self, function: Key) -> frozenset[str]:
        """Every name that a new name could hide or clash with: those of all scopes around and in the
        function."""
        if function not in self._names:
            self._names[function] = frozenset(self._names_around(function))
        return self._names[function]

    def _names_around(self, function: Key) -> set[str]:
        program = self.ask.program
        names: set[str] = set()
        for table in program.modules[function.path].names:
            names.update(table)
        cls = program.enclosing_class(function)
        if cls is not None:
            # a method is read from the object, which may have an attribute or a method below of that name
            classes = self.ask.reach.effects.inference.classes
            for step in (*classes.mro(cls), *classes.subclasses.get(cls, ())):
                if isinstance(step, Key):
                    names.update(program.modules[step.path].names[step.scope], classes.kept(step))
        return names


def _form(site: Site) -> str:
    form = "read" if site.form == "attribute" else site.form
    return form if form in ("with", "for", "read", "truth", *offload.ASYNC) else "call"


def _is_bound(site: Site) -> Reason:
    text = f"{site.name} holds for one thread, so that nothing of the function may be awaited apart from it"
    return Reason("AF913", text, place_of(site))


def _without_call(site: Site) -> Reason:
    text = f"{site.name} runs without being called, so there is nothing to await"
    return Reason("AF908", text, place_of(site), hint="make it a method, and call that")


def _without_pool(place: Location) -> Reason:
    return Reason("AF918", "it would need the thread pool, and `offload` is left out", place)
