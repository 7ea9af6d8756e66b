"""Bytes to text and back without losing one: encodings, byte order marks, line ends, byte columns."""

from __future__ import annotations

import codecs
import re
from collections import Counter

import msgspec

__all__ = [
    "SourceText",
    "UndecodableSource",
    "UnencodableText",
    "byte_to_char",
    "decode",
    "encode",
    "newline_of",
    "split_lines",
]

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_END = re.compile(r"\r\n|\r|\n")
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK = re.compile(rb"^[ \t\f]*(?:#.*)?$")


class SourceText(msgspec.Struct, frozen=True):
    """`text` keeps its line ends and holds no byte order mark; `newline` is the one most lines end with.

    Lines that all end with `\\r`, which LibCST does not know, end with `\\n` while they are worked on.
    """

    text: str
    encoding: str
    bom: bool
    newline: str


class UndecodableSource(ValueError):  # noqa: N818 (what it is, not that it is an error)
    """Bytes that Python would not read as source."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


class UnencodableText(ValueError):  # noqa: N818
    """New text that the encoding of its file has no bytes for."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


def decode(data: bytes) -> SourceText:
    bom = data.startswith(codecs.BOM_UTF8)
    body = data[len(codecs.BOM_UTF8) :] if bom else data
    if b"\0" in body:
        raise UndecodableSource("holds a NUL byte", _line_at(body, body.index(b"\0")))
    encoding = _encoding(body, bom)
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        raise UndecodableSource(f"not valid {encoding}", _line_at(body, error.start)) from None
    except (LookupError, UnicodeError):
        raise UndecodableSource(f"unknown encoding: {encoding}", 1) from None
    if text.encode(encoding) != body:
        raise UndecodableSource(f"cannot be written back unchanged in {encoding}", 1)
    newline = newline_of(text)
    if newline == "\r" and "\n" not in text:
        text = text.replace("\r", "\n")
    return SourceText(text, encoding, bom, newline)


def encode(source: SourceText, text: str) -> bytes:
    """The bytes of `text` in the encoding of `source`, and with its line ends where these were changed."""
    if source.newline == "\r" and "\r" not in source.text:
        text = text.replace("\n", "\r")
    try:
        body = text.encode(source.encoding)
    except UnicodeEncodeError as error:
        line = len(_END.findall(text, 0, error.start)) + 1
        raise UnencodableText(f"{text[error.start]!r} cannot be written in {source.encoding}", line) from None
    return codecs.BOM_UTF8 + body if source.bom else body


def split_lines(text: str) -> list[str]:
    r"""The lines with their ends, split where Python splits source: not at form feeds, `\x1c` or `\u2028`."""
    return _LINE.findall(text)


def newline_of(text: str) -> str:
    """The line end that most lines have; the first met of equally many, `\\n` if there is none."""
    if "\r" not in text:
        return "\n"
    counts = Counter(_END.findall(text))
    return max(counts, key=counts.__getitem__) if counts else "\n"


def byte_to_char(line: str, byte_col: int) -> int:
    """The character column of a byte column of `ast`."""
    if line.isascii():
        return byte_col
    return len(line.encode()[:byte_col].decode(errors="ignore"))


def _encoding(body: bytes, bom: bool) -> str:
    name = _cookie(body)
    if name is None:
        return "utf-8"
    try:
        known = codecs.lookup(name).name
    except LookupError:
        raise UndecodableSource(f"unknown encoding: {name}", 1) from None
    if known in ("utf-8", "utf-8-sig"):
        return "utf-8"
    if bom:
        raise UndecodableSource(f"a UTF-8 byte order mark, but the encoding is given as {name}", 1)
    return known


def _cookie(body: bytes) -> str | None:
    for line in re.split(rb"\r\n|\r|\n", body, maxsplit=2)[:2]:
        found = _COOKIE.match(line)
        if found:
            return found.group(1).decode("ascii")
        if not _BLANK.match(line):
            return None
    return None


def _line_at(body: bytes, offset: int) -> int:
    return len(re.findall(rb"\r\n|\r|\n", body[:offset])) + 1
