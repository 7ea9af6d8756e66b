"""A file that is open while something else is awaited: each of its operations waits for a thread of its own.

with open(path, "wb") as f:              async with await anyio.open_file(path, "wb") as f:
    f.write(await upload.read())    ->       await f.write(await upload.read())
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

import msgspec
from msgspec.structs import replace

from ..analysis.flow.runs import region
from ..analysis.syntax import span_of
from ..model import Argument, AsyncStatement, AwaitExpression, Code, Edit, ImportNeed, ReplaceCall, slot
from .enclosing import Piece
from .frame import Frame, Refusal

_ANYIO = ImportNeed("anyio")
_OPENERS = frozenset({"builtins.open", "io.open", "pathlib.Path.open"})
_METHODS = frozenset(
    {
        "flush",
        "read",
        "read1",
        "readinto",
        "readline",
        "readlines",
        "seek",
        "tell",
        "truncate",
        "write",
        "writelines",
    }
)


class AsyncFile(msgspec.Struct, frozen=True):
    """One `with` turned into `async with`: what is left to plan, and what is done."""

    frame: Frame
    pieces: tuple[Piece, ...]
    edits: tuple[Edit, ...]
    waits: tuple[ast.stmt, ...]
    """The statements that wait for a thread, once for each time."""


def async_file(frame: Frame, pieces: Sequence[Piece], statement: ast.With) -> AsyncFile | Refusal | None:
    """The `with` over a file as `async with`; None when a plain file is as good: nothing is written to it."""
    managers = _managers(statement)
    opened = next((piece for piece in pieces if piece.node in managers and _is_open(piece)), None)
    if opened is None or _is_taken(frame, statement):
        return None
    uses = _uses(frame, statement) if opened.name in _OPENERS else None
    if uses is None:
        if not _writes(opened):
            return None
        source = frame.file.source(opened.node)
        return Refusal(f"what is written to {source} would be flushed on the event loop", statement)
    edits: list[Edit] = [AsyncStatement(span_of(statement)), _open(frame, opened)]
    waits: list[ast.stmt] = [statement, statement]
    for use in uses:
        edits.append(
            AwaitExpression(span_of(use)) if isinstance(use, ast.Call) else AsyncStatement(span_of(use))
        )
        waits.append(frame.file.statement(use))
    done = {opened.node, statement, *uses}  # an async file closes itself
    spans = [span_of(node) for node in (opened.node, statement, *uses)]
    rest = tuple(piece for piece in pieces if piece.node not in done)
    return AsyncFile(replace(frame, awaited=(*frame.awaited, *spans)), rest, tuple(edits), tuple(waits))


def _open(frame: Frame, opened: Piece) -> ReplaceCall:
    call = opened.node
    assert isinstance(call, ast.Call)
    callee = Code(f"{slot(0)}.open_file", (_ANYIO,))
    if opened.name != "pathlib.Path.open":
        return ReplaceCall(span_of(call), callee, awaited=True)
    assert isinstance(call.func, ast.Attribute)
    path = Argument(code=Code(frame.file.source(call.func.value)))
    old = (Argument(index=number) for number in range(len(call.args) + len(call.keywords)))
    return ReplaceCall(span_of(call), callee, (path, *old), awaited=True)


def _is_open(piece: Piece) -> bool:
    """A file on the disk, in a bucket, in an archive."""
    return piece.name in _OPENERS or piece.name.rpartition(".")[2] == "open"


def _managers(statement: ast.With) -> list[ast.expr]:
    """The one manager of the statement, when its value has a name."""
    items = [item.context_expr for item in statement.items if isinstance(item.optional_vars, ast.Name)]
    return items if len(statement.items) == 1 else []


def _is_taken(frame: Frame, statement: ast.With) -> bool:
    """Whether another change is about the statement already, as a whole or in part of its header."""
    span, manager = span_of(statement), span_of(statement.items[0].context_expr)
    return any(native == span or native.contains(manager) for native in frame.awaited)


def _uses(frame: Frame, statement: ast.With) -> list[ast.Call | ast.For] | None:
    """The operations on the file, in order; None when it is used in a way that must have the plain object."""
    variable = statement.items[0].optional_vars
    assert isinstance(variable, ast.Name)
    facts = region(frame.function, statement, statement)
    if variable.id in facts.live_out | facts.captured_elsewhere | facts.captured_inside:
        return None
    uses: list[ast.Call | ast.For] = []
    for node in _named(statement, variable.id):
        if node is variable:
            continue
        parent = frame.file.parents[node]
        if node not in frame.nodes or isinstance(node.ctx, ast.Store):
            return None
        if isinstance(parent, ast.For) and parent.iter is node and parent in frame.nodes:
            uses.append(parent)
            continue
        call = frame.file.parents[parent]
        is_method = isinstance(parent, ast.Attribute) and isinstance(call, ast.Call) and call.func is parent
        if not is_method or parent.attr not in _METHODS or _in_expression_of_its_own(frame, call):  # type: ignore[attr-defined]
            return None
        assert isinstance(call, ast.Call)
        uses.append(call)
    return sorted(uses, key=span_of) or None


def _in_expression_of_its_own(frame: Frame, call: ast.AST) -> bool:
    """Whether nothing can be awaited here for the function: in a generator or lambda, or awaited already."""
    return any(
        isinstance(above, (ast.GeneratorExp, ast.Lambda)) for above in frame.within(call)
    ) or isinstance(frame.file.parents[call], ast.Await)


def _named(top: ast.AST, name: str) -> Iterator[ast.Name]:
    return (node for node in ast.walk(top) if isinstance(node, ast.Name) and node.id == name)


def _writes(opened: Piece) -> bool:
    """Whether the mode lets something be written, or cannot be seen."""
    call = opened.node
    assert isinstance(call, ast.Call)
    position = 0 if opened.name == "pathlib.Path.open" else 1
    modes = [keyword.value for keyword in call.keywords if keyword.arg == "mode"] or call.args[
        position : position + 1
    ]
    if not modes:
        return False
    mode = modes[0]
    return not (
        isinstance(mode, ast.Constant) and isinstance(mode.value, str) and not set(mode.value) & set("wax+")
    )
