"""What is read through an object that the code has put there itself: no query for the owner has brought it.

user = db.get(User, 1)
note.owner = user
return note.owner.team.name         # of the user, who is asked for with the team
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ....analysis.view import View
from ...names import alternatives
from ..mapped.relationships import Path
from ..values.expired import Expired
from ..values.held import Holding, comprehended, looped
from ..values.newborn import makes
from ..values.put import put_into
from ..values.values import is_nothing
from .needs import Need


class PutIn:
    def __init__(self, holding: Holding, expired: Expired) -> None:
        self.holding = holding
        self.expired = expired
        self._followed: set[tuple[ast.expr, Path]] = set()
        """`note.owner = note.owner or user` is put into itself."""

    def needs(self, need: Need) -> Iterator[Need]:
        """Each that is read of another object than the path says, and of those put into that."""
        if (need.node, need.path) in self._followed:
            return
        self._followed.add((need.node, need.path))
        for put in self._along(need):
            yield put
            yield from self.needs(put)

    def _along(self, need: Need) -> Iterator[Need]:
        """From what is read on to the name at the other end: `each` of `note.owner.notes`."""
        view, path = need.view, need.path
        node: ast.expr | None = need.node
        while node is not None:
            yield from self._into(need, node, path)
            if (held := self.holding.by(view, node)) is not None:
                node, path = held.owner, (*held.path, *path)
            else:
                node = _taken_from(view, node)

    def _into(self, need: Need, node: ast.expr, path: Path) -> Iterator[Need]:
        view, function, target = need.view, need.view.function(node), path[0].target
        if function is None or target is None or not path[1:]:
            return
        if isinstance(node, ast.Name) and self.expired.at(view, function, node.id, need.statement):
            return
        for value in put_into(function, node, path[0].name):
            for each in alternatives(value):
                is_before = value.lineno < need.statement.lineno
                if is_before and not (is_nothing(view, each) or makes(view, each)):
                    yield Need(view, each, view.file.statement(value), target, path[1:])


def _taken_from(view: View, node: ast.expr) -> ast.expr | None:
    """What the loop around a name goes through."""
    function = view.function(node)
    if function is None or not isinstance(node, ast.Name):
        return None
    return comprehended(view, node) or looped(view, function, node)
