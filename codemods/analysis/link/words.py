"""The texts that an expression can be, where they are a closed set: names for `getattr` and imports."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..index.bindings import Binding, How
from ..index.expr import Attr, Binary, Const, DictDisplay, Display, Either, Expr, Item, Joined, Name
from . import names
from .hierarchy import arguments
from .kinds import Cls, Unknown, ordered
from .program import Key, Program

if TYPE_CHECKING:
    from .infer import Inference

_MAX_WORDS = 40
_DEPTH = 8
Texts = frozenset[str] | None
"""None: it can be any text."""
_NO_TEXT: dict[str, frozenset[str]] = {"NoneType": frozenset()}
"""None stands for "not given": no attribute is looked up under it."""


class Words:
    def __init__(self, program: Program, inference: Inference) -> None:
        self.program = program
        self.inference = inference

    def of(self, key: Key, expr: Expr, line: int, depth: int = 0) -> Texts:
        """Every text that `expr` can be in scope `key` at `line`."""
        if depth > _DEPTH:
            return None
        if isinstance(expr, Const):
            return frozenset({expr.text}) if expr.type == "str" else _NO_TEXT.get(expr.type)
        if isinstance(expr, Either):
            return _any(self.of(key, option, line, depth + 1) for option in expr.options)
        if isinstance(expr, Joined):
            return _joined(self.of(key, part, line, depth + 1) for part in expr.parts)
        if isinstance(expr, Binary) and expr.operator == "+":
            return _joined(self.of(key, side, line, depth + 1) for side in (expr.left, expr.right))
        if isinstance(expr, Name):
            return self._of_name(key, expr.id, line, depth)
        if isinstance(expr, Attr):
            return self._of_attribute(key, expr, line, depth)
        return None

    def _of_name(self, key: Key, name: str, line: int, depth: int) -> Texts:
        found = names.lookup(self.program, key, name, line)
        if isinstance(found, names.Parameter):
            return self._of_parameter(found.function, found.position, depth)
        if not isinstance(found, list) or not found:
            return None
        return _any(self._of_binding(home, binding, depth) for home, binding in found if binding.gives_value)

    def _of_binding(self, home: Key, binding: Binding, depth: int) -> Texts:
        value = binding.value
        if binding.how is How.IMPORT:
            found = names.imported(self.program, value, home.path)  # type: ignore[arg-type]
            if isinstance(found, list):
                giving = (each for each in found if each.binding.gives_value)
                return _any(self._of_binding(each.home, each.binding, depth + 1) for each in giving)
            return None
        if value is None or depth > _DEPTH:
            return self._of_parameter(home, binding.scope, depth) if binding.how is How.PARAMETER else None
        if binding.how is How.ASSIGN and not binding.path:
            return self.of(home, value, binding.line, depth + 1)  # type: ignore[arg-type]
        if binding.how is How.FOR:
            return self._of_elements(home, value, binding.line, binding.path, depth + 1)  # type: ignore[arg-type]
        return None

    def _of_elements(self, key: Key, expr: Expr, line: int, path: tuple[int, ...], depth: int) -> Texts:
        """What a loop over `expr` gives; `path` leads into its elements."""
        if depth > _DEPTH:
            return None
        if isinstance(expr, Display):
            parts = [_at(item, path) for item in expr.items]
            return _any(None if part is None else self.of(key, part, line, depth) for part in parts)
        if isinstance(expr, DictDisplay) and not path:
            return _any(self.of(key, word, line, depth) for word in expr.keys)
        if isinstance(expr, Name):
            found = names.only(names.lookup(self.program, key, expr.id, line))
            if found is not None and not self._grows(expr.id):
                home, binding = found
                if binding.how is How.ASSIGN and not binding.path:
                    return self._of_elements(home, binding.value, binding.line, path, depth + 1)  # type: ignore[arg-type]
        return None

    def _grows(self, name: str) -> bool:
        return name in self.program.growth_by_name or name in self.program.stores_by_name

    def _of_attribute(self, key: Key, expr: Attr, line: int, depth: int) -> Texts:
        """`Colour.RED.value`, `cls.prefix` where every class has a text."""
        if expr.attr == "value" and isinstance(expr.value, Attr):
            return self._of_attribute(key, expr.value, line, depth + 1)
        found: list[Texts] = []
        for owner in ordered(self.inference.kinds(key, expr.value, line)):
            if not isinstance(owner, Cls):
                return None
            bindings = self.program.modules[owner.key.path].names[owner.key.scope].get(expr.attr, ())
            giving = [each for each in bindings if each.gives_value]
            found += [self._of_binding(owner.key, binding, depth + 1) for binding in giving]
            if not giving:
                return None
        return _any(found)

    def _of_parameter(self, function: Key, position: int, depth: int) -> Texts:
        """By its annotation, `Literal["a", "b"]`, else by what every call passes."""
        parameter = self.program.scope(function).parameters[position]
        annotation = parameter.annotation
        if isinstance(annotation, Item) and _last(annotation.value) == "Literal":
            return _any(self.of(function, each, 0, depth + 1) for each in arguments(annotation))
        if parameter.kind not in ("positional", "keyword") or depth > 2:
            return None
        given = self.inference.parameters.given(function, position)
        if given is None:
            return None
        texts = [
            None
            if isinstance(each, Unknown)
            else self._of_elements(each.scope, each.expr, each.line, (), depth + 1)
            if each.is_element
            else self.of(each.scope, each.expr, each.line, depth + 1)
            for each in given
        ]
        if parameter.default is not None:
            line = self.program.scope(function).span.line
            texts.append(self.of(self.program.parent(function), parameter.default, line, depth + 1))
        return _any(texts) or None


def _at(item: Expr, path: tuple[int, ...]) -> Expr | None:
    for step in path:
        if not isinstance(item, Display) or not 0 <= step < len(item.items):
            return None
        item = item.items[step]
    return item


def _any(parts: Iterable[Texts]) -> Texts:
    found: set[str] = set()
    for part in parts:
        if part is None or len(found) > _MAX_WORDS:
            return None
        found |= part
    return frozenset(found)


def _joined(parts: Iterable[Texts]) -> Texts:
    found = frozenset({""})
    for part in parts:
        if part is None or len(found) * len(part) > _MAX_WORDS:
            return None
        found = frozenset(head + tail for head in found for tail in part)
    return found


def _last(expr: Expr) -> str:
    return expr.attr if isinstance(expr, Attr) else expr.id if isinstance(expr, Name) else ""
