"""How what a cursor gives is read, once each batch is awaited.

    for user in users.find().sort("n"):      ->      async for user in users().find().sort("n"):
    list(users.find())                       ->      await users().find().to_list()
    [u["n"] for u in users.find()]           ->      [u["n"] async for u in users().find()]
    next(users.find(), None)                 ->      await anext(users().find(), None)
    entities(users.find())                   ->      entities(await users().find().to_list())
    for u in users.aggregate(steps):         ->      async for u in await users().aggregate(steps):

A plain `for` over an async cursor gives nothing, without a word: a cursor of which one use is not seen stays.
https://pymongo.readthedocs.io/en/stable/async-tutorial.html
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec

from ...analysis.link.functions.given import parameters_given
from ...analysis.link.kinds import Fn
from ...analysis.link.program import Key
from ...analysis.nodes import BINDINGS, bound_plainly, target_of, walk
from ...analysis.scopes import COMPREHENSIONS
from ...analysis.syntax import FunctionNode, span_of
from ...analysis.view import View, Views
from ...async_generators.consumers import of_comprehension
from ...model import (
    AsyncStatement,
    AwaitExpression,
    AwaitWithin,
    Code,
    Edit,
    Reason,
    ReplaceCall,
    Span,
)
from ..rewriting.renaming import types_of_twins
from ..twin import NoTwinError

CURSORS = frozenset({"pymongo.cursor.Cursor", "pymongo.command_cursor.CommandCursor"})
MAKES = frozenset({"find", "find_raw_batches"})
"""Ask for nothing yet."""
MAKES_AWAITED = frozenset(
    {"aggregate", "list_collections", "list_databases", "list_indexes", "list_search_indexes"}
)
_LIST = "to_list"
SETS_UP = frozenset(
    {
        "allow_disk_use", "batch_size", "clone", "collation", "comment", "hint", "limit", "max",
        "max_await_time_ms", "max_time_ms", "min", "remove_option", "skip", "sort", "where",
    }
)  # fmt: skip
AWAITED = frozenset({"close", "distinct", "explain", _LIST, "try_next"})
_TAKE_ALL = frozenset(f"builtins.{name}" for name in ("sorted", "tuple", "set", "enumerate", "zip", "map"))
_TAKE_ALL_ELSEWHERE = frozenset({"bson.json_util.dumps", "pandas.DataFrame"})
_LAZY = frozenset({"builtins.enumerate", "builtins.zip", "builtins.map"})
_LOOPS = (ast.For, ast.AsyncFor, ast.While, *COMPREHENSIONS)
_LEAVES = (ast.Break, ast.Return, ast.Raise, ast.Yield, ast.YieldFrom)


class Reading(msgspec.Struct, frozen=True):
    """What changes where a cursor is read."""

    edits: tuple[Edit, ...] = ()
    places: tuple[Span, ...] = ()
    """Where it blocks today; it waits there from now on."""
    inside: frozenset[tuple[Key, Span]] = frozenset()
    """What functions of the project do with it, and do with a list from now on."""

    def sent_by(self, call: ast.Call) -> Reading:
        """The same, of a cursor that is awaited itself: `await (await c.aggregate(steps)).to_list()`."""
        span = span_of(call)
        listed = AwaitExpression(span, _LIST)
        edits = [AwaitExpression(span, _LIST, twice=True) if e == listed else e for e in self.edits]
        own = () if listed in self.edits else (AwaitExpression(span),)
        return Reading((*own, *edits), (span, *self.places), self.inside)

    def __add__(self, other: Reading) -> Reading:
        edits = (*self.edits, *(edit for edit in other.edits if edit not in self.edits))
        return Reading(edits, (*self.places, *other.places), self.inside | other.inside)


class Cursors(msgspec.Struct, frozen=True):
    views: Views

    def read(self, view: View, start: ast.expr) -> Reading:
        """All that is done with the cursor that an expression gives. Raises `NoTwinError`."""
        node = _set_up(view, start)
        parent = view.file.parents[node]
        if isinstance(parent, ast.Attribute):
            call = view.file.parents[parent]
            if not isinstance(call, ast.Call) or call.func is not parent or parent.attr not in AWAITED:
                raise self._refused(view, node, f".{parent.attr} of a cursor has no exact twin")
            return self._checked(view, call, Reading((AwaitExpression(span_of(call)),), (span_of(call),)))
        if isinstance(parent, ast.Expr):
            return Reading()
        if isinstance(parent, ast.For) and parent.iter is node:
            span = span_of(parent)
            return self._checked(view, parent, Reading((AsyncStatement(span),), (span,)))
        if isinstance(parent, ast.comprehension) and parent.iter is node:
            found = of_comprehension(view, node, parent)
            if isinstance(found, Reason):
                raise NoTwinError(found.text)
            return Reading(found.edits, (span_of(node),))
        if isinstance(kept := target_of(parent), ast.Name):
            return self._kept(view, kept)
        if isinstance(parent, ast.Starred):
            return self._checked(view, node, Reading((_listed(node),), (span_of(node), span_of(parent))))
        taker, position = _argument(view, node)
        if taker is None:
            raise self._refused(view, node, "a cursor is handed on")
        return self._checked(view, taker, self._given(view, node, taker, position))

    def _given(self, view: View, node: ast.expr, call: ast.Call, position: int | str) -> Reading:
        name, span = view.external(call.func), span_of(call)
        if name == "builtins.list" and position == 0:
            if view.source(call).count("#") > view.source(node).count("#"):
                raise self._refused(view, node, "there is a comment beside a cursor")
            return Reading((AwaitWithin(span, span_of(node), _LIST),), (span,))
        if name == "builtins.next" and position == 0:
            if len(call.args) != 2:
                raise self._refused(view, node, "it is told by StopIteration that there is no more")
            return Reading((ReplaceCall(span, Code("anext"), awaited=True),), (span,))
        if name in _TAKE_ALL or name in _TAKE_ALL_ELSEWHERE:
            if name in _LAZY and not self._takes_all(view, call):
                raise self._refused(view, node, "a loop may end before the cursor does")
            return Reading((_listed(node),), (span,))
        inside = frozenset(self._read_inside(view, call, position))
        return Reading((_listed(node),), (span,), inside)

    def _takes_all(self, view: View, call: ast.Call) -> bool:
        """Is what it gives gone through to the end, as far as its form tells?"""
        above = view.file.parents[call]
        if isinstance(above, ast.For) and above.iter is call:
            return not any(isinstance(n, _LEAVES) for statement in above.body for n in walk(statement))
        return isinstance(above, (ast.comprehension, ast.Call))

    def _read_inside(self, view: View, call: ast.Call, position: int | str) -> Iterator[tuple[Key, Span]]:
        """Where a function of the project goes through the argument once: a list does as well there."""
        key, callees = view.call_key(call), view.callees(call)
        if not callees:
            raise self._refused(view, call, "a cursor is handed on")
        is_read = all(isinstance(kind, Fn) for kind in callees)
        taken = parameters_given(view.inference, key, position) if key is not None and is_read else {}
        if not taken:
            raise self._refused(view, call, f"a cursor is handed to {view.source(call.func)}")
        for taker, name in taken.items():
            scope, other = view.program.scope(taker), self.views.of(taker.path)
            function = other.file.function(scope.span)
            span = _gone_through(other, function, name) if function is not None else None
            if span is None:
                raise self._refused(view, call, f"{scope.name} does more than go through a cursor")
            yield taker, span

    def _kept(self, view: View, target: ast.Name) -> Reading:
        """`cursor = users.find()`, and every use of the name."""
        function, name = view.function(target), target.id
        assert function is not None
        found = Reading()
        for node in walk(function):
            if isinstance(node, (ast.Global, ast.Nonlocal)) and name in node.names:
                raise self._refused(view, target, "a cursor is kept elsewhere")
            if not isinstance(node, ast.Name) or node.id != name:
                continue
            if isinstance(node.ctx, ast.Store):
                statement = view.file.parents[node]
                values = [value for _, value in bound_plainly(statement)]
                if not values or view.instance(values[0]) not in CURSORS:
                    raise self._refused(view, node, f"{name} is not only a cursor")
                found += Reading(tuple(types_of_twins(view, statement)))
                continue
            if view.owner(node) != view.owner(target):
                raise self._refused(view, node, "a cursor is read by an inner function")
            is_again = isinstance(view.file.parents[_set_up(view, node)], BINDINGS)
            found += self._moved(view, node) if is_again else self.read(view, node)
        return found

    def _moved(self, view: View, node: ast.Name) -> Reading:
        """`cursor = cursor.limit(5)`"""
        parent = view.file.parents[_set_up(view, node)]
        target = target_of(parent)
        if not isinstance(target, ast.Name) or target.id != node.id:
            raise self._refused(view, node, "a cursor goes under several names")
        return Reading()

    def _checked(self, view: View, node: ast.AST, found: Reading) -> Reading:
        if not view.can_await(node):
            raise self._refused(view, node, "a cursor is read where nothing can be awaited")
        return found

    def _refused(self, view: View, node: ast.AST, text: str) -> NoTwinError:
        return NoTwinError(f"{text} ({view.path}:{getattr(node, 'lineno', 1)})")


def _listed(node: ast.expr) -> Edit:
    return AwaitExpression(span_of(node), _LIST)


def _set_up(view: View, node: ast.expr) -> ast.expr:
    """`users.find().sort("n").limit(5)` for `users.find()`."""
    while True:
        parent = view.file.parents[node]
        call = view.file.parents[parent]
        if not (isinstance(parent, ast.Attribute) and isinstance(call, ast.Call) and call.func is parent):
            return node
        if parent.attr not in SETS_UP:
            return node
        node = call


def _argument(view: View, node: ast.expr) -> tuple[ast.Call | None, int | str]:
    parent = view.file.parents[node]
    if isinstance(parent, ast.keyword):
        call = view.file.parents[parent]
        return (call, parent.arg) if isinstance(call, ast.Call) and parent.arg else (None, "")
    if isinstance(parent, ast.Call) and node in parent.args:
        return parent, parent.args.index(node)
    return None, ""


def _gone_through(view: View, function: FunctionNode, name: str) -> Span | None:
    """The one loop or comprehension that reads a parameter, if nothing else does."""
    uses = [n for n in walk(function) if isinstance(n, ast.Name) and n.id == name]
    if len(uses) != 1 or not isinstance(uses[0].ctx, ast.Load):
        return None
    (use,) = uses
    parent = view.file.parents[use]
    if isinstance(parent, ast.For) and parent.iter is use:
        start: ast.AST = parent
    elif isinstance(parent, ast.comprehension) and parent.iter is use:
        start = view.file.parents[parent]
    else:
        return None
    is_repeated = any(isinstance(above, _LOOPS) for above in view.file.above(start))
    return None if is_repeated else span_of(parent if isinstance(parent, ast.For) else use)
