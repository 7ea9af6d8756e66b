"""The response model of a route, and the fields of a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..index.bindings import How
from ..index.expr import Call, Const, Expr
from .infer import Inference
from .kinds import NOTHING, Inst, Kinds, Obj
from .names import Bound
from .program import CallKey, Key


def response_model(inference: Inference, handler: Key) -> Kinds:
    """Of the route's decorator, else its return annotation: kinds of the value that is sent."""
    program = inference.program
    scope, parent = program.scope(handler), program.parent(handler)
    for decorator in scope.decorators:
        if isinstance(decorator, Call):
            site = program.call(CallKey(handler.path, decorator.index))
            given = dict(site.keywords).get("response_model")
            if given is not None:
                return NOTHING if isinstance(given, Const) else inference.annotations.instances(parent, given)
    return inference.annotations.instances(parent, scope.returns) if scope.returns is not None else NOTHING


def fields(inference: Inference, model: Obj) -> Iterator[tuple[str, Kinds]]:
    """Those of `Page[PostOut]` hold posts where the class says `list[T]`."""
    seen: set[str] = set()
    for step in inference.classes.mro(model.key):
        if not isinstance(step, Key):
            continue
        types = inference.classes.hierarchy.types(model.key, step, model.args)
        for name, bindings in inference.program.modules[step.path].names[step.scope].items():
            for binding in bindings:
                if binding.how is How.ANNOTATION and name not in seen and binding.value is not None:
                    seen.add(name)
                    yield name, _field(inference, step, name, binding.value, types)  # type: ignore[arg-type]


def all_fields(inference: Inference, schema: Kinds) -> dict[str, Kinds]:
    """The fields of a model, or of what a container of it holds."""
    found: dict[str, Kinds] = {}
    for kind in schema:
        if isinstance(kind, Obj):
            found.update(fields(inference, kind))
        elif isinstance(kind, Inst):
            for inner in kind.args:
                found.update(all_fields(inference, inner))
    return found


def _field(inference: Inference, cls: Key, name: str, annotation: Expr, types: Mapping[str, Kinds]) -> Kinds:
    """The annotation is read outside the class: a field `Post: Post` means the class of the module."""
    if getattr(annotation, "id", "") == name:
        return inference.annotations.instances(Key(cls.path, 0), annotation)
    kinds = inference.annotations.instances(cls, annotation, types)
    names = inference.program.modules[cls.path].names[cls.scope]
    return kinds or inference.binding(Bound(cls, names[name][0]))
