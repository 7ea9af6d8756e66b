"""Values that psycopg2 wrote into the SQL text and PostgreSQL converted: newer drivers send them with
their type.

    .filter(User.id == token.id)     # int column, str value     ->     .filter(User.id == int(token.id))
    db.get(User, token.id)                                       ->     db.get(User, int(token.id))

    .filter(User.id.in_([a, b]))     # the same for each

    .filter(Order.day >= start)      # Date column, str value
->  .filter(Order.day >= cast(literal(start), Order.day.type))      # PostgreSQL reads the text, as it did

https://www.psycopg.org/psycopg3/docs/basic/from_pg2.html#server-side-binding, and each kind of column tried
with psycopg2 2.9, psycopg 3.3 and asyncpg 0.31 under SQLAlchemy 2.0: UUIDs are taken as text by all.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...analysis.link.kinds import Inst, Obj
from ...analysis.link.libraries.rows import QUERY, SELECT
from ...analysis.link.program import Key
from ...analysis.nodes import walk
from ...analysis.view import View
from ..draft import Draft
from ..objects.mapped.relationships import Relationships
from ..words import SESSIONS
from .chains import MEMBERSHIP
from .columns import column_of
from .fitting import Fitting
from .outside import Outside
from .repeats import JOINS
from .stored import check_dumped, stored
from .zones import check_zones

_ASYNCPG = "postgresql+asyncpg"
_GIVEN = ("filter_by", "get", "get_one")


def convert_values(view: View, draft: Draft, relationships: Relationships, outside: Outside) -> None:
    mapped = relationships.mapped.classes
    fitting = Fitting(view, draft, outside)
    if _ASYNCPG in draft.new_drivers:
        for cls, attr, value in stored(view, mapped):
            fitting.fit(value, column_of(view, cls, attr))
        check_dumped(view, draft, mapped)
        check_zones(view, draft, mapped)
    for node in view.file.of_kind(ast.Call, ast.Compare):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            for cls, attr, value in _given(view, relationships, node, node.func):
                if cls in mapped:
                    fitting.fit(value, column_of(view, cls, attr))
            values = node.args if node.func.attr == "between" else []
            if node.func.attr in MEMBERSHIP and len(node.args) == 1:
                values = _elements(node.args[0])
            for value in values:
                fitting.fit_to(mapped, value, node.func.value)
        if not isinstance(node, ast.Compare) or len(node.ops) > 1:
            continue
        if isinstance(node.ops[0], (ast.Is, ast.IsNot, ast.In, ast.NotIn)):
            continue
        sides = (node.left, node.comparators[0])
        for column, value in (sides, sides[::-1]):
            fitting.fit_to(mapped, value, column)


def _elements(value: ast.expr) -> list[ast.expr]:
    """What is written down of `[a, b]`, or the whole."""
    return value.elts if isinstance(value, (ast.List, ast.Tuple, ast.Set)) else [value]


def _given(
    view: View, relationships: Relationships, call: ast.Call, func: ast.Attribute
) -> Iterator[tuple[Key, str, ast.expr]]:
    """`.filter_by(id=value)`, `session.get(User, value)`, `db.query(User).get(value)`."""
    if func.attr not in _GIVEN:
        return
    asked = [
        k.args[0]
        for k in view.kinds(func.value)
        if isinstance(k, Inst) and k.name in (QUERY, SELECT) and k.args
    ]
    classes = [kind.key for kinds in asked for kind in kinds if isinstance(kind, Obj)]
    values = call.args
    if func.attr in ("get", "get_one") and len(call.args) == 2 and view.instance(func.value) in SESSIONS:
        classes, values = list(view.classes_named(call.args[0])), call.args[1:]
    if len(classes) != 1:
        return
    if func.attr == "filter_by" and _is_of_first(view, func.value):
        for keyword in call.keywords:
            if keyword.arg is not None:
                yield classes[0], keyword.arg, keyword.value
    elif func.attr in ("get", "get_one") and len(values) == 1:
        key = relationships.primary_key(classes[0])
        if key is not None:
            yield classes[0], key, values[0]


def _is_of_first(view: View, query: ast.expr) -> bool:
    """`filter_by` is about what was joined last, if anything was."""
    while isinstance(query, ast.Call) and isinstance(query.func, ast.Attribute):
        if query.func.attr in JOINS:
            return False
        if view.instance(query.func.value) not in (QUERY, SELECT):
            return True
        query = query.func.value
    function = view.function(query)
    built_on = walk(function) if isinstance(query, ast.Name) and function is not None else ()
    return not any(isinstance(node, ast.Attribute) and node.attr in JOINS for node in built_on)
