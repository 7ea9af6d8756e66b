"""Fields that hold something else than their class says, as nobody looked when it was put there. A task makes
the object anew, by what the class says: it reads another value, or refuses the object.

@dataclass                                class Order(BaseModel):
class Order:                                  total: float = 0           # no default is looked at
    total: float                              note: str = None
                                              item: Item
order = Order(total=3)
                                          order.total = 3                # nor what is set later
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from ...analysis.index.bindings import How
from ...analysis.index.expr import (
    Attr,
    Call,
    Const,
    DictDisplay,
    Expr,
    Name,
    Starred,
    last_name,
)
from ...analysis.link.kinds import NONE, Cls, Ext, Inst, Kinds, Obj, Unknown, one, ordered
from ...analysis.link.program import CallKey, Key
from ..sites import ValueKind
from .alike import is_read_as_text
from .endless import is_endless
from .made_again import checked_fields
from .shown import Shown
from .subclasses import Subclasses, names_in

if TYPE_CHECKING:
    from .models import Models

_BARE = frozenset({"model_construct", "construct"})
_COPIES = frozenset({"model_copy", "copy"})
_MAY_BE_NONE = frozenset({"None", "NoneType", "Optional", "Any", "object"})
_CHECKS_WHAT_IS_SET = "validate_assignment"
_CHECKS_DEFAULTS = "validate_default"
_OF_PYDANTIC = "pydantic."
_INT, _FLOAT = one(Inst("builtins.int")), one(Inst("builtins.float"))
_CLASS_ONLY = frozenset({"ClassVar", "InitVar"})
_UNCHECKED = "is {} without being checked ({}), and would be checked in the task"


class _Given(msgspec.Struct, frozen=True):
    """A value that somebody puts into a field."""

    key: Key
    """The scope that reads it."""
    value: Expr
    line: int
    is_checked: bool = False
    """By pydantic, which lets objects of a subclass through."""
    is_default: bool = False

    @property
    def place(self) -> str:
        return f"{self.key.path}:{self.line}"


class Unlike:
    def __init__(self, models: Models) -> None:
        self.models = models
        self.program = models.program
        self.inference = models.inference
        self.classes = models.classes
        self.shown = Shown(models)
        self.subclasses = Subclasses(models)
        self.of = cache(self._of)
        """What is not as the class says, in words behind the name of an object; empty for nothing."""

    def _of(self, cls: Key) -> str:
        steps = list(self.models.steps(cls))
        found = (self._bare(step) or self._of_fields(step) for step in steps)
        return next(filter(None, found), "")

    def _of_fields(self, cls: Key) -> str:
        fields = self._fields(cls)
        is_model = self.models.kind(cls) is ValueKind.MODEL
        checked = checked_fields(self.models.statements(cls)) if is_model else frozenset()
        checks_all = is_model and self._says(cls, _CHECKS_WHAT_IS_SET)
        for name, annotation in fields.items():
            for given in self._given(cls, name, checks_all=checks_all):
                if loss := self._loss(cls, name, annotation, given):
                    return loss
                if not (given.is_checked or given.is_default) and {name, "*"} & checked:
                    return f"has its {name} set without being checked ({given.place}), as a task would"
        return ""

    def _fields(self, cls: Key) -> dict[str, Expr]:
        """Those that the class itself declares, each with its annotation."""
        return {
            each.name: each.value
            for each in self.program.scope(cls).bindings
            if each.how is How.ANNOTATION
            and isinstance(each.value, Expr)
            and _CLASS_ONLY.isdisjoint(names_in(each.value))
        }

    def _loss(self, cls: Key, name: str, annotation: Expr, given: _Given) -> str:
        wanted = self.inference.annotations.instances(cls, annotation)
        if is_endless(self.program, given.key.path, given.value):
            return f"may hold an endless number as its {name} ({given.place}), of which None would arrive"
        if any(isinstance(kind, Unknown) for kind in wanted) or not wanted:
            return ""
        kinds = self.inference.kinds(given.key, given.value, given.line)
        if given.is_default and kinds == _INT and wanted == _FLOAT and not self._shows(cls, name):
            return ""
        if self._is_none(kinds) and not given.is_checked and not self._takes_none(cls, annotation):
            return f"may hold None as its {name} ({given.place}), which its class refuses"
        return self._unlike(name, wanted, kinds, given)

    def _unlike(self, name: str, wanted: Kinds, kinds: Kinds, given: _Given) -> str:
        own = {kind.key for kind in wanted if isinstance(kind, Obj)}
        library = {kind.name: kind for kind in wanted if isinstance(kind, Inst)}
        for kind in ordered(kinds):
            if isinstance(kind, Obj):
                loss = self._of_object(name, own, kind, given)
                if loss:
                    return loss
            elif isinstance(kind, Inst) and is_read_as_text(kind.name, library):
                return _turned(kind.name.rpartition(".")[2], name, given)
            elif isinstance(kind, Inst) and kind.name in library:
                for inner, said in zip(kind.args, library[kind.name].args, strict=False):
                    is_said = bool(said) and not any(isinstance(each, Unknown) for each in said)
                    loss = self._unlike(name, said, inner, given) if is_said else ""
                    if loss:
                        return loss
            elif isinstance(kind, Inst) and kind.name != NONE and not given.is_checked:
                is_loose = given.is_default and any(each.startswith(_OF_PYDANTIC) for each in library)
                if not is_loose and self._is_plain(kind.name) and (library or own):
                    return _turned(kind.name.rpartition(".")[2], name, given)
        return ""

    def _of_object(self, name: str, own: Set[Key], kind: Obj, given: _Given) -> str:
        word = self.program.scope(kind.key).name
        below = own & set(self.models.steps(kind.key))
        if kind.key not in own and not below:
            is_turned = not given.is_checked and self.models.kind(kind.key) is ValueKind.SCALAR
            return _turned(word, name, given) if is_turned else ""
        if kind.key not in own:
            base = self.program.scope(min(below)).name
            return f"may hold a {word} as its {name} ({given.place}), and {base} is what would arrive"
        if self.models.alike.with_any(kind.key, own - {kind.key}):
            return f"may hold a {word} as its {name} ({given.place}), which may arrive as another one"
        under = self.subclasses.under(kind.key) if not kind.is_exact else ""
        return f"holds a {word} as its {name}, which {under}" if under else ""

    @staticmethod
    def _is_plain(name: str) -> bool:
        return name.startswith(("builtins.", "datetime.", "decimal.", "uuid.", "pathlib."))

    @staticmethod
    def _is_none(kinds: Kinds) -> bool:
        """Is it None, and nothing else? What may be None mostly is not."""
        return bool(kinds) and all(isinstance(kind, Inst) and kind.name == NONE for kind in kinds)

    def _takes_none(self, cls: Key, annotation: Expr) -> bool:
        if not _MAY_BE_NONE.isdisjoint(names_in(annotation)):
            return True
        named = self.inference.kinds(cls, annotation) if isinstance(annotation, (Name, Attr)) else ()
        return isinstance(annotation, (Name, Attr)) and not all(isinstance(k, (Cls, Ext)) for k in named)

    def _shows(self, cls: Key, name: str) -> bool:
        return self.shown.is_field(name) or self.shown.is_whole(cls)

    # who puts something there -----------------------------------------------------------------------------

    def _given(self, cls: Key, name: str, *, checks_all: bool) -> Iterator[_Given]:
        yield from self._default(cls, name)
        yield from self._at_making(cls, name)
        if checks_all:
            return
        for path, binding in self.program.attributes_by_name.get(name, ()):
            key = Key(path, binding.scope)
            is_set = binding.how in (How.ASSIGN, How.ANNOTATION) and binding.gives_value
            if is_set and binding.value is not None and self._is_one(cls, key, binding.target, binding.line):
                yield _Given(key, binding.value, binding.line)
        for call in self._calls("setattr"):
            site = self.program.call(call)
            key = Key(call.path, site.scope)
            word = site.args[1] if len(site.args) == 3 else None
            is_named = isinstance(word, Const) and word.text == name
            if is_named and self._is_one(cls, key, site.args[0], site.span.line):
                yield _Given(key, site.args[2], site.span.line)

    def _default(self, cls: Key, name: str) -> Iterator[_Given]:
        if self._says(cls, _CHECKS_DEFAULTS):
            return
        for each in self.program.scope(cls).bindings:
            if each.name != name or each.how is not How.ASSIGN or not isinstance(each.value, Expr):
                continue
            value: Expr | None = each.value
            if isinstance(value, Call):
                site = self.program.call(CallKey(cls.path, value.index))
                if last_name(site.func) in ("Field", "field"):
                    words = dict(site.keywords)
                    value = words.get("default", site.args[0] if site.args else None)
            if value is not None and not (isinstance(value, Const) and value.type == "ellipsis"):
                yield _Given(cls, value, each.line, is_default=True)

    def _at_making(self, cls: Key, name: str) -> Iterator[_Given]:
        """`Order(total=3)`, `replace(order, total=3)`, `order.model_copy(update={"total": 3})`"""
        is_checked = self.models.is_checked(cls)
        family = (cls, *self.classes.subclasses.get(cls, ()))
        for word in dict.fromkeys(("cls", *(self.program.scope(each).name for each in family))):
            for call in self._calls(word):
                made = [k.key for k in self.inference.callees(call) if isinstance(k, Cls)]
                made = [each for each in made if each in family]
                site = self.program.call(call)
                places = self._places(made[0]) if made else []
                for number, value in enumerate(site.args):
                    if isinstance(value, Starred) or number >= len(places):
                        break
                    if places[number] == name:
                        yield _Given(Key(call.path, site.scope), value, site.span.line, is_checked)
                if made:
                    yield from self._named(call, name, is_checked=is_checked)
        for call in self._calls("replace"):
            site = self.program.call(call)
            if site.args and self._is_one(cls, Key(call.path, site.scope), site.args[0], site.span.line):
                yield from self._named(call, name, is_checked=is_checked)
        for call, update in self._updates(cls):
            site = self.program.call(call)
            if isinstance(update, DictDisplay):
                for key, value in zip(update.keys, update.values, strict=True):
                    if isinstance(key, Const) and key.text == name:
                        yield _Given(Key(call.path, site.scope), value, site.span.line)

    def _named(self, call: CallKey, name: str, *, is_checked: bool) -> Iterator[_Given]:
        site = self.program.call(call)
        value = dict(site.keywords).get(name)
        if value is not None:
            yield _Given(Key(call.path, site.scope), value, site.span.line, is_checked)

    def _places(self, cls: Key) -> list[str]:
        """The fields of a dataclass in the order of its `__init__`."""
        steps = reversed(list(self.models.steps(cls)))
        return list(dict.fromkeys(name for step in steps for name in self._fields(step)))

    def _bare(self, cls: Key) -> str:
        """`Order.model_construct(..)`, `order.model_copy(update=changes)`, `setattr(order, name, value)`"""
        for call in (each for word in sorted(_BARE) for each in self._calls(word)):
            site = self.program.call(call)
            owner = site.func.value if isinstance(site.func, Attr) else None
            kinds = self.inference.kinds(Key(call.path, site.scope), owner, site.span.line) if owner else ()
            if any(isinstance(kind, Cls) and cls in self.models.steps(kind.key) for kind in kinds):
                return _UNCHECKED.format("made", f"{call.path}:{site.span.line}")
        for call, update in self._updates(cls):
            if not isinstance(update, DictDisplay):
                return _UNCHECKED.format("changed", f"{call.path}:{self.program.call(call).span.line}")
        for call in () if self._says(cls, _CHECKS_WHAT_IS_SET) else self._calls("setattr"):
            site = self.program.call(call)
            is_named = len(site.args) == 3 and not isinstance(site.args[1], Const)
            if is_named and self._is_one(cls, Key(call.path, site.scope), site.args[0], site.span.line):
                return _UNCHECKED.format("changed", f"{call.path}:{site.span.line}")
        return ""

    def _updates(self, cls: Key) -> Iterator[tuple[CallKey, Expr]]:
        for call in (each for word in sorted(_COPIES) for each in self._calls(word)):
            site = self.program.call(call)
            update = dict(site.keywords).get("update")
            owner = site.func.value if isinstance(site.func, Attr) else None
            if update is None or owner is None:
                continue
            if self._is_one(cls, Key(call.path, site.scope), owner, site.span.line):
                yield call, update

    def _calls(self, name: str) -> Iterator[CallKey]:
        found = self.program.calls_by_name.get(name, ())
        return (each for each in found if not self.program.modules[each.path].facts.is_test)

    def _is_one(self, cls: Key, key: Key, expr: Expr, line: int) -> bool:
        """Is it an object of the class, or of one that derives from it?"""
        kinds = self.inference.kinds(key, expr, line)
        return any(isinstance(kind, Obj) and cls in self.models.steps(kind.key) for kind in kinds)

    def _says(self, cls: Key, word: str) -> bool:
        statements = (each for step in self.models.steps(cls) for each in self.models.statements(step))
        return any(word in ast.unparse(each) for each in statements if isinstance(each, _SETTINGS))


_SETTINGS = (ast.Assign, ast.AnnAssign, ast.ClassDef)


def _turned(word: str, name: str, given: _Given) -> str:
    an = "an" if word[0].lower() in "aeiou" else "a"
    return f"may hold {an} {word} as its {name} ({given.place}), which would be read as what its class says"
