"""Results that a function keeps, once it is a coroutine function: `lru_cache` would keep coroutines.

    @lru_cache(maxsize=100)                     @alru_cache(maxsize=100)
    def rate(currency):                ->       async def rate(currency):
        return fetch(currency)                      return await fetch(currency)

Where the project has `async_lru`, from 2.0 on: it has the same size, `typed`, `cache_clear` and `cache_info`,
and keeps no exceptions either. https://github.com/aio-libs/async-lru
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

import msgspec

from .analysis.index.bindings import Import
from .analysis.index.expr import Call
from .analysis.judge.callers.callers import Callers
from .analysis.link.decorators.decorators import CACHES
from .analysis.link.kinds import Ext
from .analysis.link.program import CallKey, Key
from .analysis.syntax import Syntax, span_of
from .databases import Declared
from .model import Code, Edit, ImportNeed, Note, NoteKind, ReplaceCall, ReplaceExpression, slot

_NEED = ImportNeed("async_lru", "alru_cache")
_NOTE = "its cache belongs to one event loop: on another one, as in each test, it starts empty"


class KeptResults(msgspec.Struct, frozen=True, dict=True):
    callers: Callers
    syntax: Syntax
    declared: Declared

    def serves(self, function: Key) -> bool:
        """Is there an async cache that can take the place of the function's own?"""
        return self._is_installed and self.callers.inference.decorators.is_cached(function)

    @cached_property
    def _is_installed(self) -> bool:
        if self.declared.has(r"async[-_]lru\W*[=~<^]=?\W*[01]\.\S*"):
            return False
        return self.declared.has(r"async[-_]lru") or any(
            isinstance(binding.value, Import) and binding.value.module.partition(".")[0] == _NEED.module
            for module in self.callers.program.modules.values()
            for scope in module.facts.scopes
            for binding in scope.bindings
        )

    def edits(self, function: Key) -> Iterator[tuple[str, Edit]]:
        """What replaces the cache of a function that becomes async."""
        program = self.callers.program
        scope = program.scope(function)
        node = self.syntax.file(function.path).function(scope.span)
        for expr, decorator in zip(scope.decorators, node.decorator_list if node else (), strict=False):
            kinds = (
                self.callers.inference.callees(CallKey(function.path, expr.index))
                if isinstance(expr, Call)
                else self.callers.inference.kinds(program.parent(function), expr, scope.span.line)
            )
            caches = [kind.name for kind in kinds if isinstance(kind, Ext) and kind.name in CACHES]
            if caches:
                yield function.path, _replaced(decorator, keeps_all="functools.cache" in caches)

    def notes(self, function: Key) -> Iterator[Note]:
        yield Note(NoteKind.BEHAVIOUR, _NOTE, self.callers.program.location(function))


def _replaced(decorator: ast.expr, *, keeps_all: bool) -> Edit:
    """`functools.cache` keeps all; `lru_cache` without a size has room for 128, as the async one has."""
    if isinstance(decorator, ast.Call):
        return ReplaceCall(span_of(decorator), Code(slot(0), (_NEED,)))
    return ReplaceExpression(span_of(decorator), Code(slot(0) + "(maxsize=None)" * keeps_all, (_NEED,)))
