"""Classes that are entered: one whose methods wait is entered with `async with`.

class Lock:                                    class Lock:
    def __enter__(self):                           async def __aenter__(self):
        while not redis.setnx(self.name):              while not await redis().setnx(self.name):
            time.sleep(0.1)            ->                  await asyncio.sleep(0.1)

    def __exit__(self, *error):                    async def __aexit__(self, *error):
        redis.delete(self.name)                        await redis().delete(self.name)

with Lock("till"):                             async with Lock("till"):
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from ..analysis.judge.callers.callers import Callers
from ..analysis.judge.callers.entered import MANAGING, Entered, Entering, Way
from ..analysis.judge.effects.site import Site
from ..analysis.judge.state.locks import Locks
from ..analysis.judge.turning.verdicts import place_of
from ..analysis.link.kinds import Obj
from ..analysis.link.program import Key
from ..analysis.syntax import span_of
from ..analysis.view import View, Views
from ..model import Code, Edit, Location, Reason, ReplaceExpression, Span
from .consumers import Consumed, entered, on_stack


class AsyncManagers:
    def __init__(self, views: Views, callers: Callers, locks: Locks) -> None:
        self.views = views
        self.program = callers.program
        self.classes = callers.inference.classes
        self.known = Entered(callers)
        self.locks = locks

    def is_one(self, function: Key) -> bool:
        """Is it a method that `with` calls?"""
        is_method = self.program.enclosing_class(function) is not None
        return is_method and self.program.scope(function).name in MANAGING

    def why_not(self, function: Key) -> Reason | None:
        """What keeps the methods sync, whatever becomes of those who enter."""
        place, name = self.program.location(function), self.program.scope(function).qualname
        if not self.known.is_pair(function):
            return Reason("AF905", f"{name} has a counterpart that is not the project's own", place)
        classes, others = self.known.classes(function), MANAGING.values()
        if any(self.classes.method(cls, other) is not None for cls in classes for other in others):
            return Reason("AF905", f"{name} has an async counterpart already", place)
        return None

    def places(self, function: Key, turned: frozenset[Key]) -> Iterator[tuple[Entering, Reason | None]]:
        for place in self.known.places(function):
            yield place, self._why_not_there(function, place, turned)

    def _why_not_there(self, function: Key, place: Entering, turned: frozenset[Key]) -> Reason | None:
        name = self.program.scope(function).qualname.rpartition(".")[0]
        if place.way is Way.UNKNOWN:
            return Reason("AF916", f"a `with` that enters an unknown object may enter {name}", place.location)
        if place.way is Way.BY_HAND:
            return Reason("AF905", f"{name} is entered by hand", place.location)
        if self.program.modules[place.owner.path].facts.is_test:
            return Reason("AF911", f"{name} is also entered by a test", place.location)
        if self.locks.hold(place.owner, place.span):
            return Reason("AF909", f"{name} is entered while a lock of threads is held", place.location)
        if place.way is Way.SUPER:
            return None
        if place.way is Way.STACK:
            pushed = self._on_stack(place.owner.path, place.span, place.location)
            return pushed if isinstance(pushed, Reason) else None
        found = self._at(place.owner.path, place.span, place.location, turned)
        return found if isinstance(found, Reason) else None

    def at_one_place(self, sites: Iterable[Site], turned: frozenset[Key]) -> Consumed | Reason:
        """How what is entered there is waited for; the two methods run at one place."""
        first, *rest = sites
        for site in (first, *rest):
            if site.target not in turned or not self.is_one(site.target):
                return Reason("AF909", f"{site.name} may be entered there as well", place_of(site))
        if first.form != "with":
            return self._on_stack(first.key.path, Span(*first.span), place_of(first))
        return self._at(first.key.path, Span(*first.span), place_of(first), turned)

    def renamed(self, path: str, call: ast.Call) -> Iterator[Edit]:
        """`super().__exit__(*error)` -> `super().__aexit__(*error)`."""
        if isinstance(call.func, ast.Attribute) and call.func.attr in MANAGING:
            owner = self.views.of(path).source(call.func.value)
            yield ReplaceExpression(span_of(call.func), Code(f"{owner}.{MANAGING[call.func.attr]}"))

    def _at(self, path: str, span: Span, place: Location, turned: frozenset[Key]) -> Consumed | Reason:
        view = self.views.of(path)
        item = view.file.entered(span)
        if item is None:
            return Reason("AF909", "what is entered there cannot be found again", place)
        return entered(view, item, lambda other: is_entered_async(view, other, turned))

    def _on_stack(self, path: str, span: Span, place: Location) -> Consumed | Reason:
        call = self.views.of(path).file.call(span)
        if call is None:
            return Reason("AF909", "what is entered there cannot be found again", place)
        return on_stack(self.views.of(path), call, call.args[0])


def is_entered_async(view: View, what: ast.expr, turned: frozenset[Key]) -> bool:
    """Does a `with` that enters it wait, when all of `turned` are async?"""
    kinds = view.kinds(what)
    if kinds and all(isinstance(kind, Obj) for kind in kinds):
        classes = view.inference.classes
        found = [classes.method(kind.key, "__enter__") for kind in kinds if isinstance(kind, Obj)]
        return all(method in turned for method in found)
    called = view.functions_called(what) if isinstance(what, ast.Call) else []
    return bool(called) and turned.issuperset(called)
