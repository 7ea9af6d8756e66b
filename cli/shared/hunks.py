"""Which lines of a file change, in hunks that are as small as they can be."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Literal, TypeVar

Line = TypeVar("Line", bound=Hashable)
Opcode = tuple[str, int, int, int, int]
"""`equal`, `replace`, `delete` or `insert`, with the first line and the one behind the last, old and new."""
_Opcode = tuple[Literal["equal", "replace", "delete", "insert"], int, int, int, int]
_MOST_PAIRS = 4_000_000
"""Of lines that are compared one by one: a second or two."""


class _Lines(SequenceMatcher[Line]):
    """SequenceMatcher passes over lines that a long file has often (`return data`, blank ones), for it would
    take too long; between the places that it finds unlike all of them count."""

    def __init__(self, old: Sequence[Line], new: Sequence[Line]) -> None:
        self._old, self._new = old, new
        super().__init__(None, old, new)

    def get_opcodes(self) -> list[_Opcode]:
        found: list[_Opcode] = []
        for opcode in super().get_opcodes():
            for tag, old, old_end, new, new_end in self._closer(opcode):
                if tag == "equal" and found and found[-1][0] == "equal":
                    _, old, _, new, _ = found.pop()
                found.append((tag, old, old_end, new, new_end))
        return found

    def _closer(self, opcode: _Opcode) -> list[_Opcode]:
        tag, i, i_end, j, j_end = opcode
        if tag != "replace" or (i_end - i) * (j_end - j) > _MOST_PAIRS:
            return [opcode]
        inner = SequenceMatcher(None, self._old[i:i_end], self._new[j:j_end], autojunk=False)
        return [(tag, i + a, i + b, j + c, j + d) for tag, a, b, c, d in inner.get_opcodes()]


def hunks(old: Sequence[Line], new: Sequence[Line], around: int) -> Iterator[list[Opcode]]:
    """Groups of changes, each with so many lines `around` it that stay."""
    yield from _Lines(old, new).get_grouped_opcodes(around)
