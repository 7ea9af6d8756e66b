"""What the ladder asks about one site before it chooses a rung."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence, Set
from functools import cached_property

from ...analysis.index.expr import Const
from ...analysis.judge.effects.foreign_keys import ForeignKeys
from ...analysis.judge.effects.lazy import Given, Laziness, latest
from ...analysis.judge.effects.of_the_loop import OF_THE_LOOP
from ...analysis.judge.effects.site import COMPUTES, Site, SiteKind
from ...analysis.judge.reaching.reach import HARMFUL, KNOWN_HARM, Reach
from ...analysis.judge.state.connections import Connections
from ...analysis.judge.state.context_changes import ContextChanges
from ...analysis.judge.state.drawing import Drawing, draws_on_current, is_of_figures
from ...analysis.judge.state.locks import is_lock
from ...analysis.judge.turning.verdicts import place_of
from ...analysis.link.kinds import Inst, Kind, Kinds, Obj, is_known, is_known_inside, union
from ...analysis.link.libraries.rows import SELECT, SYNC_SESSIONS
from ...analysis.link.program import Key, Program
from ...analysis.nodes import walk
from ...analysis.syntax import FunctionNode, span_of
from ...await_bridges.runners import RUNS_ON_LOOP, STARTS_LOOP, loops_are_nested
from ...databases import SESSION_IS_SYNC
from ...extract_tasks.words import FILE_KINDS
from ...model import Hop, Reason, Span
from ...offloading.hazards import RUNS_RUNNING_LOOP

_OF_THIS_MACHINE = frozenset({"file", "process", "cpu", "computing", "password-hashing", "lock", *FILE_KINDS})
_FRAMES = frozenset({"sys._getframe", "inspect.currentframe", "inspect.stack"})
_QUERIES = frozenset({"mongoengine.QuerySet", "peewee.ModelSelect"})
_SESSION_HINT = "sessions of SQLAlchemy and SQLModel migrate as a whole; until then this stays as it is"
"""Said of a `def` handler, in its thread, and of an `async def` one, on the loop."""
_MODEL_HINT = "make the response model in the route, and return that"


class Questions:
    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self.program: Program = reach.effects.program
        self.connections = Connections(reach)
        self.sharing = self.connections.sharing
        self._lazy = Laziness(reach.effects.inference)
        self._drawing = Drawing(reach)
        self._foreign_keys = ForeignKeys(reach.effects.inference)
        self._only_locks: dict[Key, bool] = {}
        self._asks_who_calls: dict[Key, bool] = {}
        self._lookers: dict[Key, bool] = {}
        self.context_changes = ContextChanges(reach)
        self._loop_starters: dict[Key, bool] = {}

    def is_harmful(self, site: Site, harm: frozenset[SiteKind]) -> bool:
        if site.target is not None:
            # an async function is judged by itself: calling it runs nothing yet
            return not self.program.scope(site.target).is_async and bool(self.reach.flags(site.target) & harm)
        return site.kind in harm and not self.reach.effects.is_awaited(site)

    def is_coroutine(self, site: Site) -> bool:
        """Is it a call of a coroutine function of the project?"""
        if site.target is None:
            return False
        scope = self.program.scope(site.target)
        return scope.is_async and not scope.has_yield

    def is_slow(self, site: Site) -> bool:
        """Is it slow work of a known kind?"""
        return site.kind is SiteKind.SLOW or self._reaches(site, SiteKind.SLOW)

    def is_session(self, site: Site) -> bool:
        return site.kind is SiteKind.SESSION or self._reaches(site, SiteKind.SESSION)

    def _reaches(self, site: Site, kind: SiteKind) -> bool:
        return site.target is not None and kind in self.reach.flags(site.target)

    def waits(self, site: Site) -> bool:
        """Does what blocks there wait for something else than the disk and the processor of this machine?"""
        last: Site | None = site
        if site.target is not None:
            _, last = self.reach.chain(site.target, HARMFUL)
        return last is None or last.entry is None or last.entry.category not in _OF_THIS_MACHINE

    def computing(self, site: Site) -> str:
        """Why it may compute for long, where that is the worst of it; empty for anything else."""
        last: Site | None = site
        if site.target is not None and not self.is_slow(site):
            _, last = self.reach.chain(site.target, KNOWN_HARM)
        return last.why if last is not None and last.entry is COMPUTES else ""

    def given(self, site: Site) -> Given:
        """When the work of a place is done: whatever may be called there, the latest of it."""
        around = self.reach.effects.of_call(site.call) if site.call is not None else ()
        return latest([self._lazy.of(each) for each in (site, *around)])

    def only_locks(self, site: Site) -> bool:
        """Does nothing block there but a lock, which is held for as long as the code between takes?"""
        if site.target is None:
            return is_lock(site)
        if site.target not in self._only_locks:
            _, other = self.reach.chain(site.target, KNOWN_HARM, lambda found: not is_lock(found))
            self._only_locks[site.target] = other is None
        return self._only_locks[site.target]

    def starts_loop(self, site: Site) -> bool:
        """Does it run a loop of its own, here or below? Beside a running one that raises an error."""
        if site.target is None:
            return site.name in STARTS_LOOP and site.form == "call"
        if self.is_coroutine(site):
            return False
        return self.reach.comes_to(site.target, self.starts_loop, self._loop_starters)

    @cached_property
    def loops_are_nested(self) -> bool:
        return loops_are_nested(self.program)

    def asked_of_loop(self, site: Site) -> str:
        """What is asked there of the loop on which it runs; a coroutine that is made does nothing yet."""
        below = self.reach.walk(site.target, self._is_sync) if site.target is not None else ()
        names = (site.name, *(each.name for key in below for each in self.reach.own(key)))
        return next(filter(OF_THE_LOOP.__contains__, names), "")

    def _is_sync(self, function: Key) -> bool:
        return not self.program.scope(function).is_async

    def asks_who_calls(self, site: Site) -> bool:
        """Does a function of the project look at the frame of its caller, as loggers do for the file name?"""
        if site.target is None:
            return False
        if not self.reach.comes_to(site.target, _looks_at_a_frame, self._lookers):
            return False
        if site.target not in self._asks_who_calls:
            hops, last = self.reach.chain(site.target, frozenset(SiteKind), _looks_at_a_frame)
            depth = self._depth(last) if last is not None else 0
            self._asks_who_calls[site.target] = 0 < len(hops) <= depth
        return self._asks_who_calls[site.target]

    def _depth(self, site: Site) -> int:
        """How many frames up it looks: `sys._getframe(3)`; where that is not written, the next but one."""
        args = self.program.call(site.call).args if site.call is not None else ()
        number = args[0].number if args and isinstance(args[0], Const) else -1
        return number if site.name == "sys._getframe" and number >= 0 else 2

    def tuples(self, function: Key, node: FunctionNode) -> frozenset[Span]:
        """The calls of `a, b = call()` that give a tuple, whatever is called."""
        unpacked = {
            span_of(each.value)
            for each in walk(node)
            if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Tuple)
        }
        calls = (pair for pair in self.program.calls_of(function) if Span(*pair[1].span) in unpacked)
        found = ((call.span, self.reach.effects.inference.call_result(key)) for key, call in calls)
        return frozenset(Span(*span) for span, kinds in found if kinds and all(map(_is_tuple, kinds)))

    def drawn(self, sites: Sequence[Site]) -> list[Site]:
        """Those that draw on the current figure of pyplot, and what else is done with figures there."""
        found = [site for site in sites if self._draws(site)]
        return [site for site in sites if site in found or is_of_figures(site.name)] if found else []

    def _draws(self, site: Site) -> bool:
        if site.target is None:
            return draws_on_current(site.name)
        return not self.is_coroutine(site) and self._drawing.is_done_by(site.target)

    def drawing_reason(self, site: Site) -> Reason:
        text = f"{site.name} draws on the current figure of pyplot, on which threads would draw together"
        hint = "hold a figure of your own: figure, axes = plt.subplots()"
        return Reason("AF913", text, place_of(site), hint=hint)

    def lock_reason(self, site: Site) -> Reason:
        text = "the lock is waited for on the loop, as today: see that nothing slow happens while it is held"
        return Reason("AF908", text, place_of(site))

    def beside_loop(self, site: Site) -> Reason:
        text = "starts an event loop where one runs already, which is an error; await the coroutine"
        text = RUNS_RUNNING_LOOP if site.name == RUNS_ON_LOOP else text
        return Reason("AF908", f"{site.name} {text}", place_of(site))

    def held_reason(self, site: Site) -> Reason:
        text = f"{site.name} runs while a lock of threads is held, and nothing may be awaited there"
        return Reason("AF913", text, place_of(site))

    # why the function stays ---------------------------------------------------------------------------------

    def session_reason(self, site: Site) -> Reason:
        chain: tuple[Hop, ...] = ()
        if site.target is not None:
            chain, _ = self.reach.chain(site.target, frozenset({SiteKind.SESSION}))
        return Reason(
            SESSION_IS_SYNC, "it works on a sync database session", place_of(site), chain, _SESSION_HINT
        )

    def returned_objects(self, route: Key) -> Reason | None:
        """The response model reads what a route returns: on the loop, once the route is `async def`."""
        effects, scope = self.reach.effects, self.program.scope(route)
        given = [effects.inference.kinds(route, each, scope.span.end_line) for each in scope.returned]
        names = map(effects.mapped.holds, given) if effects.mapped is not None else iter(())
        name = next(filter(None, names), None)
        if name is not None:
            text = f"it returns objects of a sync database session ({name}), which would be read on the loop"
            return Reason(SESSION_IS_SYNC, text, self.program.location(route), hint=_SESSION_HINT)
        schema = effects.inference.responses.of(route)
        text = self._read_by_model(route, given, schema) if _has_class(schema) else ""
        return Reason(SESSION_IS_SYNC, text, self.program.location(route), hint=_MODEL_HINT) if text else None

    def _read_by_model(self, route: Key, given: list[Kinds], schema: Kinds) -> str:
        if any(map(_is_query, union(given))):
            return "its response model runs the query that it returns, on the loop"
        asked = "" if all(map(is_known_inside, given)) else self._asked_for(route, schema)
        return asked or ("" if all(map(is_known, given)) else self._of_unknown_session(route))

    def _asked_for(self, route: Key, schema: Kinds) -> str:
        """A model of peewee or MongoEngine that is sent runs a query where its foreign key is read."""
        sent = [*self._foreign_keys.sent(schema)]
        used = {site.name.partition(".")[0] for site in self._below(route)} if sent else set()
        name = next((name for name, library in sent if library in used), None)
        return f"its response model reads {name!r}, which asks the database, on the loop" if name else ""

    def _of_unknown_session(self, route: Key) -> str:
        library = self._given_session(route)
        if library is None:
            return ""
        taker = library or "a function that nobody knows"
        text = f"it may return objects of the sync database session that {taker} works on"
        return f"{text}, which would be read on the loop"

    def _given_session(self, route: Key) -> str | None:
        """What nobody knows, and is given a session, or a query for one, below a route."""
        of_session = SYNC_SESSIONS | {SELECT}
        return next((site.name for site in self._below(route) if self._is_given(site, of_session)), None)

    def _below(self, route: Key) -> Iterator[Site]:
        return (site for key in sorted(self.reach.below(route)) for site in self.reach.own(key))

    def takes_session(self, site: Site) -> bool:
        """Is what is called nothing that anybody knows, and is it given a session?"""
        return self._is_given(site, SYNC_SESSIONS)

    def _is_given(self, site: Site, classes: Set[str]) -> bool:
        if site.kind is not SiteKind.UNKNOWN or site.call is None:
            return False
        call, inference = self.program.call(site.call), self.reach.effects.inference
        where, line = Key(site.call.path, call.scope), call.span.line
        given = (*call.args, *(value for _, value in call.keywords))
        kinds = (kind for each in given for kind in inference.kinds(where, each, line))
        return any(isinstance(kind, Inst) and kind.name in classes for kind in kinds)


def _looks_at_a_frame(site: Site) -> bool:
    return site.name in _FRAMES


def _has_class(kinds: Kinds) -> bool:
    """Is there a class in the model, which reads attributes?"""
    return any(
        isinstance(kind, Obj) or (isinstance(kind, Inst) and any(map(_has_class, kind.args)))
        for kind in kinds
    )


def _is_query(kind: Kind) -> bool:
    """It runs when its rows are read."""
    return isinstance(kind, Inst) and kind.name in _QUERIES


def _is_tuple(kind: Kind) -> bool:
    return isinstance(kind, Inst) and kind.name == "builtins.tuple"
