"""Classes that are entered: methods that belong together, and every place where one is entered.

https://docs.python.org/3/reference/datamodel.html#with-statement-context-managers
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

import msgspec

from ....model import Location, Span
from ...index.expr import Attr, Call, Expr
from ...link.classes.hooks import FOR_EACH_TEST, TEST_CASES
from ...link.infer import Inference
from ...link.kinds import Ext, Kinds, Member, Obj, is_known
from ...link.program import CallKey, Key
from ...link.values.asked import STACKS
from .callers import Callers

MANAGING = {"__enter__": "__aenter__", "__exit__": "__aexit__"}
"""The methods, and what those are called that `async with` asks for."""
STACKED = "enter_context"
_PUSHED = (STACKED, "push")


def new_name(inference: Inference, function: Key) -> str:
    """An empty text where a function that turns keeps its own."""
    program = inference.program
    cls, name = program.enclosing_class(function), program.scope(function).name
    if cls is None:
        return ""
    if name in FOR_EACH_TEST and not {*TEST_CASES}.isdisjoint(map(str, inference.classes.mro(cls))):
        return FOR_EACH_TEST[name]
    return MANAGING.get(name, "")


class Way(Enum):
    WITH = "with"
    STACK = "enter_context() of an exit stack"
    SUPER = "super().__enter__()"
    BY_HAND = "any other call that enters or leaves it"
    UNKNOWN = "a `with` that enters nobody knows what"


class Entering(msgspec.Struct, frozen=True):
    owner: Key
    """The function, class body or module that enters it."""
    span: Span
    """Of what a `with` enters, or of the call."""
    way: Way

    @property
    def location(self) -> Location:
        return Location(self.owner.path, self.span.line, self.span.col + 1)


class Entered:
    def __init__(self, callers: Callers) -> None:
        self.callers = callers
        self.inference = callers.inference
        self.program = callers.program
        self._places: dict[frozenset[Key], tuple[Entering, ...]] = {}

    def together(self, function: Key) -> frozenset[Key]:
        """`__enter__` and `__exit__` of one class, and of all that share them by inheritance."""
        family = self.inference.classes.family
        found: set[Key] = set()
        waiting = [function]
        while waiting:
            for member in family(waiting.pop()) - found:
                found.add(member)
                waiting += (other for other in self._pair(member) if other is not None)
        return frozenset(found)

    def is_pair(self, function: Key) -> bool:
        """Has every class of the family both, written in the project?"""
        return all(None not in self._pair(member) for member in self.together(function))

    def _pair(self, method: Key) -> list[Key | None]:
        cls = self.program.enclosing_class(method)
        return [self.inference.classes.method(cls, name) if cls is not None else None for name in MANAGING]

    def classes(self, function: Key) -> frozenset[Key]:
        own = {self.program.enclosing_class(method) for method in self.together(function)}
        below = self.inference.classes.subclasses
        found = {cls for cls in own if cls is not None}
        return frozenset(found.union(*(below.get(cls, ()) for cls in found)))

    def places(self, function: Key) -> tuple[Entering, ...]:
        """Where an object of one of the classes is entered, or may be."""
        classes = self.classes(function)
        if classes not in self._places:
            self._places[classes] = (*self._entered(classes), *self._by_hand(classes))
        return self._places[classes]

    def _entered(self, classes: frozenset[Key]) -> Iterator[Entering]:
        for path in sorted(self.program.modules):
            for implicit in self.program.modules[path].facts.implicits:
                if implicit.kind != "with":
                    continue
                where = Key(path, implicit.scope)
                kinds = self.inference.kinds(where, implicit.expr, implicit.span.line)
                if any(isinstance(kind, Obj) and kind.key in classes for kind in kinds):
                    yield Entering(self._owner(where), implicit.span, Way.WITH)
                elif self._is_unknown(path, implicit.expr, kinds):
                    yield Entering(self._owner(where), implicit.span, Way.UNKNOWN)

    def _is_unknown(self, path: str, entered: Expr, kinds: Kinds) -> bool:
        """What a library's function gives is not of the project, even where nobody knows what it is."""
        callees = self.inference.callees(CallKey(path, entered.index)) if isinstance(entered, Call) else ()
        is_foreign = bool(callees) and all(isinstance(kind, (Ext, Member)) for kind in callees)
        return not is_foreign and not is_known(kinds)

    def _by_hand(self, classes: frozenset[Key]) -> Iterator[Entering]:
        for name in (*MANAGING, *_PUSHED):
            for call in self.program.calls_by_name.get(name, ()):
                site = self.program.call(call)
                if not isinstance(site.func, Attr):
                    continue
                where = Key(call.path, site.scope)
                for expr in (site.func.value,) if name in MANAGING else site.args:
                    kinds = self.inference.kinds(where, expr, site.span.line)
                    ours = [kind for kind in kinds if isinstance(kind, Obj) and kind.key in classes]
                    if ours:
                        way = Way.SUPER if all(kind.is_super for kind in ours) else Way.BY_HAND
                        if name == STACKED and self._is_stack(call):
                            way = Way.STACK
                        yield Entering(self._owner(where), site.span, way)

    def _is_stack(self, call: CallKey) -> bool:
        callees = self.inference.callees(call)
        return bool(callees) and all(isinstance(k, Member) and k.owner in STACKS for k in callees)

    def _owner(self, where: Key) -> Key:
        return self.program.owner_of(where.path, where.scope)
