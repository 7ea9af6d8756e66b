"""Whether an object is of another session than the one that works: that one neither expires nor loads it.

user = db.get(User, id)
with SessionLocal() as other:
    other.add(Log(..))
    other.commit()          # `user` is as it was
return user.name
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ....analysis.nodes import walk
from ....analysis.scopes import local_names, parameter_names
from ....analysis.syntax import FunctionNode
from ....analysis.view import View
from ...words import MAKER, SESSIONS


def is_of_another_session(view: View, function: FunctionNode, session: str, name: str) -> bool:
    """Only where one of the two sessions is made in the function: two names may mean the same one."""
    own = _in_touch(function, session)
    sessions = {
        node.id
        for node in walk(function)
        if isinstance(node, ast.Name) and node.id not in own and view.instance(node) in SESSIONS
    }
    is_made = _is_made(view, function, session)
    if name in own or not (is_made or sessions):
        return False
    if is_made and name in parameter_names(function.args):
        return True
    others = (each for each in sessions if is_made or _is_made(view, function, each))
    return any(name in _in_touch(function, each) for each in others)


def _is_made(view: View, function: FunctionNode, session: str) -> bool:
    """Is all that the name means a new session?"""
    values = [value for targets, value in _bindings(function) if session in _names(*targets)]
    return bool(values) and all(
        isinstance(value, ast.Call)
        and (view.instance(value.func) == MAKER or view.external(value.func) in SESSIONS)
        for value in values
    )


def _in_touch(function: FunctionNode, session: str) -> set[str]:
    """The names of the function that may have to do with the session: what it gave, or was given."""
    local = local_names(function)
    ways: list[tuple[set[str], set[str]]] = []
    for targets, value in _bindings(function):
        bound = _names(*targets) & local
        is_alias = isinstance(value, (ast.Name, ast.Attribute))
        ways.append(
            (_names(value) | (bound if is_alias else set()), bound | (_names(value) if is_alias else set()))
        )
    for node in walk(function):
        if isinstance(node, ast.Call):
            ways.append((_names(node) & local,) * 2)
    found: set[str] = set()
    more = {session}
    while more - found:
        found |= more
        more = set().union(*(reached for read, reached in ways if read & found))
    return found


def _bindings(function: FunctionNode) -> Iterator[tuple[list[ast.expr], ast.expr]]:
    for node in walk(function):
        if isinstance(node, ast.Assign):
            yield node.targets, node.value
        elif isinstance(node, (ast.AnnAssign, ast.AugAssign, ast.NamedExpr)) and node.value is not None:
            yield [node.target], node.value
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
            yield [node.target], node.iter
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            yield [node.optional_vars], node.context_expr


def _names(*nodes: ast.expr) -> set[str]:
    return {part.id for node in nodes for part in walk(node) if isinstance(part, ast.Name)}
