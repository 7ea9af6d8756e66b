"""Objects that may be deleted when a statement is done: `refresh` would raise where the sync code read on.

crud.remove(db, id)            await crud.remove(db, id)
return note              ->    if note in db:
                                   await db.refresh(note)
                               return note
"""

from __future__ import annotations

import ast

from ....analysis.link.kinds import Inst, Obj
from ....analysis.link.libraries.rows import QUERY
from ....analysis.link.program import Key
from ....analysis.nodes import walk
from ....analysis.scopes import FUNCTIONS
from ....analysis.syntax import FunctionNode
from ....analysis.view import View, Views
from ...words import SESSIONS
from ..mapped.relationships import Relationships
from .newborn import binds

_DEPTH = 4
_TAKING_OUT = frozenset({"clear", "discard", "pop", "remove"})
"""Of a collection whose orphans are deleted."""
_DELETES = frozenset({"sqlalchemy.delete", "sqlmodel.delete"})


def is_deleted(view: View, statement: ast.stmt, name: str, *, for_good: bool = False) -> bool:
    """Was what the name stands for surely given to `delete` on the way to the statement; `for_good`: and the
    session has written that?"""
    is_done = not for_good
    for above in (statement, *view.file.above(statement)):
        if isinstance(above, FUNCTIONS):
            break
        if not isinstance(above, ast.stmt):
            continue
        if above is not statement and _is_bound_in(above, name):
            break
        block = view.block(above)
        for earlier in reversed(block[: block.index(above)]):
            if isinstance(earlier, ast.Expr) and _deletes(view, earlier.value, name):
                return is_done
            is_done = is_done or (isinstance(earlier, ast.Expr) and _writes(view, earlier.value))
            if _is_bound_in(earlier, name):
                return False
    return False


def _is_bound_in(statement: ast.stmt, name: str) -> bool:
    return any(binds(node, name) for node in ast.walk(statement))


def _deletes(view: View, call: ast.expr, name: str) -> bool:
    if not isinstance(call, ast.Call) or name not in map(ast.unparse, call.args):
        return False
    member = view.member(call)
    return member is not None and member.owner in SESSIONS and member.attr == "delete"


def _writes(view: View, call: ast.expr) -> bool:
    member = view.member(call) if isinstance(call, ast.Call) else None
    return member is not None and member.owner in SESSIONS and member.attr in ("commit", "flush")


class Gone:
    def __init__(self, views: Views, relationships: Relationships) -> None:
        self.views = views
        self.relationships = relationships
        self._known: dict[Key, frozenset[Key]] = {}

    def may_be(
        self,
        view: View,
        function: FunctionNode,
        statement: ast.stmt,
        classes: frozenset[Key],
        *,
        itself: bool = False,
    ) -> bool:
        """Can an object of one of the classes, which the function holds, be deleted up to the statement;
        `itself`: also by `delete()` in the function?"""
        own: set[Key] = set()
        called: set[Key] = set()
        for node in walk(function):
            if isinstance(node, ast.Call) and node.lineno <= (statement.end_lineno or statement.lineno):
                orphaned, deleted = self._orphaned(view, node), self._directly(view, node)
                own |= orphaned | self._cascaded(orphaned | deleted) | (deleted if itself else frozenset())
                own |= self._in_bulk(view, node)
                for key in view.functions_called(node):
                    deleted = self._below(key, _DEPTH)
                    called |= deleted | self._cascaded(deleted)
        return bool(classes & (own | called))

    def may_be_unseen(self, view: View, function: FunctionNode, statement: ast.stmt, cls: Key) -> bool:
        """Can the database have deleted its row with another one, which the session does not notice?"""
        deleted: set[Key] = set()
        for node in walk(function):
            if isinstance(node, ast.Call) and node.lineno <= statement.lineno:
                deleted |= self._deleted_by(view, node)
                deleted.update(*(self._below(key, _DEPTH) for key in view.functions_called(node)))
        todo = [*deleted, *self._cascaded(frozenset(deleted))]
        along: set[Key] = set()
        while todo and cls not in along:
            gone, die_together = todo.pop(), self.relationships.keys.die_together
            others = [each for each in self.relationships.mapped.classes - along if die_together(each, gone)]
            along.update(others)
            todo += others
        return cls in along

    def _below(self, function: Key, depth: int) -> frozenset[Key]:
        """The classes of what a function deletes, or has deleted."""
        if function in self._known or not depth:
            return self._known.get(function, frozenset())
        self._known[function] = frozenset()
        view = self.views.of(function.path)
        node = view.file.function(view.program.scope(function).span)
        found: set[Key] = set()
        for inner in walk(node) if node is not None else ():
            if isinstance(inner, ast.Call):
                found |= self._deleted_by(view, inner)
                for key in view.functions_called(inner):
                    found |= self._below(key, depth - 1)
        self._known[function] = frozenset(found)
        return self._known[function]

    def _deleted_by(self, view: View, call: ast.Call) -> frozenset[Key]:
        return self._directly(view, call) | self._orphaned(view, call) | self._in_bulk(view, call)

    def _orphaned(self, view: View, call: ast.Call) -> frozenset[Key]:
        """`user.notes.remove(note)`"""
        func = call.func
        if not isinstance(func, ast.Attribute) or func.attr not in _TAKING_OUT:
            return frozenset()
        read = self.relationships.read(view, func.value) if isinstance(func.value, ast.Attribute) else None
        target = read[1].target if read is not None and read[1].deletes_orphans else None
        return frozenset(() if target is None else (target,))

    def _directly(self, view: View, call: ast.Call) -> frozenset[Key]:
        member = view.member(call)
        if member is None or member.owner not in SESSIONS or member.attr != "delete" or not call.args:
            return frozenset()
        kinds = view.kinds(call.args[0])
        found = frozenset(
            k.key for k in kinds if isinstance(k, Obj) and k.key in self.relationships.mapped.classes
        )
        return found or self.relationships.mapped.classes

    def _in_bulk(self, view: View, call: ast.Call) -> frozenset[Key]:
        """`db.query(Note).filter(..).delete()`, `db.execute(delete(Note))`: the session drops those
        that it holds, whatever they are called."""
        mapped = self.relationships.mapped.classes
        if view.external(call.func) in _DELETES and call.args:
            return mapped & frozenset(view.classes_named(call.args[0]))
        member = view.member(call)
        if member is None or (member.owner, member.attr) != (QUERY, "delete"):
            return frozenset()
        queries = view.kinds(call.func.value)  # type: ignore[attr-defined]
        asked = {kind for query in queries if isinstance(query, Inst) for of in query.args for kind in of}
        return mapped & frozenset(kind.key for kind in asked if isinstance(kind, Obj)) or mapped

    def _cascaded(self, classes: frozenset[Key]) -> set[Key]:
        found: set[Key] = set()
        todo = list(classes)
        while todo:
            for relationship in self.relationships.of(todo.pop()).values():
                if (
                    relationship.deletes
                    and relationship.target is not None
                    and relationship.target not in found
                ):
                    found.add(relationship.target)
                    todo.append(relationship.target)
        return found
