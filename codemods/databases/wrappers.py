"""Decorators of the project: what one puts in the place of functions turns together with them.

def guarded(func):                               def guarded(func):
    @wraps(func)                                     @wraps(func)
    def wrapper(*args, **kwargs):        ->          async def wrapper(*args, **kwargs):
        try:                                             try:
            return func(*args, **kwargs)                     return await func(*args, **kwargs)
"""

from __future__ import annotations

from ..analysis.judge.callers.callers import Callers
from ..analysis.judge.state.locks import Locks
from ..analysis.link.program import Key
from ..analysis.syntax import span_of
from ..analysis.view import Views
from ..awaitable_results import awaitable_results
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
        self.known = callers.wrapping
        self.draft = draft
        self.paths = paths
        self.locks = locks
        self._calls: dict[Key, set[Place]] = {}
        """Wrapper that turns -> what is awaited of its decorator's calls of what that was given."""

    def turn(self, function: Key) -> None:
        """What stands in the place of the function; and, if it is such a wrapper itself, the calls of what
        its decorator was given."""
        self.draft.functions |= {each for each in self.known.around(function) if each.path in self.paths}
        if function.path not in self.paths or not self.known.is_wrapper(function):
            return
        # what has nothing to await turns as well: its callers get a coroutine from the wrapper
        self.draft.functions |= {each for each in self.known.decorated(function) if each.path in self.paths}
        view = self.views.of(function.path)
        mine = self._calls.setdefault(function, set())
        node_of_wrapper = view.file.function(self.program.scope(function).span)
        if node_of_wrapper is not None:
            self.draft.edit(view, *awaitable_results(view.file, node_of_wrapper))
        for call in self.known.calls(function):
            node = view.node_of(call)
            assert node is not None
            if self.locks.hold(function, span_of(node)):
                text = f"{view.in_a_line(node)} runs while a lock of threads is held"
                self.draft.obstacle(view, node, text)
            await_call(view, self.draft, node)
            mine.add(place_of(view, node))

    def decorated(self) -> set[Key]:
        """What must be async because a wrapper around it awaits something of its own."""
        found: set[Key] = set()
        for wrapper, calls in self._calls.items():
            span = self.program.scope(wrapper).span
            awaited = {place for place in self.draft.handled if place[0] == wrapper.path}
            if any(span.contains(Span(*place)) for _, place in awaited - calls):
                found.update(self.known.decorated(wrapper))
        return found

    def check(self) -> None:
        """Whatever a decorator stands on must turn, and nobody may use it in another way."""
        for wrapper in sorted(self._calls):
            decorator, name = self.program.parent(wrapper), self.known.name(wrapper)
            turning = self.draft.functions.intersection(self.known.decorated(wrapper))
            for function in self.callers.inference.decorators.decorated_by(decorator):
                if function not in turning:
                    self._refuse(
                        function, f"@{name} is to await what it decorates, and {{}} is not to be async"
                    )
            for path, span in self.known.other_uses(decorator):
                place = Location(path, span.line, span.col + 1)
                text = f"{name} is used here for more than to decorate a function"
                self.draft.obstacles.append(Reason(OBSTACLE, text, place))

    def _refuse(self, function: Key, text: str) -> None:
        view, scope = self.views.of(function.path), self.program.scope(function)
        node = view.file.function(scope.span) or view.file.tree
        self.draft.obstacle(view, node, text.format(scope.qualname))
