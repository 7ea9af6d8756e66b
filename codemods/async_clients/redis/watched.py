"""A pipeline that watches keys: what it is told between `watch` and `multi` is sent, and answered, at once.

pipe.watch(key)                          await pipe.watch(key)
left = int(pipe.get(key))                left = int(await pipe.get(key))
pipe.multi()                     ->      pipe.multi()
pipe.set(key, left - 1)                  pipe.set(key, left - 1)
pipe.execute()                           await pipe.execute()
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from ...analysis.awaiting import can_await
from ...analysis.nodes import walk
from ...analysis.syntax import FileSyntax, FunctionNode, span_of
from ...model import AwaitExpression, Edit
from ..twin import NoTwinError

WATCH = "watch"
_SITES = {WATCH, "execute", "multi", "reset", "unwatch"}


def watched_edits(file: FileSyntax, function: FunctionNode, name: str) -> Iterator[Edit]:
    """The commands that are answered at once. Raises `NoTwinError` where it is not plain which ones are."""
    calls = sorted(_calls(file, function, name), key=span_of)
    watches, multis = _named(calls, WATCH), _named(calls, "multi")
    block = _block(file, watches[0])
    if len(multis) != 1 or any(_block(file, each) is not block for each in (*watches, *multis)):
        raise NoTwinError("a pipeline watches in a way in which what it sends at once is not plain")
    start, end = block.index(file.statement(watches[0])), block.index(file.statement(multis[0]))
    inside = {node for statement in block[start:end] for node in walk(statement)}
    behind = {node for statement in block[end:] for node in walk(statement)}
    for call in calls:
        method = _method(call)
        if method == "unwatch" and not (call in inside and _is_last(file, call, name, block)):
            raise NoTwinError("a pipeline goes on after it unwatches")
        if method in _SITES or call in behind:
            continue
        if call not in inside or method.endswith("_iter") or not can_await(file, function, call):
            raise NoTwinError(
                f"a pipeline that watches is told to .{method}() where that may be sent at once"
            )
        yield AwaitExpression(span_of(call))


def _calls(file: FileSyntax, function: FunctionNode, name: str) -> Iterator[ast.Call]:
    """`pipe.get(key)`"""
    for node in walk(function):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            call = file.parents[file.parents[node]]
            if isinstance(call, ast.Call):
                yield call


def _method(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _named(calls: Sequence[ast.Call], method: str) -> list[ast.Call]:
    return [call for call in calls if _method(call) == method]


def _block(file: FileSyntax, node: ast.AST) -> list[ast.stmt]:
    """The statements among which that of the node stands."""
    statement = file.statement(node)
    parent = file.parents[statement]
    blocks = (getattr(parent, field, None) for field in ("body", "orelse", "finalbody"))
    return next(block for block in blocks if isinstance(block, list) and statement in block)


def _is_last(file: FileSyntax, call: ast.Call, name: str, block: list[ast.stmt]) -> bool:
    """Is it the last that its own block, one inside of the other, does with the pipeline before it leaves?"""
    own = _block(file, call)
    following = own[own.index(file.statement(call)) + 1 :]
    used = any(isinstance(n, ast.Name) and n.id == name for statement in following for n in walk(statement))
    leaves = isinstance(own[-1], (ast.Return, ast.Raise, ast.Break, ast.Continue))
    return own is not block and leaves and not used
