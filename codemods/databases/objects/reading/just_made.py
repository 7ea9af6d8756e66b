"""Relationships that come along with every query, of objects that were just made: no query has brought these.

class User(Base):
    notes: Mapped[list[Note]] = relationship(lazy="selectin")

user = User(name=name)
db.add(user)
db.flush()
return user     # whoever reads its notes asks the database
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from ....analysis.link.kinds import Kinds
from ....analysis.link.names import Parameter, lookup
from ....analysis.link.program import Key
from ....analysis.nodes import bound_plainly, walk
from ....analysis.syntax import FunctionNode
from ....analysis.view import View
from ...draft import Draft
from ..mapped.relationships import Path, Relationship, Relationships
from ..values.held import comprehended
from ..values.newborn import makes, members
from ..values.origins import Origins
from ..values.put import put_into
from .schemas import Schemas

_DEPTH = 4


class JustMade:
    def __init__(
        self, relationships: Relationships, schemas: Schemas, origins: Origins, draft: Draft
    ) -> None:
        self.draft = draft
        self.relationships = relationships
        self.schemas = schemas
        self.origins = origins

    def read(self, view: View, node: ast.expr, cls: Key, name: str) -> Relationship | None:
        """The relationship of this name, if it comes with queries and the object may come from none."""
        found = self._along(cls, name)
        return found if found and self._is_made(view, node, view.file.statement(node), name, 0) else None

    def behind(self, view: View, node: ast.expr, cls: Key, name: str) -> Iterator[Relationship]:
        """The same for what a property of this name reads of its object."""
        for step in self._behind.get((cls, name), ()):
            if self._is_made(view, node, view.file.statement(node), step.name, 0):
                yield step

    @cached_property
    def names(self) -> frozenset[str]:
        """Of such properties."""
        return frozenset(name for _, name in self._behind)

    @cached_property
    def _behind(self) -> Mapping[tuple[Key, str], tuple[Relationship, ...]]:
        """Class and name of each property that reads relationships which come with queries."""
        found: dict[tuple[Key, str], tuple[Relationship, ...]] = {}
        for cls in sorted(self.relationships.mapped.classes):
            if not any(self._along(cls, name) for name in self.relationships.of(cls)):
                continue
            steps = (step for step in self.origins.views.inference.classes.mro(cls) if isinstance(step, Key))
            names = {each.name for step in steps for each in self.relationships.program.scope(step).bindings}
            read = ((name, dict.fromkeys(self._read_by(cls, name, frozenset()))) for name in sorted(names))
            found |= {(cls, name): tuple(steps) for name, steps in read if steps}
        return found

    def _read_by(self, cls: Key, name: str, above: frozenset[str]) -> Iterator[Relationship]:
        run = self.schemas.readers.property_of(cls, name) if name not in above else None
        own = run[1].args.args[:1] if run is not None else []
        for node in walk(run[1]) if run is not None and own else ():
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == own[0].arg:
                step = self._along(cls, node.attr)
                yield from (step,) if step is not None else self._read_by(cls, node.attr, above | {name})

    def paths(
        self, view: View, node: ast.expr, classes: Iterable[Key], schema: Kinds, statement: ast.stmt
    ) -> Iterator[tuple[Key, Path]]:
        """What a model reads of such an object, or of a list of such."""
        for cls in sorted(classes):
            names = {name for of, read in self.schemas.columns(schema, cls) if of == cls for name in read}
            own = {step for name in names if (step := self._along(cls, name)) is not None}
            behind = {step for name in names for step in self._behind.get((cls, name), ())}
            for step in sorted(own | behind, key=lambda each: each.name):
                if self._is_made(view, node, statement, step.name, 0):
                    yield cls, (step,)

    def _along(self, cls: Key, name: str) -> Relationship | None:
        found = self.relationships.of(cls).get(name)
        return found if found is not None and found.is_eager and not found.loads_when_read else None

    def _is_made(self, view: View, node: ast.expr, statement: ast.stmt, name: str, depth: int) -> bool:
        """Does the function, or the one that it calls, make the object, without setting the relationship?
        What a commit has expired is loaded again whole."""
        function = view.function(node)
        if function is None or depth > _DEPTH:
            return False
        if self._is_expired(view, function, node, statement):
            return False
        if isinstance(node, ast.Name):
            above = [n for n in walk(function) if getattr(n, "lineno", statement.lineno) < statement.lineno]
            if any(_is_named(each, node.id, name) for each in above):
                return False  # it is there since then
            made = [
                value
                for each in above
                for target, value in bound_plainly(each)
                if isinstance(target, ast.Name) and target.id == node.id
            ]
            made += [each for n in above for each in members(n, node.id)]
            if (around := comprehended(view, node)) is not None:
                made.append(around)
        elif isinstance(node, ast.Attribute) and not self._is_expired(view, function, node.value, statement):
            made = put_into(function, node.value, node.attr)
        else:
            made = [] if makes(view, node) else [node]
        if any(self._is_new(view, value, name, depth) for value in made):
            return True
        return any(
            self._is_made(origin.view, origin.returned.value, origin.returned, name, depth + 1)
            for origin in self.origins.of(view, node)
            if origin.node is None and origin.returned is not None and origin.returned.value is not None
        )

    def _is_expired(self, view: View, function: FunctionNode, node: ast.expr, statement: ast.stmt) -> bool:
        return isinstance(node, ast.Name) and self.origins.expired.at(view, function, node.id, statement)

    def _is_new(self, view: View, value: ast.expr, name: str, depth: int) -> bool:
        """`User(name=name)`, `User(name=name).save(db)`, `store(db, User(name=name))`; a list of it."""
        if depth > _DEPTH:
            return False
        if isinstance(value, ast.Name):
            return self._is_made(view, value, view.file.statement(value), name, depth + 1)
        if makes(view, value):
            return not _sets(value, name)
        parts = _parts(value) if not isinstance(value, ast.Call) else self._given_back(view, value, depth)
        return any(
            self._is_new(view, each, name, depth + 1)
            or self._is_made(view, each, view.file.statement(value), name, depth + 1)
            for each in parts
        )

    def _given_back(self, view: View, call: ast.Call, depth: int) -> Iterator[ast.expr]:
        """The arguments, and the object of a method, that a call may give back as they are."""
        for key in view.functions_called(call) if depth <= _DEPTH else ():
            for parameter in self._gives_back(key, depth):
                given = self.origins.arguments.value(view, call, parameter)
                if given is not None:
                    yield given

    def _gives_back(self, key: Key, depth: int) -> Iterator[Parameter]:
        """What nothing in the function has expired."""
        view = self.origins.views.of(key.path)
        function = view.file.function(view.program.scope(key).span)
        if function is None:
            return
        for each in walk(function):
            if not isinstance(each, ast.Return) or each.value is None or view.owner(each) != key:
                continue
            inner = each.value
            for value in (
                self._given_back(view, inner, depth + 1) if isinstance(inner, ast.Call) else (inner,)
            ):
                if isinstance(value, ast.Name):
                    taken = lookup(view.program, key, value.id)
                    is_whole = not self.origins.expired.at(view, function, value.id, each)
                    if isinstance(taken, Parameter) and is_whole:
                        yield taken


def _is_named(node: ast.AST, owner: str, name: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == name and ast.unparse(node.value) == owner


def _sets(value: ast.expr, name: str) -> bool:
    """By its keyword; what is unpacked are columns, as a rule."""
    return isinstance(value, ast.Call) and any(keyword.arg == name for keyword in value.keywords)


def _parts(value: ast.expr) -> list[ast.expr]:
    """`found or User(name=name)`, `[User(name=name) for name in names]`"""
    if isinstance(value, ast.IfExp):
        return [value.body, value.orelse]
    if isinstance(value, (ast.ListComp, ast.SetComp, ast.GeneratorExp)):
        return [value.elt]
    return value.values if isinstance(value, ast.BoolOp) else getattr(value, "elts", [])
