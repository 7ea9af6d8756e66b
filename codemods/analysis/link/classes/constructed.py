"""What runs when an object is made besides its constructor: default factories and validators of fields."""

from __future__ import annotations

from collections.abc import Iterator

from ...index.bindings import How, Import
from ...index.expr import Attr, Binary, Call, Display, Expr, Item, Name, last_name
from ...index.facts import CallSite
from .. import names
from ..infer import Inference
from ..kinds import Cls, Ext, Fn, Obj, one, ordered
from ..libraries import adapted
from ..libraries.dumped import MODEL, models
from ..libraries.responses import RESPONSE
from ..program import CallKey, Key
from ..values.data import MAKERS

_FACTORIES = ("default_factory", "factory", "insert_default")
_VALIDATORS = {
    *(f"pydantic.{name}" for name in ("field_validator", "model_validator", "validator", "root_validator")),
    *(f"pydantic.functional_validators.{name}" for name in ("field_validator", "model_validator")),
    *("pydantic.class_validators.validator", "sqlalchemy.orm.validates", "attrs.validates"),
}
_IN_ANNOTATIONS = ("AfterValidator", "BeforeValidator", "PlainValidator", "WrapValidator")
_MADE_BY = ("__init__", "__post_init__", "model_post_init")
_RENDERED_BY = ("render", "init_headers")
"""What the constructor of a response calls of it."""
_VALIDATE = MAKERS - {"construct", "copy", "model_construct", "model_copy"}
_DEPTH = 4


class Construction:
    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self._known: dict[Key, tuple[Key, ...]] = {}

    def of(self, cls: Key) -> tuple[Key, ...]:
        """Of a model of pydantic, with those of the models in its fields, which it makes of dictionaries."""
        if cls not in self._known:
            is_model = self.inference.classes.is_a(cls, MODEL)
            made = models(self.inference, one(Obj(cls)), set()) if is_model else (cls,)
            found = (key for each in made for key in at_construction(self.inference, each))
            self._known[cls] = tuple(dict.fromkeys(found))
        return self._known[cls]

    def by_call(self, where: Key, site: CallSite) -> Iterator[Key]:
        """`Order.model_validate(row)`, `TypeAdapter(list[Order]).validate_python(rows)`"""
        if isinstance(site.func, Attr) and site.func.attr in _VALIDATE:
            for kind in ordered(self.inference.kinds(where, site.func.value, site.span.line)):
                if isinstance(kind, (Cls, Obj)) and self.inference.classes.is_a(kind.key, MODEL):
                    yield from self.of(kind.key)
        for model in models(self.inference, adapted.validated(self.inference, where, site), set()):
            yield from at_construction(self.inference, model)


def at_construction(inference: Inference, cls: Key) -> Iterator[Key]:
    """Default factories of fields, validators, and what a model or dataclass does when an instance is made of
    data, where nobody calls it."""
    classes, program = inference.classes, inference.program
    found: dict[Key, None] = {}
    looked_up = classes.method(cls, "_missing_") if classes.is_a(cls, "enum.Enum") else None
    if looked_up is not None:
        found[looked_up] = None
    meta = classes.hierarchy.metaclass(cls)
    made = classes.method(meta, "__call__") if meta is not None else None
    if made is not None:
        found[made] = None
    called: tuple[str, ...] = _RENDERED_BY if classes.is_a(cls, RESPONSE) else ()
    if classes.is_a(cls, MODEL) or classes.is_dataclass(cls):
        called = _MADE_BY
    if called:
        by_itself = (classes.method(cls, name) for name in called)
        found.update((method, None) for method in by_itself if method is not None)
    for step in classes.mro(cls):
        if not isinstance(step, Key):
            continue
        for binding in program.scope(step).bindings:
            if binding.how is How.DEF:
                method = Key(step.path, binding.scope)
                if program.scope(method).decorators and any(
                    isinstance(kind, Ext) and kind.name in _VALIDATORS for kind in classes.decorators(method)
                ):
                    found[method] = None
            elif binding.how is How.ANNOTATION and binding.value is not None:
                found.update(dict.fromkeys(in_annotation(inference, step, binding.value)))
            elif binding.how is How.ASSIGN and isinstance(binding.value, Call):
                for word, value in program.call(CallKey(step.path, binding.value.index)).keywords:
                    if word in _FACTORIES:
                        for kind in ordered(inference.kinds(step, value, binding.line)):
                            if isinstance(kind, Fn):
                                found[kind.key] = None
    yield from found


def in_annotation(
    inference: Inference, where: Key, value: Expr | Import, depth: int = _DEPTH
) -> Iterator[Key]:
    """`Annotated[str, AfterValidator(check)]`, also by a name."""
    program = inference.program
    if isinstance(value, Call):
        site = program.call(CallKey(where.path, value.index))
        if last_name(site.func) in _IN_ANNOTATIONS and site.args:
            given = inference.kinds(where, site.args[0], site.span.line)
            yield from (kind.key for kind in ordered(given) if isinstance(kind, Fn))
    elif isinstance(value, Display):
        for item in value.items:
            yield from in_annotation(inference, where, item, depth)
    elif isinstance(value, Item):
        yield from in_annotation(inference, where, value.key, depth)
    elif isinstance(value, Binary):
        for side in (value.left, value.right):
            yield from in_annotation(inference, where, side, depth)
    elif isinstance(value, (Name, Import)) and depth:
        found = (
            names.lookup(program, where, value.id)
            if isinstance(value, Name)
            else names.imported(program, value, where.path)
        )
        for home, binding in found if isinstance(found, list) else ():
            if binding.how in (How.ASSIGN, How.IMPORT) and binding.value is not None:
                yield from in_annotation(inference, home, binding.value, depth - 1)
