"""Queries that objects keep in an attribute, or give as a property.

self.query = db.query(Note)                   self.query = select(Note)

def named(self, name):                        async def named(self, name):
    q = self.query.filter(..)         ->          q = self.query.filter(..)
    return q.all()                                return (await self.db.scalars(q)).all()
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ...analysis.link.kinds import Obj, Unknown
from ...analysis.link.program import Key
from ...analysis.nodes import bound_alone, walk
from ...analysis.syntax import FunctionNode
from ...analysis.view import View
from .assignments import of_values
from .chains import BUILDERS, means_query
from .terminals import NAMES, Statement

if TYPE_CHECKING:
    from .peers import Peers


class Attributes:
    def __init__(self, peers: Peers) -> None:
        self.peers = peers
        self.classes = peers.callers.inference.classes
        self._known: list[tuple[Key, str, Statement]] = []

    def follow(self, view: View, node: ast.AST, name: str, statement: Statement) -> bool:
        """From `node`, by which objects of the class around it come to have the query under `name`, to all
        who read it there; False where one of them cannot be told."""
        if statement.variable == name:
            return True  # `self.query = self.query.filter(..)`
        function, cls = view.function(node), view.program.enclosing_class(view.owner(node))
        session = _kept_session(function, statement.session) if function is not None else None
        if cls is None or session is None or self._has_strangers(name):
            return False
        for other, attribute, known in self._known:
            if attribute == name and self._are_kin(cls, other):
                return (known.entities, known.session) == (statement.entities, session)
        places = list(self._places(cls, name))
        values = [_value(each, place) for each, place in places if not isinstance(place.ctx, ast.Load)]
        if not all(value is not None and means_query(*value) for value in values):
            return False
        merged = of_values(
            filter(None, values),
            lambda part: getattr(part, "attr", "") == name,
            statement,
            self.peers.relationships,
        )
        merged = replace(merged, variable=name, session=session, options=(), key="")
        self._known.append((cls, name, merged))
        for each, place in places:
            if isinstance(place.ctx, ast.Load):
                owner = f"{each.source(place.value)}.{session}"
                self.peers.of(each.path).follow(place, replace(merged, session=owner))
        return True

    def _places(self, cls: Key, name: str) -> Iterator[tuple[View, ast.Attribute]]:
        """Where the attribute of objects that may be of the class is read or set."""
        for view, node in self._named(name):
            found = {kind.key for kind in view.kinds(node.value) if isinstance(kind, Obj)}
            if any(self._are_kin(cls, each) for each in found):
                yield view, node

    def _has_strangers(self, name: str) -> bool:
        """Is it read as a query of an object of which nobody knows what it is?"""
        for view, node in self._named(name):
            kinds, above = view.kinds(node.value), view.file.parents[node]
            is_known = kinds and not any(isinstance(kind, Unknown) for kind in kinds)
            if not is_known and isinstance(above, ast.Attribute) and above.attr in (*NAMES, *BUILDERS):
                return True
        return False

    def _named(self, name: str) -> Iterator[tuple[View, ast.Attribute]]:
        for path in sorted(self.peers.callers.program.modules):
            view = self.peers.views.of(path)
            for node in walk(view.file.tree) if f".{name}" in view.file.text else ():
                if isinstance(node, ast.Attribute) and node.attr == name:
                    yield view, node

    def _are_kin(self, one: Key, other: Key) -> bool:
        return one in self.classes.mro(other) or other in self.classes.mro(one)


def _value(view: View, place: ast.Attribute) -> tuple[View, ast.expr] | None:
    target, value = bound_alone(view.file.parents[place])
    return (view, value) if target is place and value is not None else None


def _kept_session(function: FunctionNode, session: str) -> str | None:
    """The attribute under which the object has the session as well: `self.db`, or `self.db = db`."""
    own = function.args.args[0].arg if function.args.args else ""
    if session.startswith(f"{own}."):
        return session.removeprefix(f"{own}.")
    for node in walk(function):
        if isinstance(node, ast.Assign) and ast.unparse(node.value) == session:
            for target in node.targets:
                if isinstance(target, ast.Attribute) and ast.unparse(target.value) == own:
                    return target.attr
    return None
