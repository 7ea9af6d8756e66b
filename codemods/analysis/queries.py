"""What database queries give: `db.query(User).first()`, `session.scalars(select(User)).all()`."""

from __future__ import annotations

from collections.abc import Callable

from .facts import CallSite
from .kinds import COROUTINE, NOTHING, Cls, Inst, Kinds, Obj, one, union
from .program import Program

_SESSIONS = ("Session", "AsyncSession", "scoped_session", "async_scoped_session")
_SELECT = "sqlalchemy.Select"
_QUERY = "sqlalchemy.orm.Query"
_RESULT = "sqlalchemy.engine.Result"
_SCALARS = "sqlalchemy.engine.ScalarResult"
_SELECTS = {"sqlalchemy.select", "sqlmodel.select"}
_ROOTS = ("sqlalchemy.", "sqlmodel.")
_ONE = {"first", "one", "one_or_none", "get", "scalar", "scalar_one", "scalar_one_or_none"}
_MANY = {"all", "fetchall", "unique", "fetchmany", "partitions", "scalars"}


class Queries:
    """Rows of mapped classes; what is not one class (columns, joins of two) stays what the catalogue says."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def function(self, name: str, site: CallSite, given: Callable[[int], Kinds]) -> Kinds | None:
        """`select(User)`."""
        if name in _SELECTS and len(site.args) == 1 and (rows := _rows(given(0))):
            return one(Inst(_SELECT, (rows,)))
        return None

    def method(
        self, owner: str, method: str, owners: Kinds, site: CallSite, given: Callable[[int], Kinds]
    ) -> Kinds | None:
        if not owner.startswith(_ROOTS):
            return None
        class_name = owner.rpartition(".")[2]
        if class_name in _SESSIONS:
            found = self._of_session(method, site, given)
            if found is None:
                return None
            return one(Inst(COROUTINE, (found,))) if class_name.lower().startswith("async") else found
        rows = union(
            [kind.args[0] for kind in owners if isinstance(kind, Inst) and kind.name == owner and kind.args]
        )
        if not rows:
            return None
        if owner in (_SELECT, _QUERY):
            if owner == _QUERY and method in _ONE:
                return rows
            if owner == _QUERY and method == "all":
                return one(Inst("builtins.list", (rows,)))
            entry = self.program.catalogue.find_method(owner, method)
            return one(Inst(owner, (rows,))) if entry is not None and entry.returns == owner else None
        if owner == _RESULT:
            if method in ("scalar", "scalar_one", "scalar_one_or_none"):
                return rows
            return one(Inst(_SCALARS, (rows,))) if method == "scalars" else None
        if owner == _SCALARS:
            if method in _ONE:
                return rows
            return (
                one(Inst("builtins.list" if method == "all" else _SCALARS, (rows,)))
                if method in _MANY
                else None
            )
        return None

    def _of_session(self, method: str, site: CallSite, given: Callable[[int], Kinds]) -> Kinds | None:
        if not site.args:
            return None
        if method == "query":
            rows = _rows(given(0)) if len(site.args) == 1 else NOTHING
            return one(Inst(_QUERY, (rows,))) if rows else None
        if method in ("get", "get_one"):
            return _rows(given(0)) or None
        selected = union([kind.args[0] for kind in given(0) if isinstance(kind, Inst) and kind.args])
        if not selected:
            return None
        if method == "scalar":
            return selected
        if method in ("scalars", "exec"):
            return one(Inst(_SCALARS, (selected,)))
        return one(Inst(_RESULT, (selected,))) if method == "execute" else None


def _rows(kinds: Kinds) -> Kinds:
    """The instances of the classes that a query names."""
    if kinds and all(isinstance(kind, Cls) for kind in kinds):
        return frozenset(Obj(kind.key) for kind in kinds if isinstance(kind, Cls))
    return NOTHING
