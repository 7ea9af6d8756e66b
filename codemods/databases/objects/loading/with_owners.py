"""What is read of an object that another one leads to is loaded together with that one, whatever its name.

for item in db.query(Item).all():       ->  for item in (await db.scalars(select(Item).options(
    variant = item.variant                          selectinload(Item.variant).selectinload(Variant.product)
    print(variant.product.name)             ))).all(): ..
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Protocol

from ....analysis.link.program import Key
from ....analysis.view import View
from ...names import values_of
from ..mapped.relationships import Path
from ..values.held import Holding
from ..values.origins import Origins
from ..values.values import is_nothing
from .changes import Changes
from .needs import all_of

_Way = Callable[[], None]


class _Ways(Protocol):
    def __call__(
        self, view: View, node: ast.expr, statement: ast.stmt, cls: Key, path: Path, depth: int
    ) -> list[_Way] | None: ...


class WithOwners:
    def __init__(self, holding: Holding, origins: Origins, changes: Changes, ways: _Ways) -> None:
        """`ways`: what has to be done for what any other expression gives."""
        self.holding = holding
        self.origins = origins
        self.changes = changes
        self._ways = ways
        self._followed: set[tuple[str, Key, str]] = set()
        """Names whose values are being followed: `node = node.parent`."""

    def ways(
        self, view: View, name: ast.Name, statement: ast.stmt, cls: Key, path: Path, depth: int
    ) -> list[_Way] | None:
        """None where the name may mean something else, or what it is taken of may be another by now."""
        mark = (view.path, view.owner(name), name.id)
        values = [value for value in values_of(view, name) if not is_nothing(view, value)]
        if mark in self._followed or not any(self.holding.by(view, value) for value in values):
            return None
        self._followed.add(mark)
        found = all_of(self._of_value(view, value, statement, cls, path, depth) for value in values)
        self._followed.discard(mark)
        return found

    def _of_value(
        self, view: View, value: ast.expr, statement: ast.stmt, cls: Key, path: Path, depth: int
    ) -> list[_Way] | None:
        held = self.holding.settled(view, value)
        if held is None or not isinstance(held.owner, ast.Name):
            is_asked = isinstance(value, (ast.Await, ast.Call)) and self.holding.by(view, value) is None
            return self._ways(view, value, statement, cls, path, depth) if is_asked else None
        owner, way, function = held.owner, (*held.path, *path), view.function(held.owner)
        is_expired = function is None or self.origins.expired.at(view, function, owner.id, statement)
        origins = self.origins.of(view, owner)
        if is_expired or self.changes.come_before(view, owner, statement, origins, held.cls, way):
            return None
        return self._ways(view, owner, statement, held.cls, way, depth)
