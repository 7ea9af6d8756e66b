"""Functions that listen to SQLAlchemy's events, and what they are given by position.

@event.listens_for(Session, "before_flush")
def audit(session, context, instances): ...

They run while a session or connection works: sync, also below an async one.
https://docs.sqlalchemy.org/en/20/orm/events.html, https://docs.sqlalchemy.org/en/20/core/events.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...index.expr import Call, Const, Expr
from ...index.facts import CallSite
from ..kinds import NOTHING, Cls, Ext, Inst, Kinds, Obj, may_be, one
from ..program import CallKey, Key

if TYPE_CHECKING:
    from ..infer import Inference

_SESSION, _CONNECTION = "sqlalchemy.orm.Session", "sqlalchemy.Connection"
_TARGET = "target"
_OBJECT = ("", _CONNECTION, _TARGET)
_GIVEN: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        (
            "after_attach", "after_begin", "after_commit", "after_flush", "after_flush_postexec",
            "after_rollback", "after_soft_rollback", "after_transaction_create", "after_transaction_end",
            "before_attach", "before_commit", "before_flush",
        ),
        (_SESSION,),
    ),
    **dict.fromkeys(
        ("after_delete", "after_insert", "after_update", "before_delete", "before_insert", "before_update"),
        _OBJECT,
    ),
    **dict.fromkeys(
        ("after_cursor_execute", "before_cursor_execute", "begin", "commit", "rollback"), (_CONNECTION,)
    ),
    **dict.fromkeys(("checkin", "checkout", "close", "connect", "do_orm_execute", "first_connect"), ()),
}  # fmt: skip
"""Events that only what works on the database raises -> what a listener gets."""
_DECORATOR, _FUNCTION = "sqlalchemy.event.listens_for", "sqlalchemy.event.listen"


def is_listener(inference: Inference, function: Key) -> bool:
    """Of events that are raised while the database is worked on, and called by nobody else."""
    name = inference.program.scope(function).name
    is_called = any(
        may_be(inference.callees(call), function) for call in inference.program.calls_by_name.get(name, ())
    )
    return not is_called and any(True for _ in _listened(inference, function))


def parameter(inference: Inference, function: Key, position: int) -> Kinds:
    """What the parameter of a listener is given; nothing where that is not known."""
    for where, target, event in _listened(inference, function):
        given = _GIVEN[event]
        kind = given[position] if position < len(given) else ""
        if kind == _TARGET:
            classes = inference.kinds(where, target)
            return frozenset(Obj(each.key) for each in classes if isinstance(each, Cls))
        return one(Inst(kind)) if kind else NOTHING
    return NOTHING


def _listened(inference: Inference, function: Key) -> Iterator[tuple[Key, Expr, str]]:
    """Where it is said, to what the function listens, and to which event."""
    program = inference.program
    if program.enclosing_class(function) is not None:
        return
    for decorator in program.scope(function).decorators:
        if isinstance(decorator, Call):
            call = CallKey(function.path, decorator.index)
            if _means(inference, call, _DECORATOR):
                yield from _said(program.parent(function), program.call(call))
    for call in program.calls_by_name.get("listen", ()):
        site = program.call(call)
        where = Key(call.path, site.scope)
        if len(site.args) > 2 and _means(inference, call, _FUNCTION):
            kinds = inference.kinds(where, site.args[2], site.span.line)
            if may_be(kinds, function):
                yield from _said(where, site)


def _said(where: Key, site: CallSite) -> Iterator[tuple[Key, Expr, str]]:
    event = site.args[1] if len(site.args) > 1 else None
    if isinstance(event, Const) and event.text in _GIVEN:
        yield where, site.args[0], event.text


def _means(inference: Inference, call: CallKey, name: str) -> bool:
    return any(isinstance(kind, Ext) and kind.name == name for kind in inference.callees(call))
