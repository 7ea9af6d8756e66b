"""What calls of an SDK give that waits again: streams and pages, whose classes have twins of their own.

    for chunk in stream:                       ->    async for chunk in stream:
    [each.id for each in client.files.list()]  ->    [each.id async for each in await client().files.list()]
    b"".join(stream)                           ->    b"".join([item async for item in stream])
    page = client.models.list()                ->    page = await client().models.list()
    return page.data                                 return page.data
    for each in page.auto_paging_iter():       ->    async for each in page.auto_paging_iter():

What is handed on, or used as the table of its class does not call exact, keeps the call as it is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from ..analysis.nodes import target_of, walk
from ..analysis.scopes import own_nodes
from ..analysis.syntax import span_of
from ..analysis.view import View, Views
from ..async_generators.consumers import Consumed, closed_after, read_at
from ..catalogue import Catalogue, Effect, Entry
from ..catalogue.schema import Owner
from ..model import Edit, Span
from .starred import keys_of_star
from .twin import Call, NoTwinError

_LEAVING = (ast.Break, ast.Raise, ast.Return, ast.Yield)


class Reading(msgspec.Struct, frozen=True):
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
    if cls is None:
        return Reading()
    results = Results(views.of(call.file.path), catalogue, cls)
    return results.of(call.call) if cls.twin is not None else results.behind(call.call)


def _streams(call: Call, entry: Entry) -> bool:
    """Is `stream=True` given? Raises `NoTwinError` where that cannot be told."""
    given = {keyword.arg: keyword.value for keyword in call.call.keywords}
    stream = given.get("stream")
    if stream is None and (None not in given or not _may_be_passed_on(call)):
        return False
    if isinstance(stream, ast.Constant) and stream.value is False:
        return False
    if entry.streamed is None or not (isinstance(stream, ast.Constant) and stream.value is True):
        raise NoTwinError("whether it streams is not written out")
    return True


def _may_be_passed_on(call: Call) -> bool:
    """Is `stream` among what `**` gives?"""
    try:
        return "stream" in keys_of_star(call)
    except NoTwinError:
        return True


class Results(msgspec.Struct, frozen=True):
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

    def behind(self, made: ast.Call) -> Reading:
        """What its methods give that waits, where it is the same object in itself. Raises `NoTwinError`."""
        owners = {word: self.catalogue.owner(given) for word, given in self.cls.returns.items()}
        waiting = {word: cls for word, cls in owners.items() if cls is not None and cls.twin is not None}
        found = Reading()
        if not any(map(self.view.file.mentions, waiting)):
            return found
        for use in self._uses(made):
            read = self.view.file.parents[use]
            call = self.view.file.parents[read]
            cls = waiting.get(read.attr) if isinstance(read, ast.Attribute) else None
            if cls is not None and isinstance(call, ast.Call) and call.func is read:
                found += replace(self, cls=cls).of(call)
        return found

    def _uses(self, made: ast.Call) -> Iterator[ast.expr]:
        """The call, or every use of the one name that keeps what it gives."""
        parent = self.view.file.parents[made]
        target = target_of(parent)
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
        found = read_at(self.view, node, lambda _: False) if self._is_gone_through(parent) else None
        if not isinstance(found, Consumed):
            raise self._handed_on()
        closing = self._closing(node, parent) if isinstance(parent, ast.For) else ()
        around = (parent,) if found.awaited and isinstance(parent, (ast.For, ast.Call)) else ()
        return Reading((*found.edits, *closing), tuple(map(span_of, (*found.awaited, *around))))

    def _closing(self, node: ast.expr, loop: ast.For) -> tuple[Edit, ...]:
        """What cleans up when it is closed, as a generator does, is closed where the loop leaves it early.
        Behind an error the event loop closes it. https://docs.python.org/3/library/sys.html#sys.set_asyncgen_hooks
        """
        is_left = any(isinstance(inner, _LEAVING) for part in loop.body for inner in walk(part))
        if not is_left or not self.cls.twins.get("close", "").endswith(".aclose"):
            return ()
        closing = closed_after(self.view, node)
        if closing is None:
            raise NoTwinError("what it gives may be left before its end, and would clean up later")
        return (closing,)

    def _is_gone_through(self, parent: ast.AST) -> bool:
        """Up to its end, or by a response."""
        is_step = isinstance(parent, ast.Call) and self.view.external(parent.func) == "builtins.next"
        return "__iter__" in self.cls.exact and not is_step and not isinstance(parent, ast.YieldFrom)

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
