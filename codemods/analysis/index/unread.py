"""What uses the code and cannot be changed with it: files that cannot be read, for their syntax or encoding,
of which the words tell what they may use, and commands in scripts, containers, pipelines and notebooks."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Mapping

import msgspec

LARGEST = 4_000_000
"""Characters of one file: its tree takes 200 bytes for each, and no one writes that much by hand."""
_WORD = re.compile(rb"[A-Za-z_]\w*")


class Unread(msgspec.Struct, frozen=True):
    words: Mapping[str, frozenset[str]] = msgspec.field(default_factory=dict)
    """By path."""
    named: Mapping[str, Mapping[str, str]] = msgspec.field(default_factory=dict)
    """Last part of a dotted name, what stands before it, and where: `clean`, `app.cache`, `Makefile`."""

    def user(self, module: str, name: str) -> str:
        """The path of a file that may use `name` of the module: it has the name, and one of the module's."""
        parts = set(module.split("."))
        return next((path for path, words in self.words.items() if name in words and parts & words), "")


def runs_nowhere(data: bytes) -> bool:
    """Is it indented as no Python takes it? Other syntax may be that of a newer one."""
    if len(data) > LARGEST:
        return False
    try:
        ast.parse(data)
    except IndentationError:
        return True
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return False


def unread(data: Mapping[str, bytes], commands: Mapping[str, str]) -> Unread:
    found = {path: set(_WORD.findall(text)) for path, text in sorted(data.items())}
    words = {path: frozenset(map(bytes.decode, words)) for path, words in found.items()}
    named: dict[str, dict[str, str]] = defaultdict(dict)
    for name, path in sorted(commands.items()):
        before, _, last = name.rpartition(".")
        named[last][before] = path
    return Unread(words, named)
