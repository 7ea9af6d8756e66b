"""How a function, or the methods of a class, spell their session."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple
from weakref import WeakKeyDictionary

from ..analysis.index.expr import Const, Name
from ..analysis.link.kinds import Inst, Obj, one
from ..analysis.link.program import Key
from ..analysis.nodes import walk
from ..analysis.syntax import FunctionNode
from ..analysis.view import View
from .words import SESSIONS

_KNOWN: WeakKeyDictionary[View, dict[tuple[ast.ClassDef, str], Spelled | None]] = WeakKeyDictionary()


class Spelled(NamedTuple):
    text: str
    cls: str
    """The class of the session."""


def session_of_function(view: View, function: FunctionNode) -> Spelled | None:
    """One that it works on, or is given."""
    for node in _sessions(view, function):
        return Spelled(view.source(node), view.instance(node))
    key = view.owner(function.body[0])
    for parameter in view.program.scope(key).parameters:
        kinds = view.inference.kinds(key, Name(parameter.name)) if parameter.annotation is not None else ()
        for kind in kinds:
            if len(kinds) == 1 and isinstance(kind, Inst) and kind.name in SESSIONS:
                return None if isinstance(parameter.default, Const) else Spelled(parameter.name, kind.name)
    return None


def session_with(view: View, function: FunctionNode, name: str) -> Spelled | None:
    """The one that has the object of this name, of several that the function works on; nothing where that
    cannot be told."""
    spelled: dict[str, list[ast.expr]] = {}
    for node in _sessions(view, function):
        spelled.setdefault(view.source(node), []).append(node)
    if len(spelled) < 2:
        return session_of_function(view, function)
    having = [text for text, nodes in spelled.items() if any(_gives(view, node, name) for node in nodes)]
    if not having:  # it was handed in, as its session was
        parameters = {each.name for each in view.program.scope(view.owner(function.body[0])).parameters}
        having = [text for text in spelled if "." in text or text in parameters]
    return Spelled(having[0], view.instance(spelled[having[0]][0])) if len(having) == 1 else None


def _sessions(view: View, function: FunctionNode) -> Iterator[ast.Name | ast.Attribute]:
    for node in walk(function):
        if (
            isinstance(node, (ast.Name, ast.Attribute))
            and view.instance(node) in SESSIONS
            and view.function(node) is function
        ):
            yield node


def _gives(view: View, session: ast.expr, name: str) -> bool:
    """`user = db.get(..)`, `for user in db.scalars(..)`, `user = find(db, ..)`, `db.add(user)`"""
    statement = view.file.statement(session)
    targets = statement.targets if isinstance(statement, ast.Assign) else ()
    if isinstance(statement, (ast.AnnAssign, ast.For)):
        targets = [statement.target]
    if any(isinstance(each, ast.Name) and each.id == name for target in targets for each in ast.walk(target)):
        return True
    above = view.file.parents[session]
    call = view.file.parents[above] if isinstance(above, ast.Attribute) else above
    return isinstance(call, ast.Call) and any(
        isinstance(argument, ast.Name) and argument.id == name for argument in call.args
    )


def session_of_class(view: View, function: FunctionNode) -> Spelled | None:
    """`self._session`, which another method of the class uses or the constructor binds, or a base keeps."""
    owner = view.file.parents[function]
    if not isinstance(owner, ast.ClassDef) or not function.args.args:
        return None
    own = function.args.args[0].arg
    known = _KNOWN.setdefault(view, {})  # classes are long, and every object that their methods read asks
    if (owner, own) not in known:
        known[owner, own] = _kept_by(view, owner, own) or _kept_by_base(view, function, own)
    return known[owner, own]


def _kept_by(view: View, owner: ast.ClassDef, own: str) -> Spelled | None:
    for node in walk(owner):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == own
            and any(isinstance(k, Inst) and k.name in SESSIONS for k in view.kinds(node))
        ):
            return Spelled(view.source(node), view.instance(node))
    return None


def _kept_by_base(view: View, function: FunctionNode, own: str) -> Spelled | None:
    classes = view.inference.classes
    cls = view.program.enclosing_class(view.owner(function.body[0]))
    if cls is None:
        return None
    bases = (step for step in classes.mro(cls)[1:] if isinstance(step, Key))
    for name in (name for base in bases for name in classes.kept(base) if not name.startswith("__")):
        for kind in view.inference.attribute(one(Obj(cls)), name):
            if isinstance(kind, Inst) and kind.name in SESSIONS:
                return Spelled(f"{own}.{name}", kind.name)
    return None


def line_end(view: View, call: ast.Call, margin: int = 0) -> str:
    """Where each step of a query has a line of its own, so has a new one: `margin` columns further out."""
    above = view.file.parents[call]
    if not isinstance(above, ast.Attribute):
        return ""
    between, dot, _ = view.source(above).removeprefix(view.source(call)).partition(".")
    if not dot or between.strip() or "\n" not in between:
        return ""
    return "\n" + " " * max(len(between.rpartition("\n")[2]) - margin, 0)
