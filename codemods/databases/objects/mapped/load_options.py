"""Options with which `select()` and `session.get()` load relationships, put into the code.

db.get(User, id)          ->   await db.get(User, id, options=[selectinload(User.notes)])
"""

from __future__ import annotations

import ast
import re

from ....analysis.syntax import span_of
from ....analysis.view import View, Views
from ....model import ReplaceExpression, Span
from ...draft import Draft
from ...spelling import line_end
from ...words import SELECT, SQLMODEL_SELECT, SQLMODEL_SESSION
from .relationships import Relationship, Relationships

TO_ANY_DEPTH = ", recursion_depth=-1"
_TO_ANY_DEPTH_BY = frozenset({"select", "True", "selectin"})
"""How relationships load that may be loaded in the way of an option."""
_ENDLESS = re.compile(rf"\(([\w.]+){TO_ANY_DEPTH}\)")


def may_have_any_depth(step: Relationship) -> bool:
    """It leads to its own kind, and an option of SQLAlchemy 2 may load it."""
    return step.owner == step.target and step.lazy in _TO_ANY_DEPTH_BY


def with_option(options: list[str], text: str) -> list[str]:
    """An option that is the beginning of another one says nothing more; what one of them loads to any depth,
    none may load in another way."""
    found = [*options, text]
    for endless in {piece for each in found for piece in _ENDLESS.findall(each)}:
        found = [each.replace(f"({endless})", f"({endless}{TO_ANY_DEPTH})") for each in found]
    found = list(dict.fromkeys(found))
    return [each for each in found if not any(other.startswith(f"{each}.") for other in found)]


def apply_loads(views: Views, draft: Draft, relationships: Relationships) -> None:
    """Options of `select()` and `session.get()`; legacy queries take theirs along when they are rewritten."""
    for (path, span), options in sorted(draft.loads.items()):
        view = views.of(path)
        call = view.file.call(span)
        member = view.member(call) if call is not None else None
        if call is None or (member is not None and member.attr == "query"):
            continue
        inner = [(edit.span, edit.code.text) for edit in draft.take_inside(view, span_of(call))]
        if member is None:
            end = line_end(view, call, view.file.statement(call).col_offset)
            text = f"{view.spliced(span, inner)}{end}.options({', '.join(options)})"
            draft.edit(view, ReplaceExpression(span, draft.code(text)))
            continue
        key = draft.by_key.get((path, span))
        draft.edits[path] = [e for e in draft.edits[path] if getattr(e, "span", None) != span]
        if key is None:
            text = "await " + view.spliced(span, [*inner, *_more_options(call, options)])
        else:
            unique = relationships.unique_rows(*view.classes_named(call.args[0]))
            text = _select_by_key(draft, view, call, key, options, inner, unique)
        draft.edit(view, ReplaceExpression(span, draft.code(text)))


def _more_options(call: ast.Call, options: list[str]) -> list[tuple[Span, str]]:
    """Insertions that put them into a call of `get`: before its own ones, or behind all arguments."""
    own = next((keyword.value for keyword in call.keywords if keyword.arg == "options"), None)
    if own is None:
        end = span_of(call.keywords[-1].value if call.keywords else call.args[-1])
        return [(_point(end.end_line, end.end_col), f", options=[{', '.join(options)}]")]
    place = span_of(own)
    if isinstance(own, ast.List):
        more = ", ".join([*options, ""] if own.elts else options)
        return [(_point(place.line, place.col + 1), more)]
    head = (_point(place.line, place.col), f"[{', '.join(options)}, *")
    return [head, (_point(place.end_line, place.end_col), "]")]


def _point(line: int, col: int) -> Span:
    return Span(line, col, line, col)


def _select_by_key(
    draft: Draft,
    view: View,
    call: ast.Call,
    key: str,
    options: list[str],
    inner: list[tuple[Span, str]],
    unique: str,
) -> str:
    assert isinstance(call.func, ast.Attribute)
    session = view.source(call.func.value)
    entity, value = (view.spliced(span_of(argument), _within(argument, inner)) for argument in call.args)
    uses_exec = view.instance(call.func.value) == SQLMODEL_SESSION
    select = draft.slot(SQLMODEL_SELECT) if uses_exec else SELECT
    statement = f"{select}({entity}).where({entity}.{key} == {value}).options({', '.join(options)})"
    end = "one()" if call.func.attr == "get_one" else "one_or_none()"
    return f"(await {session}.{'exec' if uses_exec else 'scalars'}({statement})){unique}.{end}"


def _within(node: ast.AST, changes: list[tuple[Span, str]]) -> list[tuple[Span, str]]:
    return [(span, text) for span, text in changes if span_of(node).contains(span)]
