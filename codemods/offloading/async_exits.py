"""A `with` that closes something slow while something else is awaited inside: both ends in a thread.

with ZipFile(path, "w") as archive:             async with contextmanager_in_threadpool(
    archive.writestr("a", await load())   ->        await run_in_threadpool(ZipFile, path, "w")
                                                ) as archive:
                                                    await run_in_threadpool(archive.writestr, ...)

For what is merely closed: when the task is cancelled nobody goes out, and the garbage collector closes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from msgspec.structs import replace

from ..analysis.syntax import holds, span_of
from ..model import AsyncStatement, Code, Edit, ImportNeed, ReplaceExpression, slot
from .async_files import AsyncFile
from .enclosing import Piece
from .frame import RUNNER, Frame

_IN_THREAD = ImportNeed("fastapi.concurrency", "contextmanager_in_threadpool")
_CLOSING = frozenset(
    f"{name}.__exit__"
    for name in (
        "bz2.BZ2File",
        "gzip.GzipFile",
        "io.IOBase",
        "lzma.LZMAFile",
        "pandas.ExcelWriter",
        "tarfile.TarFile",
        "tempfile.TemporaryDirectory",
        "wave.Wave_read",
        "wave.Wave_write",
        "xlsxwriter.Workbook",
        "zipfile.ZipFile",
    )
)


def async_exit(frame: Frame, pieces: Sequence[Piece], statement: ast.With) -> AsyncFile | None:
    """The `with` as `async with`; None when a manager does more than to close on the way out."""
    ends = [piece for piece in pieces if piece.node is statement]
    if not ends or not all(piece.name in _CLOSING for piece in ends):
        return None
    managers = [item.context_expr for item in statement.items]
    inside = [piece for piece in pieces if any(holds(manager, piece.node) for manager in managers)]
    made = [piece.node for piece in inside if piece.is_plain and span_of(piece.node) not in frame.native]
    # one of several may be none that closes anything, such as `suppress(OSError)`
    if len(made) < len(inside) or not set(made) <= set(managers) or 1 < len(managers) != len(made):
        return None
    edits: list[Edit] = [AsyncStatement(span_of(statement))]
    edits += (_in_thread(frame, each, made) for each in managers)
    rest = tuple(piece for piece in pieces if piece not in ends and piece not in inside)
    spans = (span_of(statement), *map(span_of, managers))
    waits = (statement,) * (len(inside) + 2 * len(managers))
    return AsyncFile(replace(frame, awaited=(*frame.awaited, *spans)), rest, tuple(edits), waits)


def _in_thread(frame: Frame, manager: ast.expr, made: Sequence[ast.AST]) -> ReplaceExpression:
    is_made = isinstance(manager, ast.Call) and manager in made
    text = _run_in_thread(frame, manager) if is_made else frame.file.source(manager)  # type: ignore[arg-type]
    return ReplaceExpression(span_of(manager), Code(f"{slot(0)}({text})", (_IN_THREAD, *RUNNER.needs)))


def _run_in_thread(frame: Frame, call: ast.Call) -> str:
    """The call in a thread, its arguments as they stand where comments are beside them."""
    parts = [frame.file.source(part) for part in (call.func, *call.args, *call.keywords)]
    text = frame.file.source(call)
    if text.count("#") == sum(part.count("#") for part in parts):
        return f"await {slot(1)}({', '.join(parts)})"
    margin = " " * frame.file.statement(call).col_offset
    rest = text.removeprefix(parts[0]).replace(f"\n{margin}", "\n")
    opened = re.match(r"\((\r?\n\s*)", rest)
    before, after = (opened[1], opened[1]) if opened else ("", " ")
    return f"await {slot(1)}({before}{parts[0]},{after}{rest[opened.end() if opened else 1 :]}"
