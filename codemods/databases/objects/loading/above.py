"""What the session loads of the object that a name holds, above the statement that reads it.

user = get_user(db, id)             await db.refresh(user, ["notes"])
return len(user.notes)       ->     return len(user.notes)
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from ....analysis.link.program import Key
from ....analysis.presence import is_present
from ....analysis.syntax import span_of
from ....analysis.view import View
from ....model import Span
from ...spelling import Spelled
from ...words import SQLMODEL_SESSION
from ..mapped.relationships import Path
from ..values.identity import Identity
from .above_loops import above_loops
from .changes import Changes
from .loaded_above import is_loaded_above
from .loads import LoadAbove, Loads, are_several


class Above:
    def __init__(self, identity: Identity, loads: Loads, changes: Changes) -> None:
        self.views = loads.views
        self.identity = identity
        self.loads = loads
        self.changes = changes
        self._found: dict[tuple[str, Span, str], LoadAbove] = {}

    def ways(
        self, view: View, node: ast.Name, statement: ast.stmt, cls: Key, path: Path, session: Spelled
    ) -> list[Callable[[], None]] | None:
        function, many = view.function(node), are_several(view, node)
        if function is None or many is None or not self.loads.can_load(cls, path, many=many):
            return None
        expired, changed = self.loads.expired, self.changes.of(view, function, path)
        by_add = not self.loads.old
        statement = above_loops(self.views, view, expired, statement, node.id, changed, by_add=by_add)
        is_guarded = not many and not is_present(self.views, view, function, statement, node.id)
        by_exec = session.cls == SQLMODEL_SESSION
        load = LoadAbove(view, statement, node.id, session.text, cls, many, is_guarded, by_exec)
        is_read_above = self.changes.is_read_before(view, node, statement, path)

        def act() -> None:
            self.identity.loaded.update(path)
            self._found.setdefault((view.path, span_of(statement), node.id), load).add(path, is_read_above)
            self.loads.draft.functions.add(view.owner(node))

        return [act]

    def finish(self) -> None:
        for _, load in sorted(self._found.items(), key=lambda item: item[0]):
            if not is_loaded_above(self.views, load, self._found):
                self.loads.insert(load)
