"""What tests put in the place of objects of the application: it turns with the methods for which it stands.

app.dependency_overrides[get_gateway] = lambda: FakeGateway()
Service(FakeGateway()).total(2)
service.gateway = FakeGateway()
monkeypatch.setattr("app.main.Gateway", FakeGateway)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, partial
from typing import NamedTuple

from ....model import Location, Reason
from ...index.expr import Attr, Call, Expr, Name
from ...index.facts import CallSite
from ...link.infer import Inference
from ...link.kinds import (
    ASYNC_GENERATOR,
    COROUTINE,
    GENERATOR,
    Cls,
    Fn,
    Inst,
    Kind,
    Kinds,
    Obj,
    ordered,
    union,
)
from ...link.program import CallKey, Key, Program
from .overriding import overrides
from .patches import Patches, meant_by

_GIVING = (GENERATOR, ASYNC_GENERATOR, COROUTINE)
_MOCKS = frozenset(f"unittest.mock.{name}" for name in ("Mock", "MagicMock", "NonCallableMagicMock"))
_SPECS = frozenset({"spec", "spec_set"})
"""A mock of a class has coroutine functions where the class has them."""


class _Put(NamedTuple):
    given: Kinds
    meant: Kinds
    place: Location
    is_known: bool
    """Can whatever is put there be awaited, or turn?"""


class StandIns:
    def __init__(self, inference: Inference, patches: Patches) -> None:
        self.inference = inference
        self.program: Program = inference.program
        self._patches = patches

    def beside(self, method: Key) -> frozenset[Key]:
        """The methods of other classes that some object may have in its place, or for which it stands."""
        cls = self.program.enclosing_class(method)
        name = self.program.scope(method).name
        others = self._beside.get(cls, ()) if cls is not None else ()
        found = (self.inference.classes.method(other, name) for other in others)
        return frozenset(key for key in found if key is not None and key != method)

    def in_tests(self, method: Key) -> frozenset[Key]:
        """Those of tests, as far as they are no coroutine functions yet."""
        found = (key for key in self.beside(method) if not self.program.scope(key).is_async)
        return frozenset(key for key in found if self.program.modules[key.path].facts.is_test)

    def in_the_way(self, method: Key) -> Reason | None:
        """Tests that put something there of which a call cannot be awaited."""
        cls = self.program.enclosing_class(method)
        place = self._replaced.get(cls) if cls is not None else None
        if cls is None or place is None:
            return None
        text = f"tests put something in the place of {self.program.scope(cls).name}"
        return Reason("AF907", text, place, hint="what they put there is synchronous")

    @cached_property
    def _beside(self) -> Mapping[Key, frozenset[Key]]:
        """Class -> those that stand for it, or for which it stands."""
        table: dict[Key, set[Key]] = defaultdict(set)
        for put in self._put:
            for fake in self._classes(put.given):
                for real in self._classes(put.meant):
                    for step in (*self._steps(real), real):
                        table[step].add(fake)
                    for step in self._steps(fake):
                        table[step].add(real)
        return {cls: frozenset(found) for cls, found in table.items()}

    @cached_property
    def _replaced(self) -> Mapping[Key, Location]:
        return {
            step: put.place
            for put in self._put
            if not put.is_known
            for real in self._classes(put.meant)
            for step in self._steps(real)
        }

    def _classes(self, kinds: Kinds) -> list[Key]:
        return [kind.key for kind in ordered(kinds) if isinstance(kind, Obj)]

    def _steps(self, cls: Key) -> Iterator[Key]:
        return (step for step in self.inference.classes.mro(cls) if isinstance(step, Key))

    @cached_property
    def _put(self) -> tuple[_Put, ...]:
        tests = [path for path, module in self.program.modules.items() if module.facts.is_test]
        each = (
            put for path in tests for put in (*self._injected(path), *self._handed(path), *self._kept(path))
        )
        return (*each, *self._patched())

    # instead of a dependency --------------------------------------------------------------------------------

    def _injected(self, path: str) -> Iterator[_Put]:
        for scope, provider, value, line in overrides(self.program, path):
            where = Key(path, scope)
            meant = self._given_by(self.inference.kinds(where, provider, line))
            if self._classes(meant):
                given = self._given_by(self.inference.kinds(where, value, line))
                is_known = bool(given) and all(isinstance(kind, Obj) for kind in given)
                yield _Put(given, meant, Location(path, line, 1), is_known)

    def _given_by(self, callees: Kinds) -> Kinds:
        """What FastAPI hands on of what it calls."""
        parts: list[Kinds] = []
        for kind in union([self.inference.result(each) for each in ordered(callees)]):
            is_giving = isinstance(kind, Inst) and kind.name in _GIVING and kind.args
            parts.append(kind.args[0] if isinstance(kind, Inst) and is_giving else frozenset({kind}))
        return union(parts)

    # instead of an argument ---------------------------------------------------------------------------------

    def _handed(self, path: str) -> Iterator[_Put]:
        for number, site in enumerate(self.program.modules[path].facts.calls):
            values = [(at, value) for at, value in _arguments(site) if isinstance(value, (Name, Attr, Call))]
            callees = self.inference.callees(CallKey(path, number)) if values else ()
            for callee in ordered(frozenset(callees)):
                for at, value in values if self._is_of_application(callee) else ():
                    yield from self._argument(path, site, callee, at, value)

    def _is_of_application(self, kind: Kind) -> bool:
        return isinstance(kind, (Fn, Cls, Obj)) and not self.program.modules[kind.key.path].facts.is_test

    def _argument(
        self, path: str, site: CallSite, callee: Kind, at: int | str, value: Expr
    ) -> Iterator[_Put]:
        place = Location(path, site.span.line, site.span.col + 1)
        yield from self._instead(Key(path, site.scope), value, place, lambda: self._meant(callee, at))

    def _instead(
        self, where: Key, value: Expr, place: Location, meant: Callable[[], Kinds]
    ) -> Iterator[_Put]:
        given = self.inference.kinds(where, value, place.line)
        is_mock = any(isinstance(kind, Inst) and kind.name in _MOCKS for kind in given)
        fakes = frozenset(k for k in given if isinstance(k, Obj) and not self._is_of_application(k))
        if is_mock or fakes:
            is_known = not is_mock or self._has_spec(where, value)
            yield _Put(fakes, meant(), place, is_known)

    def _meant(self, callee: Kind, at: int | str) -> Kinds:
        """What the application hands over there."""
        classes = self.inference.classes
        function, skipped = (callee.key, int(callee.bound)) if isinstance(callee, Fn) else (None, 1)
        if isinstance(callee, Cls):
            function = classes.method(callee.key, "__init__")
            if function is None:
                names = dict(enumerate(classes.fields(callee.key)))
                name = names.get(at, "") if isinstance(at, int) else at
                return classes.instance_attribute(callee.key, name) if name else frozenset()
        parameters = self.program.scope(function).parameters[skipped:] if function is not None else ()
        named = [each.name for number, each in enumerate(parameters) if at in (number, each.name)]
        return self.inference.kinds(function, Name(named[0])) if function and named else frozenset()

    # instead of an attribute, or of a class -----------------------------------------------------------------

    def _kept(self, path: str) -> Iterator[_Put]:
        """`service.gateway = FakeGateway()`, and what a class of tests keeps for one above it."""
        for binding in self.program.modules[path].facts.attributes:
            where, place = Key(path, binding.scope), Location(path, binding.line, 1)
            owners = self.inference.kinds(where, binding.target, binding.line) if binding.value else ()
            for kind in ordered(frozenset(owners)):
                for step in self._steps(kind.key) if isinstance(kind, (Cls, Obj)) else ():
                    if binding.value is not None and self._is_of_application(Cls(step)):
                        meant = partial(self.inference.classes.instance_attribute, step, binding.attr)
                        yield from self._instead(where, binding.value, place, meant)

    def _patched(self) -> Iterator[_Put]:
        """A class of the application that a class of tests replaces."""
        for call in self._patches.calls():
            site = self.program.call(call)
            for dotted in self._patches.replaced_by(call):
                new = self._patches.replacement(site, dotted.rpartition(".")[2])
                if new is not None:
                    given = self.inference.kinds(Key(call.path, site.scope), new, site.span.line)
                    fakes = _objects_of(kind for kind in given if not self._is_of_application(kind))
                    place = Location(call.path, site.span.line, site.span.col + 1)
                    yield _Put(fakes, _objects_of(meant_by(self.inference, dotted)), place, is_known=True)

    def _has_spec(self, where: Key, value: Expr) -> bool:
        if isinstance(value, Name):
            bindings = self.program.modules[where.path].names[where.scope].get(value.id, ())
            values = [each.value for each in bindings]
        else:
            values = [value]
        calls = [
            self.program.modules[where.path].facts.calls[each.index]
            for each in values
            if isinstance(each, Call)
        ]
        return bool(calls) and all(not _SPECS.isdisjoint(dict(call.keywords)) for call in calls)


def _objects_of(classes: Iterable[Kind]) -> Kinds:
    return frozenset(Obj(kind.key) for kind in classes if isinstance(kind, Cls))


def _arguments(site: CallSite) -> Iterator[tuple[int | str, Expr]]:
    yield from enumerate(site.args)
    yield from ((word, value) for word, value in site.keywords if word)
