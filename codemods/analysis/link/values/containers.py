"""What comes out of containers, context managers and awaitables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...index.expr import Const, Expr
from ..kinds import (
    ASYNC_CONTEXT,
    AWAITABLES,
    CONTEXT,
    COROUTINE,
    GENERATOR,
    NOTHING,
    Cls,
    Ext,
    Inst,
    Kind,
    Kinds,
    Member,
    Obj,
    Unknown,
    Vars,
    is_known,
    one,
    ordered,
    typed,
    union,
    unknown,
)
from ..libraries.makers import holder
from ..libraries.rows import COLUMN_VALUE, COLUMNS, QUERY
from ..program import Program
from .plain import having

if TYPE_CHECKING:
    from ..infer import Inference

_STRINGS = ("builtins.str", "builtins.bytes")
CONTEXT_VARIABLE = "contextvars.ContextVar"
_ASYNC_QUEUES = tuple(f"asyncio.{name}" for name in ("Queue", "LifoQueue", "PriorityQueue"))
QUEUES = (
    *_ASYNC_QUEUES,
    *(f"queue.{name}" for name in ("Queue", "SimpleQueue", "LifoQueue", "PriorityQueue")),
)
ANYWHERE = "[]"
"""The key of what is put in under a key that is computed."""
MAPPINGS = ("builtins.dict", "collections.defaultdict", "collections.OrderedDict")
_DATA = frozenset(f"builtins.{name}" for name in ("dict", "list", "tuple", "str", "int", "float", "bool"))
_ITEM, _ELEMENT = "an item of a container", "an element of an iterable"
_OF_EMPTY = unknown("an element of an empty container")


class Containers:
    def __init__(self, program: Program, inference: Inference) -> None:
        self.program = program
        self.inference = inference

    def element(self, kinds: Kinds, key: Expr | None, position: int | None = None) -> Kinds:
        """`kinds[key]`, or the part at `position` of an unpacking."""
        if isinstance(key, Const) and key.type == "slice":
            return union([self._sliced(kind) for kind in ordered(kinds)])
        wanted = position if position is not None else literal(key)
        kinds = having(kinds, "__getitem__")
        return without_stand_ins(union([self._element(kind, wanted) for kind in ordered(kinds)]))

    def _of_vars(self, kind: Vars, wanted: str | int | None) -> Kinds:
        if isinstance(wanted, str):
            return self.inference.attribute(one(kind.owner), wanted)
        return unknown("a name that is computed")

    def _sliced(self, kind: Kind) -> Kinds:
        if isinstance(kind, Inst):
            if kind.name == "builtins.tuple":
                return one(Inst("builtins.list", (union(list(kind.args)),)))
            if kind.name == QUERY:
                return one(Inst("builtins.list", kind.args[:1]))
            return one(Inst(kind.name, kind.args))
        return self._element(kind, None)

    def _element(self, kind: Kind, wanted: str | int | None) -> Kinds:
        if isinstance(kind, Inst):
            for key, value in kind.items:
                if key == wanted:
                    return value
            if kind.name == "builtins.tuple" and kind.args:
                if isinstance(wanted, int) and 0 <= wanted < len(kind.args):
                    return kind.args[wanted]
                return union(list(kind.args))
            if kind.args and kind.name not in AWAITABLES:
                return kind.args[-1] or _OF_EMPTY
            if kind.name in _STRINGS:
                return one(kind)
            entry = self.program.catalogue.find_method(kind.name, "__getitem__")
            return typed(entry.returns, entry.items) if entry and entry.returns else _inside(kind, _ITEM)
        if isinstance(kind, Cls) and self.inference.classes.is_a(kind.key, "enum.Enum"):
            return one(Obj(kind.key))
        if isinstance(kind, Cls) and (whole := self._with_dunder(kind, "__getitem__")) is not None:
            return self._element(whole, wanted)
        if isinstance(kind, Ext) and not self.program.catalogue.is_class(kind.name):
            entry = self.program.catalogue.find(f"{kind.name}.__getitem__")
            if entry is not None and entry.returns:  # os.environ["KEY"]
                return typed(entry.returns, entry.items)
        if isinstance(kind, (Cls, Ext)):
            return one(kind)  # Repository[Model] is the class still
        if isinstance(kind, Obj):
            field = self._field(kind, wanted)
            return field or self.inference.classes.method_result(kind, "__getitem__")
        if isinstance(kind, Vars):
            return self._of_vars(kind, wanted)
        return _inside(kind, _ITEM)

    def _field(self, owner: Obj, wanted: str | int | None) -> Kinds:
        """An item of a `TypedDict` or `NamedTuple` is one of its fields."""
        classes = self.inference.classes
        if isinstance(wanted, str) and classes.is_a(owner.key, "builtins.dict"):
            name = wanted if wanted in classes.fields(owner.key) else ""
        elif isinstance(wanted, int) and classes.is_a(owner.key, "builtins.tuple"):
            name = next(iter(classes.fields(owner.key)[wanted : wanted + 1]), "")
        else:
            return NOTHING
        return classes.instance_attribute(owner.key, name) if name else NOTHING

    def iterated(self, kinds: Kinds) -> Kinds:
        kinds = having(kinds, "__iter__")
        return without_stand_ins(union([self._iterated(kind) for kind in ordered(kinds)]))

    def _iterated(self, kind: Kind) -> Kinds:
        if isinstance(kind, Inst):
            if kind.name in MAPPINGS and kind.args:
                return kind.args[0] or one(Inst("builtins.str"))
            if kind.name == "builtins.tuple" and kind.args:
                return union(list(kind.args))
            if kind.args and kind.name not in AWAITABLES:
                return kind.args[0] or _OF_EMPTY
            if kind.name in COLUMNS:
                return COLUMN_VALUE  # no expression can be iterated: what the column of an object holds can
            for dunder in ("__iter__", "__aiter__"):
                entry = self.program.catalogue.find_method(kind.name, dunder)
                if entry and entry.returns:
                    return typed(entry.returns, entry.items)
            if kind.name in _STRINGS or kind.name.startswith("io.Text"):
                return one(Inst("builtins.str"))
        elif isinstance(kind, Cls) and self.inference.classes.is_a(kind.key, "enum.Enum"):
            return one(Obj(kind.key))
        elif isinstance(kind, Cls) and (whole := self._with_dunder(kind, "__iter__")) is not None:
            return self._iterated(whole)
        elif isinstance(kind, Obj):
            for dunder in ("__iter__", "__aiter__"):
                if self.inference.classes.method(kind.key, dunder) is not None:
                    return self._of_iterator(kind, dunder)
            if self.inference.classes.method(kind.key, "__getitem__") is not None:
                return self.inference.classes.method_result(kind, "__getitem__")
        return _inside(kind, _ELEMENT)

    def is_held_by(self, cls: Cls) -> bool:
        """Does `cls[..]` give something that the class holds, and not the class for some types?"""
        is_enum = self.inference.classes.is_a(cls.key, "enum.Enum")
        return is_enum or self._with_dunder(cls, "__getitem__") is not None

    def _with_dunder(self, kind: Cls, dunder: str) -> Obj | None:
        """The class as an object, where its metaclass has the dunder."""
        classes = self.inference.classes
        whole = classes.as_instance(kind)
        return whole if whole is not None and classes.method(whole.key, dunder) is not None else None

    def _of_iterator(self, kind: Obj, dunder: str) -> Kinds:
        following = "__next__" if dunder == "__iter__" else "__anext__"
        parts = []
        for iterator in ordered(self.inference.classes.method_result(kind, dunder)):
            if (
                isinstance(iterator, Obj)
                and self.inference.classes.method(iterator.key, following) is not None
            ):
                result = self.inference.classes.method_result(iterator, following)
                parts.append(self.awaited(result) if following == "__anext__" else result)
            elif iterator == kind:
                parts.append(unknown(_ELEMENT))
            else:
                parts.append(self._iterated(iterator))
        return union(parts) or unknown(_ELEMENT)

    def entered(self, kinds: Kinds, is_async: bool) -> Kinds:
        """What `with kinds as x` gives to `x`."""
        return union([self._entered(kind, is_async) for kind in ordered(kinds)])

    def _entered(self, kind: Kind, is_async: bool) -> Kinds:
        dunder = "__aenter__" if is_async else "__enter__"
        if isinstance(kind, Inst):
            if kind.name in (CONTEXT, ASYNC_CONTEXT) or (kind.name == COROUTINE and is_async):
                return kind.args[0] if kind.args else unknown("what a context manager yields")
            entry = self.program.catalogue.find_method(kind.name, dunder)
            return typed(entry.returns, entry.items) if entry and entry.returns else one(kind)
        if isinstance(kind, Obj):
            result = self.inference.classes.method_result(kind, dunder)
            return self.awaited(result) if is_async else result
        return _inside(kind, "what a context manager gives")

    def awaited(self, kinds: Kinds) -> Kinds:
        return union([self._awaited(kind) for kind in ordered(kinds)])

    def _awaited(self, kind: Kind) -> Kinds:
        if isinstance(kind, Inst) and kind.name in AWAITABLES:
            return kind.args[0] if kind.args else unknown("an awaited result")
        return one(kind) if isinstance(kind, Unknown) else unknown("an awaited value")

    def dict_method(self, method: str, owners: Kinds, key: Expr | None, default: Kinds) -> Kinds | None:
        """`d.get(key, default)` and its kin, for dictionaries whose values are known."""
        parts: list[Kinds] = []
        for owner in ordered(owners):
            if isinstance(owner, Vars) and method in ("get", "pop", "setdefault"):
                parts.append(self._of_vars(owner, literal(key)) | default)
                continue
            if not isinstance(owner, Inst) or owner.name not in MAPPINGS:
                continue  # what its method gives is asked for by itself
            asks = method in ("get", "pop", "setdefault")
            if len(owner.args) != 2:
                if not (asks and _is_data(default)):
                    return None
                parts.append(default)
                continue
            keys, values = owner.args
            if asks:
                wanted = literal(key)
                found = next((value for k, value in owner.items if k == wanted), values)
                if _is_data(default):  # `data.get("rows", [])` says what there is, where nothing else does
                    found = frozenset(kind for kind in found if not isinstance(kind, Unknown))
                parts.append(found | default or _OF_EMPTY)
            elif method == "values":
                parts.append(one(Inst(GENERATOR, (values,))))
            elif method == "items":
                parts.append(one(Inst(GENERATOR, (one(Inst("builtins.tuple", (keys, values))),))))
            elif method == "keys":
                parts.append(one(Inst(GENERATOR, (keys or one(Inst("builtins.str")),))))
            elif method == "copy":
                parts.append(one(owner))
            else:
                return None
        return union(parts) if parts else None

    def list_method(self, owner: str, method: str, owners: Kinds) -> Kinds | None:
        if method == "copy":
            return owners
        if method not in ("pop", "popleft", "get", "get_nowait") or not is_known(owners):
            return None
        found = self.element(owners, None)
        return one(Inst(COROUTINE, (found,))) if method == "get" and owner in _ASYNC_QUEUES else found


def _inside(kind: Kind, why: str) -> Kinds:
    """What is in something of which no more is known, or only its class: of its library, as it is."""
    if isinstance(kind, Unknown):
        return unknown(why, kind.maker)
    return unknown(why, holder(kind) if isinstance(kind, (Inst, Member)) else "")


def _is_data(kinds: Kinds) -> bool:
    return bool(kinds) and all(isinstance(kind, Inst) and kind.name in _DATA for kind in kinds)


def without_stand_ins(elements: Kinds) -> Kinds:
    """Of `rows or []` and `data.get("rows", [])`: what is put into it later is read under its name."""
    return elements - _OF_EMPTY or elements


def literal(key: Expr | None) -> str | int | None:
    """A key that is written out."""
    if isinstance(key, Const):
        return key.number if key.number >= 0 else key.text if key.type == "str" else None
    return None
