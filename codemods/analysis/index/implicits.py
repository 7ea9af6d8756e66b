"""What calls a dunder by its form: `left + right`, `if value`, `*value`."""

from __future__ import annotations

import ast

from ..syntax import span_of
from .expr import Const, Display, Expr
from .facts import Implicit
from .type_expressions import TypeReader

OPERATORS: dict[type[ast.AST], str] = {
    ast.BitOr: "|",
    ast.BitAnd: "&",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Add: "+",
    ast.Mod: "%",
    ast.Mult: "*",
    ast.MatMult: "@",
    ast.Sub: "-",
    ast.Pow: "**",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "in",
    ast.USub: "neg",
    ast.UAdd: "pos",
    ast.Invert: "invert",
}


class ImplicitReader(TypeReader):
    """Writes down the forms; the subclass owns the list."""

    implicits: list[Implicit]
    current: int

    def tested(self, node: ast.expr, value: Expr) -> None:
        """`if value`, `not value`, `value and ...` call `__bool__` or `__len__`."""
        if isinstance(node, (ast.Name, ast.Attribute, ast.Call)):
            self.implicits.append(Implicit(self.current, span_of(node), "bool", value))

    def iterated_by(self, node: ast.expr, value: Expr) -> None:
        """`*value` and `a, b = value` iterate without a loop."""
        if not isinstance(value, (Display, Const)):
            self.implicits.append(Implicit(self.current, span_of(node), "for", value))

    def operator(self, kind: type[ast.AST], node: ast.AST, left: Expr, right: Expr | None) -> None:
        """`left + right` may call a method of either."""
        if isinstance(left, Const) and (right is None or isinstance(right, Const)):
            return
        self.implicits.append(Implicit(self.current, span_of(node), OPERATORS[kind], left, right))
