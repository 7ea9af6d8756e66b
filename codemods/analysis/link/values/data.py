"""What comes in with a request, and what models hold of which no annotation tells more, is what JSON has.

    @router.post("/orders")
    def order(form: dict): ...          # form["items"] is a value of JSON

    class Order(BaseModel):
        details: dict = {}              # and so is order.details["size"], where nobody puts anything else in

https://fastapi.tiangolo.com/tutorial/body/, https://docs.pydantic.dev/latest/concepts/models/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...index.bindings import How, Parameter
from ...index.expr import Attr, Call, Const, Item, Name
from ...index.facts import CallSite
from ..kinds import ANY, DATA, NOTHING, Cls, Ext, Inst, Kind, Kinds, Member, Obj, one, ordered, union
from ..program import CallKey, Key, Program
from . import dataclass_fields
from .containers import MAPPINGS
from .declared import says_all

if TYPE_CHECKING:
    from ..infer import Inference

_VALUE = one(DATA)
_TEXT = one(Inst("builtins.str"))
_SEQUENCES = ("builtins.list", "builtins.tuple", "builtins.set", "builtins.frozenset")
_ROUTERS = ("fastapi.FastAPI", "fastapi.APIRouter")
_ANNOTATED = frozenset(map(Ext, ("typing.Annotated", "typing_extensions.Annotated")))
_ROUTES = frozenset(["get", "post", "put", "patch", "delete", "options", "head", "trace", "api_route"])
MODELS = ("pydantic.BaseModel", "sqlmodel.SQLModel", "pydantic_settings.BaseSettings")
MAKERS = frozenset(
    (
        *("model_validate", "model_validate_json", "model_validate_strings", "model_construct", "model_copy"),
        *("validate", "parse_obj", "parse_raw", "from_orm", "construct", "copy"),
    )
)
"""The methods of models that give an object of the same class."""
_PUTS = frozenset({"__setitem__", "add", "append", "extend", "insert", "setdefault", "update"})
_FROM_MAPPINGS = ("model_validate", "parse_obj")
_OF_MODELS = frozenset(map(Ext, ("pydantic.model_validator", "pydantic.root_validator")))
_VALIDATORS = _OF_MODELS | frozenset(map(Ext, ("pydantic.field_validator", "pydantic.validator")))


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
    return default is not None and inference.injection.provider(where, default) is not None


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


def held(inference: Inference, cls: Key, name: str, declared: Kinds) -> Kinds:
    """What is in a field of a model of which the annotation says only that it is a container: data, and
    whatever else the program is seen to make objects with; nothing for all other fields, but those of a
    dataclass."""
    if inference.classes.is_dataclass(cls):
        return dataclass_fields.given(inference, cls, name, declared)
    if says_all(declared) or not any(inference.classes.is_a(cls, model) for model in MODELS):
        return NOTHING
    filled_in = _in_containers(declared)
    if filled_in == declared or _is_validated(inference, cls, name):
        return NOTHING
    return union([filled_in, *_given(inference, cls, name)])


def _in_containers(declared: Kinds) -> Kinds:
    """`Any` itself may be a client or a function."""
    return union([one(kind) if one(kind) == ANY else one(_filled(kind)) for kind in declared])


def _is_validated(inference: Inference, cls: Key, name: str) -> bool:
    """A validator may put anything in."""
    program = inference.program
    for step in inference.classes.mro(cls):
        if not isinstance(step, Key):
            continue
        bindings = program.modules[step.path].names[step.scope].values()
        for binding in (each for found in bindings for each in found if each.how is How.DEF):
            function = Key(step.path, binding.scope)
            validators = _VALIDATORS & inference.classes.decorators(function)
            if validators & _OF_MODELS:
                return True
            if validators and _names(program, function, name) and not _only_checks(program, function):
                return True
    return False


def _only_checks(program: Program, function: Key) -> bool:
    """Does a validator return what it was given, and put nothing into it?"""
    scope, facts = program.scope(function), program.modules[function.path].facts
    given = [Name(parameter.name) for parameter in scope.parameters[1:2]]
    if not given or not scope.returned or any(each != given[0] for each in scope.returned):
        return False
    if any(binding.name == given[0].id and binding.how is not How.PARAMETER for binding in scope.bindings):
        return False
    called = (call.func for call in facts.calls if scope.span.contains(call.span))
    puts = any(isinstance(func, Attr) and func.attr in _PUTS for func in called)
    return not puts and not any(scope.span.line <= each.line <= scope.span.end_line for each in facts.stores)


def _names(program: Program, function: Key, name: str) -> bool:
    for decorator in program.scope(function).decorators:
        args = (
            program.call(CallKey(function.path, decorator.index)).args if isinstance(decorator, Call) else ()
        )
        if any(not isinstance(each, Const) or each.text in (name, "*") for each in args):
            return True
    return False


def _given(inference: Inference, cls: Key, name: str) -> Iterator[Kinds]:
    """`Order(details=x)`, `Order(**x)`, `Order.model_validate(x)`, `order.model_copy(update=x)`,
    `order.details = x`"""
    program = inference.program
    family = frozenset((cls, *inference.classes.subclasses.get(cls, ())))
    calls = [program.calls_by_keyword.get(word, ()) for word in (name, "", "update")]
    calls += [program.calls_by_name.get(method, ()) for method in _FROM_MAPPINGS]
    for call in dict.fromkeys(each for found in calls for each in found):
        site = program.call(call)
        where = Key(call.path, site.scope)
        method = _makes(inference, where, site, inference.callees(call), family)
        if method is None:
            continue
        mappings = [value for word, value in site.keywords if word in ("", "update")]
        mappings += site.args[:1] if method in _FROM_MAPPINGS else ()
        given = [value for word, value in site.keywords if word == name]
        for value in (*given, *(Item(each, Const("str", name)) for each in mappings)):
            yield inference.kinds(where, value, site.span.line)
    for path, found in program.attributes_by_name.get(name, ()):
        where = Key(path, found.scope)
        owners = inference.kinds(where, found.target, found.line)
        if found.value is not None and any(isinstance(each, Obj) and each.key in family for each in owners):
            yield inference.kinds(where, found.value, found.line)


def _makes(
    inference: Inference, where: Key, site: CallSite, callees: Kinds, family: frozenset[Key]
) -> str | None:
    """The method by which the call makes an object of the family; an empty text for the class itself."""
    if any(isinstance(kind, Cls) and kind.key in family for kind in callees):
        return ""
    for kind in ordered(callees):
        if isinstance(kind, Member) and kind.owner in MODELS and kind.attr in MAKERS:
            receivers = inference.kinds(where, getattr(site.func, "value", site.func), site.span.line)
            if any(isinstance(each, (Cls, Obj)) and each.key in family for each in receivers):
                return kind.attr
    return None
