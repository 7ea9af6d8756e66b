"""Which relationships a query loads already: `select(Post).options(selectinload(Post.owner))`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...analysis.nodes import walk
from ...analysis.view import View

_LOADERS = frozenset({"contains_eager", "immediateload", "joinedload", "selectinload", "subqueryload"})
Steps = tuple[str, ...]
"""`Post.owner`, then `User.team`: the attributes as they are written."""


def loaded(view: View, start: ast.Call) -> set[Steps]:
    """What the options of the chain that begins with `start`, or of a `get`, load: every step of the way."""
    own = next((keyword.value for keyword in start.keywords if keyword.arg == "options"), None)
    given = own.elts if isinstance(own, (ast.List, ast.Tuple)) else ()
    return {path for option in given for path in _paths(option)} | _along(view, start, 3)


def _along(view: View, start: ast.expr, depth: int) -> set[Steps]:
    """What the options behind `start` load, further down too where the query is kept in a name."""
    found: set[Steps] = set()
    node = start
    while True:
        attribute = view.file.parents[node]
        call = view.file.parents.get(attribute)
        if (
            not isinstance(attribute, ast.Attribute)
            or not isinstance(call, ast.Call)
            or call.func is not attribute
        ):
            kept = attribute if isinstance(attribute, ast.Assign) and depth else None
            return found | (_of_every_use(view, kept, depth) if kept is not None else set())
        if attribute.attr == "options":
            for option in call.args:
                found.update(_paths(option))
        node = call


def _of_every_use(view: View, made: ast.Assign, depth: int) -> set[Steps]:
    """What each use of the name adds; `query = query.where(..)` is built on and ends nowhere."""
    function = view.function(made)
    if function is None or len(made.targets) != 1 or not isinstance(made.targets[0], ast.Name):
        return set()
    name = made.targets[0].id
    sets: list[set[Steps]] = []
    for use in walk(function):
        if isinstance(use, ast.Name) and use.id == name and isinstance(use.ctx, ast.Load):
            statement = view.file.statement(use)
            if not (isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == name):
                sets.append(_along(view, use, depth - 1))
    return set.intersection(*sets) if sets else set()


def _paths(option: ast.expr) -> Iterator[Steps]:
    if not isinstance(option, ast.Call):
        return
    name = getattr(option.func, "attr", "") or getattr(option.func, "id", "")
    before: list[Steps] = [()]
    inner = option.func.value if isinstance(option.func, ast.Attribute) else None
    if isinstance(inner, ast.Call):
        before = list(_paths(inner))
        yield from before
    longest = max(before, key=len, default=())
    if name in _LOADERS:
        yield (*longest, *(ast.unparse(argument) for argument in option.args))
    elif name == "options":
        for argument in option.args:
            yield from ((*longest, *path) for path in _paths(argument))
