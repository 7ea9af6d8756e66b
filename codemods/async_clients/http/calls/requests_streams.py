"""Responses of `requests` that are read piece by piece, inside the `with` that opened them.

    with requests.get(url, stream=True) as r:           async with http_client().stream("GET", url) as r:
        for chunk in r.iter_content(8192):      ->          async for chunk in r.aiter_bytes(8192):
            file.write(chunk)                                   await file.write(chunk)

What is read is the same, though it may be cut into other pieces. A response of httpx is not read by asking
for its text: where that is done, the call stays.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ....analysis.nodes import walk
from ....analysis.syntax import span_of
from ....model import Argument, AsyncStatement, Code, Edit, ImportNeed, Note, NoteKind, ReplaceCall
from ...iteration import iterated
from ...twin import Call, NoTwinError
from ..errors.error_chain import ErrorChain
from ..errors.errors import caught
from ..responses.response import use
from ..responses.streams import opened_by
from .arguments import Mapped

READ = "requests.Response.iter_content"
NOTE = Note(NoteKind.BEHAVIOUR, "what is read from a streamed response may come in pieces of another size")
_MUST_BE_READ = {"content", "text", "json", "raw", "iter_lines", "close", "elapsed", "apparent_encoding"}
_BROAD = {"RequestException", "HTTPError"}


def stream_edits(
    call: Call, mapped: Mapped, client: str, needs: tuple[ImportNeed, ...], library: str
) -> tuple[Edit, ...]:
    """The edits of one request that opens a stream, and of the uses of its response. Raises `NoTwinError`."""
    item = call.file.parents[call.call]
    statement = call.file.parents[item]
    if not isinstance(item, ast.withitem) or not isinstance(statement, ast.With):
        raise NoTwinError("its response is streamed, and not opened by a `with`")
    if not isinstance(item.optional_vars, ast.Name):
        raise NoTwinError("its response is streamed, and has no name")
    arguments = tuple(mapped.arguments)
    if mapped.method != "request":
        arguments = (Argument(code=Code(f'"{mapped.method.upper()}"')), *arguments)
    return (
        *mapped.edits,
        *_uses(call, item.optional_vars, mapped, library),
        ReplaceCall(span_of(call.call), Code(f"{client}.stream", needs), arguments),
        AsyncStatement(span_of(statement)),
    )


def _uses(call: Call, bound: ast.Name, mapped: Mapped, library: str) -> Iterator[Edit]:
    for node in walk(call.node):
        if not isinstance(node, ast.Name) or node.id != bound.id or node is bound:
            continue
        parent = call.file.parents[node]
        if not isinstance(node.ctx, ast.Load):
            raise NoTwinError(f"{node.id} is bound more than once")
        attribute = parent.attr if isinstance(parent, ast.Attribute) else ""
        if attribute in _MUST_BE_READ:
            raise NoTwinError(f"{attribute} of a streamed response has no equal in httpx")
        if attribute != "iter_content":
            yield from use(call.file, node, library, mapped.follows_redirects)
        elif not _is_piecewise(call, call.file.parents[parent]):
            raise NoTwinError("a streamed response is read in a way of its own")


def _is_piecewise(opened: Call, read: ast.AST) -> bool:
    """`r.iter_content(8192)` inside the `with`; without a size, requests reads byte by byte."""
    if not isinstance(read, ast.Call) or opened_by(opened.file, read) is not opened.call:
        return False
    return len(read.args) + len(read.keywords) == 1 and all(k.arg == "chunk_size" for k in read.keywords)


def read_edits(call: Call) -> tuple[Edit, ...]:
    """The edits of `r.iter_content(8192)`. Raises `NoTwinError`."""
    assert isinstance(call.call.func, ast.Attribute)
    return tuple(iterated(call.file, call.call, f"{call.file.source(call.call.func.value)}.aiter_bytes"))


def check_clauses(errors: ErrorChain, call: Call) -> None:
    """Of a stream, requests takes a time-out for an error of the connection, and its errors have a text: if
    a clause looks at these, the call stays. Raises `NoTwinError`."""
    for found in errors.tries(call.function, call.call):
        for handler in found.statement.handlers:
            place = f"{found.file.path}:{handler.lineno}"
            names = caught(errors.world, found.function, found.file, handler, errors.family)
            if names - _BROAD:
                raise NoTwinError(f"errors of a stream are told apart ({place})")
            if names and any(_is_text_of_error(node) for node in ast.walk(handler)):
                raise NoTwinError(f"the text of a streamed response is read ({place})")


def is_streamed(call: ast.Call) -> bool:
    """`stream=True`"""
    return any(k.arg == "stream" and getattr(k.value, "value", False) is True for k in call.keywords)


def _is_text_of_error(node: ast.AST) -> bool:
    """`error.response.text`"""
    is_text = isinstance(node, ast.Attribute) and node.attr in _MUST_BE_READ
    return is_text and getattr(node.value, "attr", "") == "response"  # type: ignore[attr-defined]
