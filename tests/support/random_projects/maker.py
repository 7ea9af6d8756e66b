"""Fills templates: the one place where something is drawn."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from . import grammar

_PART = re.compile(r"<([a-z_]+)>")
_ALONE = re.compile(r"(?m)^([ ]*)<(block|loop)>$")
_NAMES = ("a", "b", "c")
_DEPTH = 3
_ALWAYS = {"call", "value", "leaf", "list", "each", "new", "old", "block", "loop", "return", "number"}

Draw = Callable[[st.SearchStrategy[Any]], Any]


@dataclass(frozen=True)
class Known:
    """What there is to be called, by the name that templates give it, as `module.name`."""

    families: frozenset[str]
    parts: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, place: str) -> None:
        self.parts.setdefault(kind, []).append(place)

    def of(self, kind: str) -> Sequence[str]:
        return self.parts.get(kind, ())

    def has(self, template: str) -> bool:
        """Is the template about nothing that the project does not do, and is there what it names?"""
        others = grammar.FAMILIES.keys() - self.families
        return {*_PART.findall(template)} <= self.parts.keys() | _ALWAYS and not any(
            word in template for family in others for word in grammar.FAMILIES[family]
        )


class Maker:
    """Of the body of one function. `result` is what it returns."""

    def __init__(
        self,
        draw: Draw,
        known: Known,
        *,
        is_async: bool = False,
        result: str = "<value>",
        leaves: Sequence[str] = (),
        statements: Sequence[str] = (),
    ) -> None:
        self._draw = draw
        self._known = known
        self._is_async = is_async
        self._result = result
        self._leaves = (*grammar.LEAVES, *leaves)
        self._own = statements
        self._number = 0

    def body(self, length: int = 3, end: str = "return <return>") -> str:
        names: list[str] = []
        return self._block(names, 0, length, in_loop=False) + "\n" + self._filled(end, names, 0)

    def value(self, template: str = "<value>", names: Sequence[str] = ()) -> str:
        return self._filled(template, names, 0)

    def pick(self, options: Sequence[str]) -> str:
        return str(self._draw(st.sampled_from(options)))

    def chance(self, one_in: int) -> bool:
        return bool(self._draw(st.integers(0, one_in - 1)) == one_in - 1)

    def _block(self, names: list[str], depth: int, length: int, *, in_loop: bool) -> str:
        lines = []
        for _ in range(self._draw(st.integers(1, length))):
            is_await = self._is_async and self.chance(3)
            is_own = not is_await and self._own and self.chance(2)
            options = grammar.ASYNC_STATEMENTS if is_await else self._statements(names, depth)
            options = self._own if is_own else options
            lines.append(self._statement(self._possible(options), names, depth))
        if depth and self.chance(4):
            lines.append(
                self._filled(self.pick(grammar.LOOP_JUMPS if in_loop else grammar.JUMPS), names, depth)
            )
        return "\n".join(lines)

    def _statements(self, names: Sequence[str], depth: int) -> Sequence[str]:
        return [
            text
            for text in grammar.STATEMENTS
            if (names or "<old>" not in text) and (depth < _DEPTH or not _ALONE.search(text))
        ]

    def _possible(self, options: Sequence[str]) -> str:
        return self.pick([text for text in options if self._known.has(text)])

    def _statement(self, template: str, names: list[str], depth: int) -> str:
        is_async = self._is_async

        def inner(found: re.Match[str]) -> str:
            # what is awaited with the lock held may wait for it
            self._is_async = is_async and not template.startswith(("def ", "with lock"))
            block = self._block([*names], depth + 1, 2, in_loop=found[2] == "loop")
            self._is_async = is_async
            return textwrap.indent(block, found[1])

        self._number += 1
        template = template.replace("<number>", str(self._number))
        bound = [self.pick(_NAMES) for _ in range(template.count("<new>"))]
        if "def change" in template:
            template = template.replace("<old>", self.pick(names))
        made = iter(bound)
        template = re.sub("<new>", lambda _: next(made), template)
        heads = _PART.sub(
            lambda m: m[0] if m[1] in ("block", "loop") else self._part(m[1], names, 0), template
        )
        names += [name for name in bound if name not in names]
        return _ALONE.sub(inner, heads)

    def _filled(self, template: str, names: Sequence[str], depth: int) -> str:
        return _PART.sub(lambda found: self._part(found[1], names, depth), template)

    def _part(self, kind: str, names: Sequence[str], depth: int) -> str:
        fill = self._filled
        if kind == "leaf":
            return self.pick([*self._leaves, *names])
        if kind == "old":
            return self.pick(names)
        if kind == "return":
            return fill(self._result, names, depth)
        if kind in ("value", "call", "list", "each"):
            options = {
                "value": grammar.VALUES,
                "call": grammar.CALLS,
                "list": grammar.LISTS,
                "each": grammar.EACH,
            }[kind]
            if depth >= 2:
                options = options[:2]
            return fill(self._possible(options), names, depth + 1)
        return f"@{self.pick(self._known.of(kind))}@"
