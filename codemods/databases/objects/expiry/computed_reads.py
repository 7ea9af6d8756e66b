"""Whether a column that the database computes may be read after a flush: all others have their values still.

db.add(order)                                   db.add(order)
db.flush()                                ->    await db.flush()
db.add(Item(order_id=order.id))                 db.add(Item(order_id=order.id))
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from ....analysis.link.kinds import Kinds, Obj, classes_in
from ....analysis.link.program import Key
from ....analysis.nodes import walk
from ....analysis.syntax import FunctionNode
from ....analysis.view import View
from ...words import SESSIONS
from ..mapped.computed import Computed
from .later_reads import later_reads
from .refreshed import loads_again

_READ_NOTHING = frozenset({"add", "add_all", "refresh"})


class ComputedReads:
    def __init__(self, computed: Computed, mapped: Iterable[Key]) -> None:
        self.computed = computed
        self.mapped = frozenset(mapped)

    def may_follow(
        self,
        view: View,
        function: FunctionNode,
        statement: ast.stmt,
        name: str,
        kinds: Kinds,
        *,
        is_live: bool,
    ) -> bool:
        """May such a column of what is of these kinds be read after the statement? Where the name is not
        `is_live`, an answer holds its object, and reads all of it."""
        classes = self.mapped.intersection(classes_in(kinds))
        if not any(map(self.computed.of, classes)):
            return False
        is_one = all(isinstance(kind, Obj) for kind in kinds)
        again = loads_again(view, statement, name)
        later = later_reads(view, function, statement, name)
        reads = [node for node in later if again is None or node.lineno <= again.lineno]
        return not is_live or not all(
            self._is_harmless(view, function, node, classes, is_one=is_one) for node in reads
        )

    def _is_harmless(
        self, view: View, function: FunctionNode, node: ast.Name, classes: frozenset[Key], *, is_one: bool
    ) -> bool:
        above = view.file.parents[node]
        if isinstance(above, ast.Call) and (member := view.member(above)) is not None:
            return member.owner in SESSIONS and member.attr in _READ_NOTHING
        if is_one:
            return isinstance(above, ast.Attribute) and all(
                self.computed.is_kept(cls, above.attr) for cls in classes
            )
        if not isinstance(above, ast.For) or above.iter is not node or not isinstance(above.target, ast.Name):
            return False
        names = (each for each in walk(function) if isinstance(each, ast.Name))
        each = [name for name in names if name.id == above.target.id and isinstance(name.ctx, ast.Load)]
        return all(self._is_harmless(view, function, name, classes, is_one=True) for name in each)
