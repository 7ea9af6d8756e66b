"""Decorators of the project: what one puts in the place of functions turns together with them.

def guarded(func):                               def guarded(func):
    @wraps(func)                                     @wraps(func)
    def wrapper(*args, **kwargs):        ->          async def wrapper(*args, **kwargs):
        try:                                             try:
            return func(*args, **kwargs)                     return await func(*args, **kwargs)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..analysis.index.bindings import ScopeKind
from ..analysis.index.facts import Use
from ..analysis.judge.callers import Callers
from ..analysis.judge.locks import Locks
from ..analysis.link.kinds import Decorated
from ..analysis.link.program import CallKey, Key
from ..analysis.view import Views
from ..model import Location, Reason, Span
from .connections.sessions import await_call
from .draft import OBSTACLE, Draft, Place, place_of


class Wrappers:
    def __init__(
        self, views: Views, callers: Callers, draft: Draft, paths: frozenset[str], locks: Locks
    ) -> None:
        self.views = views
        self.callers = callers
        self.program = callers.program
        self.known = callers.inference.decorators
        self.draft = draft
        self.paths = paths
        self.locks = locks
        self._calls: dict[Key, set[Place]] = {}
        """Wrapper that turns -> what is awaited of its decorator's calls of what that was given."""

    def turn(self, function: Key) -> None:
        """What stands in the place of the function; and, if it is such a wrapper itself, the calls of what
        its decorator was given."""
        self.draft.functions |= {each for each in self.known.wrappers(function) if self._turns(each)}
        if not self._turns(function):
            return
        view, decorator = self.views.of(function.path), self.program.parent(function)
        mine = self._calls.setdefault(function, set())
        span = self.program.scope(decorator).span
        for number, site in enumerate(view.module.calls):
            call = CallKey(function.path, number)
            if span.contains(site.span) and Decorated(decorator) in self.callers.inference.callees(call):
                node = view.node_of(call)
                assert node is not None
                if self.locks.hold(function, site.span):
                    text = f"{view.in_a_line(node)} runs while a lock of threads is held"
                    self.draft.obstacle(view, node, text)
                await_call(view, self.draft, node)
                mine.add(place_of(view, node))

    def _turns(self, wrapper: Key) -> bool:
        """A plain function that one of the project's decorators gives back; nothing is to do where it has a
        way for both, or is async."""
        decorator = self.program.parent(wrapper)
        return (
            wrapper.path in self.paths
            and not self.program.scope(wrapper).is_async
            and self.program.scope(decorator).kind is ScopeKind.FUNCTION
            and self.known.is_decorator(decorator)
            and not self.known.asks_for_coroutines(decorator)
        )

    def decorated(self) -> set[Key]:
        """What must be async because a wrapper around it awaits something of its own."""
        found: set[Key] = set()
        for wrapper, calls in self._calls.items():
            span = self.program.scope(wrapper).span
            awaited = {place for place in self.draft.handled if place[0] == wrapper.path}
            if any(span.contains(Span(*place)) for _, place in awaited - calls):
                found.update(self._plain(self.known.decorated_by(self.program.parent(wrapper))))
        return found

    def _plain(self, functions: Iterable[Key]) -> Iterator[Key]:
        for function in functions:
            scope = self.program.scope(function)
            if scope.kind is ScopeKind.FUNCTION and not scope.is_async and not scope.has_yield:
                yield function

    def check(self) -> None:
        """Whatever a decorator stands on must turn, and nobody may use it in another way."""
        for decorator in sorted({self.program.parent(wrapper) for wrapper in self._calls}):
            decorated = self.known.decorated_by(decorator)
            name = self.program.scope(decorator).qualname.partition(".")[0]
            turning = self.draft.functions.intersection(self._plain(decorated))
            for function in decorated:
                if function not in turning:
                    self._refuse(
                        function, f"@{name} is to await what it decorates, and {{}} is not to be async"
                    )
            for path, span in self._other_uses(decorator):
                place = Location(path, span.line, span.col + 1)
                text = f"{name} is used here for more than to decorate a function"
                self.draft.obstacles.append(Reason(OBSTACLE, text, place))

    def _refuse(self, function: Key, text: str) -> None:
        view, scope = self.views.of(function.path), self.program.scope(function)
        node = view.file.function(scope.span) or view.file.tree
        self.draft.obstacle(view, node, text.format(scope.qualname))

    def _other_uses(self, decorator: Key) -> Iterator[tuple[str, Span]]:
        """By the name of the decorator, or of the function that makes it: `@guarded("no such note")`."""
        parent = self.program.parent(decorator)
        named = parent if self.program.scope(parent).kind is ScopeKind.FUNCTION else decorator
        for caller in self.callers.calls(named):
            site = self.program.call(caller.call)
            if not site.use & Use.DECORATOR:
                yield caller.call.path, site.span
        for path, reference in self.callers.references(named):
            if not reference.use & Use.DECORATOR:
                yield path, reference.span
