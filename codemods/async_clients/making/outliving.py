"""Objects that are kept longer than the call in which they are made: `caches[name] = Cache(client)`."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator

from ...analysis.link.program import CallKey, Key
from ...analysis.nodes import BINDINGS, bound_plainly, walk
from ...analysis.scopes import FUNCTIONS
from ...analysis.syntax import FileSyntax, FunctionNode, span_of
from ..objects.client_object import Holder
from ..objects.patched import check_patches
from ..twin import NoTwinError, World
from .at_start import is_made_at_start
from .lifetimes import calls_of, is_cached

_DEPTH = 4
_PUTS = frozenset({"add", "append", "appendleft", "insert", "put", "setdefault", "update"})
_OF_REQUEST = "request.state."


def check_kept(world: World, holders: Iterable[Holder], of_itself: Collection[Holder], what: str) -> None:
    """Tests put nothing else there, and what keeps a client `of_itself` is gone with its event loop. Raises
    `NoTwinError`."""
    for holder in sorted(holders):
        check_patches(world, holder, what)
        if holder in of_itself and holder.path:
            cls = Key(holder.path, holder.scope)
            beyond = _kept_beyond(world, cls) if holder.on_instance else holder.name
            if beyond is not None:
                raise NoTwinError(f"{what} is kept longer than for one event loop ({beyond})")


def _kept_beyond(world: World, cls: Key) -> str | None:
    """Where an object of the class, or of one below it, is kept for later requests."""
    below = world.effects.inference.classes.subclasses.get(cls, ())
    found = (place for each in (cls, *below) for place in _kept(world, each, _DEPTH))
    return next(found, None)


def _kept(world: World, cls: Key, depth: int) -> Iterator[str]:
    for call in calls_of(world, cls):
        yield from _given(world, call, depth)


def _given(world: World, call: CallKey, depth: int) -> Iterator[str]:
    file = world.syntax.file(call.path)
    node = file.call(world.effects.program.call(call).span)
    if node is not None and depth > 0 and not is_made_at_start(world, call):
        yield from _value(world, file, node, depth)


def _value(world: World, file: FileSyntax, node: ast.expr, depth: int) -> Iterator[str]:
    """What becomes of an expression that gives the object."""
    while isinstance(file.parents[node], (ast.Await, ast.BoolOp, ast.IfExp, ast.NamedExpr)):
        parent = file.parents[node]
        assert isinstance(parent, ast.expr)
        node = parent
    parent = file.parents[node]
    function = next((each for each in file.above(node) if isinstance(each, FUNCTIONS)), None)
    if function is None:
        return
    if isinstance(parent, BINDINGS):
        for target, _ in bound_plainly(parent):
            yield from _target(world, file, function, target, depth)
    elif isinstance(parent, ast.Return):
        number = world.effects.program.modules[file.path].functions.get(span_of(function))
        key = Key(file.path, number or 0)
        if number is not None and is_cached(world, key):
            yield f"{file.path}:{node.lineno}"
        for caller in world.callers.calls(key) if number is not None else ():
            yield from _given(world, caller.call, depth - 1)
    elif isinstance(parent, ast.Call) and _puts(function, parent.func):
        yield f"{file.path}:{node.lineno}"


def _target(
    world: World, file: FileSyntax, function: FunctionNode, target: ast.expr, depth: int
) -> Iterator[str]:
    if isinstance(target, ast.Name):
        if not _is_own(function, target):
            yield f"{file.path}:{target.lineno}"
            return
        for name in walk(function):
            if isinstance(name, ast.Name) and name.id == target.id and isinstance(name.ctx, ast.Load):
                yield from _value(world, file, name, depth - 1) if depth > 0 else ()
    elif isinstance(target, ast.Attribute) and ast.unparse(target.value) == _itself(function):
        number = world.effects.program.modules[file.path].functions.get(span_of(function))
        cls = world.effects.program.enclosing_class(Key(file.path, number)) if number is not None else None
        if cls is not None and depth > 0:
            yield from _kept(world, cls, depth - 1)
    elif not (
        (isinstance(target, ast.Subscript) and _is_own(function, target.value))
        or ast.unparse(target).startswith(_OF_REQUEST)
    ):
        yield f"{file.path}:{target.lineno}"


def _puts(function: FunctionNode, method: ast.expr) -> bool:
    """`caches.append(..)`, of a list that is not the function's own."""
    return isinstance(method, ast.Attribute) and method.attr in _PUTS and not _is_own(function, method.value)


def _itself(function: FunctionNode) -> str:
    """The name of the object of which it is a method."""
    is_method = function.args.args and not function.decorator_list
    return function.args.args[0].arg if is_method else ""


def _is_own(function: FunctionNode, node: ast.expr) -> bool:
    """A name that the function binds for itself."""
    if not isinstance(node, ast.Name):
        return False
    bound = [each for each in walk(function) if isinstance(each, ast.Name) and each.id == node.id]
    shared = [each for each in walk(function) if isinstance(each, (ast.Global, ast.Nonlocal))]
    is_shared = any(node.id in each.names for each in shared)
    return not is_shared and any(isinstance(each.ctx, ast.Store) for each in bound)
