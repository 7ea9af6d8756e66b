"""Values that psycopg2 wrote into the SQL text and PostgreSQL converted: newer drivers send them with
their type.

    .filter(User.id == token.id)     # int column, str value     ->     .filter(User.id == int(token.id))

https://www.psycopg.org/psycopg3/docs/basic/from_pg2.html#server-side-binding
"""

from __future__ import annotations

import ast

from ...analysis.index.facts import Call, How
from ...analysis.judge.mapped import Mapped
from ...analysis.link.kinds import Cls, Inst, Obj
from ...analysis.link.names import Bound
from ...analysis.link.program import Key
from ...analysis.nodes import walk
from ...analysis.syntax import span_of
from ...analysis.view import View
from ...model import Code, ReplaceExpression
from ..draft import Draft

_INTEGERS = frozenset({"Integer", "BigInteger", "SmallInteger", "INTEGER", "BIGINT", "int"})
_TEXTS = frozenset({"String", "Text", "Unicode", "UnicodeText", "VARCHAR", "TEXT", "str"})


def convert_values(view: View, draft: Draft, mapped: Mapped) -> None:
    for node in walk(view.file.tree):
        if not isinstance(node, ast.Compare) or len(node.ops) > 1 or not isinstance(node.left, ast.Attribute):
            continue
        asks = isinstance(node.ops[0], (ast.Is, ast.IsNot, ast.In, ast.NotIn))
        column = "" if asks else _column(view, mapped, node.left)
        if column:
            _fit(view, draft, node.comparators[0], column)


def _column(view: View, mapped: Mapped, node: ast.Attribute) -> str:
    """`int` or `str` for a column of a mapped class, else nothing."""
    for kind in view.kinds(node.value):
        if isinstance(kind, Cls) and kind.key in mapped.classes:
            for step in view.inference.classes.mro(kind.key):
                if isinstance(step, Key):
                    found = _type_of(view, step, node.attr)
                    if found:
                        return found
    return ""


def _type_of(view: View, cls: Key, attr: str) -> str:
    program = view.program
    for binding in program.modules[cls.path].names[cls.scope].get(attr, ()):
        if binding.how is How.ANNOTATION:
            text = repr(binding.value)
            names = {
                kind.name.rpartition(".")[2]
                for kind in view.inference.binding(Bound(cls, binding))
                if isinstance(kind, Inst)
            }
            if names == {"int"} or "Name(id='int')" in text:
                return "int"
            return "str" if names == {"str"} or "Name(id='str')" in text else ""
        if isinstance(binding.value, Call):
            site = program.modules[cls.path].facts.calls[binding.value.index]
            for argument in site.args[:2]:
                func = (
                    program.modules[cls.path].facts.calls[argument.index].func
                    if isinstance(argument, Call)
                    else argument
                )
                name = getattr(func, "attr", None) or getattr(func, "id", "")
                if name in _INTEGERS:
                    return "int"
                if name in _TEXTS:
                    return "str"
    return ""


def _fit(view: View, draft: Draft, value: ast.expr, column: str) -> None:
    if not isinstance(value, (ast.Name, ast.Attribute)):
        return
    kinds = view.kinds(value)
    names = {kind.name for kind in kinds if isinstance(kind, Inst)}
    if (
        len(names) != 1
        or len(names) != len(kinds)
        or names.pop() != f"builtins.{'str' if column == 'int' else 'int'}"
    ):
        return
    text = view.source(value)
    made = f"{column}({text})"
    if _may_be_none(view, value):
        made = f"({made} if {text} is not None else None)"
    draft.edit(view, ReplaceExpression(span_of(value), Code(made)))
    draft.note(view, value, f"{text} is sent to the database as {column}: the old driver left that to it")


def _may_be_none(view: View, value: ast.expr) -> bool:
    """`id: Optional[str] = None` of a schema; a parameter that may be None."""
    if isinstance(value, ast.Attribute):
        for kind in view.kinds(value.value):
            if isinstance(kind, Obj):
                for binding in view.program.modules[kind.key.path].names[kind.key.scope].get(value.attr, ()):
                    if binding.how is How.ANNOTATION and any(
                        w in repr(binding.value) for w in ("Optional", "NoneType")
                    ):
                        return True
        return False
    scope = view.program.scope(view.owner(value))
    for parameter in scope.parameters:
        if parameter.name == getattr(value, "id", ""):
            return any(
                word in repr((parameter.annotation, parameter.default)) for word in ("Optional", "NoneType")
            )
    return False
