"""A value and the column that it is compared with, or stored in: what is written where their types differ."""

from __future__ import annotations

import ast
from collections.abc import Container

from ...analysis.index.bindings import How, Import
from ...analysis.index.expr import Call, Const, Display, Expr, Item, Name
from ...analysis.link.kinds import Cls, Inst, Obj, Unknown, one
from ...analysis.link.program import Key
from ...analysis.syntax import last_name, span_of
from ...analysis.view import View
from ...model import Code, ImportNeed, ReplaceExpression
from ..draft import Draft
from ..names import names_in
from .columns import LEFT_TO_IT, PARSED, PARSED_TEXT, column_of
from .outside import OUTSIDE, Outside

_NUMBERS = frozenset({Inst("builtins.int"), Inst("builtins.str"), OUTSIDE})


class Fitting:
    def __init__(self, view: View, draft: Draft, outside: Outside) -> None:
        self.view = view
        self.draft = draft
        self.outside = outside

    def fit_to(self, mapped: Container[Key], value: ast.expr, column: ast.expr) -> None:
        """A value that is compared with `User.id`, or with `func.date(User.created)`."""
        view = self.view
        if isinstance(column, ast.Attribute):
            if not _may_differ(value):
                return
            for kind in view.kinds(column.value):
                if isinstance(kind, Cls) and kind.key in mapped:
                    found = column_of(view, kind.key, column.attr)
                    self.fit(value, found, f"{view.source(column)}.type")
        elif isinstance(column, ast.Call) and view.external(column.func) == "sqlalchemy.cast":
            if len(column.args) == 2 and last_name(column.args[1]) in PARSED:
                self.fit(value, PARSED_TEXT, view.source(column.args[1]))
        elif isinstance(column, ast.Call) and view.external(column.func) == "sqlalchemy.func.date":
            self.fit(value, PARSED_TEXT, self.draft.slot(ImportNeed("sqlalchemy", "Date")))

    def fit(self, value: ast.expr, column: str, typed: str = "") -> None:
        """`typed` is how the type of the column is written here."""
        view, draft = self.view, self.draft
        is_written = _is_written(value)
        if not column or not _may_differ(value) or (is_written and column != PARSED_TEXT):
            return
        kinds = view.kinds(value)
        wrong = "builtins.int" if column == "str" else "builtins.str"
        if any(isinstance(kind, Inst) and kind.args == (one(Inst(wrong)),) for kind in kinds):
            why = f"what {view.in_a_line(value)} holds is of another type than the column: {LEFT_TO_IT}"
            draft.obstacle(view, value, why, "convert what it holds")
            return
        is_wrong = is_written or kinds == one(Inst(wrong))
        if not is_wrong and not (column == "int" and self._may_be_text(value)):
            return
        text = view.source(value)
        if column != PARSED_TEXT:
            made = f"{column}({text})"
            draft.note(
                view, value, f"{text} is sent to the database as {column}: the old driver left that to it"
            )
        elif typed:
            cast, literal = (draft.slot(ImportNeed("sqlalchemy", name)) for name in ("cast", "literal"))
            made = f"{cast}({literal}({text}), {typed})"
        else:
            why = f"{text} is text, and its column is not: {LEFT_TO_IT}"
            draft.obstacle(view, value, why, "convert it, or compare it in filter()")
            return
        if not is_written and not self._is_there(value):
            made = f"({made} if {text} is not None else None)"
        code = draft.code(made) if column == PARSED_TEXT else Code(made)
        draft.edit(view, ReplaceExpression(span_of(value), code))

    def _may_be_text(self, value: ast.expr) -> bool:
        """Of what is said to be a number, or of which nothing is said."""
        kinds = self.view.kinds(value)
        is_said = all(isinstance(kind, Unknown) or kind in _NUMBERS for kind in kinds)
        return bool(kinds) and is_said and self.outside.may_be_text(self.view, value)

    def _is_there(self, value: ast.expr) -> bool:
        is_said = _is_surely_there(self.view, value)
        is_text = self.view.kinds(value) == one(Inst("builtins.str"))
        return (is_said and is_text) or self.outside.is_there(self.view, value, is_said=is_said)


def _may_differ(value: ast.expr) -> bool:
    is_got = isinstance(value, ast.Call) and last_name(value.func) == "get"
    return is_got or isinstance(value, (ast.Name, ast.Attribute, ast.Subscript)) or _is_written(value)


def _is_written(value: ast.expr) -> bool:
    return isinstance(value, ast.JoinedStr) or isinstance(getattr(value, "value", None), str)


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
