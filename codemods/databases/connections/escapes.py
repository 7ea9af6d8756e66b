"""Sessions and engines that leave the code which is followed: whoever takes them must be known."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...analysis.absent import is_absent, is_unbound
from ...analysis.link.decorators.wrapped import taken
from ...analysis.link.kinds import NONE, Cls, Decorated, Ext, Fn, Inst, Member, Obj
from ...analysis.link.libraries.makers import is_of_stranger
from ...analysis.nodes import given_to
from ...analysis.syntax import last_name
from ...analysis.view import View, Views
from ..draft import Draft
from ..listening import listens
from ..words import (
    ASYNC_OF,
    AWAITED,
    CONNECTION,
    CREATE_ENGINE,
    ENGINE,
    FAMILY,
    INSPECT,
    LISTENING,
    MAKER,
    METADATA,
    SAFE_TAKERS,
    SCOPED,
    SESSIONS,
    TABLE,
)
from .driver_errors import catches_errors_of_driver
from .inspectors import convert_inspection
from .listened import listen
from .sessions import OF_DIALECTS
from .takers import check_takers

_HELD = FAMILY | {METADATA, TABLE}
_MAKERS = frozenset({*ASYNC_OF, *SESSIONS, MAKER, SCOPED, CREATE_ENGINE})
_OF_SESSIONS = frozenset({"bind", "connection", "transaction"})
_ANY_ENGINE = frozenset({"sqladmin.Admin", "sqladmin.application.Admin"})
"""Takers that know async engines as well: https://aminalaee.github.io/sqladmin/"""
_CONTEXT = "contextvars.ContextVar"
_SHOWING = ("logging.", "loguru.", "structlog.")
"""They make a text of what they are handed."""
_OBSERVERS = frozenset({"opentelemetry.instrumentation.sqlalchemy.SQLAlchemyInstrumentor.instrument"})
"""They listen to the events of an engine that they are handed."""
_OF_LIBRARIES = frozenset({"fastapi_sqlalchemy.db"})
"""What gives sessions that the library makes, without an async form."""
_AWAITED = frozenset().union(*AWAITED.values())


def check_escapes(views: Views, view: View, draft: Draft, known: frozenset[ast.Call] = frozenset()) -> None:
    """An obstacle for each call that takes one, but for the `known` ones."""
    for node in view.file.of_kind(ast.Call, ast.Attribute, ast.ExceptHandler, ast.Assign):
        if isinstance(node, ast.Call) and node not in known and not listens(view, node):
            _check_call(views, view, draft, node)
        elif (
            isinstance(node, ast.Attribute)
            and node.attr == "connection"
            and view.instance(node.value) == CONNECTION
        ):
            draft.obstacle(view, node, f"{view.source(node)} is another thing on an async connection")
        elif (
            isinstance(node, ast.Attribute)
            and node.attr in _OF_SESSIONS
            and view.instance(node.value) in SESSIONS
        ):
            above = view.file.parents[node]
            asks = node.attr == "bind" and (_only_asks(above, node) or _is_inspected(view, above))
            if not asks and not (isinstance(above, ast.Call) and above.func is node):
                draft.obstacle(view, node, f"{view.source(node)} is another thing on an async session")
        elif isinstance(node, ast.Assign) and _is_given_to_factory(view, node):
            draft.obstacle(view, node, "factory_boy saves what it makes by a sync session")
        elif isinstance(node, ast.Assign) and (kept := _kept_by_library(view, node)) is not None:
            text = f"{view.in_a_line(kept)} is given {view.in_a_line(node.value)}"
            draft.obstacle(view, node, f"{text}, and nobody knows what it does with it")
        elif isinstance(node, ast.Attribute) and _is_handed_on(view, node):
            draft.obstacle(view, node, f"{view.in_a_line(node)} is handed on as a plain function")
        elif isinstance(node, ast.ExceptHandler) and catches_errors_of_driver(views, view, node):
            text = f"except {ast.unparse(node.type or node)}: errors of a driver that goes"
            draft.obstacle(view, node, text)


def _is_handed_on(view: View, node: ast.Attribute) -> bool:
    """`executor.submit(db.commit)`: who calls it does not await it. `db.commit.called` asks a mock."""
    above = view.file.parents[node]
    if not isinstance(node.ctx, ast.Load) or isinstance(above, ast.Attribute) or listens(view, node):
        return False
    if node.attr not in _AWAITED or node.attr not in AWAITED.get(view.instance(node.value), ()):
        return False
    if isinstance(above, ast.Expr):
        return False  # `db.commit` without its brackets does nothing
    if not isinstance(above, ast.Call):
        return not (isinstance(above, ast.keyword) and _is_spy(view, view.file.parents[above]))
    return above.func is not node and not any(
        isinstance(kind, Member) and _is_background(kind) for kind in view.callees(above)
    )


def _is_given_to_factory(view: View, node: ast.Assign) -> bool:
    """`UserFactory._meta.sqlalchemy_session = db`, or the same in its `class Meta`.

    https://factoryboy.readthedocs.io/en/stable/orms.html#sqlalchemy
    """
    names = {getattr(target, "attr", getattr(target, "id", "")) for target in node.targets}
    return "sqlalchemy_session" in names and any(
        isinstance(kind, Inst) and kind.name in FAMILY for kind in view.kinds(node.value)
    )


def _kept_by_library(view: View, node: ast.Assign) -> ast.expr | None:
    """`client.session = db`, `client["db"] = db`: an object of a library that the catalogue lacks."""
    owners = (each.value for each in node.targets if isinstance(each, (ast.Attribute, ast.Subscript)))
    knows = view.program.catalogue.knows_root
    strange = [each for each in owners if any(is_of_stranger(knows, kind) for kind in view.kinds(each))]
    held = any(isinstance(kind, Inst) and kind.name in FAMILY for kind in view.kinds(node.value))
    return strange[0] if strange and held else None


def _is_spy(view: View, node: ast.AST) -> bool:
    """`patch.object(db, "execute", wraps=db.execute)`: a coroutine function is replaced by a mock that is
    awaited."""
    return (
        isinstance(node, ast.Call)
        and len(node.args) == 2
        and last_name(node.func) == "object"
        and ast.unparse(node.func).endswith("patch.object")
        and view.external(node.func).startswith("unittest.mock.")
        and {keyword.arg for keyword in node.keywords} <= {"wraps", "return_value", "side_effect"}
    )


def _only_asks(above: ast.AST, bind: ast.expr) -> bool:
    """`db.bind.dialect`, `db.bind is None`, `if db.bind`: an async engine answers that as a sync one."""
    if isinstance(above, ast.Compare):
        return all(isinstance(op, (ast.Is, ast.IsNot)) for op in above.ops)
    if isinstance(above, (ast.If, ast.IfExp)):
        return above.test is bind
    is_not = isinstance(above, ast.UnaryOp) and isinstance(above.op, ast.Not)
    return is_not or (isinstance(above, ast.Attribute) and above.attr in OF_DIALECTS)


def _is_inspected(view: View, above: ast.AST) -> bool:
    """`inspect(db.bind)`: the call says whether that can be asked of an async engine."""
    return isinstance(above, ast.Call) and view.external(above.func) in INSPECT


def check_libraries(views: Views, view: View, draft: Draft) -> None:
    """The first place of the file stands for all."""
    if not any(views.mention(name.partition(".")[0]) for name in _OF_LIBRARIES):
        return
    for node in view.file.of_kind(ast.Attribute):
        name = view.external(node.value)
        if name in _OF_LIBRARIES:
            text = f"{view.source(node)} is made by {name.partition('.')[0]}, which has no async sessions"
            draft.obstacle(view, node, text, "make the sessions by a dependency of your own")
            return


def _check_call(views: Views, view: View, draft: Draft, call: ast.Call) -> None:
    knows = view.program.catalogue.knows_root
    given = given_to(call)
    if any(is_of_stranger(knows, kind) for kind in view.callees(call)):
        given = [part for each in given for part in _inside(each)]
    values = [node for node in given if isinstance(node, (ast.Name, ast.Attribute, ast.Call))]
    if not values or _is_spy(view, call):
        return
    if _is_followed(view, call):
        check_takers(view, draft, call, values)
        return
    for node in values:
        held = sorted(k.name for k in view.kinds(node) if isinstance(k, Inst) and k.name in FAMILY)
        if not held or _takes(views, view, draft, call, node, held[0]):
            continue
        if is_absent(view, call.func) or is_unbound(view, call.func):
            continue
        what = view.in_a_line(call.func)
        draft.obstacle(
            view, call, f"{what} is handed {view.in_a_line(node)}, and nobody knows what it does with it"
        )
        return


def _inside(given: ast.expr) -> Iterator[ast.expr]:
    """The value, or what stands in a container that is written out: `context={"db": db}`."""
    if isinstance(given, ast.Dict):
        parts = given.values
    elif isinstance(given, (ast.List, ast.Tuple, ast.Set)):
        parts = given.elts
    else:
        yield given
        return
    for part in parts:
        yield from _inside(part)


def _is_followed(view: View, call: ast.Call) -> bool:
    """Does nothing run but code of the project? Then what it is handed needs not be asked for."""
    callees = view.callees(call)
    return bool(callees) and all(isinstance(kind, (Fn, Cls, Obj)) for kind in callees)


def _takes(views: Views, view: View, draft: Draft, call: ast.Call, node: ast.expr, held: str) -> bool:
    callees = view.callees(call)
    if not callees:
        return False
    name = view.external(call.func)
    if name in LISTENING or any(_observes(kind) for kind in callees):
        listen(views, view, draft, call, node, held)
        return True
    if name in INSPECT:
        return held in (ENGINE, CONNECTION) and convert_inspection(views, view, draft, call, held)
    for kind in callees:
        if isinstance(kind, Ext):
            if (
                kind.name not in _MAKERS
                and kind.name not in SAFE_TAKERS
                and kind.name not in _ANY_ENGINE
                and not kind.name.startswith((*_SHOWING, "typing."))
            ):
                return False
        elif isinstance(kind, Member):
            if _is_background(kind):
                return _is_ours(view, call)
            if kind.owner.startswith(_SHOWING):
                continue
            if kind.owner == _CONTEXT and _is_said_to_hold(view, call.func, held):
                continue
            if kind.owner not in _HELD and not (
                kind.attr in ("append", "add") and kind.owner.startswith("builtins.")
            ):
                return False
        elif isinstance(kind, Inst):
            if kind.name != MAKER:  # `SessionLocal(bind=connection)`
                return False
        elif isinstance(kind, Decorated):
            if not _is_taken(view, call, node, kind):
                return False
        elif not isinstance(kind, (Fn, Cls, Obj)):
            return False
    return True


def _is_taken(view: View, call: ast.Call, node: ast.expr, wrapped: Decorated) -> bool:
    """Has every function that the decorator stands on a session where `func(session, ..)` puts it?"""
    key = view.call_key(call)
    if key is None or wrapped.by is None:
        return False
    keyword = next((each.arg for each in call.keywords if each.value is node), None)
    if keyword is None and node not in call.args:
        return False
    at = keyword or call.args.index(node)
    kinds = taken(view.inference, wrapped.by, view.program.call(key), at)
    return bool(kinds) and all(isinstance(kind, Inst) and kind.name in (NONE, *FAMILY) for kind in kinds)


def _observes(kind: object) -> bool:
    return isinstance(kind, Member) and f"{kind.owner}.{kind.attr}" in _OBSERVERS


def _is_background(kind: Member) -> bool:
    """Starlette awaits a coroutine function, and calls any other with the same arguments in a thread."""
    return kind.attr == "add_task" and "BackgroundTask" in kind.owner


def _is_said_to_hold(view: View, func: ast.expr, held: str) -> bool:
    """`current: ContextVar[Session | None]`: what it gives is known to be one."""
    kinds = view.kinds(func.value) if isinstance(func, ast.Attribute) else ()
    inside = {each for kind in kinds if isinstance(kind, Inst) for part in kind.args for each in part}
    return any(isinstance(each, Inst) and each.name == held for each in inside)


def _is_ours(view: View, call: ast.Call) -> bool:
    kinds = view.kinds(call.args[0]) if call.args else frozenset()
    return bool(kinds) and all(isinstance(kind, Fn) for kind in kinds)
