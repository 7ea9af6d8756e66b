"""Files that cannot be read, for their syntax or encoding: their words tell what they may use."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

_WORD = re.compile(rb"[A-Za-z_]\w*")


class Unread(msgspec.Struct, frozen=True):
    words: Mapping[str, frozenset[str]] = msgspec.field(default_factory=dict)
    """By path."""

    def user(self, module: str, name: str) -> str:
        """The path of a file that may use `name` of the module: it has the name, and one of the module's."""
        parts = set(module.split("."))
        return next((path for path, words in self.words.items() if name in words and parts & words), "")


def unread(data: Mapping[str, bytes]) -> Unread:
    found = {path: _WORD.findall(text) for path, text in sorted(data.items())}
    return Unread({path: frozenset(word.decode() for word in words) for path, words in found.items()})
