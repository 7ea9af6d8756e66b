"""Which relationships a query loads already: `select(Post).options(selectinload(Post.owner))`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..analysis.view import View

_LOADERS = frozenset({"contains_eager", "immediateload", "joinedload", "selectinload", "subqueryload"})
Steps = tuple[str, ...]
"""`Post.owner`, then `User.team`: the attributes as they are written."""


def loaded(view: View, start: ast.Call) -> set[Steps]:
    """What the options of the chain that begins with `start`, or of a `get`, load: every step of the way."""
    own = next((keyword.value for keyword in start.keywords if keyword.arg == "options"), None)
    given = own.elts if isinstance(own, (ast.List, ast.Tuple)) else ()
    found: set[Steps] = {path for option in given for path in _paths(option)}
    node: ast.expr = start
    while True:
        attribute = view.file.parents[node]
        call = view.file.parents.get(attribute)
        if (
            not isinstance(attribute, ast.Attribute)
            or not isinstance(call, ast.Call)
            or call.func is not attribute
        ):
            return found
        if attribute.attr == "options":
            for option in call.args:
                found.update(_paths(option))
        node = call


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
