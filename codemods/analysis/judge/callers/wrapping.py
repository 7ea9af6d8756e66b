"""Decorators of the project whose wrappers can await: each turns together with all that it stands on.

def timed(func):                                    def timed(func):
    @wraps(func)                                        @wraps(func)
    def wrapper(*args, **kwargs):           ->          async def wrapper(*args, **kwargs):
        start = perf_counter()                              start = perf_counter()
        try:                                                try:
            return func(*args, **kwargs)                        return await func(*args, **kwargs)
        finally:                                            finally:
            log(perf_counter() - start)                         log(perf_counter() - start)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ....model import Location, Reason, Span
from ...index.bindings import ScopeKind
from ...index.expr import Attr, Expr, Name
from ...index.facts import Use
from ...link.kinds import Decorated
from ...link.program import CallKey, Key

if TYPE_CHECKING:
    from ..effects.site import Site
    from .callers import Callers


class Wrapping:
    def __init__(self, callers: Callers) -> None:
        self.all = callers
        self.program = callers.program
        self.known = callers.inference.decorators
        self._wrappers: dict[Key, bool] = {}
        self._given: dict[Key, tuple[CallKey, ...]] = {}
        self._groups: dict[Key, frozenset[Key]] = {}
        self._reasons: dict[Key, Reason | None] = {}

    def is_wrapper(self, function: Key) -> bool:
        """A plain function that one of the project's decorators gives back; nothing is to do where it has a
        way for both, or is async."""
        if function not in self._wrappers:
            self._wrappers[function] = self._is_wrapper(function)
        return self._wrappers[function]

    def _is_wrapper(self, function: Key) -> bool:
        decorator = self.program.parent(function)
        scope, around = self.program.scope(function), self.program.scope(decorator)
        return (
            scope.kind is around.kind is ScopeKind.FUNCTION
            and not scope.is_async
            and self.known.is_decorator(decorator)
            and not self.known.asks_for_coroutines(decorator)
            and any(function in self.known.wrappers(each) for each in self.known.decorated_by(decorator))
        )

    def around(self, function: Key) -> tuple[Key, ...]:
        """The wrappers that stand in the place of a function, and can await it."""
        return tuple(each for each in self.known.wrappers(function) if self.is_wrapper(each))

    def decorated(self, wrapper: Key) -> tuple[Key, ...]:
        """What must be awaited inside of the wrapper, and is not async already."""
        found = self.known.decorated_by(self.program.parent(wrapper))
        scopes = [(key, self.program.scope(key)) for key in found]
        return tuple(
            key
            for key, scope in scopes
            if scope.kind is ScopeKind.FUNCTION and not scope.is_async and not scope.has_yield
        )

    def calls(self, wrapper: Key) -> Iterator[CallKey]:
        """The calls of what its decorator was given, wherever in the decorator they stand."""
        decorator = self.program.parent(wrapper)
        span = self.program.scope(decorator).span
        for number, site in enumerate(self.program.modules[wrapper.path].facts.calls):
            call = CallKey(wrapper.path, number)
            if span.contains(site.span) and Decorated(decorator) in self.all.inference.callees(call):
                yield call

    def given(self, function: Key) -> tuple[CallKey, ...]:
        """Those calls, for what may be async already, or no wrapper."""
        if function not in self._given:
            decorator = self.program.parent(function)
            is_function = self.program.scope(decorator).kind is ScopeKind.FUNCTION
            is_one = is_function and self.known.is_decorator(decorator)
            self._given[function] = tuple(self.calls(function)) if is_one else ()
        return self._given[function]

    def async_already(self, wrapper: Key) -> tuple[Key, ...]:
        """Coroutine functions below the decorator, of which the wrapper handed the coroutine on so far."""
        found = self.known.decorated_by(self.program.parent(wrapper))
        return tuple(key for key in found if self.program.scope(key).is_async)

    def run_at(self, site: Site) -> Iterator[Key]:
        """The functions of the project that run there; in a wrapper, what that was given."""
        if site.target is not None:
            yield site.target
        owner = self.program.owner_of(site.key.path, site.key.scope)
        if site.call in self.given(owner):
            yield from self.known.inside(self.program.parent(owner), owner)

    def callers(self, function: Key) -> Iterator[tuple[Key, CallKey]]:
        """The wrappers, async or not, that call the function as what they were given, with the call."""
        for wrapper in self.known.wrappers(function):
            for call in self.given(wrapper):
                yield wrapper, call

    def group(self, function: Key) -> frozenset[Key]:
        """All that turn with the function for the sake of a wrapper, itself among them; empty without one."""
        if function not in self._groups:
            members: set[Key] = set()
            pending = [function]
            while pending:
                member = pending.pop()
                beside = set(self.around(member))
                if self.is_wrapper(member):
                    beside |= {member, *self.decorated(member)}
                if beside:
                    pending += {member, *beside} - members - {member}
                    members |= {member, *beside}
            for member in members or {function}:
                self._groups[member] = frozenset(members)
        return self._groups[function]

    def name(self, wrapper: Key) -> str:
        """What is written behind the `@`."""
        return self.program.scope(self._outer(self.program.parent(wrapper))).name

    def other_uses(self, decorator: Key) -> Iterator[tuple[str, Span]]:
        """By the name of the decorator, or of the function that makes it: `guarded("no such note")(load)`."""
        named = self._outer(decorator)
        for caller in self.all.calls(named):
            site = self.program.call(caller.call)
            if not site.use & Use.DECORATOR:
                yield caller.call.path, site.span
        for path, reference in self.all.references(named):
            if not reference.use & Use.DECORATOR:
                yield path, reference.span

    def why_not(self, wrapper: Key) -> Reason | None:
        """What keeps a wrapper from awaiting whatever it stands on."""
        if wrapper not in self._reasons:
            self._reasons[wrapper] = next(self._hindrances(wrapper), None)
        return self._reasons[wrapper]

    def _hindrances(self, wrapper: Key) -> Iterator[Reason]:
        decorator, name = self.program.parent(wrapper), self.name(wrapper)
        scope = self.program.scope(wrapper)
        if scope.has_yield:
            yield self._reason(wrapper, f"the wrapper of @{name} is a generator")
        for function in self.known.decorated_by(decorator):
            each = self.program.scope(function)
            if each.kind is not ScopeKind.FUNCTION or each.has_yield:
                text = f"@{name} also decorates {each.qualname}, which cannot be awaited"
                yield self._reason(function, text)
            if self.program.modules[function.path].facts.is_test:
                yield self._reason(function, f"@{name} also decorates {each.qualname}, which tests call")
        for path, span in self.other_uses(decorator):
            place = Location(path, span.line, span.col + 1)
            yield Reason("AF904", f"{name} is used for more than to decorate a function", place)
        own, found = {call for call, _ in self.program.calls_of(wrapper)}, list(self.calls(wrapper))
        if own.isdisjoint(found):
            yield self._reason(wrapper, f"nobody can tell where @{name} calls the function")
        for call in found:
            place = self.program.call_location(call)
            if call not in own:
                yield Reason("AF904", f"@{name} calls the function outside of its wrapper", place)
            if len(self.all.inference.callees(call)) > 1:
                yield Reason("AF904", f"@{name} may call something else than the function", place)
        for call, site in self.program.calls_of(wrapper):
            if isinstance(site.func, Attr) and self._is_given(wrapper, site.func.value):
                text = f"@{name} calls a method of the function"
                yield Reason("AF904", text, self.program.call_location(call))

    def _is_given(self, wrapper: Key, expr: Expr) -> bool:
        """Is it the name under which the decorator knows the function?"""
        parameters = self.program.scope(self.program.parent(wrapper)).parameters
        line = self.program.scope(wrapper).span.line
        return expr in [Name(each.name) for each in parameters] and Decorated(
            self.program.parent(wrapper)
        ) in self.all.inference.kinds(wrapper, expr, line)

    def _outer(self, decorator: Key) -> Key:
        """`def guarded(what): def decorator(func): ..`"""
        parent = self.program.parent(decorator)
        return parent if self.program.scope(parent).kind is ScopeKind.FUNCTION else decorator

    def _reason(self, function: Key, text: str) -> Reason:
        return Reason("AF904", text, self.program.location(function))
