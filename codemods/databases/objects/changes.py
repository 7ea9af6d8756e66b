"""Whether a request changes what relationships hold: loaded together with its owner, one may be out of date
when it is read.

user = users.get(db, 1)                  # loads user.notes from now on
db.add(Note(owner_id=1)); db.flush()
return user                              # without the new one
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cached_property

from ...analysis.index.bindings import ScopeKind
from ...analysis.judge.reach import Reach
from ...analysis.link.kinds import Obj
from ...analysis.link.names import Parameter
from ...analysis.link.program import Key
from ...analysis.nodes import walk
from ...analysis.view import View, Views
from ..injected import injected
from ..words import BY_RUN_SYNC, SESSIONS
from .newborn import makes
from .relationships import Relationships

_BY_SESSION = frozenset({"merge", *BY_RUN_SYNC})
_LIBRARIES = ("sqlalchemy", "sqlmodel")
_STATEMENTS = frozenset({"insert", "update", "delete", "text", "exec_driver_sql"})
"""Functions, and methods of queries, tables and connections."""


class Changes:
    def __init__(
        self, views: Views, reach: Reach, relationships: Relationships, entries: frozenset[Key]
    ) -> None:
        self.views = views
        self.reach = reach
        self.relationships = relationships
        self.entries = entries
        self._known: dict[Key, bool] = {}

    def may_precede(self, reader: Key) -> bool:
        """Is something changed by any request that comes to the function, or by the function's own work?"""
        requests = [found for found in self._requests.values() if reader in found]
        together = frozenset().union(*requests) or frozenset(self.reach.below(reader))
        return any(map(self._changes, together))

    @cached_property
    def _requests(self) -> Mapping[Key, frozenset[Key]]:
        return {entry: frozenset(self._with_injected(entry)) for entry in self.entries}

    def _with_injected(self, entry: Key) -> set[Key]:
        """All that runs for an entry point: its own functions and those of its dependencies."""
        found: set[Key] = set()
        todo = [entry]
        while todo:
            for function in self.reach.below(todo.pop()) - found:
                found.add(function)
                view = self.views.of(function.path)
                for position in range(len(view.program.scope(function).parameters)):
                    provider = injected(self.views, view, Parameter(function, position))
                    todo += [provider] if provider is not None else []
        return found

    def _changes(self, function: Key) -> bool:
        if function not in self._known:
            scope = self.views.inference.program.scope(function)
            view = self.views.of(function.path)
            node = view.file.function(scope.span) if scope.kind is ScopeKind.FUNCTION else None
            self._known[function] = any(self._is_change(view, each) for each in walk(node)) if node else False
        return self._known[function]

    def _is_change(self, view: View, node: ast.AST) -> bool:
        if isinstance(node, ast.Attribute):
            return isinstance(node.ctx, ast.Store) and any(self._keys(view, node))
        if not isinstance(node, ast.Call):
            return False
        if any(cls in self.relationships.mapped.classes for cls in makes(view, node)):
            return True
        function, member = view.external(node.func), view.member(node)
        owner, _, name = function.rpartition(".") if member is None else (member.owner, "", member.attr)
        if function == "builtins.setattr" or (owner.partition(".")[0] in _LIBRARIES and name in _STATEMENTS):
            return True
        is_unknown = not any(self.relationships.mapped.holds(view.kinds(each)) for each in node.args)
        return owner in SESSIONS and (name in _BY_SESSION or (name in ("add", "add_all") and is_unknown))

    def _keys(self, view: View, node: ast.Attribute) -> Iterator[bool]:
        """Is the column, of each class that has it, a foreign key?"""
        for kind in view.kinds(node.value):
            if isinstance(kind, Obj) and kind.key in self.relationships.mapped.classes:
                yield self.relationships.is_foreign_key(kind.key, node.attr)
