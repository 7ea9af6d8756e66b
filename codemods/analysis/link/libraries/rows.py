"""What queries give: `db.query(User).first()` is a `User`, `session.exec(select(User)).all()` a list of them,
`User.objects(name=name).first()` of MongoEngine a `User` too.

https://docs.sqlalchemy.org/en/20/orm/queryguide/select.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ....catalogue.build import split_type
from ...index.expr import Attr, Expr
from ...index.facts import CallSite
from ..kinds import (
    COROUTINE,
    NOTHING,
    Cls,
    Ext,
    Fn,
    Inst,
    Kind,
    Kinds,
    Member,
    Obj,
    has_code,
    one,
    ordered,
    typed,
    union,
)
from ..program import CallKey, Key

if TYPE_CHECKING:
    from ..infer import Inference

SELECT = "sqlalchemy.Select"
QUERY = "sqlalchemy.orm.Query"
RETURNING = "sqlalchemy.sql.dml.ReturningInsert"
"""What `.returning(User)` makes of a statement that writes."""
RESULT = "sqlalchemy.engine.Result"
SCALARS = "sqlalchemy.engine.ScalarResult"
OBJECTS = "mongoengine.QuerySet"
_SESSIONS = ("sqlalchemy.orm.Session", "sqlmodel.Session", "sqlalchemy.orm.scoped_session")
_ASYNC_SESSIONS = (
    "sqlalchemy.ext.asyncio.AsyncSession",
    "sqlmodel.ext.asyncio.session.AsyncSession",
    "sqlalchemy.ext.asyncio.async_scoped_session",
)
SYNC_SESSIONS = frozenset(_SESSIONS)
ALL_SESSIONS = frozenset((*_SESSIONS, *_ASYNC_SESSIONS))
_OWNERS = frozenset((*ALL_SESSIONS, SELECT, QUERY, RESULT, SCALARS, OBJECTS))
_ASKING = (SELECT, RETURNING)
COLUMN_VALUE = one(Inst("json.ColumnValue"))
"""What a column holds: plain data, whatever its type."""
_ROW = one(Inst("sqlalchemy.engine.RowOfValues"))
_TEXT = "sqlalchemy.TextClause"
COLUMNS = frozenset({"sqlalchemy.Column", "sqlalchemy.ColumnElement", "sqlalchemy.orm.Mapped"})
_SEVERAL = frozenset(f"builtins.{name}" for name in ("list", "set", "tuple", "frozenset"))
_OF_TUPLES = frozenset({"count", "index", "_asdict", "_mapping", "_tuple", "tuple"})
_ONE = frozenset({"first", "one", "one_or_none", "get", "scalar_one", "scalar_one_or_none", "scalar"})
_OTHER_COLUMNS = frozenset({"with_entities", "with_only_columns"})
_MORE_COLUMNS = frozenset({"add_columns", "add_entity"})
_ALIASES = frozenset({"sqlalchemy.orm.aliased", "sqlalchemy.orm.with_polymorphic"})
"""What they give is asked for like the class itself, and gives its objects."""
_FACTORIES = {"sqlalchemy.orm.sessionmaker": ("class_", "sqlalchemy.ext.asyncio.async_sessionmaker")}


def result(inference: Inference, call: CallKey, callees: Kinds) -> Kinds | None:
    """The kinds of the call's value; None when it is no query, or nothing more is known of it."""
    site = inference.program.call(call)
    where = Key(call.path, site.scope)
    for kind in ordered(callees):
        if isinstance(kind, Ext) and kind.name in ("sqlalchemy.select", "sqlmodel.select"):
            return one(Inst(SELECT, (_entities(inference, where, site.args, site.span.line),)))
        if isinstance(kind, (Ext, Member)) and _is_returning(kind):
            return one(Inst(RETURNING, (_entities(inference, where, site.args, site.span.line),)))
        if isinstance(kind, Inst) and kind.name == OBJECTS and kind.args:
            return one(kind)  # `User.objects(name=name)`
        if isinstance(kind, Ext) and kind.name in _ALIASES and site.args:
            named = inference.kinds(where, site.args[0], site.span.line)
            return frozenset(k for k in named if isinstance(k, Cls)) or None
        if isinstance(kind, Ext) and kind.name in _FACTORIES:
            keyword, made = _FACTORIES[kind.name]
            given = (
                inference.kinds(where, dict(site.keywords)[keyword])
                if keyword in dict(site.keywords)
                else NOTHING
            )
            if any(isinstance(k, Ext) and k.name in _ASYNC_SESSIONS for k in given):
                return one(Inst(made))
        if isinstance(kind, Fn) and (built := _through(inference, kind, where, site)):
            return built
        method = _method(inference, kind)
        if method is not None and isinstance(site.func, Attr):
            return _of_method(inference, method, where, site.func.value, site.args, site.span.line)
    return None


def _is_returning(kind: Ext | Member) -> bool:
    """`insert(User).values(name=name).returning(User)`"""
    owner, attr = (kind.owner, kind.attr) if isinstance(kind, Member) else kind.name.rpartition(".")[::2]
    return attr == "returning" and owner.startswith("sqlalchemy.")


def attribute_of(cls: Key, written: str) -> Kinds:
    """What the catalogue says that a class of the project has: a query gives objects of this class."""
    found = typed(*split_type(written))
    return one(Inst(OBJECTS, (one(Obj(cls)),))) if found == one(Inst(OBJECTS)) else found


def _method(inference: Inference, kind: Kind) -> Member | None:
    """Of the class of SQLAlchemy that a class is derived from: extensions have sessions of their own."""
    if isinstance(kind, Ext):  # `db.session.query`, where a library keeps one session for everybody
        cls, _, attr = kind.name.rpartition(".")
    elif isinstance(kind, Member):
        cls, attr = kind.owner, kind.attr
    else:
        return None
    names = (cls, *inference.program.catalogue.bases(cls)) if attr else ()
    owner = next((name for name in names if name in _OWNERS), None)
    return Member(owner, attr) if owner is not None else None


def _through(inference: Inference, function: Fn, where: Key, site: CallSite) -> Kinds:
    """A helper that is annotated to give a query, of nobody knows what: of what the query it is handed is
    of."""
    made = inference.function_result(function.key)
    if not made or any(not isinstance(k, Inst) or k.name not in (QUERY, SELECT) or k.args for k in made):
        return NOTHING
    for argument in (*site.args, *(value for _, value in site.keywords)):
        given = inference.kinds(where, argument, site.span.line)
        if given and all(isinstance(k, Inst) and k.name in (QUERY, SELECT) and k.args for k in given):
            return given
    return NOTHING


def _of_method(
    inference: Inference, kind: Member, where: Key, receiver: Expr, args: tuple[Expr, ...], line: int
) -> Kinds | None:
    owner, method = kind.owner, kind.attr
    if owner in _SESSIONS or owner in _ASYNC_SESSIONS:
        found = _of_session(inference, method, where, args, line)
        return one(Inst(COROUTINE, (found,))) if found and owner in _ASYNC_SESSIONS else found
    inner = [
        k
        for k in inference.kinds(where, receiver, line)
        if isinstance(k, Inst) and k.name == owner and k.args
    ]
    element = union([k.args[0] for k in inner])
    if not element:
        return None
    if method in _OTHER_COLUMNS:
        asked = _entities(inference, where, args, line)
        return one(Inst(owner, (_asked_of_query(owner, asked),))) if asked else None
    if method in _MORE_COLUMNS:
        asked = _with_more(element, [_asked(inference, where, each, line) for each in args])
        return one(Inst(owner, (asked,))) if asked else None
    if (
        method == "scalars"
        or method.startswith("scalar_")
        or (owner in (QUERY, RESULT) and method == "scalar")
    ):
        element = _first(element)
    if method in _ONE:
        return element
    if method in ("all", "fetchall", "fetchmany") and owner != OBJECTS:
        return one(Inst("builtins.list", (element,)))
    if method == "scalars":
        return one(Inst(SCALARS, (element,)))
    entry = inference.program.catalogue.find_method(owner, method)
    return one(Inst(owner, (element,))) if entry is not None and entry.returns == owner else None


def _of_session(
    inference: Inference, method: str, where: Key, args: tuple[Expr, ...], line: int
) -> Kinds | None:
    if method == "query":
        asked = _entities(inference, where, args, line)
        return one(Inst(QUERY, (_asked_of_query(QUERY, asked),)))
    if not args:
        return None
    given = inference.kinds(where, args[0], line)
    if method in ("get", "get_one"):
        return frozenset(Obj(k.key) for k in given if isinstance(k, Cls)) or None
    if method == "merge":
        return frozenset(k for k in given if isinstance(k, Obj)) or None
    element = union([k.args[0] for k in given if isinstance(k, Inst) and k.name in _ASKING and k.args])
    if given == one(Inst(_TEXT)):
        element = _ROW
    if not element:
        return None
    if method == "exec":
        return one(Inst(SCALARS, (element,)))
    if method == "scalars":
        return one(Inst(SCALARS, (_first(element),)))
    if method == "scalar":
        return _first(element)
    return one(Inst(RESULT, (_as_row(element),))) if method == "execute" else None


def _asked_of_query(owner: str, asked: Kinds) -> Kinds:
    """Of one class alone a legacy query gives no tuple, of one column alone it does."""
    return _ROW if owner == QUERY and asked == COLUMN_VALUE else asked


def _as_row(asked: Kinds) -> Kinds:
    """A row, even of one column or class alone."""
    if asked == COLUMN_VALUE:
        return _ROW
    is_row = all(isinstance(kind, Inst) for kind in asked)
    return asked if is_row else one(Inst("builtins.tuple", (asked,)))


def _first(row: Kinds) -> Kinds:
    """What stands in the first column."""
    if row == _ROW:
        return COLUMN_VALUE
    tuples = [kind for kind in row if isinstance(kind, Inst) and kind.name == "builtins.tuple" and kind.args]
    return union([kind.args[0] for kind in tuples]) if tuples else row


def field(inference: Inference, row: Inst, attr: str) -> Kinds:
    """`row.User` and `row.total` of a row with objects in it; nothing for what is no such row."""
    if row.name != "builtins.tuple" or not any(isinstance(kind, Obj) for part in row.args for kind in part):
        return NOTHING
    named = [k for part in row.args for k in part if isinstance(k, Obj)]
    found = frozenset(kind for kind in named if inference.program.scope(kind.key).name == attr)
    return found or (COLUMN_VALUE if COLUMN_VALUE in row.args and attr not in _OF_TUPLES else NOTHING)


def _entities(inference: Inference, where: Key, args: tuple[Expr, ...], line: int) -> Kinds:
    """What one row holds: an object of the only class that is asked for, the value of the only column, else a
    tuple."""
    parts = [_asked(inference, where, argument, line) for argument in args]
    return parts[0] if len(parts) == 1 else _row(parts)


def _row(parts: Sequence[Kinds]) -> Kinds:
    if all(part == COLUMN_VALUE for part in parts):
        return _ROW
    return one(Inst("builtins.tuple", tuple(parts))) if any(parts) else NOTHING


def _with_more(row: Kinds, more: Sequence[Kinds]) -> Kinds:
    """Nobody counted the columns of a row of values: what else comes behind them has no place."""
    if row == _ROW:
        return _ROW if all(part == COLUMN_VALUE for part in more) else NOTHING
    tuples = [kind for kind in row if isinstance(kind, Inst) and kind.name == "builtins.tuple" and kind.args]
    return _row([*(tuples[0].args if len(tuples) == len(row) == 1 else [row]), *more])


def _asked(inference: Inference, where: Key, argument: Expr, line: int) -> Kinds:
    """Objects for a class, values for a column; nothing for what may be either."""
    kinds = inference.kinds(where, argument, line)
    owners = inference.kinds(where, argument.value, line) if isinstance(argument, Attr) else NOTHING
    is_declared = bool(owners) and all(isinstance(kind, Cls) for kind in owners)
    if kinds and all(isinstance(kind, Inst) and _is_column(kind, is_declared) for kind in kinds):
        return COLUMN_VALUE
    return frozenset(Obj(kind.key) for kind in kinds if isinstance(kind, Cls))


def _is_column(kind: Inst, is_declared: bool) -> bool:
    """As SQLAlchemy has it, or `is_declared` by a class with the type of its values: `id: Mapped[int]`."""
    if kind.name in COLUMNS:
        return True
    is_foreign = kind.name.startswith(("sqlalchemy.", "sqlmodel.")) or kind.name in _SEVERAL
    return is_declared and not is_foreign and not has_code(kind)
