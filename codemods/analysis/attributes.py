"""`owner.attr` -> kinds, by what the owner is: object, class, module, or something outside the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..catalogue.build import split_type
from . import names
from .facts import Attr
from .kinds import (
    NAMESPACE,
    NONE,
    Cls,
    Decorated,
    Ext,
    Fn,
    Inst,
    Kind,
    Kinds,
    Member,
    Mod,
    Obj,
    Unknown,
    one,
    typed,
    union,
    unknown,
    without_none,
)
from .program import Key, Program

if TYPE_CHECKING:
    from .infer import Inference

OBJECT_ATTRIBUTES = {
    "__dict__": "builtins.dict",
    "__name__": "builtins.str",
    "__qualname__": "builtins.str",
    "__module__": "builtins.str",
    "__doc__": "builtins.str",
}
_APPS = {"fastapi.FastAPI", "starlette.applications.Starlette"}
_STATE = "starlette.datastructures.State"
_STATE_OWNERS = ("fastapi.", "starlette.")


class Attributes:
    def __init__(self, program: Program, inference: Inference) -> None:
        self.program = program
        self.inference = inference

    def attribute(self, owners: Kinds, attr: str) -> Kinds:
        return union([self._attribute_of(owner, attr) for owner in owners])

    def _attribute_of(self, owner: Kind, attr: str) -> Kinds:
        if isinstance(owner, Unknown):
            return one(owner)
        if attr in OBJECT_ATTRIBUTES and isinstance(owner, (Obj, Cls, Fn)):
            return one(Inst(OBJECT_ATTRIBUTES[attr]))
        if isinstance(owner, Obj):
            if attr == "__class__":
                return one(Cls(owner.key, owner.args))
            return self.inference.classes.instance_attribute(
                owner.key, attr, skip_own=owner.is_super, args=owner.args, exact=owner.is_exact
            )
        if isinstance(owner, Cls):
            return self.inference.classes.class_attribute(owner.key, attr, owner.args)
        if isinstance(owner, (Ext, Inst, Member)):
            return self._outside(owner, attr)
        if isinstance(owner, Mod):
            kinds = self.inference.of_module(names.module_attribute(self.program, owner, attr))
            return kinds | self._patched(owner, attr) or unknown(f"{owner.name} has no {attr}")
        if isinstance(owner, Decorated):
            return unknown(f"the attribute {attr} of a decorated function")
        if attr in ("func", "__wrapped__", "__func__"):
            return one(owner)
        made = self.inference.decorators.put_in_its_place(owner.key)
        return self._attribute_of(made, attr) if made else unknown(f"an attribute {attr} of a function")

    def _outside(self, owner: Ext | Inst | Member, attr: str) -> Kinds:
        catalogue = self.program.catalogue
        if isinstance(owner, Inst) and owner.name == NONE:
            return unknown(f"None has no {attr}: something else is put there")
        name = f"{owner.owner}.{owner.attr}" if isinstance(owner, Member) else owner.name
        if isinstance(owner, Inst) and name == NAMESPACE:
            return dict(owner.items).get(attr) or unknown(f"a namespace with no {attr}")
        if isinstance(owner, Inst) and name == _STATE:
            return self._state(attr)
        if attr == "state" and not isinstance(owner, Ext) and name.startswith(_STATE_OWNERS):
            return one(Inst(_STATE))
        written = catalogue.attribute_type(name, attr)
        if written:
            return typed(*split_type(written))
        return (
            one(Ext(catalogue.canonical(f"{name}.{attr}")))
            if isinstance(owner, Ext)
            else one(Member(name, attr))
        )

    def _state(self, attr: str) -> Kinds:
        """`app.state.x`: whatever is assigned to an `x` of some `state`."""
        parts = [
            self.inference.kinds(Key(path, found.scope), found.value, found.line)
            for path, found in self.program.attributes_by_name.get(attr, ())
            if isinstance(found.target, Attr) and found.target.attr == "state" and found.value is not None
        ]
        return without_none(union(parts)) or unknown(f"nothing is assigned to state.{attr}")

    def _patched(self, module: Mod, attr: str) -> Kinds:
        """`module.attr = value` somewhere in the program."""
        parts = [
            self.inference.kinds(Key(path, found.scope), found.value, found.line)
            for path, found in self.program.attributes_by_name.get(attr, ())
            if found.value is not None
            and any(
                isinstance(kind, Mod) and kind.name == module.name
                for kind in self.inference.kinds(Key(path, found.scope), found.target, found.line)
            )
        ]
        return union(parts)
