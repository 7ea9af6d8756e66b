"""Whether a request changes what relationships hold: loaded together with its owner, one may be out of date
when it is read.

user = users.get(db, 1)                  # loads user.notes from now on
db.add(Note(owner_id=1)); db.flush()
return user                              # without the new one
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from ....analysis.index.bindings import ScopeKind
from ....analysis.judge.reaching.reach import Reach
from ....analysis.link.kinds import Inst, Obj
from ....analysis.link.names import Parameter
from ....analysis.link.program import Key
from ....analysis.nodes import walk
from ....analysis.syntax import FunctionNode
from ....analysis.view import View, Views
from ...injected import injected
from ...names import values_of
from ...spelling import session_of_class, session_of_function
from ...words import BY_RUN_SYNC, SESSIONS, TEST_CLIENTS
from ..mapped.relationships import Path, Relationships, come_along
from ..mapped.spoken import texts_of
from ..values.newborn import binds, makes
from ..values.origins import Origin
from ..values.wrapped import read_after
from .all_along import is_loaded_all_along
from .loads import Loads

_BY_SESSION = frozenset({"merge", *BY_RUN_SYNC})
_LIBRARIES = ("sqlalchemy", "sqlmodel")
_REQUESTS = frozenset({"delete", "patch", "post", "put", "request"})
_STATEMENTS = frozenset({"insert", "update", "delete", "text", "exec_driver_sql"})
"""Functions, and methods of queries, tables and connections."""


class Changes:
    def __init__(
        self,
        views: Views,
        reach: Reach,
        relationships: Relationships,
        loads: Loads,
        entries: frozenset[Key],
    ) -> None:
        self.views = views
        self.reach = reach
        self.relationships = relationships
        self.loads = loads
        self.entries = entries
        self._known: dict[Key, frozenset[Key | None]] = {}
        """What a function changes itself."""
        self._before: dict[Key, frozenset[Key | None]] = {}
        """What is changed in the requests that come to a function."""
        self._below: dict[Key, tuple[Key, ...]] = {}
        self._with_below: dict[Key, frozenset[Key | None]] = {}

    def may_precede(self, reader: Key, path: Path) -> bool:
        """Is something that the path leads along changed by any request that comes to the function, or by the
        function's own work?"""
        if reader not in self._before:
            requests = [found for found in self.requests.values() if reader in found]
            together = frozenset().union(*requests) or frozenset(self.reach.below(reader))
            self._before[reader] = frozenset().union(*map(self._changed, together))
        changed = self._before[reader]
        return None in changed or not changed.isdisjoint(self._family(path))

    def come_before(
        self,
        view: View,
        node: ast.Name,
        statement: ast.stmt,
        origins: Sequence[Origin],
        cls: Key,
        path: Path,
    ) -> bool:
        """Is what the path leads along changed between the query for an object and the statement?"""
        function = view.function(node)
        session = function and (session_of_function(view, function) or session_of_class(view, function))
        if come_along(path) or not session:
            return False  # it was loaded with the object all along, or cannot be loaded here
        family, reader = self._family(path), view.owner(node)
        given = [o for o in origins if o.node is not None and o.view.function(o.node) is not function]
        bound = [each for each in values_of(view, node) if isinstance(each, ast.Call)]
        is_changed = (
            self._changed_between(view, node.id, statement, family)
            or any(self._changed_after(origin, reader, family) for origin in given)
            or any(self._changed_on_the_way(view, call, origins, family) for call in bound)
        )
        return is_changed and not is_loaded_all_along(self.views, self.loads, origins, cls, path)

    def come_with(self, view: View, call: ast.Call, origins: Sequence[Origin], cls: Key, path: Path) -> bool:
        """Does the function that gives an object change what the path leads along?"""
        if come_along(path):
            return False
        changed = [self._changed_below(key) for key in view.functions_called(call)]
        family = self._family(path)
        is_changed = any(None in each or not each.isdisjoint(family) for each in changed)
        return is_changed and not is_loaded_all_along(self.views, self.loads, origins, cls, path)

    def is_read_before(self, view: View, node: ast.Name, statement: ast.stmt, path: Path) -> bool:
        """Was it loaded by an earlier read, before a change, and is read again?"""
        function = view.function(node)
        reads = [
            view.file.statement(each)
            for each in (walk(function) if function is not None else ())
            if isinstance(each, ast.Attribute)
            and (ast.unparse(each.value), each.attr) == (node.id, path[0].name)
            and each.lineno < statement.lineno
        ]
        family = self._family(path)
        return any(self._changed_between(view, node.id, statement, family, read.lineno) for read in reads)

    def _changed_between(
        self, view: View, name: str, statement: ast.stmt, family: set[Key], line: int = 0
    ) -> bool:
        """Does the function change objects of the classes, from the line on, having what `name` holds?"""
        function = view.function(statement)
        return function is not None and any(
            line <= done.lineno < statement.lineno
            and not any(binds(each, name) for each in ast.walk(done))
            and name in read_after(view, function, done)
            for done in self._changing(view, function, family)
        )

    def _changed_after(self, origin: Origin, reader: Key, family: set[Key]) -> bool:
        """Does the function that asks for an object change such things after that, and return it? What hands
        it down to its reader may change them when that is done."""
        view, node = origin.view, origin.node
        function = view.function(node) if node is not None else None
        if node is None or function is None:
            return False
        asked = view.file.statement(node).end_lineno or node.lineno
        is_changed = any(done.lineno > asked for done in self._changing(view, function, family))
        return is_changed and reader not in self.reach.below(view.owner(node))

    def _changed_on_the_way(
        self, view: View, call: ast.Call, origins: Sequence[Origin], family: set[Key]
    ) -> bool:
        """Does a function that was handed an object give it back, and change such things?"""
        asked = [origin.view.owner(origin.node) for origin in origins if origin.node is not None]
        for key in view.functions_called(call):
            changed, below = self._changed_below(key), set(self.reach.below(key))
            if None in changed or not changed.isdisjoint(family):
                return not below.issuperset(asked)
        return False

    def _changing(self, view: View, function: FunctionNode, family: set[Key]) -> Iterator[ast.stmt]:
        """The statements that change objects of the classes, themselves or by what they call."""
        for node in walk(function):
            changed = set(self._changed_by(view, node))
            for key in view.functions_run(node) if isinstance(node, ast.Call) else ():
                changed |= self._changed_below(key)
            if None in changed or not changed.isdisjoint(family):
                yield view.file.statement(node)

    def _changed_below(self, function: Key) -> frozenset[Key | None]:
        """By a function, and by all that it calls."""
        if function not in self._with_below:
            below = self.reach.below(function)
            self._with_below[function] = frozenset().union(*map(self._changed, below))
        return self._with_below[function]

    def _family(self, path: Path) -> set[Key]:
        """The classes at both ends of each step, with those above and below them."""
        classes = self.views.inference.classes
        found: set[Key] = set()
        for end in {end for step in path for end in (step.owner, step.target) if end is not None}:
            found.update(classes.subclasses.get(end, ()))
            found.update(each for each in classes.mro(end) if isinstance(each, Key))
        return found

    @cached_property
    def requests(self) -> Mapping[Key, frozenset[Key]]:
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
            yield from self._pointing(view, node.value, node.attr)
        if isinstance(node, ast.Call):
            yield from self._changed_by_call(view, node)
            yield from self._set_by_name(view, node)

    def _set_by_name(self, view: View, node: ast.Call) -> Iterator[Key | None]:
        """`setattr(note, name, value)`, `note.sqlmodel_update(values)`"""
        names: frozenset[str] | None = None
        if view.external(node.func) == "builtins.setattr" and len(node.args) == 3:
            owner, names = node.args[0], texts_of(view, node.args[1])
        elif isinstance(node.func, ast.Attribute) and node.func.attr == "sqlmodel_update":
            owner = node.func.value
        else:
            return
        if not all(isinstance(kind, (Obj, Inst)) for kind in view.kinds(owner) or (None,)):
            yield None
        for name in names or ("",):
            yield from self._pointing(view, owner, name)

    def _changed_by_call(self, view: View, node: ast.Call) -> Iterator[Key | None]:
        """In the database, or about to be there."""
        yield from (cls for cls in makes(view, node) if cls in self.relationships.mapped.classes)
        function, member = view.external(node.func), view.member(node)
        owner, _, name = function.rpartition(".") if member is None else (member.owner, "", member.attr)
        if owner.partition(".")[0] in _LIBRARIES and name in _STATEMENTS:
            yield None
        if owner in TEST_CLIENTS and name in _REQUESTS:
            yield None
        is_unknown = not any(self.relationships.mapped.holds(view.kinds(each)) for each in node.args)
        if owner in SESSIONS and (name in _BY_SESSION or (name in ("add", "add_all") and is_unknown)):
            yield None

    def _pointing(self, view: View, owner: ast.expr, name: str) -> Iterator[Key]:
        """The classes that have the attribute, where it is a foreign key; those with any, where it has no
        name."""
        classes, below = self.relationships.mapped.classes, self.views.inference.classes.subclasses
        for key in [kind.key for kind in view.kinds(owner) if isinstance(kind, Obj)]:
            for cls in (key, *below.get(key, ())):
                if cls in classes and self.relationships.keys.hold(cls, name):
                    yield cls
