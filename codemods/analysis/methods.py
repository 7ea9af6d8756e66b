"""Methods of the project's classes: which one an object has, its family of overrides, how it is decorated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .facts import Call, How
from .hierarchy import Base, Hierarchy
from .kinds import Ext, Kinds, union
from .program import CallKey, Key, Program

if TYPE_CHECKING:
    from .infer import Inference

_PROPERTIES = {
    "builtins.property",
    "functools.cached_property",
    "abc.abstractproperty",
    "sqlalchemy.ext.hybrid.hybrid_property",
    "pydantic.computed_field",
    "django.utils.functional.cached_property",
    "werkzeug.utils.cached_property",
    "cached_property.cached_property",
}


class Methods:
    def __init__(self, program: Program, inference: Inference, hierarchy: Hierarchy) -> None:
        self.program = program
        self.inference = inference
        self.hierarchy = hierarchy

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

    def family(self, method: Key) -> frozenset[Key]:
        """A method with all that it overrides and all that override it: they change colour together."""
        cls = self.program.enclosing_class(method)
        if cls is None:
            return frozenset({method})
        name = self.program.scope(method).name
        tops = [step for step in self.mro(cls) if isinstance(step, Key) and self._defines(step, name)]
        members: set[Key] = set()
        for top in tops:
            for below in (top, *self.subclasses.get(top, ())):
                members.update(
                    Key(below.path, b.scope)
                    for b in self.program.modules[below.path].names[below.scope].get(name, ())
                    if b.how is How.DEF
                )
        return frozenset(members)

    def _defines(self, cls: Key, name: str) -> bool:
        return any(b.how is How.DEF for b in self.program.modules[cls.path].names[cls.scope].get(name, ()))

    def overrides_external(self, method: Key) -> str | None:
        """The class outside the project whose method of this name is overridden, as far as can be told."""
        cls = self.program.enclosing_class(method)
        if cls is None:
            return None
        name = self.program.scope(method).name
        for step in self.mro(cls):
            if isinstance(step, str) and self.program.catalogue.find_method(step, name):
                return step
        return None

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

    def is_static(self, method: Key) -> bool:
        return self._decorated(method, {"builtins.staticmethod"})

    def is_classmethod(self, method: Key) -> bool:
        return self.program.scope(method).name == "__new__" or self._decorated(
            method, {"builtins.classmethod"}
        )

    def is_property(self, method: Key) -> bool:
        if self._decorated(method, _PROPERTIES):
            return True
        # `@x.setter`: the decorator is an attribute of the property itself
        return any(
            getattr(decorator, "attr", "") in ("setter", "getter", "deleter")
            for decorator in self.program.scope(method).decorators
        )
