"""Parameters that the framework fills: those of middleware, of exception handlers and of a lifespan by
position, the fields that validators of pydantic 1 are shown, and the task of Celery that a function is bound
to.

https://www.starlette.io/middleware/#basehttpmiddleware, https://www.starlette.io/exceptions/,
https://docs.pydantic.dev/1.10/usage/validators/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...index.expr import Call, Const, Expr
from ..kinds import NOTHING, Cls, Ext, Inst, Kinds, Member, Obj, describe, may_be, one
from ..program import CallKey, Key

if TYPE_CHECKING:
    from ..infer import Inference

_BASE = "starlette.middleware.base.BaseHTTPMiddleware"
_REQUEST = "starlette.requests.Request"
_MIDDLEWARE = (_REQUEST, "starlette.middleware.base.RequestResponseEndpoint")
_BY_DECORATOR = {"middleware": _MIDDLEWARE, "exception_handler": (_REQUEST,)}
_APPLICATIONS = ("fastapi.FastAPI", "starlette.applications.Starlette")
_OWNERS = ("fastapi.", "starlette.")
_VALIDATORS = frozenset({"pydantic.validator", "pydantic.root_validator"})


def parameter(inference: Inference, function: Key, position: int) -> Kinds:
    """What the parameter is given; nothing when the function is none of these."""
    program, classes = inference.program, inference.classes
    scope = program.scope(function)
    filled: tuple[str, ...] = ()
    cls = program.enclosing_class(function)
    if cls is not None:
        position -= 1
        if scope.name == "dispatch" and classes.is_a(cls, _BASE):
            filled = _MIDDLEWARE
        elif scope.parameters[position + 1].name == "values":
            validates = any(
                isinstance(k, Ext) and k.name in _VALIDATORS for k in classes.decorators(function)
            )
            return one(Inst("builtins.dict")) if validates else NOTHING
    elif scope.decorators:
        if position == 0 and (base := _base_of_task(inference, function)):
            return base
        for method in _decorators(inference, function):
            filled = _BY_DECORATOR.get(method, filled)
        if not filled and scope.has_yield and position == 0:
            filled = tuple(_applications(inference, function))
    return one(Inst(filled[position])) if 0 <= position < len(filled) else NOTHING


def _applications(inference: Inference, lifespan: Key) -> Iterator[str]:
    """The class of the application that is made with the function as its lifespan."""
    program = inference.program
    name = program.scope(lifespan).name
    for application in _APPLICATIONS:
        for call in program.calls_by_name.get(application.rpartition(".")[2], ()):
            site = program.call(call)
            given = dict(site.keywords).get("lifespan")
            if name == getattr(given, "attr", getattr(given, "id", "")) and given is not None:
                kinds = inference.kinds(Key(call.path, site.scope), given, site.span.line)
                if may_be(kinds, lifespan):
                    yield application


def _base_of_task(inference: Inference, function: Key) -> Kinds:
    """What `self` is in `@app.task(bind=True, base=DatabaseTask)`."""
    for decorator in inference.program.scope(function).decorators:
        call = CallKey(function.path, decorator.index) if isinstance(decorator, Call) else None
        given = dict(inference.program.call(call).keywords) if call is not None else {}
        if call is not None and "base" in given and _is_true(given.get("bind")):
            callees = map(describe, inference.callees(call))
            if all(name.startswith("celery.") for name in callees):
                kinds = inference.kinds(inference.program.parent(function), given["base"])
                return frozenset(Obj(kind.key) for kind in kinds if isinstance(kind, Cls))
    return NOTHING


def _is_true(value: Expr | None) -> bool:
    return isinstance(value, Const) and value.type == "bool" and value.number == 1


def _decorators(inference: Inference, function: Key) -> Iterator[str]:
    """The methods of FastAPI and Starlette that decorate it."""
    for kind in inference.classes.decorators(function):
        name = f"{kind.owner}.{kind.attr}" if isinstance(kind, Member) else ""
        name = kind.name if isinstance(kind, Ext) else name
        if name.startswith(_OWNERS):
            yield name.rpartition(".")[2]
