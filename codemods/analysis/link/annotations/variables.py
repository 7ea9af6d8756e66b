"""Type variables: `T = TypeVar("T")`, `def f[T]`, `class C[T]`, and how they stand in an annotation."""

from __future__ import annotations

from ...index.bindings import Binding, How, Import
from ...index.expr import Binary, Call, Expr, Item, Name, Opaque, last_name
from .. import names
from ..hierarchy import arguments
from ..program import CallKey, Key, Program

_VARIABLES = {"TypeVar"}
_SAME = {"Optional", "Union", "Annotated", "Final", "ClassVar"}
_CLASSES = {"Type", "type"}
_DEPTH = 12


class TypeVariables:
    def __init__(self, program: Program) -> None:
        self.program = program

    def type_parameter(self, key: Key, name: str) -> Expr | None:
        """The bound of `T` in `def f[T: Bound]` or `class C[T]` around `key`; opaque without one."""
        scopes = self.program.modules[key.path].facts.scopes
        number = key.scope
        while number >= 0:
            for parameter, bound in scopes[number].type_parameters:
                if parameter == name:
                    return bound or Opaque()
            number = scopes[number].parent
        return None

    def is_type_variable(self, key: Key, name: str) -> bool:
        found = names.lookup(self.program, key, name)
        if isinstance(found, list):
            return any(self.call(home, binding) is not None for home, binding in found)
        return found is None and self.type_parameter(key, name) is not None

    def call(self, home: Key, binding: Binding, depth: int = 0) -> CallKey | None:
        """`T = TypeVar("T")`, imported or not."""
        if binding.how is How.IMPORT and isinstance(binding.value, Import) and depth < _DEPTH:
            inner = names.imported(self.program, binding.value, home.path)
            for each in inner if isinstance(inner, list) else ():
                found = self.call(each.home, each.binding, depth + 1)
                if found is not None:
                    return found
        if isinstance(binding.value, Call):
            call = CallKey(home.path, binding.value.index)
            func = self.program.call(call).func
            if last_name(func) in _VARIABLES:
                return call
        return None

    def variable(self, key: Key, expr: Expr) -> tuple[str, str]:
        """The variable in `T`, `type[T]`, `list[T]` or `Callable[..., T]`, and how it stands there; two empty
        texts without one."""
        if isinstance(expr, Binary) and expr.operator == "|":
            return self.variable(key, expr.left)
        if isinstance(expr, Name):
            return (expr.id, "value") if self.is_type_variable(key, expr.id) else ("", "")
        if not isinstance(expr, Item):
            return "", ""
        head = last_name(expr.value)
        given = arguments(expr)
        if head == "Callable":
            last = given[-1]
            is_variable = isinstance(last, Name) and self.is_type_variable(key, last.id)
            return (last.id, "result") if is_variable and isinstance(last, Name) else ("", "")
        if isinstance(inner := given[0], Name):
            if not self.is_type_variable(key, inner.id):
                return "", ""
            how = "type" if head in _CLASSES else "value" if head in _SAME else "element"
            return inner.id, how
        return "", ""
