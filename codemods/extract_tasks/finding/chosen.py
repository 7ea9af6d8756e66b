"""Functions of the user's own that are slow work because he says so, in the config or by a comment, and those
that stand for it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from ...analysis.judge.effects.site import Site
from ...analysis.link.program import Key, Program
from ...analysis.syntax import Syntax

_TASK = "task"


class Chosen:
    """`functions = { "app.reports.*" = "task" }`, and `# async-fix: task` at a `def` or at a call."""

    def __init__(
        self,
        program: Program,
        syntax: Syntax,
        named: frozenset[Key],
        entries: frozenset[Key],
        stand_ins: Mapping[Key, str],
    ) -> None:
        """`named` in the config; `entries` answer requests; `stand_ins` do little but wait, with the category
        of what they are named after."""
        self.stand_ins = stand_ins
        self._entries = entries
        self.program = program
        self.syntax = syntax
        self._named = named

    @cached_property
    def functions(self) -> frozenset[Key]:
        """Slow wherever they are called."""
        return frozenset(
            key
            for path in self.program.modules
            if self._named or self._lines(path)
            for key in self.program.functions_of(path)
            if key not in self._entries
            if key in self._named or self._is_marked(key)
        )

    def is_chosen(self, site: Site) -> bool:
        """Does the call run such a function, or is it marked itself?"""
        if site.target is None or site.call is None:
            return False
        return site.target in self.functions or site.span[0] in self._lines(site.call.path)

    def stands_for_work(self, site: Site) -> bool:
        return site.target in self.stand_ins

    def _is_marked(self, function: Key) -> bool:
        """At the `def`, or on a line of its own right above it."""
        lines = self._lines(function.path)
        span = self.program.scope(function).span
        node = self.syntax.file(function.path).function(span) if lines else None
        if node is None:
            return False
        top = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        return bool(lines & {node.lineno, top - 1})

    def _lines(self, path: str) -> frozenset[int]:
        found = self.program.modules[path].facts.ignored_lines
        return frozenset(line for line, text in found if text.split()[:1] == [_TASK])
