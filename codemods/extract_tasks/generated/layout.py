"""How a task is laid out: its header on one line, or one parameter a line when it gets too long."""

from __future__ import annotations

from collections.abc import Sequence

LINE_LENGTH = 88


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
