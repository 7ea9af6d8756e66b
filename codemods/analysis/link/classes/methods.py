"""Methods of the project's classes: which one an object has, its family of overrides, how it is decorated."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from ...index.bindings import Binding, How
from ...index.expr import Call
from ..hierarchy import Base, Hierarchy
from ..kinds import Cls, Ext, Fn, Kinds, Obj, one, union
from ..program import CallKey, Key, Program
from ..values.data import MODELS
from .hooks import may_call_overridden

if TYPE_CHECKING:
    from ..infer import Inference

_HYBRID = "sqlalchemy.ext.hybrid.hybrid_property"
_PROPERTIES = {
    "builtins.property",
    "functools.cached_property",
    "abc.abstractproperty",
    _HYBRID,
    "pydantic.computed_field",
    "django.utils.functional.cached_property",
    "werkzeug.utils.cached_property",
    "cached_property.cached_property",
}
_OF_CLASS = ("__new__", "__init_subclass__", "__class_getitem__")
"""They get the class without being told."""
_ABSTRACT = {"abc.abstractmethod"}
_DATACLASSES = {"dataclasses.dataclass", "pydantic.dataclasses.dataclass"}


class Methods:
    def __init__(self, program: Program, inference: Inference, hierarchy: Hierarchy) -> None:
        self.program = program
        self.inference = inference
        self.hierarchy = hierarchy
        self._families: dict[Key, frozenset[Key]] = {}
        self._lines: dict[Key, frozenset[Key]] = {}

    def mro(self, cls: Key) -> tuple[Base, ...]:
        return self.hierarchy.mro(cls)

    @property
    def subclasses(self) -> Mapping[Key, tuple[Key, ...]]:
        """Class -> all project classes below it."""
        return self.hierarchy.subclasses

    def method(self, cls: Key, name: str) -> Key | None:
        """The method that an instance of exactly `cls` has."""
        for step in self.mro(cls):
            if isinstance(step, Key):
                for binding in reversed(self.program.modules[step.path].names[step.scope].get(name, ())):
                    if binding.how is How.DEF:
                        return Key(step.path, binding.scope)
        return None

    def as_instance(self, kind: Cls) -> Obj | None:
        """The class as an object: what its metaclass has, it has."""
        meta = self.hierarchy.metaclass(kind.key)
        return Obj(meta) if meta is not None else None

    def family(self, method: Key) -> frozenset[Key]:
        """What some object may have in its place, or reach by `super()`: all of it changes together."""
        if method not in self._families:
            for member in (found := self._relatives(method)):
                self._families[member] = found
        return self._families[method]

    def _relatives(self, method: Key) -> frozenset[Key]:
        name = self.program.scope(method).name
        members, pending = {method}, [method]
        while pending:
            cls = self.program.enclosing_class(pending.pop())
            if cls is None:
                continue
            for below in (cls, *self.subclasses.get(cls, ())):
                for step in (*self.mro(below), *self._protocols.get(below, ())):
                    if isinstance(step, Key):
                        news = [key for key in self._defined(step, name) if key not in members]
                        members.update(news)
                        pending.extend(news)
        return frozenset(members)

    @cached_property
    def _protocols(self) -> Mapping[Key, tuple[Key, ...]]:
        table: dict[Key, tuple[Key, ...]] = {}
        for protocol, classes in self.hierarchy.implementers.items():
            for cls in classes:
                table[cls] = (*table.get(cls, ()), protocol)
        return table

    @cached_property
    def binding(self) -> Mapping[str, frozenset[Key]]:
        """Name -> the classes whose bodies bind it."""
        table: dict[str, set[Key]] = defaultdict(set)
        for cls in self.program.classes():
            for name in self.program.modules[cls.path].names[cls.scope]:
                table[name].add(cls)
        return {name: frozenset(found) for name, found in table.items()}

    def line(self, cls: Key) -> frozenset[Key]:
        """The class and those below it, with all that they inherit from: an object of it has its attributes
        from these."""
        if cls not in self._lines:
            below = (cls, *self.subclasses.get(cls, ()))
            found = (step for each in below for step in self.mro(each))
            self._lines[cls] = frozenset(step for step in found if isinstance(step, Key))
        return self._lines[cls]

    def _defined(self, cls: Key, name: str) -> Iterator[Key]:
        for binding in self.program.modules[cls.path].names[cls.scope].get(name, ()):
            if binding.how is How.DEF:
                yield Key(cls.path, binding.scope)

    def is_without_body(self, method: Key) -> bool:
        """An abstract method that no class of the project fills in: what runs in its place cannot be told."""
        return self._is_abstract(method) and all(map(self._is_abstract, self.family(method)))

    def _is_abstract(self, method: Key) -> bool:
        cls = self.program.enclosing_class(method)
        if cls is None or not self.program.scope(method).is_stub:
            return False
        return self.hierarchy.is_protocol(cls) or self._decorated(method, _ABSTRACT)

    def overrides_external(self, method: Key) -> str | None:
        """The class outside the project that has, or may have, a method of this name and calls it itself."""
        cls = self.program.enclosing_class(method)
        if cls is None:
            return None
        name = self.program.scope(method).name
        for step in self.mro(cls):
            if step is None:
                return "a class that cannot be told"
            if isinstance(step, str) and may_call_overridden(step, name):
                return step
        return None

    def _method(self, method: Key, instance: bool, types: Mapping[str, Kinds]) -> Kinds:
        """A method with its class's type variables where its signature speaks of them."""
        bound = (instance or self.is_classmethod(method)) and not self.is_static(method)
        scope = self.program.scope(method)
        if types and scope.returns is not None:
            return one(Fn(method, bound, pairs(types)))
        found = one(Fn(method, bound))
        if scope.decorators:
            return self.inference.decorators.dispatched(method, found)
        return found

    def decorators(self, key: Key) -> Kinds:
        """What a function or class is decorated with; for `@f(...)` that is `f`."""
        return self.inference.solver.solve(("decorators", key), lambda: self._read_decorators(key))

    def _read_decorators(self, key: Key) -> Kinds:
        parent, line = self.program.parent(key), self.program.scope(key).span.line
        return union(
            [
                self.inference.callees(CallKey(key.path, decorator.index))
                if isinstance(decorator, Call)
                else self.inference.kinds(parent, decorator, line)
                for decorator in self.program.scope(key).decorators
            ]
        )

    def _decorated(self, method: Key, names: set[str]) -> bool:
        if not self.program.scope(method).decorators:
            return False
        return any(isinstance(kind, Ext) and kind.name in names for kind in self.decorators(method))

    def is_dataclass(self, cls: Key) -> bool:
        """Are its fields filled by a constructor that nobody wrote?"""
        return self._decorated(cls, _DATACLASSES)

    def is_filled_when_made(self, cls: Key) -> bool:
        """May what a class annotates be an argument of the call that makes an object?"""
        is_model = any(self.hierarchy.is_a(cls, model) for model in MODELS)
        return is_model or self.is_dataclass(cls)

    def is_static(self, method: Key) -> bool:
        return self._decorated(method, {"builtins.staticmethod"})

    def takes_self(self, function: Key) -> bool:
        """Is the first parameter of a method the object, or the class?"""
        return self.program.enclosing_class(function) is not None and not self.is_static(function)

    def is_classmethod(self, method: Key) -> bool:
        return self.program.scope(method).name in _OF_CLASS or self._decorated(
            method, {"builtins.classmethod"}
        )

    def is_property(self, method: Key) -> bool:
        if self._decorated(method, _PROPERTIES):
            return True
        return self.is_setter(method) or self._is_named(method, ("getter",))

    def are_hybrid(self, cls: Key, bindings: Sequence[Binding]) -> bool:
        """Is it a property of the objects, and of the class an expression for queries?"""
        functions = (Key(cls.path, each.scope) for each in bindings if each.how is How.DEF)
        return any(self._decorated(function, {_HYBRID}) for function in functions)

    def getters(self, cls: Key, bindings: Sequence[Binding]) -> Iterator[Key]:
        """Of the functions of a property the one that is called to read it, the last one first."""
        for binding in reversed(bindings):
            method = Key(cls.path, binding.scope)
            if binding.how is How.DEF and not self.is_setter(method):
                yield method

    def is_setter(self, method: Key) -> bool:
        """Does it, as a part of a property, set or delete?"""
        return self._is_named(method, ("setter", "deleter"))

    def _is_named(self, method: Key, words: tuple[str, ...]) -> bool:
        """`@x.setter`: the decorator is an attribute of the property itself."""
        return any(
            getattr(decorator, "attr", "") in words for decorator in self.program.scope(method).decorators
        )


def pairs(types: Mapping[str, Kinds]) -> tuple[tuple[str, Kinds], ...]:
    return tuple(sorted(types.items(), key=lambda item: item[0]))
