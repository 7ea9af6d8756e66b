"""Parameters that Starlette fills by position: those of middleware and of exception handlers.

https://www.starlette.io/middleware/#basehttpmiddleware, https://www.starlette.io/exceptions/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .kinds import NOTHING, Ext, Inst, Kinds, Member, one
from .program import Key

if TYPE_CHECKING:
    from .infer import Inference

_BASE = "starlette.middleware.base.BaseHTTPMiddleware"
_REQUEST = "starlette.requests.Request"
_MIDDLEWARE = (_REQUEST, "starlette.middleware.base.RequestResponseEndpoint")
_BY_DECORATOR = {"middleware": _MIDDLEWARE, "exception_handler": (_REQUEST,)}
_OWNERS = ("fastapi.", "starlette.")


def parameter(inference: Inference, function: Key, position: int) -> Kinds:
    """What the parameter is given; nothing when the function is neither."""
    program, classes = inference.program, inference.classes
    scope = program.scope(function)
    filled: tuple[str, ...] = ()
    cls = program.enclosing_class(function)
    if cls is not None:
        position -= 1
        if scope.name == "dispatch" and classes.is_a(cls, _BASE):
            filled = _MIDDLEWARE
    elif scope.decorators:
        for kind in classes.decorators(function):
            name = f"{kind.owner}.{kind.attr}" if isinstance(kind, Member) else ""
            name = kind.name if isinstance(kind, Ext) else name
            if name.startswith(_OWNERS):
                filled = _BY_DECORATOR.get(name.rpartition(".")[2], filled)
    return one(Inst(filled[position])) if 0 <= position < len(filled) else NOTHING
