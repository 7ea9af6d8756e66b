"""Responses of `httpx` that are read piece by piece, inside the `with` that opened them.

    with client.stream("GET", url) as r:        async with client.stream("GET", url) as r:
        for chunk in r.iter_bytes():        ->      async for chunk in r.aiter_bytes():
            digest.update(chunk)                        digest.update(chunk)

The pieces are the same; nothing of the response but its reading is asynchronous.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ....analysis.judge.effects.site import SiteKind
from ....analysis.link.program import CallKey, Key
from ....analysis.nodes import walk
from ....analysis.syntax import FileSyntax, FunctionNode, span_of
from ....model import AsyncStatement, Code, Edit, ReplaceCall
from ...iteration import iterated
from ...twin import Call, NoTwinError, World

STREAM = "stream"
_READS = {
    "iter_bytes": "aiter_bytes",
    "iter_lines": "aiter_lines",
    "iter_raw": "aiter_raw",
    "iter_text": "aiter_text",
    "read": "aread",
}
_OF_REQUESTS = "requests.Response.iter_content"
READS = frozenset(f"{library}.Response.{name}" for library in ("httpx", "httpx2") for name in _READS)


def stream_edits(file: FileSyntax, function: FunctionNode, call: ast.Call) -> tuple[Edit, ...]:
    """The edit of the `with` that opens the stream. Raises `NoTwinError` where it is not opened so."""
    item = file.parents[call]
    statement = file.parents[item]
    if not isinstance(item, ast.withitem) or not isinstance(statement, ast.With):
        raise NoTwinError("the stream is not opened by a `with`")
    if isinstance(item.optional_vars, ast.Name):
        _check_uses(file, function, item.optional_vars.id)
    elif item.optional_vars is not None:
        raise NoTwinError("the stream is not opened by a `with`")
    return (AsyncStatement(span_of(statement)),)


def _check_uses(file: FileSyntax, function: FunctionNode, name: str) -> None:
    """The response is only asked for its attributes, and read where it is opened."""
    for node in walk(function):
        if not isinstance(node, ast.Name) or node.id != name:
            continue
        parent = file.parents[node]
        if not isinstance(node.ctx, ast.Load):
            if not isinstance(parent, ast.withitem) or not _is_stream(parent.context_expr):
                raise NoTwinError(f"{name} is bound to something else, too")
        elif not isinstance(parent, ast.Attribute) or parent.attr == "close":
            raise NoTwinError(f"{name} is handed on")
        elif parent.attr in _READS and not isinstance(file.parents[parent], ast.Call):
            raise NoTwinError(f"{name}.{parent.attr} is handed on")


def _is_stream(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "attr", "") == STREAM


def opened_by(file: FileSyntax, call: ast.Call) -> ast.Call | None:
    """`client.stream(...)` of the `with` around `r.iter_bytes()` that binds `r`."""
    receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
    if not isinstance(receiver, ast.Name):
        return None
    for above in file.above(call):
        for item in above.items if isinstance(above, ast.With) else ():
            bound = item.optional_vars
            if (
                isinstance(bound, ast.Name)
                and bound.id == receiver.id
                and isinstance(item.context_expr, ast.Call)
            ):
                return item.context_expr
    return None


def read_edits(call: Call) -> tuple[Edit, ...]:
    """The edits of one `r.iter_bytes()` or `r.read()`. Raises `NoTwinError`."""
    node = call.call
    assert isinstance(node.func, ast.Attribute)
    callee = f"{call.file.source(node.func.value)}.{_READS[node.func.attr]}"
    if node.func.attr == "read":
        return (ReplaceCall(span_of(node), Code(callee), awaited=True),)
    return tuple(iterated(call.file, node, callee))


def reads_of(world: World, stream: CallKey) -> Iterator[CallKey]:
    """The calls that read what one call opens."""
    program = world.effects.program
    file = world.syntax.file(stream.path)
    opened = file.call(program.call(stream).span)
    owner: Key = program.owner_of(stream.path, program.call(stream).scope)
    for site in world.effects.sites(owner):
        if site.call is not None and site.name in {*READS, _OF_REQUESTS} and site.kind is SiteKind.BLOCKING:
            node = file.call(program.call(site.call).span)
            if node is not None and opened_by(file, node) is opened:
                yield site.call
