"""Modules that ask a database for a sign of life when they are imported, or when a server starts.

try:
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    print("connected")
except SQLAlchemyError as error:
    print("not reachable", error)

Nothing of the program can tell whether that has happened at import or a little later.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from ..analysis.nodes import walk
from ..analysis.view import View
from .words import FAMILY, SESSIONS

_SENDING = frozenset({"execute", "exec", "scalar", "scalars"})
_OPENING = frozenset({"connect", "close", "dispose"})
_TELLING = frozenset({"builtins.print", "builtins.str", "builtins.repr", "builtins.type", "builtins.len"})
_MAKERS = frozenset({"select", "text"})


def only_looks(view: View, statements: Iterable[ast.AST]) -> bool:
    """Do they open connections, read on them and tell of it, and nothing else?"""
    calls = [node for each in statements for node in walk(each) if isinstance(node, ast.Call)]
    return any(_is_of_database(view, call) for call in calls) and all(_asks(view, call) for call in calls)


def _is_of_database(view: View, call: ast.Call) -> bool:
    member = view.member(call)
    return member is not None and member.owner in FAMILY


def _asks(view: View, call: ast.Call) -> bool:
    member = view.member(call)
    if member is not None and member.owner in FAMILY:
        sends = member.attr in _SENDING and bool(call.args) and _reads(view, call.args[0])
        return sends or member.attr in _OPENING
    if view.instance(call) in SESSIONS or view.external(call.func) in _TELLING:
        return True
    if isinstance(call.func, ast.Attribute) and view.instance(call.func.value) == "logging.Logger":
        return True
    made = view.external(call.func) or ""
    if made.startswith(("sqlalchemy.", "sqlmodel.")) and made.rpartition(".")[2] in _MAKERS:
        return True
    # what the rows of a statement are read by
    return (
        isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Call)
        and _sends(view, call.func.value)
    )


def _sends(view: View, call: ast.Call) -> bool:
    member = view.member(call)
    return member is not None and member.owner in FAMILY and member.attr in _SENDING


def _reads(view: View, statement: ast.expr) -> bool:
    if isinstance(statement, ast.Constant):
        return isinstance(statement.value, str) and statement.value.lstrip().lower().startswith("select")
    if not isinstance(statement, ast.Call):
        return False
    made = (view.external(statement.func) or "").rpartition(".")[2]
    return made == "select" or (made == "text" and bool(statement.args) and _reads(view, statement.args[0]))
