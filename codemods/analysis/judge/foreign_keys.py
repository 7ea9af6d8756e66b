"""Attributes of peewee's models that run a query when they are read: foreign keys, and their way back.

http://docs.peewee-orm.com/en/latest/peewee/querying.html#foreign-keys
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property

from ...model import Span
from ..index.expr import Attr, Call, Const
from ..link.infer import Inference
from ..link.kinds import Cls, Ext, Obj, Unknown, ordered
from ..link.program import CallKey, Key, Program

_MODEL = "peewee.Model"
_FIELDS = {"ForeignKeyField", "DeferredForeignKey", "ManyToManyField", "DeferredThroughModel"}


class ForeignKeys:
    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.program: Program = inference.program

    @cached_property
    def _of_class(self) -> Mapping[Key, frozenset[str]]:
        found: dict[Key, set[str]] = defaultdict(set)
        for path, module in self.program.modules.items():
            if not any(
                getattr(c.func, "attr", getattr(c.func, "id", "")) in _FIELDS for c in module.facts.calls
            ):
                continue
            for cls in self.program.classes_of(path):
                if self.inference.classes.is_a(cls, _MODEL):
                    self._read(cls, found)
        return {cls: frozenset(names) for cls, names in found.items()}

    def _read(self, cls: Key, found: dict[Key, set[str]]) -> None:
        for binding in self.program.scope(cls).bindings:
            if not isinstance(binding.value, Call):
                continue
            call = CallKey(cls.path, binding.value.index)
            kinds = self.inference.callees(call)
            if not any(isinstance(k, Ext) and k.name.rpartition(".")[2] in _FIELDS for k in kinds):
                continue
            found[cls].add(binding.name)
            site = self.program.call(call)
            given = dict(site.keywords).get("backref")
            back = given.text if isinstance(given, Const) else f"{self.program.scope(cls).name.lower()}_set"
            for target in self.inference.kinds(cls, site.args[0], binding.line) if site.args else ():
                if isinstance(target, Cls) and back:
                    found[target.key].add(back)

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset().union(*self._of_class.values())

    def reads(self, function: Key) -> Iterator[tuple[Span, str]]:
        """Place and name of every such attribute that the function reads, of unknown objects too."""
        if not self._names:
            return
        for scope, expr, span in self.program.modules[function.path].uses(function.scope):
            while isinstance(expr, Attr):
                if expr.attr in self._names:
                    kinds = self.inference.kinds(Key(function.path, scope), expr.value, span.line)
                    for kind in ordered(kinds):
                        if isinstance(kind, Unknown):
                            yield span, expr.attr
                        elif isinstance(kind, Obj) and self._has(kind.key, expr.attr):
                            yield span, f"{self.program.scope(kind.key).name}.{expr.attr}"
                expr = expr.value

    def _has(self, cls: Key, name: str) -> bool:
        steps = self.inference.classes.mro(cls)
        return any(name in self._of_class.get(step, ()) for step in steps if isinstance(step, Key))
