"""What comes in with a request, and what models hold of which no annotation tells more, is what JSON has.

    @router.post("/orders")
    def order(form: dict): ...          # form["items"] is a value of JSON

    class Order(BaseModel):
        details: dict = {}              # and so is order.details["size"], where nobody puts anything else in

https://fastapi.tiangolo.com/tutorial/body/, https://docs.pydantic.dev/latest/concepts/models/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..index.bindings import Parameter
from ..index.expr import Item
from .containers import MAPPINGS
from .declared import says_all
from .kinds import ANY, NOTHING, Ext, Inst, Kind, Kinds, Member, is_known_inside, one, union
from .program import Key

if TYPE_CHECKING:
    from .infer import Inference

_VALUE = one(Inst("json.Value"))
_TEXT = one(Inst("builtins.str"))
_SEQUENCES = ("builtins.list", "builtins.tuple", "builtins.set", "builtins.frozenset")
_ROUTERS = ("fastapi.FastAPI", "fastapi.APIRouter")
_ANNOTATED = frozenset(map(Ext, ("typing.Annotated", "typing_extensions.Annotated")))
_ROUTES = frozenset(["get", "post", "put", "patch", "delete", "options", "head", "trace", "api_route"])
_MODELS = ("pydantic.BaseModel", "sqlmodel.SQLModel")


def of_body(inference: Inference, function: Key, parameter: Parameter, declared: Kinds) -> Kinds:
    """What a route finds in a parameter that is declared as `dict` or the like; nothing where its type says
    all, or a dependency may fill it."""
    data = filled(declared)
    if data == declared or not _is_route(inference, function):
        return NOTHING
    return NOTHING if _is_injected(inference, inference.program.parent(function), parameter) else data


def _is_injected(inference: Inference, where: Key, parameter: Parameter) -> bool:
    """`= Depends(f)`, `Annotated[dict, Depends(f)]`, or a name for that."""
    head = parameter.annotation.value if isinstance(parameter.annotation, Item) else parameter.annotation
    if head is not None and _ANNOTATED & inference.kinds(where, head):
        return True
    default = parameter.default
    return default is not None and inference.annotations.provider(where, default) is not None


def _is_route(inference: Inference, function: Key) -> bool:
    return bool(inference.program.scope(function).decorators) and any(
        isinstance(kind, Member) and kind.owner in _ROUTERS and kind.attr in _ROUTES
        for kind in inference.classes.decorators(function)
    )


def filled(kinds: Kinds) -> Kinds:
    """The same, where containers of which the annotation says no more, and what may be anything, are data."""
    return union([_VALUE if one(kind) == ANY else one(_filled(kind)) for kind in kinds])


def _filled(kind: Kind) -> Kind:
    if not isinstance(kind, Inst):
        return kind
    if kind.args:
        return Inst(kind.name, (*kind.args[:-1], filled(kind.args[-1])), kind.items)
    if kind.name in MAPPINGS:
        return Inst(kind.name, (_TEXT, _VALUE))
    return Inst(kind.name, (_VALUE,)) if kind.name in _SEQUENCES else kind


def of_field(inference: Inference, cls: Key, name: str, declared: Kinds) -> Kinds:
    """A field of a model: containers are data, and whatever else the program is seen to put in."""
    if says_all(declared) or not any(inference.classes.is_a(cls, model) for model in _MODELS):
        return declared
    parts = [_in_containers(declared)]
    program = inference.program
    for call in program.calls_by_name.get(program.scope(cls).name, ()):
        site = program.call(call)
        for word, value in site.keywords:
            if word == name:
                given = inference.kinds(Key(call.path, site.scope), value, site.span.line)
                parts.append(given if is_known_inside(given) else NOTHING)
    return union(parts)


def _in_containers(declared: Kinds) -> Kinds:
    """`Any` itself may be a client or a function."""
    return union([one(kind) if one(kind) == ANY else one(_filled(kind)) for kind in declared])
