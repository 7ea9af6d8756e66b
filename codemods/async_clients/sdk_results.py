"""What calls of an SDK give that waits again: streams and pages, whose classes have twins of their own.

    for chunk in stream:                       ->    async for chunk in stream:
    [each.id for each in client.files.list()]  ->    [each.id async for each in await client().files.list()]
    page = client.models.list()                ->    page = await client().models.list()
    return page.data                                 return page.data

What is handed on, or used as the table of its class does not call exact, keeps the call as it is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ..analysis.nodes import walk
from ..analysis.scopes import own_nodes
from ..analysis.syntax import span_of
from ..analysis.view import View, Views
from ..async_generators.consumers import Consumed, of_comprehension
from ..catalogue import Catalogue, Effect, Entry
from ..catalogue.schema import Owner
from ..model import AsyncStatement, Edit, Span
from .twin import Call, NoTwinError


@dataclass(frozen=True, slots=True)
class Reading:
    """What changes where the result is used, and the places that wait from now on."""

    edits: tuple[Edit, ...] = ()
    places: tuple[Span, ...] = ()

    def __add__(self, other: Reading) -> Reading:
        return Reading(self.edits + other.edits, self.places + other.places)


def result(call: Call, views: Views) -> Reading:
    """How what the call gives is used from now on. Raises `NoTwinError`."""
    entry, catalogue = call.site.entry, call.world.effects.program.catalogue
    assert entry is not None
    name = entry.streamed if _streams(call, entry) else entry.returns
    cls = catalogue.owner(name) if name is not None else None
    if cls is None or cls.twin is None:
        return Reading()
    return Results(views.of(call.file.path), catalogue, cls).of(call.call)


def _streams(call: Call, entry: Entry) -> bool:
    """Is `stream=True` given? Raises `NoTwinError` where that cannot be told."""
    given = {keyword.arg: keyword.value for keyword in call.call.keywords}
    stream = given.get("stream")
    if (stream is None and None not in given) or (isinstance(stream, ast.Constant) and stream.value is False):
        return False
    if entry.streamed is None or not (isinstance(stream, ast.Constant) and stream.value is True):
        raise NoTwinError("whether it streams is not written out")
    return True


@dataclass(frozen=True)
class Results:
    """The uses of what one call gives."""

    view: View
    catalogue: Catalogue
    cls: Owner

    def of(self, made: ast.Call) -> Reading:
        """Raises `NoTwinError` for a use that is not the same for the twin."""
        found = Reading()
        for use in self._uses(made):
            found += self._read(use)
        return found

    def _uses(self, made: ast.Call) -> Iterator[ast.expr]:
        """The call, or every use of the one name that keeps what it gives."""
        parent = self.view.file.parents[made]
        target = parent.targets[0] if isinstance(parent, ast.Assign) and len(parent.targets) == 1 else None
        function = self.view.function(made)
        if not isinstance(target, ast.Name):
            yield made
            return
        frame = set(own_nodes(function)) if function is not None else set()
        for node in walk(function) if function is not None else ():
            if isinstance(node, (ast.Global, ast.Nonlocal)) and target.id in node.names:
                raise self._handed_on()
            if not isinstance(node, ast.Name) or node.id != target.id or node is target:
                continue
            if not isinstance(node.ctx, ast.Load) or node not in frame:
                raise self._handed_on()
            yield node

    def _read(self, node: ast.expr) -> Reading:
        parent = self.view.file.parents[node]
        if isinstance(parent, ast.Expr):
            return Reading()
        if isinstance(parent, ast.Attribute):
            return self._attribute(parent)
        if "__getitem__" in self.cls.exact and isinstance(parent, ast.Subscript) and parent.value is node:
            return Reading()
        if "__iter__" in self.cls.exact and isinstance(parent, ast.For) and self.view.can_await(parent):
            return Reading((AsyncStatement(span_of(parent)),), (span_of(parent),))
        if "__iter__" in self.cls.exact and isinstance(parent, ast.comprehension):
            found = of_comprehension(self.view, node, parent)
            if isinstance(found, Consumed):
                return Reading(found.edits, tuple(map(span_of, found.awaited)))
        raise self._handed_on()

    def _attribute(self, node: ast.Attribute) -> Reading:
        call = self.view.file.parents[node]
        if isinstance(node.ctx, ast.Load) and node.attr in self.cls.attributes:
            return Reading()
        entry = self.catalogue.find(f"{self.cls.name}.{node.attr}")
        is_called = isinstance(call, ast.Call) and call.func is node
        if entry is None or not entry.exact or entry.effect is not Effect.FAST or not is_called:
            raise NoTwinError(f".{node.attr} of what it gives has no exact twin")
        return Reading()

    def _handed_on(self) -> NoTwinError:
        return NoTwinError(f"what it gives, a {self.cls.name.rpartition('.')[2]}, is handed on")
