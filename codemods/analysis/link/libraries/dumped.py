"""What runs when a model of pydantic becomes data: computed fields and serializers, of its fields as well.

class Order(BaseModel):                                        order.model_dump()
    @computed_field                                            jsonable_encoder(order)
    @property
    def price(self) -> str: ...
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...index.bindings import How
from ...index.expr import Attr, last_name
from ...index.facts import CallSite
from ..kinds import Ext, Inst, Kinds, Obj, ordered
from ..program import Key
from .responses import fields

if TYPE_CHECKING:
    from ..infer import Inference

_DUMPS = frozenset({"model_dump", "model_dump_json", "dict", "json"})
_GIVEN = frozenset({"jsonable_encoder", "dump_python", "dump_json"})
MODEL = "pydantic.BaseModel"
_RUN = frozenset(
    f"pydantic{module}.{name}"
    for module, names in (
        ("", "computed_field field_serializer model_serializer"),
        (".fields", "computed_field"),
        (".functional_serializers", "field_serializer model_serializer"),
    )
    for name in names.split()
)


def by_call(inference: Inference, where: Key, site: CallSite) -> Iterator[Key]:
    """The methods that run in a call of `x.model_dump()`, `jsonable_encoder(x)` or `adapter.dump_json(x)`."""
    func, given = site.func, site.args[:1] if last_name(site.func) in _GIVEN else ()
    if isinstance(func, Attr) and func.attr in _DUMPS:
        given = (func.value,)
    for value in given:
        yield from by_models(inference, inference.kinds(where, value, site.span.line))


def by_models(inference: Inference, kinds: Kinds) -> Iterator[Key]:
    """Those of models, and of what is in containers and fields."""
    for model in models(inference, kinds, set()):
        yield from _of_class(inference, model)


def models(inference: Inference, kinds: Kinds, seen: set[Key]) -> Iterator[Key]:
    """The classes, and those of their fields."""
    for kind in ordered(kinds):
        if isinstance(kind, Inst):
            for inner in kind.args:
                yield from models(inference, inner, seen)
        elif isinstance(kind, Obj) and kind.key not in seen:
            seen.add(kind.key)
            yield kind.key
            for _, field in fields(inference, kind):
                yield from models(inference, field, seen)


def _of_class(inference: Inference, model: Key) -> Iterator[Key]:
    if not inference.classes.is_a(model, MODEL):
        return
    for step in inference.classes.mro(model):
        for binding in inference.program.scope(step).bindings if isinstance(step, Key) else ():
            method = Key(getattr(step, "path", ""), binding.scope)
            if binding.how is How.DEF and any(
                isinstance(kind, Ext) and kind.name in _RUN for kind in inference.classes.decorators(method)
            ):
                yield method
