"""What takes the place of methods whose names are computed.

def traced(cls):                              # on a class, called by `__init_subclass__`, or with its name
    for name, method in vars(cls).items():
        setattr(cls, name, timed(method))

class Traced(type):
    def __new__(mcs, name, bases, body):
        body["save"] = timed(body["save"])
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from ...index.bindings import How
from ...index.expr import Call, Const, Expr, Lambda, Name
from ..hierarchy import Hierarchy
from ..kinds import NOTHING, Cls, Kinds
from ..program import Key, Program

if TYPE_CHECKING:
    from ..infer import Inference

_MAKE_CLASSES = ("__new__", "__init__")


class _Put(NamedTuple):
    scope: Key
    target: Expr
    name: Expr
    value: Expr
    line: int


class PutByText:
    def __init__(self, program: Program, inference: Inference, hierarchy: Hierarchy) -> None:
        self.program = program
        self.inference = inference
        self.hierarchy = hierarchy

    def of(self, classes: Collection[Key], attr: str) -> Kinds:
        """What any of the classes may have instead of its method `attr`."""
        found = NOTHING
        for put in (*self._set_on_classes, *self._kept_in_bodies):
            is_named = not isinstance(put.name, Const) or put.name.text == attr
            if is_named and self._is_for(put, classes):
                found |= self.inference.kinds(put.scope, put.value, put.line)
        return found

    def _is_for(self, put: _Put, classes: Collection[Key]) -> bool:
        maker = self._maker(put)
        if maker is not None:
            metas = map(self.hierarchy.metaclass, classes)
            return any(meta is not None and maker in self.hierarchy.mro(meta) for meta in metas)
        kinds = self.inference.kinds(put.scope, put.target, put.line)
        return any(isinstance(kind, Cls) and kind.key in classes for kind in kinds)

    @cached_property
    def _set_on_classes(self) -> tuple[_Put, ...]:
        """`setattr(cls, name, value)`, as far as it may be a function that is put there."""
        found = []
        for call in self.program.calls_by_name.get("setattr", ()):
            site = self.program.call(call)
            if len(site.args) == 3 and isinstance(site.func, Name):
                put = _Put(Key(call.path, site.scope), *site.args, site.span.line)
                if self._may_be_function(put):
                    found.append(put)
        return tuple(found)

    @cached_property
    def _kept_in_bodies(self) -> tuple[_Put, ...]:
        """`body[name] = value`, where a metaclass makes a class of it."""
        found = []
        for path, module in self.program.modules.items():
            for store in module.facts.stores:
                put = _Put(Key(path, store.scope), store.target, store.key, store.value, store.line)
                if self._maker(put) is not None and self._may_be_function(put):
                    found.append(put)
        return tuple(found)

    def _maker(self, put: _Put) -> Key | None:
        """The metaclass that is given the body of a class, and puts something into it."""
        scope = self.program.scope(put.scope)
        if scope.name not in _MAKE_CLASSES or not isinstance(put.target, Name):
            return None
        is_body = [each.name for each in scope.parameters[3:4]] == [put.target.id]
        return self.program.enclosing_class(put.scope) if is_body else None

    def _may_be_function(self, put: _Put) -> bool:
        if not isinstance(put.value, Name):
            return isinstance(put.value, (Call, Lambda))
        names = self.program.modules[put.scope.path].names[put.scope.scope]
        return any(binding.how is How.DEF for binding in names.get(put.value.id, ()))
