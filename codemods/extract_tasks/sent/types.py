"""The type of an expression, as far as the function itself says it."""

from __future__ import annotations

import ast
from copy import copy

from ...analysis.scopes import local_names, own_nodes, parameter_names
from ...analysis.syntax import FunctionNode, span_of
from ...model import Code
from ..generated.code import plain
from ..words import TEXT_METHODS, TRUTH_METHODS
from .assigned import additions, assignments, out_of_sight
from .inside import Comprehension, Inside, Names
from .reckoned import NUMBER, reckoned
from .values import alternatives, is_json, or_none, spread

_STR = Code("str")
_BOOL = Code("bool")
_NONE = Code("None")
_CALLS = {
    "str": _STR,
    "repr": _STR,
    "format": _STR,
    "int": Code("int"),
    "len": Code("int"),
    "float": Code("float"),
    "bool": _BOOL,
}
_NUMBERS = ("sum", "round", "abs")
_SUMS = {"list[int]": Code("int"), "list[float]": NUMBER, f"list[{NUMBER.text}]": NUMBER}
_DEPTH = 8


class Types:
    """Looks at the assignments of one function where the program as a whole does not know a name."""

    def __init__(self, function: FunctionNode, context: Names) -> None:
        self._context: Names = context
        self._locals = local_names(function)
        self._names: dict[tuple[str, int], Code | None] = {}
        self._values: dict[str, list[ast.expr]] = {}
        self._looped: dict[str, list[ast.expr]] = {}
        self._added: dict[str, list[ast.expr | None]] = {}
        """What goes into a list or dict later; None for what cannot be told."""
        self._keys: dict[str, list[ast.expr]] = {}
        self._stores: dict[str, int] = dict.fromkeys(parameter_names(function.args), 1)
        nodes = list(own_nodes(function))
        self._out_of_sight = out_of_sight(nodes)
        for node in nodes:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self._stores[node.id] = self._stores.get(node.id, 0) + 1
            if isinstance(node, ast.For) and isinstance(node.target, ast.Name):
                self._looped.setdefault(node.target.id, []).append(node.iter)
            for target, value in assignments(node):
                if isinstance(target, ast.Name):
                    self._values.setdefault(target.id, []).append(value)
            for name, key, added in additions(node):
                self._added.setdefault(name, []).append(added)
                self._keys.setdefault(name, []).extend([key] if key else [])

    def of(self, node: ast.expr, depth: int = 0) -> Code | None:
        """The annotation that a value of this expression has; None when it cannot be told."""
        if depth > _DEPTH:
            return None
        found = getattr(self, f"visit_{type(node).__name__}", None)
        return found(node, depth + 1) if found else None

    def is_changed(self, name: str) -> bool:
        """Is it bound again, or something put into it?"""
        return name in self._added or self._stores.get(name, 0) != 1

    def sources(self, name: str) -> list[ast.expr]:
        """All values that the name is bound to, and what loops go over with it; empty for others as well."""
        values = [*self._values.get(name, ()), *self._looped.get(name, ())]
        return values if len(values) == self._stores.get(name, 0) else []

    def name(self, name: str, depth: int = 0) -> Code | None:
        """`y -= 40`, often: each binding reads the others."""
        if (name, depth) not in self._names:
            self._names[name, depth] = self._name(name, depth)
        return self._names[name, depth]

    def _name(self, name: str, depth: int) -> Code | None:
        known = self._context.annotation(name)
        values = self._values.get(name, []) if name in self._locals else []
        if not values or len(values) != self._stores.get(name, 0):
            return known
        if known is not None and name in self._out_of_sight:
            return known
        seen = self._same([self._grown(name, value, depth + 1) for value in values])
        return seen if known is None or (seen is not None and is_json(seen)) else known

    def _grown(self, name: str, value: ast.expr, depth: int) -> Code | None:
        """A list or dict that is written out, with what is put into it later."""
        added = [each for each in self._added.get(name, ()) if each is not None]
        keys = self._keys.get(name, [])
        if len(added) != len(self._added.get(name, ())):
            return None
        if isinstance(value, ast.Dict) and len(keys) == len(added):
            return self.visit_Dict(ast.Dict([*value.keys, *keys], [*value.values, *added]), depth)
        if isinstance(value, ast.Call) and keys and len(keys) == len(added):
            return self.visit_Dict(ast.Dict([None, *keys], [value, *added]), depth)
        if isinstance(value, ast.List):
            return self.visit_List(ast.List([*value.elts, *added]), depth)
        return None if added else self.of(value, depth)

    def _same(self, found: list[Code | None]) -> Code | None:
        first = found[0] if found else None
        return first if first is not None and all(code == first for code in found) else None

    def visit_Constant(self, node: ast.Constant, _: int) -> Code | None:
        if isinstance(node.value, (str, bool, int, float)):
            return Code(type(node.value).__name__)
        return _NONE if node.value is None else None

    def visit_JoinedStr(self, _: ast.JoinedStr, __: int) -> Code:
        return _STR

    def visit_Name(self, node: ast.Name, depth: int) -> Code | None:
        return self.name(node.id, depth)

    def visit_Attribute(self, node: ast.Attribute, _: int) -> Code | None:
        path = dotted(node)
        return self._context.attribute_annotation(path[0], path[1]) if path else None

    def visit_Subscript(self, node: ast.Subscript, depth: int) -> Code | None:
        """`params["name"]` of a `dict[str, str]`, `names[0]`, `names[:3]`, `text[:80]`"""
        owner = self._without_none(self.of(node.value, depth))
        if owner is None or owner == _STR:
            return owner
        kind, _, inner = owner.text.removesuffix("]").partition("[")
        if kind == "list" and isinstance(node.slice, ast.Slice):
            return owner
        parts = alternatives(inner, ",")
        if (
            kind not in ("list", "dict")
            or len(alternatives(owner.text)) > 1
            or len(parts) != 1 + (kind == "dict")
        ):
            return None
        return Code(parts[-1], owner.needs)

    def visit_BinOp(self, node: ast.BinOp, depth: int) -> Code | None:
        """Nobody reckons with None: where one of them may be that, it is not what comes out."""
        left, right = (self._without_none(self.of(each, depth)) for each in (node.left, node.right))
        return reckoned(left, node.op, right)

    def visit_BoolOp(self, node: ast.BoolOp, depth: int) -> Code | None:
        found = [self.of(value, depth) for value in node.values]
        told = [self._without_none(code) for code in found if code != _NONE]  # `note or None`
        same = self._same(told)
        reaches = found[-1:] if isinstance(node.op, ast.Or) else found
        if same is None or not any(code is not None and "None" in plain(code) for code in reaches):
            return same
        return or_none(same)

    def _without_none(self, code: Code | None) -> Code | None:
        """`x or "none"`: the None does not come through."""
        if code is None or code == _NONE:
            return code
        return Code(" | ".join(part for part in alternatives(code.text) if part != "None"), code.needs)

    def visit_IfExp(self, node: ast.IfExp, depth: int) -> Code | None:
        one, other = self.of(node.body, depth), self.of(node.orelse, depth)
        if one is None or other is None or one == other:
            return one if one == other else None
        if other == _NONE:
            one, other = other, one
        if one == _NONE:
            return or_none(other)
        return None

    def visit_Compare(self, node: ast.Compare, depth: int) -> Code | None:
        """A column, or an array, gives something else when it is compared."""
        if all(isinstance(operator, (ast.Is, ast.IsNot, ast.In, ast.NotIn)) for operator in node.ops):
            return _BOOL
        known = all(self.of(each, depth) is not None for each in (node.left, *node.comparators))
        return _BOOL if known else None

    def visit_UnaryOp(self, node: ast.UnaryOp, depth: int) -> Code | None:
        if isinstance(node.op, ast.Not):
            return _BOOL
        operand = self.of(node.operand, depth)
        return Code("int") if operand == _BOOL else operand

    def visit_Call(self, node: ast.Call, depth: int) -> Code | None:
        return self._by_its_name(node, depth) or self._context.call_annotation(span_of(node))

    def _by_its_name(self, node: ast.Call, depth: int) -> Code | None:
        if isinstance(node.func, ast.Name):
            name = node.func.id
            is_builtin = name not in self._locals and self._context.module_name(name) is None
            if is_builtin and name in ("sorted", "list") and len(node.args) == 1:
                return self._listed(node.args[0], depth)
            if is_builtin and name in _NUMBERS and node.args:
                return self._reckoned(name, node.args, depth)
            return _CALLS.get(name) if is_builtin else None
        if isinstance(node.func, ast.Attribute):
            if node.func.attr in TEXT_METHODS:
                return _STR if self._gives_text(node, node.func, depth) else None
            if node.func.attr in TRUTH_METHODS:
                return _BOOL
            source = ast.unparse(node.func)
            if source == "os.path.join":
                return _STR
            if source.endswith((".headers.get", ".cookies.get", ".query_params.get")):
                return _STR if len(node.args) > 1 and self.of(node.args[1]) == _STR else Code("str | None")
        return None

    def _reckoned(self, name: str, given: list[ast.expr], depth: int) -> Code | None:
        """`round(total, 2)`, and `sum(..)`, which is the number 0 of nothing, or what it begins with."""
        if name == "sum":
            listed, start = self._listed(given[0], depth), [self.of(each, depth) for each in given[1:]]
            begins = [Code(f"list[{code.text}]", code.needs) for code in start if code is not None]
            is_started = bool(begins) and listed in begins
            return start[0] if is_started else _SUMS.get(listed.text) if listed and not start else None
        found = self.of(given[0], depth)
        is_number = found in (Code("int"), Code("float"), NUMBER)
        return (Code("int") if name == "round" and len(given) == 1 else found) if is_number else None

    def _listed(self, node: ast.expr, depth: int) -> Code | None:
        if isinstance(node, ast.GeneratorExp):
            element = self._inside(node).of(node.elt, depth)
            return Code(f"list[{element.text}]", element.needs) if element else None
        found = self.of(node, depth)
        return found if found is not None and found.text.startswith("list[") else None

    def _gives_text(self, call: ast.Call, method: ast.Attribute, depth: int) -> bool:
        """`when.replace(hour=0)` and `jwt.decode(token, key)` do not."""
        if method.attr not in ("replace", "decode"):
            return True
        given = [self.of(argument, depth) for argument in call.args]
        if method.attr == "decode":
            return all(isinstance(argument, ast.Constant) for argument in call.args)
        is_text = self._without_none(self.of(method.value, depth)) == _STR
        return is_text or (len(given) > 1 and all(code == _STR for code in given[:2]))

    def visit_Tuple(self, node: ast.Tuple, depth: int) -> Code | None:
        found = [code for item in node.elts if (code := self.of(item, depth)) is not None and not code.needs]
        texts = ", ".join(code.text for code in found)
        return Code(f"tuple[{texts}]") if found and len(found) == len(node.elts) else None

    def visit_ListComp(self, node: ast.ListComp, depth: int) -> Code | None:
        element = self._inside(node).of(node.elt, depth)
        return Code(f"list[{element.text}]", element.needs) if element else None

    def visit_SetComp(self, node: ast.SetComp, depth: int) -> Code | None:
        element = self._inside(node).of(node.elt, depth)
        return Code(f"set[{element.text}]", element.needs) if element else None

    def visit_DictComp(self, node: ast.DictComp, depth: int) -> Code | None:
        inside = self._inside(node)
        return inside.visit_Dict(ast.Dict([node.key], [node.value]), depth)

    def _inside(self, node: Comprehension) -> Types:
        """The same, where the names that the comprehension binds are those of its own."""
        made, names = copy(self), Inside(self._context, node)
        made._context, made._locals, made._names = names, self._locals | names.own, {}
        made._values = {name: values for name, values in self._values.items() if name not in names.own}
        return made

    def visit_List(self, node: ast.List, depth: int) -> Code | None:
        element = self._same([self.of(item, depth) for item in node.elts])
        return Code(f"list[{element.text}]", element.needs) if element else None

    def visit_Dict(self, node: ast.Dict, depth: int) -> Code | None:
        found: list[tuple[Code | None, Code | None]] = []
        for key, value in zip(node.keys, node.values, strict=True):
            code = self.of(value, depth)
            found.append((self.of(key, depth), code) if key is not None else spread(code))
        keys = self._same([key for key, _ in found])
        if keys is None or keys.needs or any(value is None or value.needs for _, value in found):
            return None
        options = {part for _, value in found if value is not None for part in alternatives(value.text)}
        return Code(
            f"dict[{keys.text}, {' | '.join(sorted(options, key=lambda each: (each == 'None', each)))}]"
        )


def dotted(node: ast.Attribute) -> tuple[str, str] | None:
    """`user.address.city` -> ("user", "address.city")."""
    parts: list[str] = []
    current: ast.expr = node
    while isinstance(current, ast.Attribute):
        parts.append(current.attr)
        current = current.value
    return (current.id, ".".join(reversed(parts))) if isinstance(current, ast.Name) else None
