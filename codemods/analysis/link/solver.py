"""Questions that depend on each other: answered once; a circle of them by its least fixed point."""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Callable, Hashable
from typing import TypeVar

import msgspec

from .kinds import MOST_ALIKE, NOTHING, Kinds, unknown, widened

Question = TypeVar("Question", bound=Hashable)
Answer = TypeVar("Answer")

_ROUNDS = 12
"""Most circles of a real program settle in two or three, one of 120,000 lines took seven; what still moves
then is given up as unknown."""
_DEEPEST = 600
"""Open questions; beyond, an answer is unknown rather than a stack overflow."""
_FRAMES = 20_000
_BUDGET = 5_000
"""Steps for one question from outside; beyond, circles are not walked again and stay in doubt."""
_NONE = 1 << 30


class _Open(msgspec.Struct, gc=False):
    depth: int
    value: Kinds
    asked_again: bool = False


class Solver:
    """An answer found while a question around it was still open holds only for that question's round."""

    def __init__(self) -> None:
        self.answers: dict[Hashable, Kinds] = {}
        """Those that are final, by question."""
        self._same: dict[Kinds, Kinds] = {}
        """One of each answer: most are given to many questions."""
        self._open: dict[Hashable, _Open] = {}
        self._provisional: dict[Hashable, tuple[Kinds, int]] = {}
        """With their places in the trail."""
        self._last: dict[Hashable, Kinds] = {}
        """What they were in the round before."""
        self._trail: list[Hashable] = []
        self._begins: list[int] = []
        self._leans: list[int] = []
        """The trail in sections: where each begins, and the depth of the outermost open question that its
        answers lean on. What settles around some joins them."""
        self._spent = 0
        self._lowest = _NONE
        """The outermost open question that the current answer has leant on, by depth."""
        self._moves = False
        """Has an answer below the current one leant on a value that is another one by now?"""

    def solve(self, question: Hashable, answer: Callable[[], Kinds]) -> Kinds:
        """The value of `answer`; where it asks the same question again, it sees the last round's value."""
        known = self.answers.get(question)
        return known if known is not None else self.find(question, answer)

    def compose(
        self, known: dict[Question, Answer], question: Question, answer: Callable[[], Answer]
    ) -> Answer:
        """The value of `answer`, which only puts answers together: `known` from now on if all of them are
        final."""
        if question in known:
            return known[question]
        outer, self._lowest = self._lowest, _NONE
        found = answer()
        if self._lowest == _NONE:
            known[question] = found
        self._lowest = min(outer, self._lowest)
        return found

    def find(self, question: Hashable, answer: Callable[[], Kinds]) -> Kinds:
        """The same, for a question that has no final answer yet."""
        provisional = self._provisional.get(question)
        if provisional is not None:
            section = bisect_right(self._begins, provisional[1]) - 1
            self._lowest = min(self._lowest, self._leans[section])
            return provisional[0]
        again = self._open.get(question)
        if again is not None:
            again.asked_again = True
            self._lowest = min(self._lowest, again.depth)
            return again.value
        if len(self._open) >= _DEEPEST:
            self._lowest = 0  # not remembered: asked from nearer by, it can be answered
            return unknown("too many steps away")
        if self._open:
            return self._settle(question, answer)
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(max(limit, _FRAMES))
        try:
            return self._settle(question, answer)
        finally:
            sys.setrecursionlimit(limit)
            self._open.clear()
            self._provisional.clear()
            self._last.clear()
            self._trail.clear()
            self._begins.clear()
            self._leans.clear()
            self._lowest = _NONE
            self._spent = 0

    def _settle(self, question: Hashable, answer: Callable[[], Kinds]) -> Kinds:
        """Only the outermost question of a circle goes round it: if each did, circles in circles would take
        twice as long for each."""
        depth = len(self._open)
        mark = len(self._trail)
        outer, self._lowest = self._lowest, _NONE
        moves, self._moves = self._moves, False
        frame = self._open[question] = _Open(depth, self._last.get(question, NOTHING))
        self._spent += 1
        for round_ in range(_ROUNDS):
            frame.asked_again = self._moves = False
            found = answer()
            if len(found) > MOST_ALIKE:
                found = widened(found)
            if self._lowest < depth:
                self._moves = self._moves or (frame.asked_again and found != frame.value)
                break
            if frame.value:
                found = widened(found | frame.value)
            if not self._moves and (not frame.asked_again or found == frame.value):
                break
            if self._spent > _BUDGET:
                found |= unknown("too entangled")
                break
            frame.value = found if round_ < _ROUNDS - 2 else found | unknown("depends on itself")
            self._forget(mark)
        del self._open[question]
        lowest = self._lowest
        self._join(mark)
        if lowest >= depth:
            self.answers[question] = self._same.setdefault(found, found)
            for each in self._trail[mark:]:
                self.answers[each] = self._provisional.pop(each)[0]
                self._last.pop(each, None)
            del self._trail[mark:]
            self._lowest, self._moves = outer, moves
        else:
            self._begins.append(mark)
            self._leans.append(lowest)
            self._provisional[question] = (found, len(self._trail))
            self._last[question] = found
            self._trail.append(question)
            self._lowest, self._moves = min(outer, lowest), self._moves or moves
        return found

    def _forget(self, mark: int) -> None:
        for each in self._trail[mark:]:
            del self._provisional[each]
        del self._trail[mark:]
        self._join(mark)

    def _join(self, mark: int) -> None:
        """No section begins there or behind."""
        while self._begins and self._begins[-1] >= mark:
            self._begins.pop()
            self._leans.pop()
