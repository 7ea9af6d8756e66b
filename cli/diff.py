"""Unified diffs: byte-exact when piped, coloured on a terminal."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from ..codemods.model import FileResult, Status

_NO_NEWLINE = b"\n\\ No newline at end of file\n"


def unified(result: FileResult) -> bytes:
    """The diff of one file as `git apply` takes it."""
    old = _lines(result.old or b"")
    new = _lines(result.new or b"")
    before = f"a/{result.path}" if result.status is not Status.CREATED else "/dev/null"
    header = f"diff --git a/{result.path} b/{result.path}\n".encode()
    if result.status is Status.CREATED:
        header += b"new file mode 100644\n"
    body = difflib.diff_bytes(difflib.unified_diff, old, new, before.encode(), f"b/{result.path}".encode(), lineterm=b"\n")
    return header + b"".join(line if line.endswith(b"\n") else line + _NO_NEWLINE for line in body)


def _lines(data: bytes) -> list[bytes]:
    """Lines as git sees them: split at LF alone."""
    parts = data.split(b"\n")
    lines = [part + b"\n" for part in parts[:-1]]
    return lines + [parts[-1]] if parts[-1] else lines


def show(out: Console, results: Iterator[FileResult] | tuple[FileResult, ...]) -> None:
    for result in results:
        data = unified(result)
        if not out.is_terminal:
            out.file.flush()
            buffer = getattr(out.file, "buffer", None)
            if buffer is not None:
                buffer.write(data)
                buffer.flush()
            else:
                out.file.write(data.decode("utf-8", "replace"))
            continue
        for line in data.decode("utf-8", "replace").split("\n")[:-1]:
            out.print(Text(line, style=_style(line)))
    sys.stdout.flush()


def _style(line: str) -> str:
    if line.startswith(("+++", "---", "diff ", "new file")):
        return "bold"
    if line.startswith("@@"):
        return "cyan"
    return "green" if line.startswith("+") else "red" if line.startswith("-") else ""
