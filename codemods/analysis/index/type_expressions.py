"""Written types -> facts: strings in them are code, and nothing runs (`Annotated[T, Depends(f)]` apart)."""

from __future__ import annotations

import ast

from ..nodes import walk
from .expr import Attr, Binary, Const, Display, Expr, Item, Name, Opaque
from .facts import Use

DISPLAYS = {ast.Tuple: "tuple", ast.List: "list", ast.Set: "set"}


class TypeReader:
    """The half of the reader that is for annotations."""

    def read(self, node: ast.expr, use: Use = Use.NONE, call: int = -1, position: int | str = -1) -> Expr:
        raise NotImplementedError

    def annotation(self, node: ast.expr | None) -> Expr | None:
        """Like `read`, but strings in it are read as code (forward references)."""
        if node is None:
            return None
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                inner = ast.parse(node.value, mode="eval").body
            except (SyntaxError, ValueError):
                return Opaque()
            return self.annotation(inner) if not any_call(inner) else Opaque()
        if isinstance(node, ast.Subscript):
            head = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
            if head == "Literal":
                return Item(self.quiet(node.value), self.quiet(node.slice))
            if head == "Annotated" and isinstance(node.slice, ast.Tuple) and node.slice.elts:
                first, *rest = node.slice.elts
                items = (self.annotation(first) or Opaque(), *(self.read(item, Use.DEFAULT) for item in rest))
                return Item(self.quiet(node.value), Display("tuple", items))
            return Item(self.quiet(node.value), self.annotation(node.slice) or Opaque())
        if isinstance(node, ast.Tuple):
            return Display("tuple", tuple(self.annotation(item) or Opaque() for item in node.elts))
        if isinstance(node, ast.List):
            return Display("list", tuple(self.annotation(item) or Opaque() for item in node.elts))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return Binary(
                "|", self.annotation(node.left) or Opaque(), self.annotation(node.right) or Opaque()
            )
        return self.quiet(node) if not any_call(node) else self.read(node)

    def quiet(self, node: ast.expr) -> Expr:
        """Like `read` for an expression that runs nothing: no references are written down."""
        if isinstance(node, ast.Attribute):
            return Attr(self.quiet(node.value), node.attr)
        if isinstance(node, ast.Name):
            return Name(node.id)
        if isinstance(node, ast.Subscript):
            return Item(self.quiet(node.value), self.quiet(node.slice))
        if isinstance(node, (ast.Tuple, ast.List)):
            return Display(DISPLAYS[type(node)], tuple(self.quiet(item) for item in node.elts))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return Binary("|", self.quiet(node.left), self.quiet(node.right))
        if isinstance(node, ast.Constant):
            return Const(type(node.value).__name__, node.value if isinstance(node.value, str) else "")
        return Opaque()


def any_call(node: ast.expr) -> bool:
    return any(isinstance(child, (ast.Call, ast.Lambda, ast.NamedExpr, ast.Await)) for child in walk(node))
