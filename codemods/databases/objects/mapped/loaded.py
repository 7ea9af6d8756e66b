"""Which relationships a query loads already: `select(Post).options(selectinload(Post.owner))`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ....analysis.nodes import bound_plainly, target_of, walk
from ....analysis.syntax import last_name
from ....analysis.view import View, Views
from ...queries.chains import BUILDERS
from ...queries.handed import builder_chains

_LOADERS = frozenset({"contains_eager", "immediateload", "joinedload", "selectinload", "subqueryload"})
_OF_NUMBERS = frozenset(
    {"count", "cte", "exists", "scalar_subquery", "subquery", "with_entities", "with_only_columns"}
)
"""A query that goes on with these gives rows of something else."""
Steps = tuple[str, ...]
"""`Post.owner`, then `User.team`: the attributes as they are written."""


class Loader(NamedTuple):
    """How a relationship is loaded; two ways for the same one are an error."""

    spelled: str
    """`joinedload`, or `orm.joinedload` where it begins an option."""
    always: bool = True
    """By every query that is built on the one that was looked at."""


_ELSEWHERE: Steps = ()


def loaded(views: Views, view: View, start: ast.Call) -> dict[Steps, Loader]:
    """What the options of the chain that begins with `start`, or of a `get`, load: every step of the way."""
    own = next((keyword.value for keyword in start.keywords if keyword.arg == "options"), None)
    given = own.elts if isinstance(own, (ast.List, ast.Tuple)) else ()
    return {
        **dict(pair for option in given for pair in _told(view, option)),
        **_along(views, view, start, 3),
    }


def loads_otherwise(known: Mapping[Steps, Loader], steps: Steps, *, is_endless: bool) -> bool:
    """Would other queries that are built on this one load the same in two ways, or in theirs? Nobody knows
    where an option is told elsewhere."""
    if _ELSEWHERE in known:
        return True
    along = [way for number in range(len(steps)) if (way := known.get(steps[: number + 1])) is not None]
    return any(is_endless or not (way.always or way.spelled.endswith("selectinload")) for way in along)


def _along(views: Views, view: View, start: ast.expr, depth: int) -> dict[Steps, Loader]:
    """What the options behind `start` load, further down too where the query is kept in a name, or where a
    helper builds on it."""
    found: dict[Steps, Loader] = {}
    node = start
    while True:
        above = view.file.parents[node]
        call = view.file.parents.get(above)
        if isinstance(above, ast.Attribute) and isinstance(call, ast.Call) and call.func is above:
            calls = [call]
        elif isinstance(above, ast.Call) and (built := _built_on(views, view, above, node)) is not None:
            call, calls = above, built
        else:
            kept = above if isinstance(above, (ast.Assign, ast.AnnAssign)) and depth else None
            return {**(_of_every_use(views, view, kept, depth) if kept is not None else {}), **found}
        for each in calls:
            if last_name(each.func) == "options":
                found.update(pair for option in each.args for pair in _told(view, option))
        node = call


def _built_on(views: Views, view: View, call: ast.Call, node: ast.expr) -> list[ast.Call] | None:
    """What a helper calls on the query that it is given and gives back."""
    found = builder_chains(views, call, node, view, BUILDERS) if node in call.args else None
    return found[1] if found is not None else None


def _of_every_use(
    views: Views, view: View, made: ast.Assign | ast.AnnAssign, depth: int
) -> dict[Steps, Loader]:
    """What the uses of the name add; `query = query.where(..)` is built on and ends nowhere, but all that
    follow have what it adds, if it is not skipped."""
    function, target = view.function(made), target_of(made)
    if function is None or not isinstance(target, ast.Name):
        return {}
    name = target.id
    uses: list[dict[Steps, Loader]] = []
    built: dict[Steps, Loader] = {}
    for use in walk(function):
        if isinstance(use, ast.Name) and use.id == name and isinstance(use.ctx, ast.Load):
            statement = view.file.statement(use)
            if all(ast.unparse(target) != name for target, _ in bound_plainly(statement)):
                if not _gives_no_objects(view, use):
                    uses.append(_along(views, view, use, depth - 1))
            else:
                is_skipped = view.block(statement) is not view.block(made)
                more = _along(views, view, use, 0)
                built.update((path, way._replace(always=not is_skipped)) for path, way in more.items())
    found = {path: way for each in uses for path, way in each.items()}
    found = {
        path: way._replace(always=all(path in use and use[path].always for use in uses))
        for path, way in found.items()
    }
    return {**found, **built}


def _gives_no_objects(view: View, use: ast.Name) -> bool:
    """`select(func.count()).select_from(query.subquery())`, `query.count()`"""
    node: ast.AST = use
    while isinstance(attribute := view.file.parents[node], ast.Attribute):
        if attribute.attr in _OF_NUMBERS:
            return True
        node = view.file.parents[attribute]
    return False


def _told(view: View, option: ast.expr) -> Iterator[tuple[Steps, Loader]]:
    """`options(*self.load)`, `options(with_notes())` may load what they like."""
    if not isinstance(option, ast.Call) or view.functions_called(option):
        yield _ELSEWHERE, Loader("")
    yield from _paths(option)


def _paths(option: ast.expr) -> Iterator[tuple[Steps, Loader]]:
    if not isinstance(option, ast.Call):
        return
    name = last_name(option.func)
    before: list[Steps] = [()]
    inner = option.func.value if isinstance(option.func, ast.Attribute) else None
    if isinstance(inner, ast.Call):
        pairs = list(_paths(inner))
        yield from pairs
        before = [path for path, _ in pairs]
    longest = max(before, key=len, default=())
    if name in _LOADERS:
        spelled = name if isinstance(inner, ast.Call) else ast.unparse(option.func)
        yield (*longest, *(_relationship(argument) for argument in option.args)), Loader(spelled)
    elif name == "options":
        for argument in option.args:
            for path, loader in _paths(argument):
                yield (*longest, *path), loader._replace(spelled=loader.spelled.rpartition(".")[2])


def _relationship(argument: ast.expr) -> str:
    """`Post.notes.and_(Note.is_open)` loads some of the objects, and so it did."""
    func = argument.func if isinstance(argument, ast.Call) else None
    return ast.unparse(func.value if isinstance(func, ast.Attribute) and func.attr == "and_" else argument)
