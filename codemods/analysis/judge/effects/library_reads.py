"""Attributes of libraries that wait when they are read: `task.status` of Celery asks the result backend."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from ....catalogue import Effect, Entry
from ....model import Span
from ...index.bindings import Import
from ...index.expr import Attr
from ...link.infer import Inference
from ...link.kinds import Inst, Kind, ordered
from ...link.program import Key, Program


class LibraryReads:
    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.program: Program = inference.program

    @cached_property
    def _names(self) -> frozenset[str]:
        """Of all libraries that the project imports."""
        bound = (b.value for m in self.program.modules.values() for s in m.facts.scopes for b in s.bindings)
        roots = {value.module.partition(".")[0] for value in bound if isinstance(value, Import)}
        return frozenset().union(*map(self.program.catalogue.reads, sorted(roots)))

    def of(self, function: Key) -> Iterator[tuple[Span, str, Entry]]:
        if not self._names:
            return
        for scope, expr, span in self.program.modules[function.path].uses(function.scope):
            while isinstance(expr, Attr):
                if expr.attr in self._names:
                    kinds = self.inference.kinds(Key(function.path, scope), expr.value, span.line)
                    yield from self._among(ordered(kinds), expr.attr, span)
                expr = expr.value

    def _among(self, kinds: Iterable[Kind], name: str, span: Span) -> Iterator[tuple[Span, str, Entry]]:
        catalogue = self.program.catalogue
        for kind in kinds:
            owner = catalogue.owner(catalogue.canonical(kind.name)) if isinstance(kind, Inst) else None
            if owner is not None and name in owner.reads:
                entry = catalogue.find_method(owner.name, name)
                if entry is not None and entry.effect in (Effect.BLOCKING, Effect.SLOW):
                    yield span, entry.name, entry
