"""The names that a comprehension binds, beside those of the function around it."""

from __future__ import annotations

import ast
from typing import Protocol

from ...analysis.scopes import target_names
from ...analysis.syntax import span_of
from ...model import Code, ImportNeed, Span

Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


class Names(Protocol):
    """The part of a `Context` that knows types."""

    def annotation(self, name: str) -> Code | None: ...

    def annotation_inside(self, comprehension: Span, name: str, attribute: str = "") -> Code | None: ...

    def attribute_annotation(self, name: str, attribute: str) -> Code | None: ...

    def call_annotation(self, call: Span) -> Code | None: ...

    def module_name(self, name: str) -> ImportNeed | None: ...


class Inside:
    """`Names` of the function, but for those of the comprehension."""

    def __init__(self, outer: Names, node: Comprehension) -> None:
        self._outer = outer
        self._span = span_of(node)
        self.own = frozenset(name for each in node.generators for name in target_names(each.target))

    def annotation(self, name: str) -> Code | None:
        if name in self.own:
            return self._outer.annotation_inside(self._span, name)
        return self._outer.annotation(name)

    def annotation_inside(self, comprehension: Span, name: str, attribute: str = "") -> Code | None:
        return self._outer.annotation_inside(comprehension, name, attribute)

    def attribute_annotation(self, name: str, attribute: str) -> Code | None:
        if name in self.own:
            return self._outer.annotation_inside(self._span, name, attribute)
        return self._outer.attribute_annotation(name, attribute)

    def call_annotation(self, call: Span) -> Code | None:
        return self._outer.call_annotation(call)

    def module_name(self, name: str) -> ImportNeed | None:
        return None if name in self.own else self._outer.module_name(name)
