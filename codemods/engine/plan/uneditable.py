"""Files with lines that cannot be edited: LibCST counts their columns otherwise than Python, or ends them
elsewhere. A file whose lines all end with a carriage return is none: see `decode`."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Callable, Iterable, Iterator

from ...model import ChangeGroup, Location

_LONE_CR = re.compile(r"\r(?!\n)")
_END = re.compile(r"\r\n|\r|\n")
_NO_CODE = (tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT)


def uneditable(
    groups: Iterable[ChangeGroup], read: Callable[[str], str]
) -> Iterator[tuple[ChangeGroup, Location, str]]:
    """Each group that would edit such a file, with the first such line and what is wrong with it."""
    known: dict[str, tuple[int, str]] = {}
    for group in groups:
        for path in sorted(group.edits):
            if path not in known:
                known[path] = _first_line(read(path))
            line, why = known[path]
            if line:
                yield group, Location(path, line, 0), why
                break


def _first_line(text: str) -> tuple[int, str]:
    """Zero where there is none."""
    if lone := _LONE_CR.search(text):
        return len(_END.findall(text, 0, lone.start())) + 1, "ends with a lone carriage return"
    return _behind_form_feed(text) if "\f" in text else 0, "has a form feed before its code"


def _behind_form_feed(text: str) -> int:
    """The first line that begins a statement behind a form feed; between statements, and in brackets or
    strings, a form feed is a blank like others."""
    begins = True
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in _NO_CODE:
            if begins and "\f" in token.line[: token.start[1]]:
                return token.start[0]
            begins = token.type == tokenize.NEWLINE
    return 0
