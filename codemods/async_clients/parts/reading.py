"""What is done with the parts of a client but to call them: they are entered, gone through, handed on.

with driver.session() as session:          ->      async with driver().session() as session:
    for record in session.run(query):                  async for record in await session.run(query):

def people(session: Session):              ->      async def people(session: AsyncSession):
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

import msgspec

from ...analysis.link.program import CallKey, Key
from ...analysis.nodes import BINDINGS, bound_plainly
from ...analysis.spelled import fact_of
from ...analysis.syntax import span_of
from ...analysis.view import View, Views
from ...async_generators.consumers import Consumed, entered, read_at
from ...catalogue.schema import Owner
from ...model import Edit, Reason, Span
from ..objects.arguments import argument_of
from ..objects.asked_for import is_asked_for
from ..objects.uses import Objects
from ..twin import NoTwinError
from .found import Part


class Read(msgspec.Struct):
    """What changes where parts are used, beside the calls on them."""

    edits: list[tuple[str, Edit]] = msgspec.field(default_factory=list)
    places: dict[tuple[str, Span], CallKey] = msgspec.field(default_factory=dict)
    """Where something waits that is no call on them, each with the call that gave it."""
    owners: set[Key] = msgspec.field(default_factory=set)
    """The functions around these places."""


def read_parts(found: Objects, views: Views, parts: Sequence[Part]) -> Read:
    """Raises `NoTwinError` for a use that has no equal."""
    read = Read()
    known = {(view.path, span_of(node)) for part in parts for view, node, _ in _nodes(found, views, part)}
    for part in parts:
        _check_reads(found, part)
        for view, node, call in _nodes(found, views, part):
            _Use(found, view, part, known).of(node, call, read)
        for path, node in _gone_through(found, part):
            _Use(found, views.of(path), part, known).go_through(node, min(part.given_by), read)
    return read


def _gone_through(found: Objects, part: Part) -> Iterator[tuple[str, ast.expr]]:
    """`stream.text_stream`: attributes that wait where somebody goes through them."""
    for path, span in part.it.reads:
        node = found.node(path, span)
        cls = found.program.catalogue.owner(part.cls.attributes.get(getattr(node, "attr", ""), ""))
        if isinstance(node, ast.Attribute) and cls is not None and goes_through(cls):
            yield path, node


def goes_through(cls: Owner) -> bool:
    """Does it wait for what it gives one after the other?"""
    return "__iter__" in cls.exact


def _check_reads(found: Objects, part: Part) -> None:
    """A method that is read, and called elsewhere, would have to be awaited there."""
    for path, span in part.it.reads:
        node = found.node(path, span)
        is_read = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
        if not (is_read and isinstance(node, ast.Attribute) and node.attr in part.cls.attributes):
            raise NoTwinError(f"what is read of {part.what} may be another one ({path}:{span.line})")


def _nodes(found: Objects, views: Views, part: Part) -> Iterator[tuple[View, ast.expr, CallKey]]:
    """The calls that give it, and the names under which it goes, each with such a call."""
    it, first = part.it, min(part.given_by)
    for call in sorted(it.made):
        view = views.of(call.path)
        node = view.node_of(call)
        assert node is not None
        yield view, node, call
    for giver in sorted(it.returned_by):
        for caller in found.world.callers.calls(giver):
            view = views.of(caller.call.path)
            given = view.node_of(caller.call)
            if given is not None:
                yield view, given, first
    for path, span in (*it.passes, *it.escapes):
        named = found.node(path, span)
        if named is None:
            raise NoTwinError(f"{part.what} is handed on ({path}:{span.line})")
        yield views.of(path), named, first


class _Use(msgspec.Struct, frozen=True):
    """One place where a part stands."""

    found: Objects
    view: View
    part: Part
    known: set[tuple[str, Span]]

    def of(self, node: ast.expr, call: CallKey, read: Read) -> None:
        parent = self.view.file.parents[node]
        if isinstance(parent, ast.withitem) and not {"__enter__", "__exit__"}.isdisjoint(self.part.cls.calls):
            self._wait(entered(self.view, parent, self._is_known), (parent.context_expr,), call, read)
        elif goes_through(self.part.cls) and not self._is_passed(node, parent):
            self.go_through(node, call, read)
        elif not self._is_passed(node, parent):
            raise self._handed_on(node)

    def go_through(self, node: ast.expr, call: CallKey, read: Read) -> None:
        parent = self.view.file.parents[node]
        statement = [parent] if isinstance(parent, (ast.For, ast.Call, ast.YieldFrom)) else []
        self._wait(read_at(self.view, node, self._is_known), (node, *statement), call, read)

    def _is_passed(self, node: ast.expr, parent: ast.AST) -> bool:
        """Is it called, or followed to where it goes?"""
        if isinstance(parent, ast.Attribute):
            above = self.view.file.parents[parent]
            return isinstance(above, ast.Call) and above.func is parent
        if isinstance(parent, ast.Expr) or is_asked_for(self.view.file, node):
            return True
        if isinstance(parent, BINDINGS) and parent.value is node:
            bound = bound_plainly(parent)
            return all(isinstance(target, ast.Name) or self._keeps(target) for target, _ in bound)
        owner = self.view.owner(node)
        if isinstance(parent, ast.Return):
            return owner in self.part.it.returned_by
        if isinstance(parent, ast.Yield):
            return self.found.is_given_by(owner)
        argument = argument_of(self.view.file, node)
        key = self.view.call_key(argument[0]) if argument is not None else None
        if argument is None or key is None:
            return False
        if key in self.part.it.calls:
            return True  # a function of the library works on it
        taken = self.found.parameters_given(key, argument[1])
        return bool(taken) and taken <= self.part.it.holders

    def _keeps(self, target: ast.expr) -> bool:
        """Is it an attribute that is known to hold the part?"""
        fact = fact_of(target)
        held = self.found.holders(self.view.key(target), fact, target.lineno) if fact is not None else ()
        return not self.part.it.holders.isdisjoint(held)

    def _wait(self, consumed: Consumed | Reason, nodes: Sequence[ast.AST], call: CallKey, read: Read) -> None:
        if isinstance(consumed, Reason):
            raise NoTwinError(f"{consumed.text} ({self.view.path}:{getattr(nodes[0], 'lineno', 1)})")
        read.edits += [(self.view.path, edit) for edit in consumed.edits]
        for node in nodes:
            read.places.setdefault((self.view.path, span_of(node)), call)
        read.owners.add(self.view.owner(nodes[0]))

    def _is_known(self, node: ast.expr) -> bool:
        return (self.view.path, span_of(node)) in self.known

    def _handed_on(self, node: ast.expr) -> NoTwinError:
        return NoTwinError(f"{self.part.what} is handed on ({self.view.path}:{node.lineno})")
