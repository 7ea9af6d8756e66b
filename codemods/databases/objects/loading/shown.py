"""Objects that are sent without a response model: FastAPI sends all that is loaded of them.

return users    # a relationship that is loaded with them for somebody else is sent as well from then on
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property

from ....analysis.judge.reaching.reach import Reach
from ....analysis.link.program import Key
from ....analysis.syntax import span_of
from ....analysis.view import View
from ....model import Span
from ...draft import Draft
from ..mapped.relationships import Relationship, Relationships
from ..values.origins import Origins
from .changes import Changes
from .left_out import leaves_out


class Shown:
    def __init__(
        self, reach: Reach, relationships: Relationships, origins: Origins, changes: Changes, draft: Draft
    ) -> None:
        self.reach = reach
        self.changes = changes
        self.relationships = relationships
        self.origins = origins
        self.draft = draft
        self.loaded: dict[tuple[str, Span], set[tuple[Key | None, Relationship]]] = defaultdict(set)
        """A query -> for whom it loads which relationship."""
        self.is_always_read = True
        """Whenever the function runs that is looked at."""
        self._sent: list[tuple[View, ast.expr, frozenset[Key], Key]] = []

    def add(self, view: View, node: ast.expr, classes: frozenset[Key], sender: Key) -> None:
        """Objects of these classes are sent, by the function `sender`."""
        self._sent.append((view, node, classes, sender))

    def would_send(
        self, view: View, query: ast.Call, cls: Key, step: Relationship, reader: Key | None
    ) -> bool:
        """Are objects of the query sent by somebody who does not read the relationship, or not always?"""
        senders = (
            self._fed.get((view.path, span_of(query)), ())
            if step in self.relationships.of(cls).values()
            else ()
        )
        return any(
            not self.is_always_read or reader not in self.reach.below(sender) for sender in senders
        ) or self.would_send_beside(view.owner(query), cls, step, reader)

    def would_send_beside(self, function: Key, cls: Key, step: Relationship, reader: Key | None) -> bool:
        """Does a request for which the function runs as well send objects of the class? A session has each of
        them once: the user that a dependency asks for is one of all users."""
        if step not in self.relationships.of(cls).values():
            return False
        senders = {sender for _, _, classes, sender in self._sent if cls in classes}
        requests = (each for each in self.changes.requests.values() if senders and function in each)
        return any(
            not self.is_always_read or reader not in request
            for request in requests
            if not senders.isdisjoint(request)
        )

    def is_at_times(self, view: View, node: ast.expr) -> bool:
        """Is it not always read, and are objects of the queries that give it sent by anybody?"""
        origins = self.origins.of(view, node) if self._sent and not self.is_always_read else ()
        return any((o.view.path, span_of(o.node)) in self._fed for o in origins if o.node is not None)

    @cached_property
    def _fed(self) -> Mapping[tuple[str, Span], list[Key]]:
        """A query -> the functions that send its objects."""
        found: dict[tuple[str, Span], list[Key]] = defaultdict(list)
        for view, node, _, sender in self._sent:
            for origin in self.origins.of(view, node):
                if origin.node is not None:
                    found[origin.view.path, span_of(origin.node)].append(sender)
        return found

    def check(self, marked: Iterable[Relationship]) -> None:
        """Refuses what would be sent in addition; `marked` is loaded with owners that are not told apart."""
        marked = frozenset(marked)
        for view, node, classes, sender in self._sent:
            own = {step for cls in classes for step in self.relationships.of(cls).values()}
            names = {step.name for step in (marked | self._loaded_with(view, node, sender)) & own}
            if names and not leaves_out(view, self.draft, self.relationships, node, classes, names):
                text = (
                    f"this is sent without a response model: {', '.join(sorted(names))} would be sent as well"
                )
                self.draft.obstacle(view, node, text, "give the route a response_model")

    def _loaded_with(self, view: View, node: ast.expr, sender: Key) -> set[Relationship]:
        """What others have their query load, and nobody reads on the way to here."""
        found: set[Relationship] = set()
        origins = self.origins.of(view, node) if self.loaded else ()
        for origin in origins:
            loads = self.loaded.get((origin.view.path, span_of(origin.node)), ()) if origin.node else ()
            found.update(step for _, step in loads)
            below = self.reach.below(sender) if loads else ()
            found -= {step for reader, step in loads if reader in below}
        return found
