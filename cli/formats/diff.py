"""Unified diffs: byte-exact when piped, coloured on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.text import Text

from ...codemods.model import FileResult, Status
from ..shared.guard import OutputClosed
from ..shared.hunks import Opcode, hunks
from ..shared.letters import harmless
from ..shared.places import Places

_NO_NEWLINE = b"\n\\ No newline at end of file\n"
_AROUND = 3
_ESCAPES = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 34: '"', 92: "\\"}


def unified(result: FileResult, places: Places) -> bytes:
    """The diff of one file as `git apply` takes it, anywhere above the file; empty when nothing changes."""
    old, new = _lines(result.old or b""), _lines(result.new or b"")
    is_new = result.status is Status.CREATED
    if old == new and not is_new:
        return b""
    path = places.in_repository(result.path)
    # git wants a tab behind names with spaces on the lines that `patch` reads
    tab = b"\t" if " " in path else b""
    before = b"/dev/null" if is_new else _quoted(f"a/{path}") + tab
    after = _quoted(f"b/{path}") + tab
    header = b"diff --git " + _quoted(f"a/{path}") + b" " + _quoted(f"b/{path}") + b"\n"
    header += b"new file mode 100644\n" if is_new else b""
    if is_new and not new:
        return header + b"index 0000000..e69de29\n"  # an empty file: git has no other way to say so
    header += b"--- " + before + b"\n+++ " + after + b"\n"
    body = (line for opcodes in hunks(old, new, _AROUND) for line in _hunk(opcodes, old, new))
    return header + b"".join(line if line.endswith(b"\n") else line + _NO_NEWLINE for line in body)


def _hunk(opcodes: list[Opcode], old: list[bytes], new: list[bytes]) -> Iterator[bytes]:
    (_, i, _, j, _), (_, _, i_end, _, j_end) = opcodes[0], opcodes[-1]
    yield f"@@ -{_range(i, i_end)} +{_range(j, j_end)} @@\n".encode()
    for tag, a, b, c, d in opcodes:
        if tag == "equal":
            yield from (b" " + line for line in old[a:b])
            continue
        yield from (b"-" + line for line in old[a:b])
        yield from (b"+" + line for line in new[c:d])


def _range(start: int, end: int) -> str:
    """As diffs count lines: from 1; one has no number, and for none it is the line above."""
    count = end - start
    return f"{start + 1}" if count == 1 else f"{start + (count > 0)},{count}"


def _quoted(path: str) -> bytes:
    """As git writes names: in C's quotes where they hold quotes, backslashes or control characters."""
    if not any(ord(letter) in _ESCAPES or ord(letter) < 32 or ord(letter) == 127 for letter in path):
        return path.encode()
    inner = "".join(_escaped(letter) for letter in path)
    return f'"{inner}"'.encode()


def _escaped(letter: str) -> str:
    number = ord(letter)
    if number in _ESCAPES:
        return f"\\{_ESCAPES[number]}"
    return f"\\{number:03o}" if number < 32 or number == 127 else letter


def _lines(data: bytes) -> list[bytes]:
    """Lines as git sees them: split at LF alone."""
    parts = data.split(b"\n")
    lines = [part + b"\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines


def show(out: Console, results: Iterable[FileResult], places: Places, *, exact: bool) -> None:
    for result in results:
        data = unified(result, places)
        if exact:
            _write(data)
            continue
        for line in data.decode("utf-8", "replace").split("\n")[:-1]:
            out.print(Text(harmless(line.removesuffix("\r")), style=_style(line)))


def _write(data: bytes) -> None:
    """Bytes as they are: no encoding and no line ends of the system may get between."""
    try:
        sys.stdout.flush()
        buffer = getattr(sys.stdout, "buffer", None)
        if buffer is None:
            sys.stdout.write(data.decode("utf-8", "surrogateescape"))
        else:
            buffer.write(data)
            buffer.flush()
    except BrokenPipeError:
        raise OutputClosed from None


def changed_lines(result: FileResult) -> tuple[int, int]:
    """Lines added and removed."""
    old, new = _lines(result.old or b""), _lines(result.new or b"")
    changed = [each for opcodes in hunks(old, new, 0) for each in opcodes if each[0] != "equal"]
    return sum(d - c for _, _, _, c, d in changed), sum(b - a for _, a, b, _, _ in changed)


def _style(line: str) -> str:
    if line.startswith(("+++", "---", "diff ", "new file")):
        return "bold"
    if line.startswith("@@"):
        return "cyan"
    return "green" if line.startswith("+") else "red" if line.startswith("-") else ""
