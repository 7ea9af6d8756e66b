"""Which quotes a file writes its strings in, and new text in the same ones."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator

import msgspec

_FEW = 20
"""A file in single quotes may have one other string in so many."""


class _String(msgspec.Struct, frozen=True):
    """A string in quotes of one character: where it stands in the text, and its own text."""

    start: int
    end: int
    text: str

    @property
    def quote(self) -> str:
        return self.text[-1]

    @property
    def could_be_either(self) -> bool:
        inside = self.text.lstrip("rRbBuUfFtT")[1:-1]
        return not any(character in inside for character in "'\"\\")


def prefers_single(text: str) -> bool:
    """Whether the strings of a file that could be in either quotes are in single ones."""
    quotes = [each.quote for each in _strings(text) if each.could_be_either]
    single = quotes.count("'")
    return single > 0 and (len(quotes) - single) * _FEW <= single


def in_single(text: str) -> str:
    """The text with its double quotes made single, where the string holds neither quotes nor backslashes."""
    for each in reversed(list(_strings(text))):
        if each.quote == '"' and each.could_be_either:
            changed = each.text[:-1].replace('"', "'") + "'"
            text = text[: each.start] + changed + text[each.end :]
    return text


def _strings(text: str) -> Iterator[_String]:
    """The strings of a text, as far as it can be read; an f-string is one, whatever its fields hold."""
    offsets = [0]
    for line in text.splitlines(keepends=True):
        offsets.append(offsets[-1] + len(line))
    opened: list[int] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            kind = tokenize.tok_name[token.type]
            start = offsets[token.start[0] - 1] + token.start[1]
            if kind in ("FSTRING_START", "TSTRING_START"):
                opened.append(start)
            elif kind in ("FSTRING_END", "TSTRING_END"):
                start = opened.pop()
            if opened or kind not in ("STRING", "FSTRING_END", "TSTRING_END"):
                continue
            end = offsets[token.end[0] - 1] + token.end[1]
            found = text[start:end]
            if not found.endswith(('"""', "'''")) or len(found.lstrip("rRbBuUfFtT")) < 6:
                yield _String(start, end, found)
    except (tokenize.TokenError, SyntaxError, IndexError):
        return
