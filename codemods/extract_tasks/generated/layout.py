"""How a task is laid out: its header on one line, or one parameter a line when it gets too long."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator, Sequence

LINE_LENGTH = 88

_SLOT = re.compile("[\ue000-\uf8ff]")
_INSIDE_TEXTS = ("STRING", "FSTRING_MIDDLE", "TSTRING_MIDDLE")


class UnusualLayoutError(Exception):
    """Statements that cannot be cut out of their file as lines."""


def function_text(
    decorator: str,
    name: str,
    parameters: Sequence[str],
    body: str,
    *,
    is_async: bool,
    length: int = LINE_LENGTH,
    returns: str = "None",
) -> str:
    head = f"{'async ' if is_async else ''}def {name}("
    line = f"{head}{', '.join(parameters)}) -> {returns}:"
    if len(line) > length and parameters:
        inner = f"    {', '.join(parameters)}"
        if len(inner) <= length:
            line = f"{head}\n{inner}\n) -> {returns}:"
        else:
            lines = "".join(f"    {parameter},\n" for parameter in parameters)
            line = f"{head}\n{lines}) -> {returns}:"
    return f"{decorator}\n{line}\n{body}"


def call_text(callee: str, arguments: Sequence[str], length: int, *, width: int) -> str:
    """A call in the body of a function, broken as a formatter does it; `width` is that of all names that
    slots stand for."""
    together = ", ".join(arguments)
    if not arguments or len(f"    {together}()") + width <= length:
        return f"{callee}({together})"
    inner = f"        {together}"
    lines = inner if len(inner) <= length else "\n".join(f"        {argument}," for argument in arguments)
    return f"{callee}(\n{lines}\n    )"


def indented(body: str) -> str:
    """One level deeper; the lines of a text over several lines stay as they are."""
    rows = set(_rows_of_texts(body))
    lines = body.splitlines(keepends=True)
    return "".join(
        line if not line.strip() or row in rows else f"    {line}" for row, line in enumerate(lines, 1)
    )


def _rows_of_texts(body: str) -> Iterator[int]:
    """Rows of lines that begin inside a text."""
    readable = io.StringIO(f"if _:\n{_SLOT.sub('_', body)}\n")
    for token in tokenize.generate_tokens(readable.readline):
        if tokenize.tok_name[token.type] in _INSIDE_TEXTS:
            yield from range(token.start[0], token.end[0])
