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
from ..values.held import Holding
from ..values.newborn import makes
from ..values.put import put_into
from ..values.values import is_nothing
from .needs import Need


def needs_of_put(need: Need, path: Path, holding: Holding, expired: Expired) -> Iterator[Need]:
    """Each that is read of another object than the path says."""
    view, node = need.view, need.node
    while True:
        yield from _of_owner(view, need, node, path, expired)
        held = holding.by(view, node)
        if held is None:
            return
        node, path = held.owner, (*held.path, *path)


def _of_owner(view: View, need: Need, node: ast.expr, path: Path, expired: Expired) -> Iterator[Need]:
    function, target = view.function(node), path[0].target
    if function is None or target is None or not path[1:]:
        return
    if isinstance(node, ast.Name) and expired.at(view, function, node.id, need.statement):
        return
    for value in put_into(function, node, path[0].name):
        for each in alternatives(value):
            if value.lineno < need.statement.lineno and not (is_nothing(view, each) or makes(view, each)):
                yield Need(view, each, view.file.statement(value), target, path[1:])
