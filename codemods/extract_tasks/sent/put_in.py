"""Who puts what into the fields of a class, and who gets around its checks.

Order(total=3)              order.total = 3                   order.model_copy(update={"total": 3})
replace(order, total=3)     setattr(order, "total", 3)        Order.model_construct(total=3)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from ...analysis.index.bindings import How
from ...analysis.index.expr import Attr, Call, Const, DictDisplay, Expr, Starred, last_name
from ...analysis.link.kinds import Cls, Obj
from ...analysis.link.program import CallKey, Key
from .subclasses import names_in

if TYPE_CHECKING:
    from .models import Models

_BARE = frozenset({"model_construct", "construct"})
_COPIES = frozenset({"model_copy", "copy"})
CHECKS_WHAT_IS_SET = "validate_assignment"
_CHECKS_DEFAULTS = "validate_default"
_CLASS_ONLY = frozenset({"ClassVar", "InitVar"})
_UNCHECKED = "is {} without being checked ({}), and would be checked in the task"
_SETTINGS = (ast.Assign, ast.AnnAssign, ast.ClassDef)


class Given(msgspec.Struct, frozen=True):
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


class PutIn:
    def __init__(self, models: Models) -> None:
        self.models = models
        self.program = models.program
        self.inference = models.inference
        self.classes = models.classes

    def fields(self, cls: Key) -> dict[str, Expr]:
        """Those that the class itself declares, each with its annotation."""
        return {
            each.name: each.value
            for each in self.program.scope(cls).bindings
            if each.how is How.ANNOTATION
            and isinstance(each.value, Expr)
            and _CLASS_ONLY.isdisjoint(names_in(each.value))
        }

    def given(self, cls: Key, name: str, *, checks_all: bool) -> Iterator[Given]:
        yield from self._default(cls, name)
        yield from self._at_making(cls, name)
        if checks_all:
            return
        for path, binding in self.program.attributes_by_name.get(name, ()):
            key = Key(path, binding.scope)
            is_set = binding.how in (How.ASSIGN, How.ANNOTATION) and binding.gives_value
            if is_set and binding.value is not None and self._is_one(cls, key, binding.target, binding.line):
                yield Given(key, binding.value, binding.line)
        for call in self._calls("setattr"):
            site = self.program.call(call)
            key = Key(call.path, site.scope)
            word = site.args[1] if len(site.args) == 3 else None
            is_named = isinstance(word, Const) and word.text == name
            if is_named and self._is_one(cls, key, site.args[0], site.span.line):
                yield Given(key, site.args[2], site.span.line)

    def _default(self, cls: Key, name: str) -> Iterator[Given]:
        if self.says(cls, _CHECKS_DEFAULTS):
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
                yield Given(cls, value, each.line, is_default=True)

    def _at_making(self, cls: Key, name: str) -> Iterator[Given]:
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
                        yield Given(Key(call.path, site.scope), value, site.span.line, is_checked)
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
                        yield Given(Key(call.path, site.scope), value, site.span.line)

    def _named(self, call: CallKey, name: str, *, is_checked: bool) -> Iterator[Given]:
        site = self.program.call(call)
        value = dict(site.keywords).get(name)
        if value is not None:
            yield Given(Key(call.path, site.scope), value, site.span.line, is_checked)

    def _places(self, cls: Key) -> list[str]:
        """The fields of a dataclass in the order of its `__init__`."""
        steps = reversed(list(self.models.steps(cls)))
        return list(dict.fromkeys(name for step in steps for name in self.fields(step)))

    def bare(self, cls: Key) -> str:
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
        for call in () if self.says(cls, CHECKS_WHAT_IS_SET) else self._calls("setattr"):
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

    def says(self, cls: Key, word: str) -> bool:
        statements = (each for step in self.models.steps(cls) for each in self.models.statements(step))
        return any(word in ast.unparse(each) for each in statements if isinstance(each, _SETTINGS))
