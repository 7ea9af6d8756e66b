"""The queries of all files: they go from one to the other, in functions that take or return them and in
attributes."""

from __future__ import annotations

from ...analysis.judge.callers.callers import Callers
from ...analysis.link.program import Key
from ...analysis.view import Views
from ...model import Span
from ..draft import Draft
from ..objects.mapped.relationships import Relationships
from .attributes import Attributes
from .rewriting import Queries
from .takers import Takers


class Peers:
    def __init__(
        self, views: Views, callers: Callers, relationships: Relationships, draft: Draft, *, old: bool
    ) -> None:
        self.views = views
        self.callers = callers
        self.relationships = relationships
        self.draft = draft
        self.old = old
        self.seen: set[tuple[str, Span]] = set()
        self.has_strangers = False
        """Some query asks for objects of nobody knows which class."""
        self._of: dict[str, Queries] = {}
        self.takers = Takers(self)
        self.attributes = Attributes(self)

    def of(self, path: str) -> Queries:
        if path not in self._of:
            self._of[path] = Queries(self.views.of(path), self, old=self.old)
        return self._of[path]

    def is_async(self, function: Key) -> bool:
        return self.callers.program.scope(function).is_async

    def check(self) -> None:
        self.takers.finish()
        for each in self._of.values():
            each.check()
