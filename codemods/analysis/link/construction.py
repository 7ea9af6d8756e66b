"""What runs when an instance is made: default factories of fields, and validators."""

from __future__ import annotations

from collections.abc import Iterator

from ..index.bindings import How
from ..index.expr import Call
from .infer import Inference
from .kinds import Ext, Fn, ordered
from .program import CallKey, Key

_FACTORIES = ("default_factory", "factory", "insert_default")
_VALIDATORS = {
    *(f"pydantic.{name}" for name in ("field_validator", "model_validator", "validator", "root_validator")),
    *(f"pydantic.functional_validators.{name}" for name in ("field_validator", "model_validator")),
    *("pydantic.class_validators.validator", "sqlalchemy.orm.validates", "attrs.validates"),
}


def at_construction(inference: Inference, cls: Key) -> Iterator[Key]:
    """Default factories of fields and validators: they run when an instance is made."""
    classes = inference.classes
    found: dict[Key, None] = {}
    looked_up = classes.method(cls, "_missing_") if classes.is_a(cls, "enum.Enum") else None
    if looked_up is not None:
        found[looked_up] = None
    meta = classes.hierarchy.metaclass(cls)
    made = classes.method(meta, "__call__") if meta is not None else None
    if made is not None:
        found[made] = None
    for step in classes.mro(cls):
        if not isinstance(step, Key):
            continue
        for binding in inference.program.scope(step).bindings:
            if binding.how is How.DEF:
                method = Key(step.path, binding.scope)
                if inference.program.scope(method).decorators and any(
                    isinstance(kind, Ext) and kind.name in _VALIDATORS for kind in classes.decorators(method)
                ):
                    found[method] = None
            elif binding.how is How.ASSIGN and isinstance(binding.value, Call):
                for word, value in inference.program.call(CallKey(step.path, binding.value.index)).keywords:
                    if word in _FACTORIES:
                        for kind in ordered(inference.kinds(step, value, binding.line)):
                            if isinstance(kind, Fn):
                                found[kind.key] = None
    yield from found
