"""At which level a chain route -> service -> mailer is cut, and which files come to queue tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from ...analysis.index.expr import Const
from ...analysis.judge.reach import Reach
from ...analysis.judge.site import Site, SiteKind
from ...analysis.link.program import Key
from ...analysis.syntax import Syntax
from ...model import EntryKind, EntryPoint, ImportNeed
from ..hazards.state import State
from ..sent.importable import ImportGraph
from .helpers import Helpers
from .slow import SlowWork

_ON_THE_LOOP = (EntryKind.ROUTE, EntryKind.WEBSOCKET, EntryKind.EXCEPTION_HANDLER)
_WITH_TWINS = ("http", "sleep", "cache")


class Levels:
    def __init__(
        self,
        reach: Reach,
        syntax: Syntax,
        entries: Iterable[EntryPoint],
        slow: SlowWork,
        helpers: Helpers,
        state: State,
        queued: Callable[[Key], frozenset[Key]],
    ) -> None:
        """`queued`: functions that the given one has a worker run."""
        self.reach = reach
        self.program = reach.effects.program
        self.syntax = syntax
        self.slow = slow
        self.helpers = helpers
        self.state = state
        self.queued = queued
        self.graph = ImportGraph(self.program)
        self._sending: dict[str, bool] = {}
        self._entries = {self.program.key(entry.function) for entry in entries if entry.kind in _ON_THE_LOOP}

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
        """The calls of project functions that do the slow part of a function that does more."""
        if function in self._entries:
            return []
        file = self.syntax.file(function.path)
        calls = [s for s in self.reach.own(function) if s.target is not None and self.slow.is_slow(s, file)]
        helper = self.helpers.signature(function) if calls else None
        if helper is None:
            return []
        kinds = {self.slow.category(site) for site in calls}
        more = any(self.state.elsewhere(function, kind, self.slow.is_told) for kind in kinds)
        is_more = more or helper.memory or helper.raises or self._gives_more_than_success(function)
        return calls if is_more else []

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
            is_test = self.program.modules[path].facts.is_test
            self._sending[path] = any(not is_test and self._is_served(key) for key in slow) or any(
                key in self._may_await for key in slow
            )
        return self._sending[path]

    def _is_served(self, function: Key) -> bool:
        """A request may come to run it, whoever calls it."""
        return self.program.scope(function).is_async or function in self._entries

    def _sites(self, function: Key) -> Iterator[Site]:
        yield from self.reach.own(function)
        yield from self.slow.handed_on(function)

    @cached_property
    def _may_await(self) -> frozenset[Key]:
        """Handlers, async functions, and those that may turn: something below them can be awaited."""
        functions = self._served()
        callers: dict[Key, list[Key]] = {}
        for key in functions:
            for callee in self._waits_for(key):
                callers.setdefault(callee, []).append(key)
        stack = [
            key
            for key in functions
            if any(map(_can_be_awaited, self.reach.own(key))) or self.calls_to_cut(key)
        ]
        found = set(stack)
        while stack:
            for caller in callers.get(stack.pop(), ()):
                if caller not in found:
                    found.add(caller)
                    stack.append(caller)
        found.update(key for key in functions if self._is_served(key))
        found.update(key for key in functions if any(self.slow.handed_on(key)))
        return frozenset(found)

    def _served(self) -> list[Key]:
        """What a request may come to run: handlers, async functions, and all that they call."""
        tests = {path for path, module in self.program.modules.items() if module.facts.is_test}
        stack = [key for key in self.program.functions() if key.path not in tests and self._is_served(key)]
        found = set(stack)
        while stack:
            for callee in self._waits_for(stack.pop()):
                if callee not in found:
                    found.add(callee)
                    stack.append(callee)
        return sorted(found)

    def _waits_for(self, function: Key) -> Iterator[Key]:
        may_queue = self._is_served(function) or self.calls_to_cut(function)
        queued = self.queued(function) if may_queue else frozenset()
        return (callee for callee in self.reach.callees(function) if callee not in queued)


def _can_be_awaited(site: Site) -> bool:
    if site.kind is SiteKind.ASYNC:
        return True
    return site.kind is SiteKind.BLOCKING and site.entry is not None and site.entry.category in _WITH_TWINS
