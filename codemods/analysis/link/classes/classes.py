"""Classes of the project: bases and linearisation, attributes, overrides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from ...index.bindings import AttributeBinding, How, Import
from ...index.expr import Const, Name
from ..hierarchy import PLAIN_BASES, Hierarchy
from ..kinds import (
    ANY,
    NONE,
    NOTHING,
    Cls,
    Fn,
    Inst,
    Kinds,
    Member,
    Obj,
    Unknown,
    is_known,
    one,
    ordered,
    union,
    unknown,
    without_none,
)
from ..libraries.rows import attribute_of
from ..names import Bound, final
from ..program import Key, Program
from ..values import data
from ..values.declared import more_telling, says_all
from .methods import Methods, pairs
from .put_by_text import PutByText

if TYPE_CHECKING:
    from ..infer import Inference

_NONE = one(Inst(NONE))
_OF_OBJECT = frozenset(
    name for name in dir(object) if name.startswith("__") and name not in ("__class__", "__doc__", "__dir__")
)


class Classes(Methods):
    def __init__(self, program: Program, inference: Inference) -> None:
        super().__init__(program, inference, Hierarchy(program, inference))
        self._put_by_text = PutByText(program, inference, self.hierarchy)
        self.bases = self.hierarchy.bases
        self.external_bases = self.hierarchy.external_bases
        self.is_a = self.hierarchy.is_a
        self.fields = self.hierarchy.fields
        self.type_parameters = self.hierarchy.type_parameters

    @cached_property
    def _instance_bindings(self) -> Mapping[Key, Mapping[str, tuple[AttributeBinding, ...]]]:
        """`self.x = ...` in any method, by class and attribute."""
        table: dict[Key, dict[str, list[AttributeBinding]]] = defaultdict(lambda: defaultdict(list))
        for path, module in self.program.modules.items():
            for binding in module.facts.attributes:
                cls = self._class_of_self(path, binding)
                if cls is not None:
                    table[cls][binding.attr].append(binding)
        return {cls: {attr: tuple(found) for attr, found in attrs.items()} for cls, attrs in table.items()}

    def kept(self, cls: Key) -> Iterable[str]:
        """The names under which the methods of this class keep something in `self`."""
        return self._instance_bindings.get(cls, ())

    def _class_of_self(self, path: str, binding: AttributeBinding) -> Key | None:
        """The class whose instance (or the class itself, in a classmethod) `self` in `self.x = ...` is."""
        if not isinstance(binding.target, Name):
            return None
        owner = self.program.owner_of(path, binding.scope)
        while owner.scope > 0:
            parameters = self.program.scope(owner).parameters
            if any(p.name == binding.target.id for p in parameters):
                cls = self.program.enclosing_class(owner)
                return cls if cls and parameters[0].name == binding.target.id else None
            owner = self.program.parent(owner)
        return None

    def instance_attribute(
        self,
        cls: Key,
        attr: str,
        *,
        skip_own: bool = False,
        args: tuple[Kinds, ...] = (),
        exact: bool = False,
    ) -> Kinds:
        question = ("attribute", cls, attr, skip_own, args, exact)
        if skip_own:
            return self.inference.solver.solve(question, lambda: self._of_super(cls, attr))
        return self.inference.solver.solve(
            question, lambda: self._find(cls, attr, self.mro(cls), True, args, NOTHING if exact else None)
        )

    def class_attribute(self, cls: Key, attr: str, args: tuple[Kinds, ...] = ()) -> Kinds:
        return self.inference.solver.solve(
            ("class attribute", cls, attr, args), lambda: self._of_class(cls, attr, args)
        )

    def _of_class(self, cls: Key, attr: str, args: tuple[Kinds, ...]) -> Kinds:
        """Of the class itself, as its name says; what it lacks, a class below it may have."""
        found = self._find(cls, attr, self.mro(cls), False, args, NOTHING)
        if is_known(found):
            return found
        meta = self.hierarchy.metaclass(cls)
        of_meta = self.instance_attribute(meta, attr) if meta is not None else NOTHING
        is_there = is_known(of_meta) and not any(isinstance(kind, Member) for kind in of_meta)
        return of_meta if is_there else self._find(cls, attr, self.mro(cls), False, args, None)

    def _of_super(self, cls: Key, attr: str) -> Kinds:
        """`super().attr` in `cls`: what follows it in its own order or in that of any class below it."""
        parts = []
        for below in (cls, *self.subclasses.get(cls, ())):
            order = self.mro(below)
            if cls in order:
                following = order[order.index(cls) + 1 :]
                parts.append(self._find(below, attr, following, True, (), NOTHING))
        found = union(parts)
        # what a mixin lacks by itself, the class that it is mixed into has
        lacks = f"has no {attr}"
        return frozenset(k for k in found if not (isinstance(k, Unknown) and k.why.endswith(lacks))) or found

    def _find(
        self,
        cls: Key,
        attr: str,
        order: Sequence[Key | str | None],
        instance: bool,
        args: tuple[Kinds, ...],
        below: Kinds | None,
    ) -> Kinds:
        """The attribute by the order of bases; `below` is what subclasses put in its place (None: look)."""
        doubt, outer = NOTHING, ""
        for step in order:
            if isinstance(step, Key):
                types = self.hierarchy.types(cls, step, args)
                kinds = self._own(step, attr, instance, types)
                if kinds:
                    if instance:
                        kinds |= self._set_by_bases(order[order.index(step) + 1 :], attr)
                    if any(isinstance(k, Fn) for k in kinds):  # `Thing.method = other`
                        kinds |= self._put_by_text.of(self.line(cls), attr) | self._from_outside(cls, attr)
                    found = self._overrides(cls, step, attr, instance) if below is None else below
                    if kinds == ANY and found and not instance:
                        kinds = NOTHING  # `id: Any` says that the classes below have one
                    if self._is_left_to_below(step, attr, kinds, found):
                        kinds = self._from_outside(cls, attr)
                    return kinds | found | doubt
            elif step is None:
                doubt = unknown(f"a base class of {self.program.scope(cls).name} cannot be told")
            elif not doubt and step not in PLAIN_BASES:
                written = self.program.catalogue.attribute_type(step, attr)
                if written:
                    return attribute_of(cls, written)
                if self.program.catalogue.is_written_out(step, attr):
                    outer = step
                    break
                outer = outer or (step if self.program.catalogue.find_method(step, attr) else "")
        found = self._overrides(cls, None, attr, instance) if below is None else below
        if outer:  # a wildcard speaks for what no class of the project behind it has
            return one(Member(outer, attr)) | found | doubt
        if elsewhere := self._from_outside(cls, attr) or found:
            return elsewhere | doubt
        externals = [base for base in order if isinstance(base, str) and base not in PLAIN_BASES]
        if not doubt and externals:
            return self.inference.attributes.put_on(externals, attr) or one(Member(externals[0], attr))
        if attr in _OF_OBJECT and not doubt:
            return one(Member("builtins.object", attr))
        return unknown(f"{self.program.scope(cls).name} has no {attr}")

    def _is_left_to_below(self, cls: Key, attr: str, kinds: Kinds, found: Kinds) -> bool:
        """`model: type[T]`, where the classes below say `model = User`."""
        bindings = self.program.modules[cls.path].names[cls.scope].get(attr, ())
        is_set = attr in self._instance_bindings.get(cls, {}) or self.is_filled_when_made(cls)
        return (
            not is_set
            and all(binding.how is How.ANNOTATION for binding in bindings)
            and all(isinstance(kind, Unknown) for kind in kinds)
            and bool(found)
            and all(isinstance(kind, Cls) for kind in found)
        )

    def _set_by_bases(self, order: Sequence[Key | str | None], attr: str) -> Kinds:
        """`self.attr = ...` in the methods of bases: they run on the same object."""
        return without_none(
            union(
                [
                    self._assigned(step.path, found, {})
                    for step in order
                    if isinstance(step, Key)
                    for found in self._instance_bindings.get(step, {}).get(attr, ())
                    if found.how is How.ASSIGN and found.value != Const("NoneType")
                ]
            )
        )

    def _own(self, cls: Key, attr: str, instance: bool, types: Mapping[str, Kinds]) -> Kinds:
        """The attribute as this one class defines it."""
        parts: list[Kinds] = []
        annotated: list[Kinds] = []
        bindings = self.program.modules[cls.path].names[cls.scope].get(attr, ())
        if attr == "__init__" and not bindings and self.is_dataclass(cls):
            return one(Cls(cls))  # `super().__init__(session=session)` fills its fields as a call of it does
        if not instance and self.are_hybrid(cls, bindings):
            return one(Inst("sqlalchemy.ColumnElement"))
        for binding in final(bindings):
            if binding.how is How.DEF:
                method = Key(cls.path, binding.scope)
                if instance and self.is_property(method):
                    getter = next(self.getters(cls, bindings), method)
                    gives = self.inference.function_result(getter, pairs(types))
                    # an abstract one gives what those below give
                    return gives or (NOTHING if self.program.scope(getter).is_stub else unknown("a property"))
                parts.append(self._method(method, instance, types))
            elif binding.how is How.ANNOTATION and not isinstance(binding.value, Import):
                annotated.append(self.inference.annotations.instances(cls, binding.value, types))
            elif binding.how is not How.DELETE:
                kinds = self.inference.binding(Bound(cls, binding))
                if binding.how is How.ASSIGN and self.is_a(cls, "enum.Enum"):
                    # functions are no members: https://docs.python.org/3/library/enum.html
                    kinds = frozenset(k for k in kinds if isinstance(k, Fn)) or one(Obj(cls))
                parts.append(kinds)
        if instance or not (without_none(union(parts)) - _NONE or annotated):
            for found in self._instance_bindings.get(cls, {}).get(attr, ()):
                if found.how is How.ANNOTATION and found.value is not None:
                    where = Key(cls.path, found.scope)
                    annotated.append(self.inference.annotations.instances(where, found.value, types))
                else:
                    parts.append(self._assigned(cls.path, found, types))
        declared = union(annotated)
        if says_all(declared):
            return declared
        held = data.held(self.inference, cls, attr, declared) if instance else NOTHING
        if held:
            return self.inference.growth.grown(union([held, *parts]), attr, None)
        return more_telling(declared, without_none(self.inference.growth.grown(union(parts), attr, None)))

    def _assigned(self, path: str, found: AttributeBinding, types: Mapping[str, Kinds]) -> Kinds:
        """`self.x = value`, however it is written."""
        where = Key(path, found.scope)
        if found.value is None:
            return unknown(f"self.{found.attr} is unpacked")
        if found.how is How.ASSIGN:
            kinds = self.inference.kinds(where, found.value, found.line)
            if types and not is_known(kinds) and isinstance(found.value, Name):
                for parameter in self.program.scope(where).parameters:
                    if parameter.name == found.value.id and parameter.annotation is not None:
                        parent = self.program.parent(where)
                        return self.inference.annotations.instances(parent, parameter.annotation, types)
            return kinds
        if found.how is How.AUGMENTED:
            return NOTHING
        value = self.inference.kinds(where, found.value, found.line)
        if found.how in (How.WITH, How.ASYNC_WITH):
            return self.inference.entered(value, found.how is How.ASYNC_WITH)
        if found.how in (How.FOR, How.ASYNC_FOR):
            return self.inference.iterated(value)
        return unknown(f"self.{found.attr} is bound in a way that cannot be read")

    def _from_outside(self, cls: Key, attr: str) -> Kinds:
        """`thing.attr = value` outside of the class's own methods."""
        parts: list[Kinds] = []
        for path, binding in self.program.attributes_by_name.get(attr, ()):
            if self._class_of_self(path, binding) is not None:
                continue
            owners = self.inference.kinds(Key(path, binding.scope), binding.target, binding.line)
            if any(isinstance(kind, (Obj, Cls)) and kind.key in self.line(cls) for kind in owners):
                parts.append(self._assigned(path, binding, {}))
        return union(parts)

    def _overrides(self, cls: Key, step: Key | None, attr: str, instance: bool) -> Kinds:
        """What classes below `cls` put in the place of what `step` has: any may be the one at run time."""
        parts: list[Kinds] = []
        binding = self.binding.get(attr, frozenset())
        for below in self.subclasses.get(cls, ()):
            has = self.program.modules[below.path].names[below.scope][attr] if below in binding else ()
            instance_has = () if step is not None else self._instance_bindings.get(below, {}).get(attr, ())
            if instance_has or any(b.how in (How.DEF, How.ASSIGN) for b in has):
                parts.append(self._own(below, attr, instance, self.hierarchy.types(below, below, ())))
                continue
            # a class beside `cls` that comes before `step` in the order of a class below both
            for other in self.mro(below)[1:] if binding else ():
                if other == step:
                    break
                if other in binding and other != cls and any(self._defined(other, attr)):
                    parts.append(self._own(other, attr, instance, self.hierarchy.types(below, other, ())))
                    break
        return union(parts)

    def method_result(self, owner: Obj, method: str) -> Kinds:
        found = self.instance_attribute(owner.key, method, args=owner.args, exact=owner.is_exact)
        return union([self.inference.result(kind) for kind in ordered(found)])
