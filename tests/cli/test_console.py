"""Lines for a pipe are written as they are, and read as Rich would have laid them out."""

from __future__ import annotations

import io

import pytest
from async_fix.cli.shared.run import consoles
from rich.console import Console
from rich.text import Text

PRINTED: dict[str, tuple[object, ...]] = {
    "a line": (Text("app/main.py:3: AF101 it waits"),),
    "spaces around": (Text("   app/main.py   "),),
    "what looks like markup": (Text("rows[red] [/red] \\[x]"),),
    "wide letters": (Text("データ é ﷽"),),
    "a long line": (Text("x" * 5000),),
    "a style": (Text("it waits", style="bold red"),),
    "nothing": (),
    "no text": (Text(""),),
    "a tab": (Text("a\tb"),),
    "two lines": (Text("a\nb\n"),),
    "two texts": (Text("a"), Text("b")),
    "a string": ("plain",),
}


@pytest.mark.parametrize("case", PRINTED)
@pytest.mark.parametrize("color", [None, True])
def test_what_is_written_is_what_rich_writes(case: str, color: bool | None) -> None:
    out, _ = consoles(color)
    written = []
    for write in (out.print, lambda *objects: Console.print(out, *objects)):
        out.file = io.StringIO()
        write(*PRINTED[case])
        written.append(out.file.getvalue())
    assert written[0] == written[1]
    assert written[0].endswith("\n")


def test_lines_come_in_their_order_in_a_page() -> None:
    out, _ = consoles(None)
    out.file = io.StringIO()
    with out.capture() as page:
        out.print(Text("first"))
        out.print("second")
    out.print(Text("third"))
    assert (page.get(), out.file.getvalue()) == ("first\nsecond\n", "third\n")
