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
from collections.abc import Container, Iterator

from ...analysis.index.bindings import How, Import
from ...analysis.index.expr import Call, Const, Display, Expr, Item, Name
from ...analysis.link.kinds import Cls, Inst, Obj, one
from ...analysis.link.program import Key
from ...analysis.link.rows import QUERY, SELECT
from ...analysis.nodes import walk
from ...analysis.syntax import last_name, span_of
from ...analysis.view import View
from ...model import Code, ImportNeed, ReplaceExpression
from ..draft import Draft
from ..objects.relationships import Relationships
from ..words import SESSIONS
from .chains import MEMBERSHIP, names_in
from .columns import LEFT_TO_IT, PARSED, PARSED_TEXT, column_of
from .repeats import JOINS
from .stored import check_dumped, stored
from .zones import check_zones

_ASYNCPG = "postgresql+asyncpg"
_GIVEN = ("filter_by", "get", "get_one")


def convert_values(view: View, draft: Draft, relationships: Relationships) -> None:
    mapped = relationships.mapped.classes
    if _ASYNCPG in draft.new_drivers:
        for cls, attr, value in stored(view, mapped):
            _fit(view, draft, value, column_of(view, cls, attr))
        check_dumped(view, draft, mapped)
        check_zones(view, draft, mapped)
    for node in view.file.of_kind(ast.Call, ast.Compare):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            for cls, attr, value in _given(view, relationships, node, node.func):
                if cls in mapped:
                    _fit(view, draft, value, column_of(view, cls, attr))
            values = node.args if node.func.attr == "between" else []
            if node.func.attr in MEMBERSHIP and len(node.args) == 1:
                values = _elements(node.args[0])
            for value in values:
                _fit_to(view, draft, mapped, value, node.func.value)
        if not isinstance(node, ast.Compare) or len(node.ops) > 1:
            continue
        if isinstance(node.ops[0], (ast.Is, ast.IsNot, ast.In, ast.NotIn)):
            continue
        sides = (node.left, node.comparators[0])
        for column, value in (sides, sides[::-1]):
            _fit_to(view, draft, mapped, value, column)


def _elements(value: ast.expr) -> list[ast.expr]:
    """What is written down of `[a, b]`, or the whole."""
    return value.elts if isinstance(value, (ast.List, ast.Tuple, ast.Set)) else [value]


def _fit_to(view: View, draft: Draft, mapped: Container[Key], value: ast.expr, column: ast.expr) -> None:
    """A value that is compared with `User.id`, or with `func.date(User.created)`."""
    if isinstance(column, ast.Attribute):
        if not _may_differ(value):
            return
        for kind in view.kinds(column.value):
            if isinstance(kind, Cls) and kind.key in mapped:
                found = column_of(view, kind.key, column.attr)
                _fit(view, draft, value, found, f"{view.source(column)}.type")
    elif isinstance(column, ast.Call) and view.external(column.func) == "sqlalchemy.cast":
        if len(column.args) == 2 and last_name(column.args[1]) in PARSED:
            _fit(view, draft, value, PARSED_TEXT, view.source(column.args[1]))
    elif isinstance(column, ast.Call) and view.external(column.func) == "sqlalchemy.func.date":
        _fit(view, draft, value, PARSED_TEXT, draft.slot(ImportNeed("sqlalchemy", "Date")))


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


def _may_differ(value: ast.expr) -> bool:
    return isinstance(value, (ast.Name, ast.Attribute)) or _is_written(value)


def _is_written(value: ast.expr) -> bool:
    return isinstance(value, ast.JoinedStr) or isinstance(getattr(value, "value", None), str)


def _fit(view: View, draft: Draft, value: ast.expr, column: str, typed: str = "") -> None:
    """`typed` is how the type of the column is written here."""
    is_written = _is_written(value)
    if not _may_differ(value) or (is_written and column != PARSED_TEXT):
        return
    kinds = view.kinds(value)
    names = {kind.name for kind in kinds if isinstance(kind, Inst)}
    wrong = "builtins.int" if column == "str" else "builtins.str"
    if column and any(isinstance(kind, Inst) and kind.args == (one(Inst(wrong)),) for kind in kinds):
        why = f"what {view.in_a_line(value)} holds is of another type than the column: {LEFT_TO_IT}"
        draft.obstacle(view, value, why, "convert what it holds")
        return
    if not column or not (is_written or (names == {wrong} and len(kinds) == 1)):
        return
    text = view.source(value)
    if column != PARSED_TEXT:
        made = f"{column}({text})"
        draft.note(view, value, f"{text} is sent to the database as {column}: the old driver left that to it")
    elif typed:
        cast, literal = (draft.slot(ImportNeed("sqlalchemy", name)) for name in ("cast", "literal"))
        made = f"{cast}({literal}({text}), {typed})"
    else:
        why = f"{text} is text, and its column is not: {LEFT_TO_IT}"
        draft.obstacle(view, value, why, "convert it, or compare it in filter()")
        return
    if not is_written and not _is_surely_there(view, value):
        made = f"({made} if {text} is not None else None)"
    code = draft.code(made) if column == PARSED_TEXT else Code(made)
    draft.edit(view, ReplaceExpression(span_of(value), code))


def _is_surely_there(view: View, value: ast.expr) -> bool:
    """Nothing can be None of an annotation without it: `id: str`, but not `id: str = Query(None)`."""
    if isinstance(value, ast.Attribute):
        kinds = view.kinds(value.value)
        return bool(kinds) and all(
            isinstance(kind, Obj) and _is_plain_field(view, kind.key, value.attr) for kind in kinds
        )
    function = view.function(value)
    if function is None or any(isinstance(n.ctx, ast.Store) for n in names_in(function, ast.unparse(value))):
        return False
    scope = view.program.scope(view.owner(value))
    facts = view.module
    for parameter in scope.parameters:
        if parameter.name == getattr(value, "id", ""):
            default = parameter.default
            site = facts.calls[default.index] if isinstance(default, Call) else None
            given = [*site.args, *(v for _, v in site.keywords)] if site is not None else [default]
            return _is_plain(parameter.annotation) and not any(_is_none(each) for each in given)
    return False


def _is_plain_field(view: View, cls: Key, attr: str) -> bool:
    """Of the first class that has it; a default may be None whatever the annotation says."""
    program = view.program
    for step in view.inference.classes.mro(cls):
        bindings = program.modules[step.path].names[step.scope].get(attr, ()) if isinstance(step, Key) else ()
        if bindings:
            return all(b.how is How.ANNOTATION and _is_plain(b.value) for b in bindings)
    return False


def _is_plain(annotation: Expr | Import | None) -> bool:
    """`str`, or `Annotated[str, ..]`."""
    if isinstance(annotation, Item) and getattr(annotation.value, "id", "") == "Annotated":
        parts = annotation.key
        annotation = parts.items[0] if isinstance(parts, Display) and parts.items else None
    return isinstance(annotation, Name) and annotation.id in ("str", "int")


def _is_none(value: Expr | None) -> bool:
    return isinstance(value, Const) and value.type == "NoneType"
