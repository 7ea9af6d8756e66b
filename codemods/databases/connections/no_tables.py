"""`Base.metadata.create_all(bind=engine)` right below the `Base` that all tables need: it makes none.

engine = create_engine(URL)                      engine = create_async_engine(URL)
Base = declarative_base()              ->        Base = declarative_base()
Base.metadata.create_all(bind=engine)

When the application starts, it would make all tables, which migrations make, and would fail to make then.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...analysis.nodes import bound_plainly, walk
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


def leave_out_without_tables(view: View, draft: Draft, call: ast.Call) -> bool:
    """Is it done with, as it makes none?"""
    statement, body = view.file.parents[call], view.file.tree.body
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    named = owner.value if isinstance(owner, ast.Attribute) and owner.attr == "metadata" else owner
    if not isinstance(named, ast.Name) or statement not in body or not isinstance(statement, ast.Expr):
        return False
    at = body.index(statement)
    makes = [n for n, each in enumerate(body) if named.id in _made(view, each)]
    if len(makes) != 1 or makes[0] > at or any(map(_is_more, body[makes[0] + 1 : at])):
        return False
    if not all(view.external(each.func) for between in body[makes[0] : at] for each in _calls(between)):
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


def _is_more(statement: ast.stmt) -> bool:
    """May it bring tables?"""
    return isinstance(statement, (ast.ClassDef, ast.Import, ast.ImportFrom))


def _calls(statement: ast.stmt) -> Iterator[ast.Call]:
    """Those that run where it stands."""
    if not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
        yield from (each for each in walk(statement) if isinstance(each, ast.Call))
