"""The type of an expression, as far as the function itself says it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...analysis.scopes import local_names, own_nodes, parameter_names
from ...analysis.syntax import FunctionNode
from ...model import Code
from ..generated.code import plain
from ..sites import Context
from ..words import TEXT_METHODS, TRUTH_METHODS

_STR = Code("str")
_BOOL = Code("bool")
_CALLS = {
    "str": _STR,
    "repr": _STR,
    "format": _STR,
    "int": Code("int"),
    "len": Code("int"),
    "float": Code("float"),
    "bool": _BOOL,
}
_DEPTH = 8


class Types:
    """Looks at the assignments of one function where the program as a whole does not know a name."""

    def __init__(self, function: FunctionNode, context: Context) -> None:
        self._context = context
        self._locals = local_names(function)
        self._values: dict[str, list[ast.expr]] = {}
        self._stores: dict[str, int] = dict.fromkeys(parameter_names(function.args), 1)
        for node in own_nodes(function):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self._stores[node.id] = self._stores.get(node.id, 0) + 1
            for target, value in _assignments(node):
                if isinstance(target, ast.Name):
                    self._values.setdefault(target.id, []).append(value)

    def of(self, node: ast.expr, depth: int = 0) -> Code | None:
        """The annotation that a value of this expression has; None when it cannot be told."""
        if depth > _DEPTH:
            return None
        found = getattr(self, f"visit_{type(node).__name__}", None)
        return found(node, depth + 1) if found else None

    def name(self, name: str, depth: int = 0) -> Code | None:
        known = self._context.annotation(name)
        if known is not None or name not in self._locals:
            return known
        values = self._values.get(name, [])
        if not values or len(values) != self._stores.get(name, 0):
            return None
        return self._same([self.of(value, depth + 1) for value in values])

    def _same(self, found: list[Code | None]) -> Code | None:
        first = found[0] if found else None
        return first if first is not None and all(code == first for code in found) else None

    def visit_Constant(self, node: ast.Constant, _: int) -> Code | None:
        if isinstance(node.value, (str, bool, int, float)):
            return Code(type(node.value).__name__)
        return Code("None") if node.value is None else None

    def visit_JoinedStr(self, _: ast.JoinedStr, __: int) -> Code:
        return _STR

    def visit_Name(self, node: ast.Name, depth: int) -> Code | None:
        return self.name(node.id, depth)

    def visit_Attribute(self, node: ast.Attribute, _: int) -> Code | None:
        path = dotted(node)
        return self._context.attribute_annotation(path[0], path[1]) if path else None

    def visit_BinOp(self, node: ast.BinOp, depth: int) -> Code | None:
        left, right = self.of(node.left, depth), self.of(node.right, depth)
        if left == _STR and isinstance(node.op, (ast.Mod, ast.Mult)):
            return _STR
        if isinstance(node.op, ast.Div) and left == right == Code("int"):
            return Code("float")
        numbers = (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod)
        if left == right and left in (_STR, Code("int"), Code("float")) and isinstance(node.op, numbers):
            return left
        return None

    def visit_BoolOp(self, node: ast.BoolOp, depth: int) -> Code | None:
        return self._same([self._without_none(self.of(value, depth)) for value in node.values])

    def _without_none(self, code: Code | None) -> Code | None:
        """`x or "none"`: the None does not come through."""
        if code is None or "|" not in code.text:
            return code
        parts = [part.strip() for part in code.text.split("|") if part.strip() != "None"]
        return Code(" | ".join(parts), code.needs) if parts else None

    def visit_IfExp(self, node: ast.IfExp, depth: int) -> Code | None:
        one, other = self.of(node.body, depth), self.of(node.orelse, depth)
        if one is None or other is None or one == other:
            return one if one == other else None
        if other == Code("None"):
            one, other = other, one
        if one == Code("None"):
            return other if "None" in plain(other) else Code(f"{other.text} | None", other.needs)
        return None

    def visit_Compare(self, _: ast.Compare, __: int) -> Code:
        return _BOOL

    def visit_UnaryOp(self, node: ast.UnaryOp, depth: int) -> Code | None:
        return _BOOL if isinstance(node.op, ast.Not) else self.of(node.operand, depth)

    def visit_Call(self, node: ast.Call, _: int) -> Code | None:
        if isinstance(node.func, ast.Name):
            return _CALLS.get(node.func.id) if node.func.id not in self._locals else None
        if isinstance(node.func, ast.Attribute):
            if node.func.attr in TEXT_METHODS:
                return _STR
            if node.func.attr in TRUTH_METHODS:
                return _BOOL
            source = ast.unparse(node.func)
            if source == "os.path.join":
                return _STR
            if source.endswith((".headers.get", ".cookies.get", ".query_params.get")):
                return _STR if len(node.args) > 1 and self.of(node.args[1]) == _STR else Code("str | None")
        return None

    def visit_List(self, node: ast.List, depth: int) -> Code | None:
        element = self._same([self.of(item, depth) for item in node.elts])
        return Code(f"list[{element.text}]", element.needs) if element else None

    def visit_Dict(self, node: ast.Dict, depth: int) -> Code | None:
        if any(key is None for key in node.keys):
            return None
        keys = self._same([self.of(key, depth) for key in node.keys if key is not None])
        values = [self.of(value, depth) for value in node.values]
        if keys is None or keys.needs or any(value is None or value.needs for value in values):
            return None
        options = sorted({value.text for value in values if value is not None})
        return Code(f"dict[{keys.text}, {' | '.join(options)}]")


def _assignments(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Targets with values of their type: `x = value`, `x: T = value`, `x += value`."""
    if isinstance(node, ast.Assign):
        yield from ((target, node.value) for target in node.targets)
    elif isinstance(node, ast.AnnAssign):
        if node.value is not None:
            yield node.target, node.value
    elif isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add):
        yield node.target, node.value


def dotted(node: ast.Attribute) -> tuple[str, str] | None:
    """`user.address.city` -> ("user", "address.city")."""
    parts: list[str] = []
    current: ast.expr = node
    while isinstance(current, ast.Attribute):
        parts.append(current.attr)
        current = current.value
    return (current.id, ".".join(reversed(parts))) if isinstance(current, ast.Name) else None
