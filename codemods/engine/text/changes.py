"""Which lines an edit touched, and what each of them was before."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import msgspec

_ALIKE = 0.5
_MOST_PAIRS = 2500


class Origins(msgspec.Struct):
    """Rows of `after` -> rows of `before`: lines that stayed, and lines that most likely became them."""

    unchanged: dict[int, int] = msgspec.field(default_factory=dict)
    changed: dict[int, int] = msgspec.field(default_factory=dict)

    def of(self, row: int, default: int) -> int:
        return self.unchanged.get(row, self.changed.get(row, default))


def origins(before: Sequence[str], after: Sequence[str]) -> Origins:
    found = Origins()
    for tag, old_start, old_end, new_start, new_end in _opcodes(before, after):
        if tag == "equal":
            found.unchanged.update(zip(range(new_start, new_end), range(old_start, old_end), strict=True))
        elif tag == "replace":
            found.changed.update(_paired(before, range(old_start, old_end), after, range(new_start, new_end)))
    return found


def _opcodes(before: Sequence[str], after: Sequence[str]) -> list[tuple[str, int, int, int, int]]:
    top = bottom = 0
    shortest = min(len(before), len(after))
    while top < shortest and before[top] == after[top]:
        top += 1
    while bottom < shortest - top and before[-1 - bottom] == after[-1 - bottom]:
        bottom += 1
    old_end, new_end = len(before) - bottom, len(after) - bottom
    matcher = difflib.SequenceMatcher(None, before[top:old_end], after[top:new_end])
    middle = [(tag, a + top, b + top, c + top, d + top) for tag, a, b, c, d in matcher.get_opcodes()]
    return [("equal", 0, top, 0, top), *middle, ("equal", old_end, len(before), new_end, len(after))]


def _paired(before: Sequence[str], old: range, after: Sequence[str], new: range) -> dict[int, int]:
    if len(old) == len(new):
        return dict(zip(new, old, strict=True))
    if len(old) * len(new) > _MOST_PAIRS:
        return {}
    found: dict[int, int] = {}
    left = list(old)
    for row in new:
        alike = _Alike(after[row])
        likeness = {other: each for other in left if (each := alike.to(before[other])) >= _ALIKE}
        best = max(likeness, key=lambda other: (likeness[other], -other), default=None)
        if best is not None:
            found[row] = best
            left.remove(best)
    return found


class _Alike:
    """How much other lines have in common with one, which is looked through once for all of them."""

    def __init__(self, line: str) -> None:
        self._matcher = difflib.SequenceMatcher(None, "", line.strip(), autojunk=False)

    def to(self, line: str) -> float:
        """Between 0 and 1; what cannot be alike is as good as 0."""
        self._matcher.set_seq1(line.strip())
        # two upper bounds that cost next to nothing
        if self._matcher.real_quick_ratio() < _ALIKE or self._matcher.quick_ratio() < _ALIKE:
            return 0.0
        return self._matcher.ratio()
