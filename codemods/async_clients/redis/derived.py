"""Pipelines, locks and subscriptions, which a Redis client gives: they stay in their function.

with cache.pipeline() as pipe:          async with cache().pipeline() as pipe:
    pipe.incr(key)              ->          pipe.incr(key)
    pipe.execute()                          await pipe.execute()

with cache.lock(key):           ->      async with cache().lock(key):

news = cache.pubsub()                   news = cache().pubsub()
news.subscribe("orders")        ->      await news.subscribe("orders")
for message in news.listen():           async for message in news.listen():
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...analysis.link.program import CallKey
from ...analysis.nodes import bound_alone, target_of, walk
from ...analysis.syntax import FileSyntax, FunctionNode, last_name, span_of
from ...analysis.view import View
from ...model import AsyncStatement, Code, Edit, ReplaceExpression
from ..rewriting.passing import Spelling
from ..rewriting.renaming import types_of_twins
from ..twin import NoTwinError, World
from .watched import WATCH, watched_edits

WHAT = "the Redis client"
MAKES = {"pipeline", "lock", "pubsub"}
DERIVED = ("redis.client.Pipeline.", "redis.client.PubSub.", "redis.lock.Lock.")
_AT_ONCE = {"immediate_execute_command", "load_scripts", "transaction"}
ALLOWED = {
    "lock": {"acquire", "extend", "locked", "owned", "reacquire", "release"},
    "pubsub": {
        "close", "get_message", "listen", "ping", "psubscribe", "punsubscribe", "reset", "subscribe",
        "unsubscribe",
    },
}  # fmt: skip


def origin(file: FileSyntax, function: FunctionNode, call: ast.Call) -> ast.Call | None:
    """`cache.pipeline()` in `cache.pipeline().incr(k).execute()`, and for `pipe.execute()`."""
    node: ast.expr = call.func
    made: ast.Call | None = None
    while isinstance(node, (ast.Attribute, ast.Call)):
        if isinstance(node, ast.Call):
            made, node = node, node.func
        else:
            node = node.value
    if made is not None:
        return made
    return _assigned(file, function, node.id) if isinstance(node, ast.Name) else None


def _assigned(file: FileSyntax, function: FunctionNode, name: str) -> ast.Call | None:
    """The one call whose result a local name holds."""
    found: list[ast.expr | None] = []
    for node in walk(function):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store):
            parent = file.parents[node]
            target, value = bound_alone(parent)
            if target is node:
                found.append(value)
            else:
                found.append(parent.context_expr if isinstance(parent, ast.withitem) else None)
    return found[0] if len(found) == 1 and isinstance(found[0], ast.Call) else None


def derived_edits(
    world: World, key: CallKey, file: FileSyntax, made: ast.Call, spelling: Spelling
) -> Iterator[Edit]:
    """`cache.pipeline()`: it stays in its function, under one name or as the head of one chain."""
    assert isinstance(made.func, ast.Attribute)
    receiver = made.func.value
    if spelling.client(file, receiver) != file.source(receiver):
        yield ReplaceExpression(span_of(receiver), Code(spelling.client(file, receiver)))
    parent = file.parents[made]
    if isinstance(parent, ast.Attribute):
        _check_chain(file, made)
        return
    owner = world.effects.program.owner_of(key.path, world.effects.program.call(key).scope)
    function = world.node(owner) if owner.scope else None
    if made.func.attr == "lock" and isinstance(parent, ast.withitem):
        yield from _held(file, parent)
        if parent.optional_vars is None:
            return
    name, statement = _name_of(file, parent)
    if function is None or name is None or _assigned(file, function, name) is not made:
        raise NoTwinError(f"what .{made.func.attr}() of {WHAT} gives is handed on")
    if isinstance(statement, ast.With):
        if made.func.attr == "pubsub":
            raise NoTwinError(f"a subscription of {WHAT} is entered by a `with`")
        yield AsyncStatement(span_of(statement))
    yield from types_of_twins(View(world.effects.inference, file), statement)
    uses = list(_uses(file, function, name, made.func.attr))
    if WATCH in uses:
        yield from watched_edits(file, function, name)
    elif {"multi", "unwatch"}.intersection(uses):
        raise NoTwinError("a pipeline that watches nothing is told to .multi() or .unwatch()")


def is_held(file: FileSyntax, made: ast.Call) -> bool:
    """`with cache.lock(key):`"""
    return last_name(made.func) == "lock" and isinstance(file.parents[made], ast.withitem)


def _held(file: FileSyntax, item: ast.withitem) -> Iterator[Edit]:
    statement = file.parents[item]
    if not isinstance(statement, ast.With) or len(statement.items) != 1:
        raise NoTwinError("a lock is entered together with something else")
    yield AsyncStatement(span_of(statement))


def _name_of(file: FileSyntax, parent: ast.AST) -> tuple[str | None, ast.AST]:
    target = target_of(parent)
    if isinstance(target, ast.Name):
        return target.id, parent
    if isinstance(parent, ast.withitem) and isinstance(parent.optional_vars, ast.Name):
        statement = file.parents[parent]
        if isinstance(statement, ast.With) and len(statement.items) == 1:
            return parent.optional_vars.id, statement
    return None, parent


def _check_chain(file: FileSyntax, made: ast.Call) -> None:
    """`cache.pipeline().incr(k).expire(k, 9).execute()`"""
    node: ast.AST = made
    last = ""
    while (
        isinstance(file.parents[node], (ast.Attribute, ast.Call))
        and getattr(file.parents[node], "func", node) is node
    ):
        node = file.parents[node]
        last = node.attr if isinstance(node, ast.Attribute) else last
    if last not in ("execute", "locked", "owned", "acquire"):
        raise NoTwinError(f"a chain of {WHAT} ends in .{last}")


def _uses(file: FileSyntax, function: FunctionNode, name: str, kind: str) -> Iterator[str]:
    """The methods that are called on it. Raises `NoTwinError` for any other use."""
    for node in walk(function):
        if not (isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)):
            continue
        parent = file.parents[node]
        called = isinstance(parent, ast.Attribute) and isinstance(file.parents[parent], ast.Call)
        if not isinstance(parent, ast.Attribute) or not called:
            raise NoTwinError(f"{name} is handed on")
        if parent.attr in _AT_ONCE:
            raise NoTwinError(f".{parent.attr}() of a pipeline sends its commands at once")
        if kind in ALLOWED and parent.attr not in ALLOWED[kind]:
            raise NoTwinError(f".{parent.attr}() of a {kind} has no exact twin")
        yield parent.attr
