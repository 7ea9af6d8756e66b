"""Why a function cannot become `async def`: what it is, how it is decorated, who reads it as a value."""

from __future__ import annotations

from collections.abc import Callable, Collection

from ....model import Location, Reason
from ...index.bindings import ScopeKind
from ...index.expr import Expr, Name
from ...index.facts import Reference, Use
from ...link.decorators.decorators import CACHES
from ...link.infer import Inference
from ...link.kinds import Decorated, Ext, Fn, Kinds, Member, Unknown, describe, ordered
from ...link.program import Key, Program
from ..callers.callers import Callers
from ..callers.decorating import called_sync, calls_that_give
from ..callers.entered import MANAGING
from ..callers.factories import Factories
from ..callers.only_registered import is_only_registered
from ..callers.registering import registers
from ..callers.spellings import is_second_name
from ..callers.tables import Tables
from ..callers.takers import Takers
from .whole import Whole

_IF_IT_DOES = "when it does, name it under `transparent` in [[tool.async-fix.catalogue]]"
_OF_CACHES = "what only makes an object may stay; async_lru.alru_cache keeps what is awaited"
_MANAGER = "contextlib.contextmanager"


class Obstacles:
    def __init__(
        self,
        callers: Callers,
        whole: Whole = Whole(),
        of_special: Callable[[Key], Reason | None] | None = None,
        has_async_cache: Callable[[Key], bool] = lambda function: False,
        *,
        wrappers_follow: bool = False,
        given: Collection[Key] = (),
    ) -> None:
        """`of_special`: what forbids a generator, or a method that `with` calls or by which an object is
        called, to be async; without it the last stay.
        `has_async_cache`: can what keeps the results become what keeps those of coroutines?
        `wrappers_follow`: a wrapper turns with all that its decorator stands on, or none of them does.
        `given`: functions that only a library calls, which awaits them from now on."""
        self.given = given
        self.wrappers_follow = wrappers_follow
        self.has_async_cache = has_async_cache
        self.whole = whole
        self.of_special = of_special
        self.callers = callers
        self.inference: Inference = callers.inference
        self.program: Program = callers.program
        self.takers = Takers(callers.inference)
        self.handing_over = (
            Factories(callers, self.takers.accepts),
            Tables(callers, self.takers.harms_nothing),
        )
        self._static: dict[Key, Reason | None] = {}

    def of(self, function: Key) -> Reason | None:
        """The first thing about the function itself that forbids `async def`; callers are looked at
        elsewhere."""
        if function not in self._static:
            self._static[function] = self._find(function)
        return self._static[function]

    def _find(self, function: Key) -> Reason | None:
        scope = self.program.scope(function)
        place = self.program.location(function)
        if scope.kind is not ScopeKind.FUNCTION:
            return Reason("AF909", "a lambda cannot await", place)
        cls = self.program.enclosing_class(function)
        if cls is not None:
            is_dunder = scope.name.startswith("__") and scope.name.endswith("__")
            if is_dunder and not self._may_be_async(function, scope.name):
                return Reason("AF905", f"{scope.qualname} is called by the interpreter", place)
            if self.inference.classes.is_property(function):
                return Reason("AF905", f"{scope.qualname} is a property", place)
            external = self.inference.classes.overrides_external(function)
            if external is not None:
                return Reason("AF914", f"{scope.qualname} may override a method of {external}", place)
            if (by := called_sync(self.program, *self.inference.classes.external_bases(cls))) is not None:
                return by
        if function not in self.whole.functions and self.of_special is not None:
            reason = self.of_special(function)
            if reason is not None:
                return reason
        for decorator in scope.decorators:
            reason = self._decorator(function, decorator, place)
            if reason is not None:
                return reason
        return self._handed_on(function)

    def _may_be_async(self, function: Key, name: str) -> bool:
        """Does whoever calls it know of it, and await it?"""
        if name == "__call__":
            return function in self.whole.functions or self.of_special is not None
        return name in MANAGING

    # decorators ---------------------------------------------------------------------------------------------

    def _decorator(self, function: Key, decorator: Expr, place: Location) -> Reason | None:
        if registers(self.inference, self.program.parent(function), decorator, place.line):
            return None
        kinds = self.inference.kinds(self.program.parent(function), decorator, place.line)
        if any(isinstance(kind, Fn) for kind in kinds):
            return self._project_decorator(kinds, place)
        for call in calls_that_give(self.program, self.program.parent(function), decorator, place.line):
            kinds = self.inference.callees(call)
        for kind in ordered(kinds):
            if isinstance(kind, (Ext, Member)) and self.program.catalogue.is_transparent(describe(kind)):
                if (by := called_sync(self.program, describe(kind))) is not None:
                    return by
                continue
            if isinstance(kind, Ext) and kind.name in CACHES and self.has_async_cache(function):
                continue
            if isinstance(kind, Ext) and kind.name == _MANAGER and self.program.scope(function).has_yield:
                continue
            what = kind.why if isinstance(kind, Unknown) else describe(kind)
            text, hint = f"the decorator ({what}) is not known to accept coroutine functions", _IF_IT_DOES
            if what in CACHES:
                text, hint = f"{what} would keep a coroutine, which is awaited only once", _OF_CACHES
            return Reason("AF904", text, place, hint=hint)
        return None if kinds else Reason("AF904", "a decorator that cannot be told", place)

    def _project_decorator(self, kinds: Kinds, place: Location) -> Reason | None:
        """It may give the function back, or look whether it is a coroutine function; a sync wrapper cannot
        await."""
        for kind in ordered(kinds):
            if not isinstance(kind, Fn):
                return Reason("AF904", "a decorator that cannot be told", place)
            name = self.program.scope(kind.key).qualname.partition(".")[0]
            made = self.inference.function_result(kind.key)
            if all(isinstance(each, Decorated) for each in made):
                if self._keeps(kind):
                    return Reason(
                        "AF904", f"@{name} keeps it for others, who may call it synchronously", place
                    )
                continue
            if self.inference.decorators.asks_for_coroutines(kind.key):
                continue
            wrappers = [each.key for each in ordered(made) if isinstance(each, Fn)]
            if len(wrappers) == len(made - {Decorated(kind.key)}) and all(map(self._turns_along, wrappers)):
                if self._hands_on(kind):
                    return Reason("AF904", f"@{name} hands it to others, who may call it", place)
                known = [key for key in wrappers if key not in self.whole.functions]
                reason = next(filter(None, map(self.callers.wrapping.why_not, known)), None)
                if reason is not None:
                    return reason
                continue
            if any(isinstance(each, Fn) and self.program.scope(each.key).is_async for each in made):
                return Reason("AF904", f"@{name} makes a coroutine function of it already", place)
            hint = "make the decorator's wrapper async, or take the decorator off"
            return Reason("AF904", f"@{name} wraps it and calls it synchronously", place, hint=hint)
        return None

    def _turns_along(self, wrapper: Key) -> bool:
        return wrapper in self.whole.functions or self._is_followed(wrapper)

    def _is_followed(self, wrapper: Key) -> bool:
        """Does what is decorated turn only together with the wrapper?"""
        return self.wrappers_follow and self.callers.wrapping.is_wrapper(wrapper)

    def _keeps(self, decorator: Fn) -> bool:
        """Does it do more with the function than mark it and give it back: put it into a registry, call
        it?"""
        given, span = self._given(decorator), self.program.scope(decorator.key).span
        calls = self.program.modules[decorator.key.path].facts.calls
        is_called = any(call.func == given and span.contains(call.span) for call in calls)
        return is_called or self._hands_on(decorator)

    def _hands_on(self, decorator: Fn) -> bool:
        """May others call what it was given?"""
        facts = self.program.modules[decorator.key.path].facts
        given, span = self._given(decorator), self.program.scope(decorator.key).span
        return any(
            reference.expr == given
            and span.contains(reference.span)
            and not reference.use & Use.RETURNED
            and not self.takers.harms_nothing(decorator.key.path, reference)
            for reference in facts.references
        )

    def _given(self, decorator: Fn) -> Name | None:
        """The function, as the decorator calls it."""
        parameters = self.program.scope(decorator.key).parameters[int(decorator.bound) :]
        return Name(parameters[0].name) if parameters else None

    # the function as a value --------------------------------------------------------------------------------

    def _handed_on(self, function: Key) -> Reason | None:
        name = self.program.scope(function).name
        for path, reference in self.callers.references(function):
            is_awaited = function in self.given and reference.position == 0
            if is_awaited or self.takers.accepts(path, reference) or self._is_given_back(function, reference):
                continue
            if is_second_name(self.program, function, path, reference):
                continue
            if any(each.hands_over(function, path, reference) for each in self.handing_over):
                continue
            place = Location(path, reference.span.line, reference.span.col + 1)
            return Reason("AF906", f"{name} is handed on as a plain function", place)
        for at in self.callers.lookups.of(function):
            if at.call is None or not is_only_registered(self.program, at.call, self.takers.harms_nothing):
                text = f"{name} may be looked up by its name and called as a plain function"
                return Reason("AF906", text, at.place)
        found = self.callers.by_text.place(function)
        if found is not None:
            return Reason("AF906", f"{name} is found by its name, and called as a plain function", found)
        if self.program.enclosing_class(function) is not None:
            for path, reference in self.callers.unresolved_references(function):
                place = Location(path, reference.span.line, reference.span.col + 1)
                return Reason(
                    "AF916", f".{name} of an unknown object is handed on, and it may be this one", place
                )
        if function not in self.whole.functions and (reason := self.callers.stand_ins.in_the_way(function)):
            return reason
        patched = self.callers.patches.first_of(function)
        if patched is not None and function not in self.whole.replaced:
            return Reason("AF907", f"tests replace {patched}", hint="the replacement is synchronous")
        return None

    def _is_given_back(self, function: Key, reference: Reference) -> bool:
        """By the decorator that makes it: whoever named it has seen to all on which that stands."""
        decorator = self.program.parent(function)
        return (
            self._turns_along(function)
            and bool(reference.use & Use.RETURNED)
            and reference.scope == decorator.scope
            and self.inference.decorators.is_decorator(decorator)
        )
