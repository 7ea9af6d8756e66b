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
from .relationships import Path, Relationships

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
        self._known: dict[Key, frozenset[Key | None]] = {}
        self._before: dict[Key, frozenset[Key | None]] = {}
        """What is changed in the requests that come to a function."""
        self._below: dict[Key, tuple[Key, ...]] = {}

    def may_precede(self, reader: Key, path: Path) -> bool:
        """Is something that the path leads along changed by any request that comes to the function, or by the
        function's own work?"""
        if reader not in self._before:
            requests = [found for found in self._requests.values() if reader in found]
            together = frozenset().union(*requests) or frozenset(self.reach.below(reader))
            self._before[reader] = frozenset().union(*map(self._changed, together))
        changed = self._before[reader]
        return None in changed or not changed.isdisjoint(self._family(path))

    def _family(self, path: Path) -> set[Key]:
        """The classes at both ends of each step, with those above and below them."""
        classes = self.views.inference.classes
        found: set[Key] = set()
        for end in {end for step in path for end in (step.owner, step.target) if end is not None}:
            found.update(classes.subclasses.get(end, ()))
            found.update(each for each in classes.mro(end) if isinstance(each, Key))
        return found

    @cached_property
    def _requests(self) -> Mapping[Key, frozenset[Key]]:
        """All that runs for each entry point: its own functions and those of its dependencies."""
        return {
            entry: frozenset(self.reach.below(entry, callees=self._directly_below)) for entry in self.entries
        }

    def _directly_below(self, function: Key) -> tuple[Key, ...]:
        """What it calls, and the dependencies of its parameters."""
        if function not in self._below:
            view = self.views.of(function.path)
            taken = range(len(view.program.scope(function).parameters))
            found = [injected(self.views, view, Parameter(function, position)) for position in taken]
            self._below[function] = (*self.reach.callees(function), *(key for key in found if key))
        return self._below[function]

    def _changed(self, function: Key) -> frozenset[Key | None]:
        """The classes whose objects the function makes, or leads to others; None: whatever there is."""
        if function not in self._known:
            scope = self.views.inference.program.scope(function)
            view = self.views.of(function.path)
            node = view.file.function(scope.span) if scope.kind is ScopeKind.FUNCTION else None
            self._known[function] = frozenset(
                cls
                for each in (walk(node) if node is not None else ())
                for cls in self._changed_by(view, each)
            )
        return self._known[function]

    def _changed_by(self, view: View, node: ast.AST) -> Iterator[Key | None]:
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield from self._pointing(view, node)
        if not isinstance(node, ast.Call):
            return
        yield from (cls for cls in makes(view, node) if cls in self.relationships.mapped.classes)
        function, member = view.external(node.func), view.member(node)
        owner, _, name = function.rpartition(".") if member is None else (member.owner, "", member.attr)
        if function == "builtins.setattr" or (owner.partition(".")[0] in _LIBRARIES and name in _STATEMENTS):
            yield None
        is_unknown = not any(self.relationships.mapped.holds(view.kinds(each)) for each in node.args)
        if owner in SESSIONS and (name in _BY_SESSION or (name in ("add", "add_all") and is_unknown)):
            yield None

    def _pointing(self, view: View, node: ast.Attribute) -> Iterator[Key]:
        """The classes that have the attribute, where it is a foreign key."""
        keys = [kind.key for kind in view.kinds(node.value) if isinstance(kind, Obj)]
        for cls in keys:
            if cls in self.relationships.mapped.classes and self.relationships.is_foreign_key(cls, node.attr):
                yield cls
