"""At which level a chain route -> service -> mailer is cut, and which files come to queue tasks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from ...analysis.index.bindings import ScopeKind
from ...analysis.index.expr import Const
from ...analysis.judge.effects.site import Site, SiteKind
from ...analysis.judge.reaching.reach import Reach
from ...analysis.link.import_graph import ImportGraph
from ...analysis.link.program import Key
from ...analysis.syntax import Syntax
from ...model import EntryKind, EntryPoint, ImportNeed
from ..hazards.state import State
from ..sites import TaskPlans
from .helpers import Helpers
from .slow import SlowWork

_ON_THE_LOOP = (EntryKind.ROUTE, EntryKind.WEBSOCKET, EntryKind.EXCEPTION_HANDLER)
_WITH_TWINS = ("http", "sleep", "cache")


class Levels:
    def __init__(
        self,
        reach: Reach,
        syntax: Syntax,
        entries: Collection[EntryPoint],
        slow: SlowWork,
        helpers: Helpers,
        state: State,
        turning: Collection[Key],
        queued: Callable[[Key], frozenset[Key]],
        moves_a_part: Callable[[Key], bool],
        tells_more: Callable[[Key, Sequence[Site]], bool],
        is_unsent: Callable[[Key], bool],
        tried: Callable[[Key, Sequence[Site]], TaskPlans],
        are_queued: Callable[[Key], bool],
        tasks: str,
    ) -> None:
        """`turning`: what goes async with a database, whatever it does; `queued`: functions that the given
        one has a worker run; `moves_a_part`: can it have one do any? `tells_more`: do callers look at errors
        of the function that none of these calls raises, or at what it gives? `is_unsent`: do they pass
        objects of the database? `tried`: what of these calls could move? `are_queued`: does a worker
        do all of it, whoever calls it? `tasks`: the path of their module."""
        self.reach = reach
        self.program = reach.effects.program
        self.syntax = syntax
        self.slow = slow
        self.helpers = helpers
        self.state = state
        self.turning = turning
        self.queued = queued
        self.moves_a_part = moves_a_part
        self.tells_more = tells_more
        self.is_unsent = is_unsent
        self.tried = tried
        self.are_queued = are_queued
        self.graph = ImportGraph(self.program, within=tasks)
        self._sending: dict[str, bool] = {}
        self._entries = {self.program.key(entry.function) for entry in entries if entry.kind in _ON_THE_LOOP}
        self._injected = {
            self.program.key(entry.function) for entry in entries if entry.kind is EntryKind.DEPENDENCY
        }
        tests = {path for path, module in self.program.modules.items() if module.facts.is_test}
        starts = [k for k in self.program.functions() if k.path not in tests and self._starts_here(k)]
        self._to_follow = sorted(starts, key=lambda key: key in self._entries)
        self._served = set(starts)

    def parts(self, function: Key) -> list[Site]:
        """The slow work that a function leaves to a worker itself, so that its callers go on awaiting it."""
        if self.program.scope(function).is_async and function not in self._entries:
            file = self.syntax.file(function.path)
            own = [site for site in self.reach.own(function) if self._is_its_own(site)]
            found = [site for site in own if self.slow.is_slow(site, file)]
            if found:
                return found
        return self.calls_to_cut(function)

    def _is_its_own(self, site: Site) -> bool:
        """Done by the function itself, or by what it calls and does not await."""
        return site.target is None or not self.program.scope(site.target).is_async

    def calls_to_cut(self, function: Key) -> list[Site]:
        """The calls of project functions that do the slow part of a function that does more; all of its slow
        calls where it is given objects of the database, where no task can call it, or in a handler, which
        queues them itself, whoever calls it."""
        file = self.syntax.file(function.path)
        own = [site for site in self.reach.own(function) if self.slow.is_slow(site, file)]
        if self.is_inner(function) or function in self._entries:
            return own
        calls = [site for site in own if site.target is not None]
        if not own or not self.helpers.can_be_called(function):
            return []
        return calls if calls and self._does_more(function, calls) else own * self.is_unsent(function)

    def is_inner(self, function: Key) -> bool:
        """Is it made inside another one, where it can be awaited?"""
        scope = self.program.scope(function)
        return "<locals>" in scope.qualname and scope.kind is ScopeKind.FUNCTION and not scope.has_yield

    def _does_more(self, function: Key, calls: Sequence[Site]) -> bool:
        """What is seen at a glance comes first."""
        kinds = {self.slow.category(site) for site in calls}
        return (
            function in self._injected  # nobody but FastAPI calls it, and that queues nothing
            or self._gives_more_than_success(function)
            or any(self.state.elsewhere(function, kind, self.slow.is_told) for kind in kinds)
            or self.helpers.is_noticed(function)
            or bool(self.state.needed_later(function) and not self.state.connection(function))
            or self.tells_more(function, calls)
        )

    def _gives_more_than_success(self, function: Key) -> bool:
        values = self.program.scope(function).returned
        return any(not (isinstance(v, Const) and v.type in ("NoneType", "bool")) for v in values)

    # imports ----------------------------------------------------------------------------------------------

    def is_late(self, need: ImportNeed, function: Key) -> bool:
        """`from package import module` loads the module as well."""
        loads = self.graph.loads(f"{need.module}.{need.name}".rstrip("."))
        return function.path in loads or any(self._sends(path) for path in sorted(loads))

    def _sends(self, path: str) -> bool:
        """May the file come to import the tasks module: does a function of it do slow work, and may await?"""
        if path not in self._sending:
            file = self.syntax.file(path)
            slow = [
                key
                for key in self.program.functions_of(path)
                if any(self.slow.is_slow(site, file) for site in self._sites(key))
            ]
            self._sending[path] = any(
                key in self.turning or (self._may_await(key) and self._is_served(key))
                for key in slow
                if not self.are_queued(key)
            )
        return self._sending[path]

    def _sites(self, function: Key) -> Iterator[Site]:
        yield from self.reach.own(function)
        yield from self.slow.handed_on(function)

    def _may_await(self, function: Key) -> bool:
        """Handlers and async functions may, and those that may turn: something below them can be awaited."""
        if self._starts_here(function) or any(self.slow.handed_on(function)):
            return True
        seen, stack = {function}, [function]
        while stack:
            current = stack.pop()
            if any(map(_can_be_awaited, self.reach.own(current))):
                return True
            parts = self.calls_to_cut(current)
            if parts and (self.moves_a_part(current) or self.tried(current, _direct(parts)).plans):
                return True
            new = dict.fromkeys(callee for callee in self._waits_for(current) if callee not in seen)
            seen |= new.keys()
            stack += new
        return False

    def _is_served(self, function: Key) -> bool:
        """May a request come to run it: is it a handler, an async function, or called by one?

        They are followed as far as it takes to find it.
        """
        while function not in self._served and self._to_follow:
            new = [each for each in self._waits_for(self._to_follow.pop()) if each not in self._served]
            self._served.update(new)
            self._to_follow += dict.fromkeys(new)
        return function in self._served

    def _starts_here(self, function: Key) -> bool:
        return self.program.scope(function).is_async or function in self._entries

    def _waits_for(self, function: Key) -> Iterator[Key]:
        may_queue = self._starts_here(function) or self.calls_to_cut(function)
        queued = self.queued(function) if may_queue else frozenset()
        return (callee for callee in self.reach.callees(function) if callee not in queued)


def _direct(sites: Iterable[Site]) -> list[Site]:
    return [site for site in sites if site.target is None]


def _can_be_awaited(site: Site) -> bool:
    if site.kind is SiteKind.ASYNC:
        return True
    return site.kind is SiteKind.BLOCKING and site.entry is not None and site.entry.category in _WITH_TWINS
