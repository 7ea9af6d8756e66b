"""`owner.attr` -> kinds, by what the owner is: object, class, module, or something outside the project."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from ....catalogue.build import split_type
from ...index.expr import Attr, Const
from .. import names
from ..decorators.decorators import ALL_CACHES
from ..kinds import (
    COROUTINE,
    MOST_ATTRIBUTES,
    NAMESPACE,
    NONE,
    NOTHING,
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
    Vars,
    is_missing,
    one,
    ordered,
    typed,
    union,
    unknown,
    without_none,
)
from ..libraries import rows
from ..libraries.of_bases import with_it
from ..program import Key, Program
from ..values.plain import having
from . import proxies

if TYPE_CHECKING:
    from ..infer import Inference

OBJECT_ATTRIBUTES = {
    "__name__": "builtins.str",
    "__qualname__": "builtins.str",
    "__module__": "builtins.str",
    "__doc__": "builtins.str",
}
OF_CACHES = ("cache_clear", "cache_info", "cache_parameters")
_AWAITABLE = "sqlalchemy.ext.asyncio.AsyncAttrs.awaitable_attrs"
"""What has the attributes of an object, each to be awaited."""
STATE = "starlette.datastructures.State"
_STATE_OWNERS = ("fastapi.", "starlette.")


def _told_apart(owners: Kinds) -> Kinds:
    """Very many things of libraries are something unknown: where a name holds what is read of itself, each
    round has as many times more as there are attributes."""
    if len(owners) <= MOST_ATTRIBUTES:
        return owners
    outside = [kind for kind in owners if isinstance(kind, Ext)]
    if len(outside) <= MOST_ATTRIBUTES:
        return owners
    return owners.difference(outside) | unknown("an attribute of too many things")


class Attributes:
    def __init__(self, program: Program, inference: Inference) -> None:
        self.program = program
        self.inference = inference

    def attribute(self, owners: Kinds, attr: str) -> Kinds:
        owners = _told_apart(having(without_none(owners), attr))
        return union([*with_it({owner: self._attribute_of(owner, attr) for owner in ordered(owners)})])

    def _has_own_dict(self, owner: Mod | Obj | Cls) -> bool:
        """`def __dict__(self)`, a method like any other."""
        classes = self.inference.classes
        return not isinstance(owner, Mod) and classes.method(owner.key, "__dict__") is not None

    def _attribute_of(self, owner: Kind, attr: str) -> Kinds:
        if isinstance(owner, Unknown):
            return one(owner)
        if attr == "__dict__" and isinstance(owner, (Mod, Obj, Cls)) and not self._has_own_dict(owner):
            return one(Vars(owner))
        if isinstance(owner, Vars):
            return one(Member("builtins.dict", attr))
        if attr in OBJECT_ATTRIBUTES and isinstance(owner, (Obj, Cls, Fn)):
            return one(Inst(OBJECT_ATTRIBUTES[attr]))
        if isinstance(owner, Obj):
            if attr == "__class__":
                return self.class_of(owner)
            if attr == "awaitable_attrs" and self.inference.classes.method(owner.key, attr) is None:
                return one(Inst(_AWAITABLE, (one(owner),)))
            found = self.inference.classes.instance_attribute(
                owner.key, attr, skip_own=owner.is_super, args=owner.args, exact=owner.is_exact
            )
            found = self.inference.relations.read(owner.key, attr, found)
            return (is_missing(found, attr) and proxies.given_for(self.inference, owner.key, attr)) or found
        if isinstance(owner, Cls):
            found = self.inference.classes.class_attribute(owner.key, attr, owner.args)
            return self.inference.relations.on_class(owner.key, attr, found)
        if isinstance(owner, (Ext, Inst, Member)):
            return self._outside(owner, attr)
        if isinstance(owner, Mod):
            kinds = self.inference.of_module(names.module_attribute(self.program, owner, attr))
            kinds |= self._patched(owner, attr)
            return kinds or self._of_hook(owner) or unknown(f"{owner.name} has no {attr}")
        if isinstance(owner, Decorated):
            return unknown(f"the attribute {attr} of a decorated function")
        if attr in ("func", "__wrapped__", "__func__", "__call__"):
            return one(owner)
        if attr in OF_CACHES and self.inference.decorators.is_cached(owner.key, ALL_CACHES):
            return one(Ext(f"functools.{attr}"))
        made = self.inference.decorators.put_in_its_place(owner.key)
        return self._attribute_of(made, attr) if made else unknown(f"an attribute {attr} of a function")

    def class_of(self, instance: Kind) -> Kinds:
        """`type(instance)`."""
        if isinstance(instance, Obj):
            below = () if instance.is_exact else self.inference.classes.subclasses.get(instance.key, ())
            return frozenset((Cls(instance.key, instance.args), *(Cls(each) for each in below)))
        return one(Ext(instance.name)) if isinstance(instance, Inst) else unknown("a type")

    def _outside(self, owner: Ext | Inst | Member, attr: str) -> Kinds:
        catalogue = self.program.catalogue
        if isinstance(owner, Inst) and owner.name == NONE:
            return unknown(f"None has no {attr}: something else is put there")
        name = f"{owner.owner}.{owner.attr}" if isinstance(owner, Member) else owner.name
        if isinstance(owner, Inst) and name == NAMESPACE:
            return dict(owner.items).get(attr) or unknown(f"a namespace with no {attr}")
        if isinstance(owner, Inst) and name == _AWAITABLE:
            return one(Inst(COROUTINE, (self.attribute(owner.args[0], attr),)))
        if isinstance(owner, Inst) and name == STATE:
            return self._state(attr)
        if attr == "state" and not isinstance(owner, Ext) and name.startswith(_STATE_OWNERS):
            return one(Inst(STATE))
        written = catalogue.attribute_type(name, attr)
        if written:
            return typed(*split_type(written))
        in_row = rows.field(self.inference, owner, attr) if isinstance(owner, Inst) else None
        if in_row:
            return in_row
        if isinstance(owner, Inst) and (put := self.put_on([name], attr)):
            return put
        return (
            one(Ext(catalogue.canonical(f"{name}.{attr}")))
            if isinstance(owner, Ext)
            else one(Member(name, attr))
        )

    def _state(self, attr: str) -> Kinds:
        """`app.state.x`: whatever is assigned to an `x` of some `state`, or yielded by a lifespan."""
        parts = [
            self.inference.kinds(Key(path, found.scope), found.value, found.line)
            for path, found in self.program.attributes_by_name.get(attr, ())
            if isinstance(found.target, Attr) and found.target.attr == "state" and found.value is not None
        ]
        parts.append(self._yielded(attr))
        return without_none(union(parts)) or unknown(f"nothing is assigned to state.{attr}")

    def _yielded(self, attr: str) -> Kinds:
        """`yield {"x": value}` of a lifespan: `request.state.x`."""
        parts: list[Kinds] = []
        for call in self.program.calls_by_keyword.get("lifespan", ()):
            site = self.program.call(call)
            given = dict(site.keywords)["lifespan"]
            for kind in ordered(self.inference.kinds(Key(call.path, site.scope), given, site.span.line)):
                state = self.inference.entered(self.inference.result(kind), True)
                found = self.inference.element(state, Const("str", attr))
                parts.append(frozenset(each for each in found if not isinstance(each, Unknown)))
        return union(parts)

    def put_on(self, classes: Iterable[str], attr: str) -> Kinds:
        """What is set as this attribute of classes outside the project, or of their objects."""
        if attr not in self.program.attributes_by_name:
            return NOTHING
        solve = self.inference.solver.solve
        return union([solve(("put", name, attr), partial(self._put_on, name, attr)) for name in classes])

    def _put_on(self, name: str, attr: str) -> Kinds:
        """`app.x = value` on an object of a class outside the project that has no `x` by itself; so is
        `Base.query = value` on what `declarative_base()` gave."""
        bases = self.program.catalogue.bases
        if self.program.catalogue.is_written_out(name, attr):
            return NOTHING
        parts: list[Kinds] = []
        for path, found in self.program.attributes_by_name[attr]:
            where = Key(path, found.scope)
            for kind in self.inference.kinds(where, found.target, found.line) if found.value else ():
                if isinstance(kind, Inst) and (
                    kind.name == name or name in bases(kind.name) or kind.name in bases(name)
                ):
                    parts.append(self.inference.kinds(where, found.value, found.line))  # type: ignore[arg-type]
        return without_none(union(parts))

    def _of_hook(self, module: Mod) -> Kinds:
        """`def __getattr__(name)` of a module."""
        path = self.program.module_path(module.name, module.near)
        if path is None or "__getattr__" not in self.program.modules[path].names[0]:
            return NOTHING
        return union(
            [
                self.inference.result(kind)
                for kind in ordered(self.inference.name(Key(path, 0), "__getattr__"))
            ]
        )

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
