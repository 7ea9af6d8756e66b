"""Values of columns that are declared without an annotation: `email = Column(String, nullable=False)`."""

from __future__ import annotations

import ast

from ...analysis.judge.reaching.reach import Reach
from ...analysis.link.kinds import Ext
from ...analysis.link.program import Key
from ...analysis.nodes import bound_alone
from ...analysis.syntax import Syntax, last_name, span_of
from ...analysis.view import View, Views
from ...model import Code, ImportNeed, slot
from .values import or_none

_COLUMNS = ("Column", "mapped_column")
_BUILTIN = {
    "str": "String Text Unicode UnicodeText VARCHAR NVARCHAR CHAR TEXT",
    "int": "Integer BigInteger SmallInteger INTEGER BIGINT SMALLINT",
    "float": "Float FLOAT REAL",
    "bool": "Boolean BOOLEAN",
}
_TYPES = {name: Code(python) for python, names in _BUILTIN.items() for name in names.split()}
_TYPES |= {
    name: Code(slot(0), (ImportNeed("datetime", python),))
    for name, python in (("DateTime", "datetime"), ("Date", "date"), ("Time", "time"))
}


class Columns:
    def __init__(self, reach: Reach, syntax: Syntax) -> None:
        self.program = reach.effects.program
        self.syntax = syntax
        self.views = Views(reach.effects.inference, syntax)

    def annotation(self, cls: Key, attribute: str) -> Code | None:
        """The type of the attribute in Python; None where it is no such column of this very class."""
        span = self.program.scope(cls).span
        found = (node for node in ast.walk(self.syntax.file(cls.path).tree) if isinstance(node, ast.ClassDef))
        body = next((node.body for node in found if span_of(node) == span), [])
        for statement in body:
            target, value = bound_alone(statement)
            if target is not None and value is not None and last_name(target) == attribute:
                return self._of(self.views.of(cls.path), value)
        return None

    def _of(self, view: View, value: ast.expr) -> Code | None:
        if not isinstance(value, ast.Call) or self._name(view, value.func) not in _COLUMNS:
            return None
        found = (self._type(view, argument) for argument in value.args)
        code = next((each for each in found if each is not None), None)
        given = {k.arg: k.value.value for k in value.keywords if isinstance(k.value, ast.Constant)}
        is_set = given.get("nullable") is False or given.get("primary_key") is True
        if code is None or is_set:
            return code
        return or_none(code)

    def _type(self, view: View, node: ast.expr) -> Code | None:
        """`String(50)`, `ARRAY(String)`, `UUID(as_uuid=True)`; None for what may be read otherwise."""
        call = node if isinstance(node, ast.Call) else None
        name = self._name(view, node if call is None else call.func)
        said = {keyword.arg for keyword in call.keywords} if call is not None else set()
        if name == "ARRAY":
            inner = self._type(view, call.args[0]) if call is not None and call.args and not said else None
            return Code(f"list[{inner.text}]", inner.needs) if inner is not None else None
        if name == "UUID":
            given = call.keywords if call is not None else []
            is_read = any(_is_true(keyword.value) for keyword in given if keyword.arg == "as_uuid")
            return Code(slot(0), (ImportNeed("uuid", "UUID"),)) if is_read else None
        return _TYPES.get(name) if "asdecimal" not in said else None

    def _name(self, view: View, node: ast.expr) -> str:
        """`String` of what SQLAlchemy calls so; empty for what others do."""
        names = [kind.name for kind in view.kinds(node) if isinstance(kind, Ext)]
        package, _, name = names[0].rpartition(".") if len(names) == 1 else ("", "", "")
        return name if package.partition(".")[0] == "sqlalchemy" else ""


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True
