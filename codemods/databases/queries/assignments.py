"""A name that holds a query, and is bound in more than one place.

q = db.query(Post)
if author:
    q = q.join(Author).filter(Author.name == author)
return q.all()          # may have been joined: its rows may repeat
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator

from msgspec.structs import replace

from ...analysis.nodes import bound_plainly, target_of, walk
from ...analysis.syntax import FunctionNode
from ...analysis.view import View
from ..names import names_in
from ..objects.mapped.relationships import Relationships
from .chains import BUILDERS, means_query
from .repeats import FILTERS, with_rows
from .terminals import Statement


def odd_assignment(view: View, function: FunctionNode, name: str) -> ast.Name | None:
    """The place at which the name is bound by more than a plain assignment."""
    return next((store for store in _stores(function, name) if not _is_plain(view, store)), None)


def of_all_assignments(
    view: View, function: FunctionNode, name: str, statement: Statement, relationships: Relationships
) -> Statement:
    """What any of the assignments adds to the query counts for all of its uses; a filter counts if all
    begin with one."""
    assigned = (view.file.parents[store] for store in _stores(function, name))
    given = (each.value for each in assigned if isinstance(each, (ast.Assign, ast.AnnAssign)))
    values = [(view, value) for value in given if value is not None]
    return of_values(
        values, lambda part: isinstance(part, ast.Name) and part.id == name, statement, relationships
    )


def of_values(
    values: Iterable[tuple[View, ast.expr]],
    is_it: Callable[[ast.AST], bool],
    statement: Statement,
    relationships: Relationships,
) -> Statement:
    """The same for all that is assigned to one place, which is read by what `is_it`."""
    filtered = True
    for view, value in values:
        if means_query(view, value) is False:
            continue  # `query = query.all()`: rows from here on
        parts = list(walk(value))
        methods = {
            part.func.attr
            for part in parts
            if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute)
        }
        filtered = filtered and (any(map(is_it, parts)) or bool(FILTERS & methods))
        statement = replace(
            _with_rows_of(view, value, statement, relationships),
            grouped=statement.grouped or not methods.isdisjoint({"group_by", "having"}),
            only_filters=statement.only_filters and not (BUILDERS - FILTERS) & methods,
        )
    statement = _apart(statement)
    return replace(statement, filtered=filtered, limited_to_one=False, renames=())


def _with_rows_of(
    view: View, value: ast.expr, statement: Statement, relationships: Relationships
) -> Statement:
    """With what the methods of its chain do to the rows, or those of both where it is one of two."""
    chain: list[ast.Call] = []
    while isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        chain.append(value)
        value = value.func.value
    found = _apart(statement)
    for call in reversed(chain):
        found = with_rows(view, found, call, relationships)
    for each in [value.body, value.orelse] if isinstance(value, ast.IfExp) else getattr(value, "args", []):
        found = _with_rows_of(view, each, found, relationships)
    return _apart(found)


def _apart(statement: Statement) -> Statement:
    """What one chain says of its rows holds for that chain; that they may repeat, for all."""
    is_joined = statement.may_repeat and not statement.loads_lists
    return replace(
        statement,
        repeats=statement.repeats or is_joined,
        beside=frozenset(),
        pinned=frozenset(),
        is_once=False,
    )


def is_choice(view: View, node: ast.expr, statement: Statement) -> bool:
    """`q = q.order_by(Post.id) if ordered else q`: one of two that both go on with what the name holds."""
    above = view.file.parents[node]
    whole = view.file.parents[above]
    return (
        isinstance(above, ast.IfExp)
        and above.test is not node
        and bool(bound := bound_plainly(whole))
        and not statement.renames
        and all(_begins(each, statement.variable) for each in (above.body, above.orelse))
        and all(_begins(target, statement.variable) for target, _ in bound)
    )


def _begins(node: ast.expr, name: str) -> bool:
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        node = node.func.value
    return isinstance(node, ast.Name) and node.id == name


def _stores(function: FunctionNode, name: str) -> Iterator[ast.Name]:
    return (each for each in names_in(function, name) if isinstance(each.ctx, ast.Store))


def _is_plain(view: View, store: ast.Name) -> bool:
    above = view.file.parents[store]
    return isinstance(above, (ast.Assign, ast.AnnAssign)) and target_of(above) is store
