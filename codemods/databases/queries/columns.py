"""What Python values the columns of mapped classes take."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from ...analysis.index.bindings import How, Import
from ...analysis.index.expr import Call, Const, Expr, last_name
from ...analysis.index.facts import ModuleFacts
from ...analysis.link.kinds import Cls, Inst
from ...analysis.link.names import Bound
from ...analysis.link.program import Key, Program
from ...analysis.view import View

_INTEGERS = frozenset({"Integer", "BigInteger", "SmallInteger", "INTEGER", "BIGINT", "int"})
_TEXTS = frozenset({"String", "Text", "Unicode", "UnicodeText", "VARCHAR", "TEXT", "str"})
PARSED = frozenset(
    {
        "Date", "DATE", "date", "DateTime", "DATETIME", "TIMESTAMP", "datetime", "Time", "TIME", "time",
        "Interval", "INTERVAL", "timedelta", "Numeric", "NUMERIC", "DECIMAL", "Decimal", "Float", "FLOAT",
        "Double", "DOUBLE_PRECISION", "float", "Boolean", "BOOLEAN", "bool",
    }
)  # fmt: skip
"""Types of SQLAlchemy and Python whose values PostgreSQL reads where it is sent text in the statement."""
PARSED_TEXT = "parsed"
LEFT_TO_IT = "the old driver left it to the database to read it"


def column_of(view: View, cls: Key, attr: str) -> str:
    """`int`, `str`, or `PARSED_TEXT` for a column of a mapped class; nothing for any other one."""
    for step in view.inference.classes.mro(cls):
        if isinstance(step, Key):
            found = _type_of(view, step, attr)
            if found:
                return found
    return ""


def _type_of(view: View, cls: Key, attr: str) -> str:
    program = view.program
    facts = program.modules[cls.path].facts
    for binding in program.modules[cls.path].names[cls.scope].get(attr, ()):
        if binding.how is How.ANNOTATION:
            kinds = view.inference.binding(Bound(cls, binding))
            names = {kind.name.rpartition(".")[2] for kind in kinds if isinstance(kind, Inst)}
            return _by_name(names.pop()) if len(names) == 1 else ""
        if isinstance(binding.value, Call):
            for argument in facts.calls[binding.value.index].args[:2]:
                func = facts.calls[argument.index].func if isinstance(argument, Call) else argument
                if any(isinstance(kind, Cls) for kind in view.inference.kinds(cls, func, binding.line)):
                    return ""  # a type of the project's own converts values itself
                found = _by_name(last_name(func)) or _of_key(view, facts, argument)
                if found:
                    return found
    return ""


def _of_key(view: View, facts: ModuleFacts, argument: Expr | Import | None) -> str:
    """`ForeignKey("users.id")` has the type of the column that it names."""
    site = facts.calls[argument.index] if isinstance(argument, Call) else None
    named = site.args[0] if site is not None and site.args else None
    if site is None or last_name(site.func) != "ForeignKey" or not isinstance(named, Const):
        return ""
    table, _, column = named.text.rpartition(".")
    cls = _tables(view.program).get(table.rpartition(".")[2])
    return _type_of(view, cls, column) if cls is not None else ""


@lru_cache(maxsize=4)
def _tables(program: Program) -> Mapping[str, Key]:
    return {
        binding.value.text: cls
        for cls in program.classes()
        for binding in program.modules[cls.path].names[cls.scope].get("__tablename__", ())
        if isinstance(binding.value, Const)
    }


def _by_name(name: str) -> str:
    if name in _INTEGERS:
        return "int"
    return "str" if name in _TEXTS else PARSED_TEXT if name in PARSED else ""
