"""Classes of the project: bases and linearisation, attributes, overrides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from .facts import AttributeBinding, Call, How, Name, Opaque
from .kinds import NOTHING, Cls, Ext, Fn, Inst, Kinds, Member, is_known, one, union, unknown
from .names import Bound
from .program import CallKey, Key, Program

if TYPE_CHECKING:
    from .infer import Inference

_MADE_BASE = "sqlalchemy.orm.DeclarativeBase"
_PROPERTIES = {"builtins.property", "functools.cached_property", "abc.abstractproperty", "sqlalchemy.ext.hybrid.hybrid_property"}


class Classes:
    def __init__(self, program: Program, inference: Inference) -> None:
        self.program = program
        self.inference = inference
        self._bases: dict[Key, tuple[Key | str | None, ...]] = {}
        self._mro: dict[Key, tuple[Key | str | None, ...]] = {}
        self._decorators: dict[Key, Kinds] = {}

    # bases --------------------------------------------------------------------------------------------------

    def bases(self, cls: Key) -> tuple[Key | str | None, ...]:
        """Project classes as keys, others as dotted names, None for what cannot be told."""
        if cls not in self._bases:
            self._bases[cls] = ()
            found: list[Key | str | None] = []
            for expr in self.program.scope(cls).bases:
                kinds = self.inference.kinds(self.program.parent(cls), expr)
                if isinstance(expr, Opaque) or not kinds:
                    found.append(None)
                for kind in sorted(kinds, key=repr):
                    if isinstance(kind, Cls):
                        found.append(kind.key)
                    elif isinstance(kind, Ext):
                        found.append(kind.name)
                    elif isinstance(kind, Inst) and kind.name == _MADE_BASE:
                        found.append(kind.name)  # Base = declarative_base()
                    else:
                        found.append(None)
            self._bases[cls] = tuple(found)
        return self._bases[cls]

    def mro(self, cls: Key) -> tuple[Key | str | None, ...]:
        """Depth first, each class once, the last place wins: C3's order for hierarchies that Python accepts."""
        if cls not in self._mro:
            self._mro[cls] = (cls,)  # an inheritance loop ends here
            order: list[Key | str | None] = [cls]
            for base in self.bases(cls):
                for step in self.mro(base) if isinstance(base, Key) else (base,):
                    if step in order:
                        order.remove(step)
                    order.append(step)
            self._mro[cls] = tuple(order)
        return self._mro[cls]

    def external_bases(self, cls: Key) -> tuple[str, ...]:
        return tuple(base for base in self.mro(cls) if isinstance(base, str))

    def is_a(self, cls: Key, name: str) -> bool:
        catalogue = self.program.catalogue
        return any(base == name or name in catalogue.bases(base) for base in self.external_bases(cls))

    @cached_property
    def subclasses(self) -> Mapping[Key, tuple[Key, ...]]:
        """Class -> all project classes below it."""
        table: dict[Key, list[Key]] = defaultdict(list)
        for cls in self.program.classes():
            for base in self.mro(cls)[1:]:
                if isinstance(base, Key):
                    table[base].append(cls)
        return {base: tuple(found) for base, found in table.items()}

    # attributes ---------------------------------------------------------------------------------------------

    @cached_property
    def _instance_bindings(self) -> Mapping[Key, Mapping[str, tuple[AttributeBinding, ...]]]:
        """`self.x = ...` in any method, by class and attribute."""
        table: dict[Key, dict[str, list[AttributeBinding]]] = defaultdict(lambda: defaultdict(list))
        for path, module in self.program.modules.items():
            for binding in module.facts.attributes:
                owner = self.program.owner_of(path, binding.scope)
                cls = self.program.enclosing_class(owner)
                parameters = self.program.scope(owner).parameters
                if cls and parameters and isinstance(binding.target, Name) and binding.target.id == parameters[0].name:
                    table[cls][binding.attr].append(binding)
        return {cls: {attr: tuple(found) for attr, found in attrs.items()} for cls, attrs in table.items()}

    def instance_attribute(self, cls: Key, attr: str, *, skip_own: bool = False) -> Kinds:
        return self._find(cls, attr, instance=True, skip_own=skip_own)

    def class_attribute(self, cls: Key, attr: str) -> Kinds:
        return self._find(cls, attr, instance=False, skip_own=False)

    def _find(self, cls: Key, attr: str, *, instance: bool, skip_own: bool) -> Kinds:
        doubt = False
        for step in self.mro(cls)[1 if skip_own else 0 :]:
            if isinstance(step, Key):
                kinds = self._own(step, attr, instance)
                if kinds:
                    return kinds | (self._overrides(cls, attr, instance) if not skip_own else NOTHING)
            elif step is None:
                doubt = True
            elif not doubt and step not in ("builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol"):
                typed = self.program.catalogue.attribute_type(step, attr)
                if typed:
                    return one(Inst(typed))
                if self.program.catalogue.find_method(step, attr):
                    return one(Member(step, attr))
        below = self._overrides(cls, attr, instance)
        if below:
            return below
        externals = self.external_bases(cls)
        if not doubt and externals and instance:
            return one(Member(externals[0], attr))
        return unknown(f"{self.program.scope(cls).name} has no {attr}")

    def _own(self, cls: Key, attr: str, instance: bool) -> Kinds:
        """The attribute as this one class defines it."""
        parts: list[Kinds] = []
        annotated: list[Kinds] = []
        for binding in self.program.modules[cls.path].names[cls.scope].get(attr, ()):
            if binding.how is How.DEF:
                method = Key(cls.path, binding.scope)
                if instance and self.is_property(method):
                    return self._property_result(method)
                parts.append(one(Fn(method, bound=instance or self.is_classmethod(method))))
            else:
                kinds = self.inference.binding(Bound(cls, binding))
                (annotated if binding.how is How.ANNOTATION else parts).append(kinds)
        if instance:
            for found in self._instance_bindings.get(cls, {}).get(attr, ()):
                where = Key(cls.path, found.scope)
                if found.value is None:
                    parts.append(unknown(f"self.{attr} is unpacked"))
                elif found.how is How.ANNOTATION:
                    annotated.append(self.inference.annotations.instances(where, found.value))
                elif found.how in (How.WITH, How.ASYNC_WITH):
                    entered = self.inference.kinds(where, found.value, found.line)
                    parts.append(self.inference.entered(entered, found.how is How.ASYNC_WITH))
                elif found.how is How.ASSIGN:
                    parts.append(self.inference.kinds(where, found.value, found.line))
                else:
                    parts.append(unknown(f"self.{attr} is bound by a loop"))
        declared = union(annotated)
        if is_known(declared):
            return declared
        kinds = union(parts)
        some = frozenset(k for k in kinds if not (isinstance(k, Inst) and k.name == "builtins.NoneType"))
        return some or kinds or declared

    def _property_result(self, method: Key) -> Kinds:
        return self.inference.function_result(method) or unknown("a property")

    def _overrides(self, cls: Key, attr: str, instance: bool) -> Kinds:
        """What classes below `cls` put in its place: any of them may be the one at run time."""
        parts: list[Kinds] = []
        for below in self.subclasses.get(cls, ()):
            if any(
                b.how is How.DEF for b in self.program.modules[below.path].names[below.scope].get(attr, ())
            ):
                parts.append(self._own(below, attr, instance))
        return union(parts)

    def method_result(self, cls: Key, method: str) -> Kinds:
        parts = [self.inference.result(kind) for kind in sorted(self.instance_attribute(cls, method), key=repr)]
        return union(parts)

    # methods ------------------------------------------------------------------------------------------------

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
        if key not in self._decorators:
            self._decorators[key] = NOTHING
            parent, line = self.program.parent(key), self.program.scope(key).span.line
            parts = [
                self.inference.callees(CallKey(key.path, decorator.index))
                if isinstance(decorator, Call)
                else self.inference.kinds(parent, decorator, line)
                for decorator in self.program.scope(key).decorators
            ]
            self._decorators[key] = union(parts)
        return self._decorators[key]

    def _decorated(self, method: Key, names: set[str]) -> bool:
        return any(isinstance(kind, Ext) and kind.name in names for kind in self.decorators(method))

    def is_static(self, method: Key) -> bool:
        return self._decorated(method, {"builtins.staticmethod"})

    def is_classmethod(self, method: Key) -> bool:
        return self.program.scope(method).name == "__new__" or self._decorated(method, {"builtins.classmethod"})

    def is_property(self, method: Key) -> bool:
        if self._decorated(method, _PROPERTIES):
            return True
        # `@x.setter`: the decorator is an attribute of the property itself
        return any(
            getattr(decorator, "attr", "") in ("setter", "getter", "deleter")
            for decorator in self.program.scope(method).decorators
        )
