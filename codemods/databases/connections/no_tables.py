"""`Base.metadata.create_all(bind=engine)` right below the `Base` that all tables need: it makes none.

engine = create_engine(URL)                      engine = create_async_engine(URL)
Base = declarative_base()              ->        Base = declarative_base()
Base.metadata.create_all(bind=engine)

When the application starts, it would make all tables, which migrations make, and would fail to make then.
"""

from __future__ import annotations

import ast

from ...analysis.nodes import bound_plainly
from ...analysis.scopes import frame_nodes
from ...analysis.syntax import span_of
from ...analysis.view import View
from ...model import Code, ReplaceStatements
from ..draft import Draft

_BASES = frozenset(
    f"sqlalchemy.{name}"
    for name in ("orm.DeclarativeBase", "orm.DeclarativeBaseNoMeta", "orm.MappedAsDataclass")
)
_MADE_BY = frozenset(
    f"sqlalchemy.{name}" for name in ("MetaData", "ext.declarative.declarative_base", "orm.declarative_base")
)
_HARMLESS = ("sqlalchemy.", "os.")


def leave_out_without_tables(view: View, draft: Draft, call: ast.Call) -> bool:
    """Is it done with, as it makes none?"""
    statement, body = view.file.parents[call], view.file.tree.body
    if statement not in body or not isinstance(call.func, ast.Attribute) or call.func.attr != "create_all":
        return False
    owner = call.func.value
    named = owner.value if isinstance(owner, ast.Attribute) and owner.attr == "metadata" else owner
    if not isinstance(named, ast.Name) or not isinstance(statement, ast.Expr):
        return False
    at = body.index(statement)
    makes = [n for n, each in enumerate(body) if named.id in _made(view, each)]
    if len(makes) != 1 or makes[0] > at:
        return False
    if any(_may_bring_tables(view, each, named.id) for each in body[makes[0] + 1 : at]):
        return False
    draft.handle(view, call)
    draft.edit(view, ReplaceStatements(span_of(statement), span_of(statement), Code("")))
    draft.note(view, call, f"{view.in_a_line(call)} is left out: where it stands, no table is known yet")
    return True


def _made(view: View, statement: ast.stmt) -> list[str]:
    """The name of the base, or of the metadata, that begins here, with no tables."""
    if isinstance(statement, ast.ClassDef):
        plain = not statement.decorator_list and statement.bases and not statement.keywords
        is_base = plain and all(view.external(each) in _BASES for each in statement.bases)
        shared = any(
            isinstance(target, ast.Name) and target.id in ("metadata", "registry")
            for each in statement.body
            for target, value in bound_plainly(each)
            if not _is_new(view, value)
        )
        return [statement.name] if is_base and not shared else []
    return [
        target.id
        for target, value in bound_plainly(statement)
        if isinstance(target, ast.Name) and _is_new(view, value)
    ]


def _is_new(view: View, value: ast.expr) -> bool:
    if not isinstance(value, ast.Call) or view.external(value.func) not in _MADE_BY:
        return False
    shared = [each.value for each in value.keywords if each.arg in (None, "metadata", "class_registry")]
    return all(_is_new(view, each) for each in shared)


def _may_bring_tables(view: View, statement: ast.stmt, base: str) -> bool:
    """Does anything that runs there import, make a class, name the base, or call what may do so?"""
    return any(
        isinstance(node, (ast.ClassDef, ast.Import, ast.ImportFrom))
        or (isinstance(node, ast.Name) and node.id == base)
        or (isinstance(node, ast.Call) and not (view.external(node.func) or "").startswith(_HARMLESS))
        for node in frame_nodes(statement)
    )
