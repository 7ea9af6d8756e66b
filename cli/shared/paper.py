"""Lines on a console: broken with a hanging indent on a terminal, whole in a pipe; code is shown as it is."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from .letters import harmless, in_one_line
from .run import WIDE

Part = str | tuple[str, str]


def line(out: Console, *parts: Part, indent: int = 0, hang: int = 2) -> None:
    """One paragraph; what does not fit goes on below, `hang` further in."""
    text = Text.assemble(*parts)
    text.plain = in_one_line(text.plain)
    width = out.width - indent - hang
    if out.width >= WIDE or width < 20 or text.cell_len + indent <= out.width:
        out.print(Text(" " * indent) + text)
        return
    broken = text.wrap(out, width, overflow="fold")
    for number, piece in enumerate(broken):
        piece.rstrip()
        out.print(Text(" " * (indent + (hang if number else 0))) + piece)


def excerpt(out: Console, number: int, source: str, column: int, end: int) -> None:
    """A line of code with carets below, cut around them where it is too long; columns in letters from 0."""
    before, marked = _expanded(source[:column]), _expanded(source[column:end]) or " "
    after = _expanded(source[end:])
    gutter = f"{number:>7} | "
    room = max(out.width - len(gutter), 20)
    if len(before) + len(marked) + len(after) > room:
        if len(before) > room // 2:
            before = f"...{before[-(room // 3) :]}"
        marked = marked if len(before) + len(marked) <= room else f"{marked[: room - len(before) - 3]}..."
        left = room - len(before) - len(marked)
        after = after if len(after) <= left else f"{after[: max(left - 3, 0)]}{'...'[: max(left, 0)]}"
    out.print(Text.assemble((gutter, "blue"), before, (marked, "bold"), after))
    blank = "".join("  " if Text(letter).cell_len == 2 else " " for letter in before)
    out.print(Text.assemble(("        | ", "blue"), blank, ("^" * Text(marked).cell_len, "red")))


def _expanded(text: str) -> str:
    return harmless(text.replace("\t", "    "))
