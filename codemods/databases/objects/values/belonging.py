"""Whether an object may be of no session, or of another one than the function works with: a commit leaves it
as it is, and `refresh` would raise.

def get_user():                            # await db.refresh(user)    InvalidRequestError
    with SessionLocal() as own:            # if user in db:
        return own.get(User, 1)            #     await db.refresh(user)
"""

from __future__ import annotations

import ast

from ....analysis.handed_over import Arguments
from ....analysis.link.names import Parameter, lookup
from ....analysis.link.program import Key
from ....analysis.nodes import bound_plainly, given_to, walk
from ....analysis.scopes import parameter_names
from ....analysis.syntax import FunctionNode
from ....analysis.view import View, Views
from ...injected import dependency, injected
from ...names import names_in
from ...words import SESSIONS
from .held import gives_same
from .newborn import is_added, makes

_CALLS = 30
"""Functions that hand it to each other, at most."""


class Belonging:
    def __init__(self, views: Views, arguments: Arguments) -> None:
        self.views = views
        self.program = arguments.program
        self.arguments = arguments
        self._open: set[tuple[str, int, str]] = set()
        self._returned: dict[Key, bool] = {}

    def is_unseen(self, view: View, function: FunctionNode, name: str) -> bool:
        """Does FastAPI hand it over, of what is no function of the project? Only the annotation says then
        what it is, which nothing checks."""
        parameter = self._parameter(view, function, name)
        return (
            parameter is not None
            and dependency(self.views, view, parameter) is not None
            and injected(self.views, view, parameter) is None
        )

    def may_be_foreign(
        self,
        view: View,
        function: FunctionNode,
        statement: ast.stmt,
        name: str,
        depth: int = 0,
        at: ast.AST | None = None,
    ) -> bool:
        """Is it, at some place where it comes from, made and never added, or asked of a session that only
        this place has?"""
        mark = (view.path, function.lineno, name)
        if depth > _CALLS or mark in self._open:
            return False
        if is_added(self.views, view, function, statement, name, itself=True):
            return False
        self._open.add(mark)
        found = any(
            self._is_foreign(view, function, value, depth, at) for value in _bound(view, function, name)
        )
        parameter = self._parameter(view, function, name) if not found else None
        found = found or (parameter is not None and self._is_given(view, parameter, depth))
        self._open.discard(mark)
        return found

    def _parameter(self, view: View, function: FunctionNode, name: str) -> Parameter | None:
        found = lookup(self.program, view.owner(function.body[0]), name)
        return found if isinstance(found, Parameter) else None

    def _is_given(self, view: View, parameter: Parameter, depth: int) -> bool:
        if (provider := injected(self.views, view, parameter)) is not None:
            return self._is_returned(provider, depth + 1)
        for each in self.arguments.of(parameter) or ():
            function = each.view.function(each.call)
            if function is not None and self._is_foreign(
                each.view, function, each.value, depth + 1, each.call
            ):
                return True
        return False

    def _is_returned(self, key: Key, depth: int) -> bool:
        if depth > _CALLS:
            return False
        if key not in self._returned:
            self._returned[key] = False  # while it is looked at: functions call each other
            self._returned[key] = self._gives_foreign(key, depth)
        return self._returned[key]

    def _gives_foreign(self, key: Key, depth: int) -> bool:
        view = self.views.of(key.path)
        function = view.file.function(self.program.scope(key).span)
        return function is not None and any(
            self._is_foreign(view, function, each.value, depth, each)
            for each in walk(function)
            if isinstance(each, (ast.Return, ast.Yield))
            and each.value is not None
            and view.owner(each) == key
        )

    def _is_of_module(self, view: View, node: ast.Name) -> bool:
        found = lookup(self.program, view.owner(node), node.id)
        return isinstance(found, list) and bool(found) and all(each.home.scope == 0 for each in found)

    def _is_foreign(
        self, view: View, function: FunctionNode, value: ast.expr, depth: int, at: ast.AST | None = None
    ) -> bool:
        if isinstance(value, ast.Await):
            value = value.value
        if isinstance(value, (ast.BoolOp, ast.IfExp)):
            parts = value.values if isinstance(value, ast.BoolOp) else [value.body, value.orelse]
            return any(self._is_foreign(view, function, part, depth, at) for part in parts)
        if isinstance(value, ast.Name):
            if self._is_of_module(view, value):
                return True  # it outlives every session
            statement = view.file.statement(at if at is not None else value)
            return self.may_be_foreign(view, function, statement, value.id, depth + 1, at)
        if (same := gives_same(view, value)) is not None:
            return self._is_foreign(view, function, same, depth, at)
        if not isinstance(value, ast.Call):
            return False
        if makes(view, value):
            return True  # that it is added is asked for by its name
        if (session := _asked(view, value)) is not None:
            is_handed_on = isinstance(at, ast.Call) and _works_with(view, function, at, session)
            return depth > 0 and _is_own(function, session) and not is_handed_on
        return any(self._is_returned(key, depth + 1) for key in view.functions_called(value))


def _bound(view: View, function: FunctionNode, name: str) -> list[ast.expr]:
    """All that the name is bound to; what is unpacked is left out."""
    found: list[ast.expr] = []
    for node in names_in(function, name):
        above = view.file.parents[node]
        if not isinstance(node.ctx, ast.Store):
            continue
        if isinstance(above, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) and above.value is not None:
            found.append(above.value)
        elif isinstance(above, (ast.For, ast.AsyncFor)):
            found.append(above.iter)
    return found


def _asked(view: View, value: ast.expr) -> ast.expr | None:
    """The session of `db.query(User).filter(..).first()`."""
    node: ast.AST = value
    while isinstance(node, (ast.Call, ast.Attribute, ast.Await)):
        if isinstance(node, ast.Call):
            member = view.member(node)
            if member is not None and member.owner in SESSIONS and isinstance(node.func, ast.Attribute):
                return node.func.value
        node = node.func if isinstance(node, ast.Call) else node.value
    return None


def _works_with(view: View, function: FunctionNode, call: ast.Call, session: ast.expr) -> bool:
    """Is the session handed over by the same call, or was its receiver made with it?

    Notes(db).save(user)
    """
    receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
    made = _bound(view, function, receiver.id) if isinstance(receiver, ast.Name) else [receiver]
    calls = [call, *(each for each in made if isinstance(each, ast.Call))]
    return any(view.source(each) == view.source(session) for inner in calls for each in given_to(inner))


def _is_own(function: FunctionNode, session: ast.expr) -> bool:
    """Was it made, or entered, in the function?"""
    if not isinstance(session, ast.Name) or session.id in parameter_names(function.args):
        return False
    for node in walk(function):
        bound = bound_plainly(node)
        if isinstance(node, ast.withitem) and node.optional_vars is not None:
            bound = [(node.optional_vars, node.context_expr)]
        for target, value in bound:
            if isinstance(target, ast.Name) and target.id == session.id:
                return isinstance(value, ast.Call)
    return False
