"""Whether a column that the database computes may be read after a flush: all others have their values still.
What is set to an expression of SQL (`note.views = Note.views + 1`) is computed then as well.

db.add(order)                                   db.add(order)
db.flush()                                ->    await db.flush()
db.add(Item(order_id=order.id))                 db.add(Item(order_id=order.id))
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from ....analysis.link.kinds import Kinds, Obj, classes_in
from ....analysis.link.program import Key
from ....analysis.nodes import bound_plainly, walk
from ....analysis.syntax import FunctionNode
from ....analysis.view import View
from ...words import SESSIONS
from ..mapped.computed import Computed
from .later_reads import later_reads
from .refreshed import loads_again

_READ_NOTHING = frozenset({"add", "add_all", "refresh"})
_DUMPS = frozenset({"dict", "json", "model_dump", "model_dump_json"})


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
        by_sql = self._set_to_sql(view, function, statement, name)
        if not (by_sql or any(map(self.computed.of, classes))):
            return False
        is_one = all(isinstance(kind, Obj) for kind in kinds)
        again = loads_again(view, statement, name)
        later = later_reads(view, function, statement, name)
        reads = [node for node in later if again is None or node.lineno <= again.lineno]
        return not is_live or not all(
            self._is_harmless(view, function, node, classes, by_sql, is_one=is_one) for node in reads
        )

    def _set_to_sql(
        self, view: View, function: FunctionNode, statement: ast.stmt, name: str
    ) -> frozenset[str]:
        """The attributes of the object that the function sets to what the database computes."""
        return frozenset(
            target.attr
            for node in walk(function)
            for target, value in bound_plainly(node)
            if isinstance(target, ast.Attribute)
            and ast.unparse(target.value) == name
            and value.lineno <= statement.lineno
            and self._is_sql(view, value)
        )

    def _is_sql(self, view: View, value: ast.expr) -> bool:
        """`Note.views + 1`, `func.now()`, `case(..)`"""
        if isinstance(value, ast.BinOp):
            return self._is_sql(view, value.left) or self._is_sql(view, value.right)
        if isinstance(value, ast.Call):
            return view.external(value.func).startswith("sqlalchemy.")
        named = view.classes_named(value.value) if isinstance(value, ast.Attribute) else []
        return not self.mapped.isdisjoint(named)

    def _is_harmless(
        self,
        view: View,
        function: FunctionNode,
        node: ast.Name,
        classes: frozenset[Key],
        by_sql: frozenset[str],
        *,
        is_one: bool,
    ) -> bool:
        above = view.file.parents[node]
        if isinstance(above, ast.Call) and (member := view.member(above)) is not None:
            return member.owner in SESSIONS and member.attr in _READ_NOTHING
        if is_one:
            if not isinstance(above, ast.Attribute):
                return False
            is_set = isinstance(above.ctx, ast.Store) and not isinstance(
                view.file.parents[above], ast.AugAssign
            )
            is_kept = above.attr not in by_sql and all(self.computed.is_kept(c, above.attr) for c in classes)
            return is_set or is_kept or self._dumps(classes, above)
        if not isinstance(above, ast.For) or above.iter is not node or not isinstance(above.target, ast.Name):
            return False
        names = (each for each in walk(function) if isinstance(each, ast.Name))
        each = [name for name in names if name.id == above.target.id and isinstance(name.ctx, ast.Load)]
        return all(self._is_harmless(view, function, name, classes, by_sql, is_one=True) for name in each)

    def _dumps(self, classes: frozenset[Key], read: ast.Attribute) -> bool:
        """`hero.model_dump()` of SQLModel: it looks at what is there, and loads nothing."""
        views = self.computed.views
        if read.attr not in _DUMPS or views.mention("computed_field"):
            return False
        return all(views.inference.classes.is_a(cls, "sqlmodel.SQLModel") for cls in classes)
