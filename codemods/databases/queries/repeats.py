"""Whether the rows of a query repeat an object: Query takes the repetitions out, `select()` leaves them.

    db.query(User).join(User.notes)                         # each user once for each of the notes
    db.query(User).filter(User.id == Note.owner_id)
    db.query(User).options(joinedload(User.notes))          # SQLAlchemy insists on `unique()`

https://docs.sqlalchemy.org/en/20/changelog/migration_20.html#orm-rows-not-uniquified-by-default
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from ...analysis.nodes import children, walk
from ...analysis.syntax import last_name
from ...analysis.view import View
from ..objects.mapped.relationships import Relationships
from ..objects.mapped.said import Place
from .terminals import Columns, Statement
from .written import Written

FILTERS = frozenset({"filter", "filter_by", "where"})
JOINS = frozenset({"join", "outerjoin", "select_from"})
_JOINED = frozenset({"joinedload", "contains_eager"})
_ONCE = frozenset({"distinct", "group_by"})
_STATEMENTS = frozenset({"select", "exists"})
_COMBINING = frozenset({"and_", "or_", "not_"})
_UNSEEN = "*"
_TABLES = frozenset({"c", "columns"})


def with_rows(view: View, statement: Statement, call: ast.Call, relationships: Relationships) -> Statement:
    """What a method of its chain does to the rows of a query."""
    method = last_name(call.func)
    if method in JOINS:
        joined = _joined_to_one(view, statement, call, relationships)
        pinned, repeats = statement.pinned | joined, statement.repeats or not joined
        return replace(statement, pinned=pinned, repeats=repeats)
    if method in FILTERS:
        values = (keyword.value for keyword in call.keywords if isinstance(keyword.value, ast.Attribute))
        beside: set[str] = set()
        for place in _criteria(Written(relationships.views), view, [*call.args, *values]):
            beside.update([_UNSEEN] if place is None else beside_of(*place, statement, relationships))
        known = {
            name
            for each in _conjuncts(view, call.args)
            for name in _pinned(view, statement, each, relationships)
        }
        return replace(statement, beside=statement.beside | beside, pinned=statement.pinned | known)
    if method in _ONCE and all(_is_of_entity(view, statement, argument) for argument in call.args):
        return replace(statement, is_once=True)
    loads_lists = method == "options" and joins_to_load(view, call, relationships)
    return replace(
        statement,
        repeats=statement.repeats or method == "from_statement",
        loads_lists=statement.loads_lists or loads_lists,
    )


def _is_of_entity(view: View, statement: Statement, node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and view.source(node.value) in statement.entities


def with_columns(view: View, statement: Statement, call: ast.Call, relationships: Relationships) -> Statement:
    """What it is asked for: `query(User, Note.title)` joins the notes."""
    columns = [each for each in call.args if view.source(each) not in statement.entities]
    beside = {name for each in columns for name in beside_of(view, each, statement, relationships)}
    compared = [statement.columns, *(_compared(view, each, relationships) for each in columns)]
    return replace(statement, beside=statement.beside | beside, columns=max(compared))


def _compared(view: View, node: ast.expr, relationships: Relationships) -> Columns:
    """`Note.tags`, and `Note.data["tags"]`, which may be anything."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "label":
        node = node.func.value
    column = node.value if isinstance(node, ast.Subscript) else node
    owners = view.classes_named(column.value) if isinstance(column, ast.Attribute) else []
    name = column.attr if isinstance(column, ast.Attribute) else ""
    if not any(relationships.keys.is_nested(cls, name) for cls in owners):
        return Columns.COMPARED
    return Columns.NEVER_SAME if column is node else Columns.UNCLEAR


def beside_of(
    view: View, node: ast.expr, statement: Statement, relationships: Relationships
) -> Iterator[str]:
    """What an expression names beside the classes that are asked for, each as it is written: its table is
    joined, row by row. Queries inside have tables of their own."""
    todo: list[ast.AST] = [node]
    while todo:
        each = todo.pop()
        if isinstance(each, ast.Lambda) or (isinstance(each, ast.Call) and _asks_itself(view, each)):
            continue
        if isinstance(each, ast.Call) and last_name(each.func) in ("any", "has"):
            todo += children(each.func)
        elif isinstance(each, ast.Attribute):
            owner = each.value
            if isinstance(owner, ast.Attribute) and owner.attr in _TABLES:
                named = _is_beside_table(view, statement, owner.value, relationships)
                yield from [view.source(owner.value)] if named else []
            elif relationships.mapped.classes.isdisjoint(view.classes_named(owner)):
                todo.append(owner)
            elif not _is_asked_for(view, statement, owner, relationships):
                yield view.source(owner)
        else:
            todo += children(each)


def _is_asked_for(view: View, statement: Statement, node: ast.expr, relationships: Relationships) -> bool:
    if view.source(node) in statement.entities:
        return True
    scope = relationships.program.scope
    asked = {step for cls in statement.classes for step in relationships.keys.steps(cls)}
    if not view.source(node).startswith(("self.", "cls")):  # of other names one may be that of an alias
        asked = {step for step in asked if scope(step).name == last_name(node)}
    return not asked.isdisjoint(view.classes_named(node))


def _is_beside_table(view: View, statement: Statement, node: ast.expr, relationships: Relationships) -> bool:
    """`notes` of `notes.c.owner_id`; the table of a class that is asked for is no other one."""
    if isinstance(node, ast.Attribute) and node.attr == "__table__":
        return not _is_asked_for(view, statement, node.value, relationships)
    by_hand = relationships.views.inference.relations.imperative.values()
    return statement.classes.isdisjoint(by_hand)


def _asks_itself(view: View, call: ast.Call) -> bool:
    """`select(Note.id).where(..).exists()`, `db.query(Note).filter(..)`"""
    node: ast.expr = call
    while isinstance(node, ast.Call):
        member = view.member(node)
        if _of_sqlalchemy(view, node.func) in _STATEMENTS or (member is not None and member.attr == "query"):
            return True
        node = node.func.value if isinstance(node.func, ast.Attribute) else node.func
    return False


def _of_sqlalchemy(view: View, node: ast.expr) -> str:
    """The name of what SQLAlchemy, or SQLModel, has there."""
    name = view.external(node)
    return name.rpartition(".")[2] if name.startswith(("sqlalchemy.", "sqlmodel.")) else ""


def _criteria(written: Written, view: View, given: Iterable[ast.expr]) -> Iterator[Place | None]:
    """All conditions that may be given, where they are written; None for what is not seen."""
    for argument in given:
        for place in written.of(view, argument):
            home, node = place or (view, argument)
            if isinstance(node, ast.Call) and _of_sqlalchemy(home, node.func) in _COMBINING:
                yield from _criteria(written, home, node.args)
            elif isinstance(node, ast.BinOp) and isinstance(node.op, (ast.BitAnd, ast.BitOr)):
                yield from _criteria(written, home, [node.left, node.right])
            else:
                yield place


def _conjuncts(view: View, given: Iterable[ast.expr]) -> Iterator[ast.expr]:
    """Those that hold for every row."""
    for node in given:
        if isinstance(node, ast.Call) and _of_sqlalchemy(view, node.func) == "and_":
            yield from _conjuncts(view, node.args)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd):
            yield from _conjuncts(view, [node.left, node.right])
        else:
            yield node


def _pinned(view: View, statement: Statement, node: ast.expr, relationships: Relationships) -> Iterator[str]:
    """`User` of `User.id == Note.owner_id`, where notes are asked for: each has one user at most."""
    for key, other in _equals(node):
        if not list(beside_of(view, other, statement, relationships)) and _is_key(view, key, relationships):
            yield view.source(key.value)


def _equals(node: ast.expr) -> Iterator[tuple[ast.Attribute, ast.Attribute]]:
    match node:
        case ast.Compare(
            left=ast.Attribute() as left, ops=[ast.Eq()], comparators=[ast.Attribute() as right]
        ):
            yield from [(left, right), (right, left)]


def _is_key(view: View, node: ast.Attribute, relationships: Relationships) -> bool:
    """Is it the primary key, of one column?"""
    classes = view.classes_named(node.value)
    return bool(classes) and all(relationships.primary_key(cls) == node.attr for cls in classes)


def joins_to_load(view: View, node: ast.expr, relationships: Relationships) -> bool:
    """Does an option in it load objects by a join in which rows repeat? One that is not seen may do so."""
    if not _load_one(view, node, relationships):
        return True
    options = (
        part for part in walk(node) if isinstance(part, ast.Call) and last_name(part.func) == "options"
    )
    written = Written(relationships.views)
    for argument in (each for call in options for each in call.args):
        for place in written.of(view, argument):
            if place is None or not _is_loader(*place) or not _load_one(*place, relationships):
                return True
    return False


def _load_one(view: View, node: ast.expr, relationships: Relationships) -> bool:
    named = (part for part in walk(node) if isinstance(part, (ast.Name, ast.Attribute)))
    joining = (p for p in named if {last_name(p), view.external(p).rpartition(".")[2]} & _JOINED)
    return all(_loads_one(view, part, relationships) for part in joining)


def _is_loader(view: View, node: ast.expr) -> bool:
    """`selectinload(User.notes).joinedload(Note.tags)`: a chain that begins with one of SQLAlchemy."""
    while isinstance(node, ast.Call):
        if _of_sqlalchemy(view, node.func):
            return True
        node = node.func.value if isinstance(node.func, ast.Attribute) else node.func
    return False


def _loads_one(view: View, joined: ast.expr, relationships: Relationships) -> bool:
    """`joinedload(Post.author)`, behind `joinedload(Post.author)` too"""
    call = view.file.parents[joined]
    is_call = isinstance(call, ast.Call) and call.func is joined
    only = call.args if isinstance(call, ast.Call) and is_call and last_name(joined) in _JOINED else ()
    return len(only) == 1 and _is_to_one(view, only[0], relationships, loads=True)


def _joined_to_one(
    view: View, statement: Statement, call: ast.Call, relationships: Relationships
) -> set[str]:
    """What is joined, one at most for each row: `query(Post).join(Post.author)`, and
    `query(Post).join(User, Post.author_id == User.id)`"""
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    match [*call.args, *(keywords[name] for name in ("onclause",) if name in keywords)]:
        case [only] if last_name(call.func) == "select_from" and view.source(only) == statement.entity:
            return {statement.entity}
        case [ast.Attribute(value=owner) as only] if statement.has_one(view.source(owner)):
            steps = [relationships.of(cls).get(only.attr) for cls in view.classes_named(owner)]
            targets = {step.target for step in steps if step is not None and step.target is not None}
            is_one = _is_to_one(view, only, relationships)
            return {relationships.program.scope(cls).name for cls in targets} if is_one else set()
        case [target, condition]:
            name = view.source(target)
            for key, other in (pair for each in _conjuncts(view, [condition]) for pair in _equals(each)):
                is_other = view.source(key.value) == name != view.source(other.value)
                if is_other and _is_key(view, key, relationships):
                    return {name}
    return set()


def _is_to_one(view: View, node: ast.expr, relationships: Relationships, *, loads: bool = False) -> bool:
    """`Post.author`, where each post has one at most, which brings no list along where it is loaded"""
    owners = view.classes_named(node.value) if isinstance(node, ast.Attribute) else []
    found = (
        [relationships.of(cls).get(node.attr) for cls in owners] if isinstance(node, ast.Attribute) else []
    )
    return bool(found) and all(
        each is not None
        and relationships.is_to_one(each)
        and not (loads and each.target is not None and relationships.repeat_rows(each.target))
        for each in found
    )
