"""Attributes of models that run a query when they are read: foreign keys of peewee, and their way back, and
references of MongoEngine, those in a list too.

http://docs.peewee-orm.com/en/latest/peewee/querying.html#foreign-keys
https://docs.mongoengine.org/guide/defining-documents.html#reference-fields
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property

from ....catalogue import Entry
from ....model import Span
from ...index.expr import Attr, Call, Const
from ...link.infer import Inference
from ...link.kinds import Cls, Ext, Obj, Unknown, ordered
from ...link.program import CallKey, Key, Program

_PEEWEE = "peewee.Model"
_FIELDS = {
    _PEEWEE: {"ForeignKeyField", "DeferredForeignKey", "ManyToManyField", "DeferredThroughModel"},
    "mongoengine.Document": {"ReferenceField", "GenericReferenceField", "CachedReferenceField"},
}
_QUERIES = {_PEEWEE: "get", "mongoengine.Document": "reload"}
"""A method of each that does the same as such an attribute: it asks for one object."""


class ForeignKeys:
    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.program: Program = inference.program

    @cached_property
    def _of_class(self) -> Mapping[Key, Mapping[str, str]]:
        """Their names in each class, with the base class of the library."""
        found: dict[Key, dict[str, str]] = defaultdict(dict)
        fields = frozenset().union(*_FIELDS.values())
        for path, module in self.program.modules.items():
            if not any(
                getattr(c.func, "attr", getattr(c.func, "id", "")) in fields for c in module.facts.calls
            ):
                continue
            for cls in self.program.classes_of(path):
                for model in _FIELDS:
                    if self.inference.classes.is_a(cls, model):
                        self._read(cls, model, found)
        return found

    def _read(self, cls: Key, model: str, found: dict[Key, dict[str, str]]) -> None:
        for binding in self.program.scope(cls).bindings:
            if not isinstance(binding.value, Call):
                continue
            call = CallKey(cls.path, binding.value.index)
            site = self.program.call(call)
            elements = (CallKey(cls.path, each.index) for each in site.args[:1] if isinstance(each, Call))
            if not any(self._refers(each, model) for each in (call, *elements)):
                continue
            found[cls][binding.name] = model
            if model != _PEEWEE:
                continue
            given = dict(site.keywords).get("backref")
            back = given.text if isinstance(given, Const) else f"{self.program.scope(cls).name.lower()}_set"
            for target in self.inference.kinds(cls, site.args[0], binding.line) if site.args else ():
                if isinstance(target, Cls) and back:
                    found[target.key][back] = model

    def _refers(self, call: CallKey, model: str) -> bool:
        kinds = self.inference.callees(call)
        return any(isinstance(k, Ext) and k.name.rpartition(".")[2] in _FIELDS[model] for k in kinds)

    @cached_property
    def _names(self) -> Mapping[str, str]:
        return {name: model for names in self._of_class.values() for name, model in names.items()}

    def reads(self, function: Key) -> Iterator[tuple[Span, str, Entry | None]]:
        """Place, name and query of every such attribute that the function reads, of unknown objects too."""
        if not self._names:
            return
        for scope, expr, span in self.program.modules[function.path].uses(function.scope):
            while isinstance(expr, Attr):
                if expr.attr in self._names:
                    kinds = self.inference.kinds(Key(function.path, scope), expr.value, span.line)
                    for kind in ordered(kinds):
                        if isinstance(kind, Unknown):
                            yield span, expr.attr, self._query(expr.attr)
                        elif isinstance(kind, Obj) and self._has(kind.key, expr.attr):
                            name = f"{self.program.scope(kind.key).name}.{expr.attr}"
                            yield span, name, self._query(expr.attr)
                expr = expr.value

    def _query(self, name: str) -> Entry | None:
        model = self._names[name]
        return self.program.catalogue.find_method(model, _QUERIES[model])

    def _has(self, cls: Key, name: str) -> bool:
        steps = self.inference.classes.mro(cls)
        return any(name in self._of_class.get(step, ()) for step in steps if isinstance(step, Key))
