"""Dunders of library classes that wait: `queryset[0]`, `if not queryset`, `cache["key"] = value`."""

from __future__ import annotations

from functools import cached_property

from ....catalogue import Effect
from ...index.bindings import Import
from ...index.expr import Const
from ...index.facts import Implicit
from ..program import Program

_SEEN = frozenset({"__iter__", "__next__", "__enter__", "__exit__"})
"""Looked for in every program; the others only where a library that it imports has one that waits."""
_OTHERS = frozenset({"__bool__", "__contains__", "__delitem__", "__getitem__", "__len__", "__setitem__"})
_FORMS = {
    "with": "with",
    "for": "for",
    "[]": "read",
    "bool": "truth",
    "[]=": "attribute",
    "del": "attribute",
    "in": "attribute",
}
_OF_FORMS = {
    "[]": {"__getitem__"},
    "bool": {"__bool__", "__len__"},
    "[]=": {"__setitem__"},
    "del": {"__delitem__"},
    "in": {"__contains__"},
}
_SLICE = Const("slice")


class LibraryDunders:
    def __init__(self, program: Program) -> None:
        self.program = program

    @cached_property
    def names(self) -> frozenset[str]:
        """What a function may run on an object of a library, and the catalogue knows about."""
        catalogue = self.program.catalogue
        bound = (b.value for m in self.program.modules.values() for s in m.facts.scopes for b in s.bindings)
        roots = {value.module.partition(".")[0] for value in bound if isinstance(value, Import)}
        waiting = (
            word
            for root in sorted(roots)
            for owner in catalogue.owners_of(root)
            for word in _OTHERS & owner.calls.keys()
            if owner.calls[word][0] in (Effect.BLOCKING, Effect.SLOW)
        )
        return _SEEN.union(waiting)

    def form(self, implicit: Implicit) -> str:
        """How code is handled that asks for such a dunder; empty where none can wait. What their operators do
        is not written down, and a slice of a query is a query."""
        asked = _OF_FORMS.get(implicit.kind)
        if asked is not None and (self.names.isdisjoint(asked) or implicit.right == _SLICE):
            return ""
        return _FORMS.get(implicit.kind, "")
