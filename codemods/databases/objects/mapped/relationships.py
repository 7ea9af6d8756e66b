"""Relationships of mapped classes: which load by themselves when they are read, and what they lead to."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

import msgspec

from ....analysis.index.bindings import How
from ....analysis.index.expr import Call, Const, Expr, last_name
from ....analysis.judge.effects.mapped import Mapped
from ....analysis.link.kinds import Obj, ordered
from ....analysis.link.libraries.relations import MAKERS
from ....analysis.link.program import CallKey, Key
from ....analysis.view import View, Views
from .directions import leads_to_one, leads_to_several
from .foreign_keys import ForeignKeys
from .said import HIDDEN, Said, said_of, says_primary

_STOPPING = frozenset({"selectin", "joined", "subquery"})
"""They load no class that they come from: of a tree of objects only the first are there."""
_LOADING = _STOPPING | {"immediate"}
_EAGER = _LOADING | {"noload", "raise", "raise_on_sql"}
_OLD: Mapping[bool | None, str] = {False: "joined", None: "noload", True: "select"}
UNSEEN = "?"
"""How it loads is not seen: it may run a query when it is read, and may be joined with its owner."""
_MAY_JOIN = frozenset({"joined", UNSEEN})
_QUERIES = frozenset({"dynamic", "write_only"})


class Relationship(msgspec.Struct, frozen=True, eq=False):
    owner: Key
    name: str
    target: Key | None
    lazy: str
    """`select` unless the project says otherwise."""
    deletes: bool = False
    """Its objects are deleted together with their owner."""
    deletes_orphans: bool = False
    """Those that are taken out of it are deleted as well."""
    is_in_circle: bool = False
    """What loads by itself leads from its target back to its owner. On the way back nothing is loaded:
    https://docs.sqlalchemy.org/en/20/orm/self_referential.html#configuring-self-referential-eager-loading"""
    to_any_depth: bool = False
    """Where it is read of what it leads to, and so on: `children` of `children`. It is the same one."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Relationship) and self._said == other._said

    def __hash__(self) -> int:
        return hash((self.owner, self.name))

    @property
    def _said(self) -> tuple[object, ...]:
        said = (self.owner, self.name, self.target, self.lazy, self.deletes, self.deletes_orphans)
        return (*said, self.is_in_circle)

    @property
    def is_eager(self) -> bool:
        """Is it loaded with its owner, where that comes from somewhere else?"""
        return self.lazy in _EAGER

    @property
    def loads_when_read(self) -> bool:
        return not self.is_eager or self.is_in_circle

    def is_left_out(self, *passed: Key) -> bool:
        """Is it eager, but not for an owner that is loaded along these classes?"""
        return self.lazy in _STOPPING and self.target in passed

    @property
    def is_query(self) -> bool:
        return self.lazy in _QUERIES


Path = tuple[Relationship, ...]
"""From a class to what is loaded behind it, and behind that."""
_Table = dict[Key, dict[str, Relationship]]


class Relationships:
    def __init__(self, views: Views, mapped: Mapped) -> None:
        self.views = views
        self.program = views.inference.program
        self.mapped = mapped
        self._of: dict[Key, Mapping[str, Relationship]] = {}
        self.keys = ForeignKeys(views)
        self._said: dict[tuple[Key, str], Said] = {}

    @cached_property
    def _own(self) -> Mapping[Key, Mapping[str, Relationship]]:
        table = self._written()
        eager = [step for found in table.values() for step in found.values() if step.lazy in _LOADING]
        for step in eager:
            if step.lazy in _STOPPING and is_in_circle(step, eager):
                table[step.owner][step.name] = msgspec.structs.replace(step, is_in_circle=True)
        return table

    def _written(self) -> _Table:
        table: _Table = {}
        for cls in sorted(self.mapped.classes):
            for name, bindings in self.program.modules[cls.path].names[cls.scope].items():
                for binding in bindings:
                    if isinstance(binding.value, Call) and binding.how is How.ASSIGN:
                        call = CallKey(cls.path, binding.value.index)
                        func = self.program.call(call).func
                        if last_name(func) in MAKERS:
                            self._add(table, cls, name, call)
        for cls, name, call in self.views.inference.relations.behind:
            if cls in self.mapped.classes:
                self._add(table, cls, name, call, self.views.inference.relations.target(call))
        return table

    def _add(self, table: _Table, cls: Key, name: str, call: CallKey, known: Key | None = None) -> None:
        node = self.views.of(call.path).node_of(call)
        if node is None:
            return
        target = known or self._target(cls, name, self.program.call(call).args)
        said = said_of(self.views, self.views.of(call.path), node)
        table.setdefault(cls, {})[name] = _relationship(cls, name, target, said)
        self._said[cls, name] = said
        if said.names("backref") and target is not None:
            self._add_back(table, cls, target, said)

    def _add_back(self, table: _Table, cls: Key, target: Key, said: Said) -> None:
        view, back = said.options["backref"]
        name = said.other_side
        own = said_of(self.views, view, back) if isinstance(back, ast.Call) else Said()
        if name and name not in table.setdefault(target, {}):
            table[target][name] = _relationship(target, name, cls, own)
            self._said[target, name] = said.of_backref(own)

    def _target(self, cls: Key, name: str, args: tuple[Expr, ...]) -> Key | None:
        """By the first argument, else by the annotation: the mapped class of that name."""
        first = args[0] if args else None
        text = first.text if isinstance(first, Const) else last_name(first)
        if not text:
            for binding in self.program.modules[cls.path].names[cls.scope].get(name, ()):
                if binding.how is How.ANNOTATION:
                    words = repr(binding.value)
                    found = [k for k in self.mapped.classes if f"'{self.program.scope(k).name}'" in words]
                    return found[0] if len(found) == 1 else None
        short = text.rpartition(".")[2]
        found = [k for k in self.mapped.classes if self.program.scope(k).name == short]
        return found[0] if len(found) == 1 else None

    def primary_key(self, cls: Key) -> str | None:
        """The attribute that is the primary key; None where it has several columns, or cannot be seen."""
        found: dict[str, None] = {}
        for step in self.views.inference.classes.mro(cls):
            if not isinstance(step, Key):
                continue
            for binding in self.program.scope(step).bindings:
                node = self.views.of(step.path).bound_call(binding)
                if node is not None and any(says_primary(keyword) for keyword in node.keywords):
                    found[binding.name] = None
        return next(iter(found)) if len(found) == 1 else None

    def made(self, relationship: Relationship) -> tuple[View, ast.Call] | None:
        """Where the owner says it; None for what the other side makes with `backref`."""
        names = self.program.modules[relationship.owner.path].names[relationship.owner.scope]
        for binding in names.get(relationship.name, ()):
            view = self.views.of(relationship.owner.path)
            call = view.bound_call(binding) if binding.how is How.ASSIGN else None
            if call is not None:
                return view, call
        for cls, name, made in self.views.inference.relations.behind:
            if (cls, name) == (relationship.owner, relationship.name):
                view = self.views.of(made.path)
                call = view.node_of(made)
                return (view, call) if call is not None else None
        return None

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset(name for found in self._own.values() for name in found)

    def turned_round(self, relationship: Relationship) -> Iterator[str]:
        """The names of the relationships that lead from its target back to its owner's class."""
        owners = {relationship.owner, *self.views.inference.classes.mro(relationship.owner)}
        for name, step in (self.of(relationship.target) if relationship.target is not None else {}).items():
            if step.target in owners:
                yield name

    def is_to_one(self, relationship: Relationship) -> bool:
        """Does the owner hold the foreign key? Then nothing is loaded when the relationship is set."""
        owner, target = relationship.owner, relationship.target
        said = self._said_of(relationship)
        return target is not None and said is not None and leads_to_one(self.keys, owner, target, said)

    def leads_back(self, step: Relationship, before: Relationship) -> bool:
        """Does it give the very object of which `before` was read? Its session has that one."""
        sides = [(self._said_of(step), before), (self._said_of(before), step)]
        is_same = any(said is not None and said.other_side == other.name for said, other in sides)
        return is_same and step.target == before.owner and self.is_to_one(step)

    def _said_of(self, relationship: Relationship) -> Said | None:
        self._own  # noqa: B018 (what they say is read with them)
        return self._said.get((relationship.owner, relationship.name))

    def holds_several(self, relationship: Relationship) -> bool | None:
        """Is it a list? None where only the other side says so, or nobody whom this side sees."""
        said, owner, target = self._said_of(relationship), relationship.owner, relationship.target
        if said is None or self.made(relationship) is None:
            return None
        if said.get("uselist") is False or self.is_to_one(relationship):
            return False
        return target is None or leads_to_several(self.keys, owner, target, said)

    def of(self, cls: Key) -> Mapping[str, Relationship]:
        """All of a class, those of its bases included."""
        if cls not in self._of:
            found: dict[str, Relationship] = {}
            for step in reversed(self.views.inference.classes.mro(cls)):
                if isinstance(step, Key):
                    found.update(self._own.get(step, {}))
            self._of[cls] = found
        return self._of[cls]

    def read(self, view: View, node: ast.Attribute) -> tuple[Key, Relationship] | None:
        """The class of `post` and the relationship, where `post.owner` is one."""
        for kind in ordered(view.kinds(node.value)):
            found = self.of(kind.key).get(node.attr) if isinstance(kind, Obj) else None
            if isinstance(kind, Obj) and found is not None:
                return kind.key, found
        return None

    @cached_property
    def joined(self) -> list[Relationship]:
        """Those that may be joined to every query for their owners."""
        return [step for found in self._own.values() for step in found.values() if step.lazy in _MAY_JOIN]

    def repeat_rows(self, cls: Key) -> bool:
        """Does every query for the class join the objects of a collection, and give each owner several
        times? A query may ask for what classes derived from it have as well."""
        steps = self.keys.steps
        reached = [cls]
        for each in reached:
            for joined in self.joined:
                if joined.owner not in steps(each) and each not in steps(joined.owner):
                    continue
                if not self.is_to_one(joined):
                    return True
                if joined.target is not None and joined.target not in reached:
                    reached.append(joined.target)
        return False

    def unique_rows(self, *classes: Key) -> str:
        """What takes out the repetitions, where a query for the classes brings some."""
        return ".unique()" if any(map(self.repeat_rows, classes)) else ""

    def may_have(self, cls: Key, relationship: Relationship) -> bool:
        """It is one of the class; or the class is none of this database."""
        return self.of(cls).get(relationship.name) == relationship or cls not in self.mapped.classes

    def lazy(self, cls: Key, name: str, *passed: Key) -> Relationship | None:
        """The relationship of this name, if reading it may run a query; the object comes along the `passed`
        classes."""
        found = self.of(cls).get(name)
        is_lazy = found is not None and (found.loads_when_read or found.is_left_out(*passed))
        return found if is_lazy else None


def come_along(path: Path) -> bool:
    """Are all loaded by a query for what the path begins with?"""
    owners = [step.owner for step in path]
    return all(step.is_eager and not step.is_left_out(*owners[:n]) for n, step in enumerate(path, 1))


def is_in_circle(relationship: Relationship, steps: Iterable[Relationship]) -> bool:
    """Does its target lead back to its owner, over some of the `steps`?"""
    targets: dict[Key, set[Key | None]] = defaultdict(set)
    for step in steps:
        targets[step.owner].add(step.target)
    found: set[Key | None] = set()
    todo = {relationship.target}
    while todo:
        found |= todo
        todo = {target for each in todo if each is not None for target in targets[each]} - found
    return relationship.owner in found


def _relationship(owner: Key, name: str, target: Key | None, said: Said) -> Relationship:
    cascade = str(said.get("cascade", ""))
    is_whole = said.get("cascade_delete", False) is True  # of SQLModel
    deletes = is_whole or "delete" in cascade or "all" in cascade
    orphans = is_whole or "delete-orphan" in cascade
    return Relationship(owner, name, target, _lazy(said), deletes, orphans)


def _lazy(said: Said) -> str:
    lazy = said.get("lazy", UNSEEN if said.names("lazy") or said.names(HIDDEN) else "select")
    return _OLD.get(lazy, str(lazy)) if lazy is None or isinstance(lazy, bool) else str(lazy)
