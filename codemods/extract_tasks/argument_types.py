"""The types of the parameters of a task: with its type each value comes out of the queue as it was sent.

def tell(event: str, payload): ..          tell("paid", {"id": order.id})

@broker.task
def tell_task(event: str, payload: dict[str, int]) -> None: ..
"""

from __future__ import annotations

import ast

from ..model import Code, Reason
from .finding.work import Work
from .generated.code import plain
from .sent.values import (
    ANYTHING,
    HINTS,
    arrives_as_bare,
    is_json,
    is_lost,
    is_turned,
    is_vague,
    may_be_json,
    or_none,
    type_names,
    why_not,
)
from .sites import NOT_SENDABLE, HelperParameter, ValueKind

_OWN_KINDS = (ValueKind.MODEL, ValueKind.DATACLASS)


def type_of_default(parameter: HelperParameter) -> Code | None:
    if parameter.default is None:
        return None
    try:
        value = ast.literal_eval(plain(parameter.default))
    except (ValueError, SyntaxError):
        return None
    return Code(type(value).__name__) if isinstance(value, (str, bool, int, float)) else None


def type_sent(work: Work, parameter: HelperParameter, value: ast.expr) -> Code | Reason:
    name = value.id if isinstance(value, ast.Name) and value.id in work.locals else ""
    kind = work.context.kind(name) if name else ValueKind.SCALAR
    code, words = why_not(kind)
    if kind is ValueKind.SESSION and work.context.is_replaced(name):
        text = f"{name} is a database session, in whose place tests have another one than a task would open"
        return work.reason(code, text, value, "have the tests replace what opens sessions instead")
    if words and kind is not ValueKind.UNKNOWN:
        return work.reason(code, f"{name} {words}", value, HINTS.get(kind, ""))
    if isinstance(value, ast.Lambda):
        return work.reason(NOT_SENDABLE, "a function cannot be sent", value)
    secret = next((n for n in ast.walk(value) if getattr(n, "attr", "") == "get_secret_value"), None)
    if isinstance(secret, ast.Attribute):
        text = f"{ast.unparse(secret.value)} is a secret, which would lie in the queue in clear text"
        return work.reason(NOT_SENDABLE, text, value)
    own = work.types.of(value)
    if own is not None and is_lost(own):
        return work.reason(NOT_SENDABLE, f"{ast.unparse(value)} is {plain(own)}, which cannot be sent", value)
    wanted = parameter.annotation
    if wanted is not None and is_lost(wanted):
        return work.reason(NOT_SENDABLE, f"{parameter.name} is {plain(wanted)}, which cannot be sent", value)
    if kind in _OWN_KINDS:
        return _model(work, parameter, name, value, own)
    if wanted is not None and work.context.may_be_mistaken(wanted):
        if own is None or not work.is_restored(own):
            return _mistaken(work, wanted, value)
        return _or_none(parameter, own)
    if wanted is not None and (work.is_restored(wanted) or (_is_scalar(work, name) and not is_vague(wanted))):
        return _as_it_is(work, parameter, own, wanted)
    if name and work.is_json_body(name) and (wanted is None or may_be_json(wanted)):
        return wanted or own or _unknown(work, parameter, value)
    if work.is_parsed(value) and (wanted is None or may_be_json(wanted)):
        return wanted or (own if own is not None and is_json(own) else ANYTHING)
    if wanted is not None and is_vague(wanted):
        inside_is_plain = own is not None and is_json(own)
        if own is None or not inside_is_plain:
            return _unknown(work, parameter, value)
        return _or_none(parameter, wanted if arrives_as_bare(own, wanted) else own)
    if wanted is None and own is not None and work.is_restored(own):
        return _or_none(parameter, own)
    return _unknown(work, parameter, value)


def _as_it_is(work: Work, parameter: HelperParameter, own: Code | None, wanted: Code) -> Code:
    """An int for which a float is asked would be read back as one, and a text as the number in it."""
    if own is None or not work.is_restored(own) or not is_turned(own, wanted):
        return wanted
    usual = type_of_default(parameter)
    if usual in (None, own) or not is_json(own):
        return _or_none(parameter, own)
    return Code(f"{own.text} | {usual.text}")


def _or_none(parameter: HelperParameter, own: Code) -> Code:
    is_left_out = parameter.default is not None and plain(parameter.default) == "None"
    return or_none(own) if is_left_out else own


def _is_scalar(work: Work, name: str) -> bool:
    """An enumeration, a type of the project's made of one value: the program knows it as a scalar."""
    return (
        bool(name)
        and work.context.kind(name) is ValueKind.SCALAR
        and work.context.annotation(name) is not None
    )


def _model(
    work: Work, parameter: HelperParameter, name: str, value: ast.expr, own: Code | None
) -> Code | Reason:
    loss = work.context.loss(name)
    if loss:
        hint = "let the helper take the fields that it needs"
        return work.reason(NOT_SENDABLE, f"{name} {loss}", value, hint)
    wanted = parameter.annotation
    is_loose = wanted is None or work.context.may_be_mistaken(wanted)
    if wanted is None or is_loose or (own is not None and not _names(own) <= _names(wanted)):
        wanted = own or wanted
    if wanted is None:
        return _unknown(work, parameter, value)
    return _mistaken(work, wanted, value) if work.context.may_be_mistaken(wanted) else wanted


def _names(annotation: Code) -> frozenset[str]:
    """Of a class that derives from what the helper asks for, nothing may be lost on the way."""
    return type_names(annotation) or frozenset()


def _mistaken(work: Work, wanted: Code, value: ast.expr) -> Reason:
    text = f"{ast.unparse(value)} may arrive as another one of {plain(wanted)}"
    return work.reason(NOT_SENDABLE, text, value)


def _unknown(work: Work, parameter: HelperParameter, value: ast.expr) -> Reason:
    text = f"what is passed as {parameter.name} cannot be told, so it may not arrive as it was sent"
    return work.reason(NOT_SENDABLE, text, value, f"annotate what takes {parameter.name} in the helper")
