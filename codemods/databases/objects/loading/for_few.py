"""A query that many share loads nothing for the few of them that read it: those load it themselves.

trip = get_trip(db, id)             # asked by twenty handlers, one of which reads trip.days
for day in trip.days: ..      ->    await db.refresh(trip, ["days"])
                                    for day in trip.days: ..
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from ....analysis.judge.callers.callers import Callers
from ....analysis.link.program import Key
from ....analysis.view import View
from ...spelling import Spelled, session_with
from ..mapped.relationships import Path, Relationship
from ..values.held import Holding
from ..values.origins import Origin
from .needs import Need

_LoadAbove = Callable[[View, ast.Name, ast.stmt, Key, Path, Spelled], list[Callable[[], None]] | None]
_MOST = 3
"""One query more, in one of so many functions, costs less than one more in all of them."""


class ForFew:
    def __init__(self, callers: Callers, holding: Holding, load_above: _LoadAbove) -> None:
        self._callers = callers
        self._holding = holding
        self._load_above = load_above
        self._readers: dict[tuple[Key, Relationship], set[Key]] = defaultdict(set)

    def know(self, needs: Iterable[Need]) -> None:
        for need in needs:
            view, node, cls, path = need.view, need.node, need.cls, need.path
            while (held := self._holding.by(view, node)) is not None:
                node, cls, path = held.owner, held.cls, (*held.path, *path)
            self._readers[cls, path[0]].add(view.owner(node))

    def ways(
        self,
        view: View,
        node: ast.expr,
        statement: ast.stmt,
        cls: Key,
        path: Path,
        origins: Sequence[Origin],
    ) -> list[Callable[[], None]] | None:
        function = view.function(node)
        if not isinstance(node, ast.Name) or function is None:
            return None
        session = session_with(view, function, node.id)
        if session is None or not self._are_few(origins, view.owner(node), cls, path[0]):
            return None
        return self._load_above(view, node, statement, cls, path, session)

    def _are_few(self, origins: Sequence[Origin], reader: Key, cls: Key, step: Relationship) -> bool:
        """Do most of those for whom the query is asked not read what `reader` does?"""
        for origin in origins:
            asking = origin.view.owner(origin.node) if origin.node is not None else None
            if asking is None or asking == reader:
                return False
            users = {caller.owner for caller in self._callers.calls(asking)}
            if reader not in users or len(users) <= _MOST * len(users & self._readers[cls, step]):
                return False
        return bool(origins)
