"""What a client codemod says of one call: the edits that make it await its async twin."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from ..analysis.effects import Effects, Site
from ..analysis.facts import Attr, Const, Display, Expr, Name
from ..analysis.kinds import Inst, Kinds
from ..analysis.program import Key
from ..analysis.syntax import FileSyntax, FunctionNode
from ..model import Edit, Span, Support


@dataclass(frozen=True, slots=True)
class TwinPlan:
    edits: tuple[tuple[str, Edit], ...]
    awaited: tuple[Span, ...]
    text: str
    """What is done, for people: `await http_client().get(...)`."""
    support: tuple[Support, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """One call as the client codemods see it: its syntax, and the types behind it."""

    effects: Effects
    function: Key
    site: Site
    file: FileSyntax
    node: FunctionNode
    call: ast.Call

    @property
    def facts(self) -> tuple[tuple[Expr, ...], dict[str, Expr]]:
        assert self.site.call is not None
        site = self.effects.program.call(self.site.call)
        return site.args, dict(site.keywords)

    def kinds(self, expr: Expr) -> Kinds:
        assert self.site.call is not None
        site = self.effects.program.call(self.site.call)
        return self.effects.inference.kinds(Key(self.site.call.path, site.scope), expr, site.span.line)


SCALARS = frozenset({"builtins.str", "builtins.int", "builtins.float", "uuid.UUID", "datetime.date", "datetime.datetime"})


def is_scalar(call: Call, expr: Expr) -> bool:
    """Certainly a string or number: not None (dropped by one library, sent by the other), not a bool."""
    kinds = call.kinds(expr)
    if isinstance(expr, Const):
        return expr.type in ("str", "int", "float")
    return bool(kinds) and all(isinstance(k, Inst) and k.name in SCALARS for k in kinds) and not _optional(call, expr)


def _optional(call: Call, expr: Expr) -> bool:
    """`x: str | None`: inference drops the None, which here is what matters."""
    if isinstance(expr, Name):
        program = call.effects.program
        key: Key | None = call.function
        while key is not None and key.scope >= 0:
            scope = program.scope(key)
            for parameter in scope.parameters:
                if parameter.name == expr.id:
                    default_none = isinstance(parameter.default, Const) and parameter.default.type == "NoneType"
                    return default_none or _mentions_none(parameter.annotation)
            for binding in program.modules[key.path].names[key.scope].get(expr.id, ()):
                value = binding.value
                if isinstance(value, Const) and value.type == "NoneType":
                    return True
                if value is not None and _mentions_none(value):  # type: ignore[arg-type]
                    return True
            if expr.id in program.modules[key.path].names[key.scope]:
                return False
            key = Key(key.path, scope.parent) if scope.parent >= 0 else None
        return False
    # an attribute or a call: its own annotation would have to be read; believe plain settings and self attributes only
    return not isinstance(expr, (Const, Attr)) and not _is_text(expr)


def _mentions_none(annotation: Expr | None) -> bool:
    if annotation is None:
        return False
    text = repr(annotation)
    return "NoneType" in text or "Optional" in text


def _is_text(expr: Expr) -> bool:
    return not isinstance(expr, (Name, Display))
