"""What is told of a function and of all that it runs, together; the call graph is gone through once.

Functions that call each other in a circle share what they have: strongly connected components, by the
algorithm of Tarjan (SIAM Journal on Computing 1, 1972).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from ...link.program import Key

Told = TypeVar("Told")


class AllBelow(Generic[Told]):
    def __init__(self, own: Callable[[Key], Iterable[Told]], callees: Callable[[Key], Iterable[Key]]) -> None:
        """`own`: what is told of one function, asked once of each; `callees`: what it runs."""
        self._own = own
        self._callees = callees
        self._found: dict[Key, frozenset[Told]] = {}
        self._same: dict[frozenset[Told], frozenset[Told]] = {}
        """One for all that are equal: most functions have what one below them has."""

    def of(self, function: Key) -> frozenset[Told]:
        if function not in self._found:
            self._go_through(function)
        return self._found[function]

    def _go_through(self, start: Key) -> None:
        numbers, lowest, opened = {start: 0}, {start: 0}, [start]
        ways: list[tuple[Key, Iterator[Key]]] = [(start, iter(self._callees(start)))]
        while ways:
            function, rest = ways[-1]
            callee = next((each for each in rest if each not in self._found), None)
            if callee is None:
                ways.pop()
                if ways:
                    above = ways[-1][0]
                    lowest[above] = min(lowest[above], lowest[function])
                if lowest[function] == numbers[function]:
                    circle = [opened.pop()]
                    while circle[-1] != function:
                        circle.append(opened.pop())
                    self._close(circle)
            elif callee in numbers:
                lowest[function] = min(lowest[function], numbers[callee])
            else:
                numbers[callee] = lowest[callee] = len(numbers)
                opened.append(callee)
                ways.append((callee, iter(self._callees(callee))))

    def _close(self, circle: list[Key]) -> None:
        told: set[Told] = set()
        for function in circle:
            told.update(self._own(function))
            told.update(*(self._found[each] for each in self._callees(function) if each in self._found))
        found = frozenset(told)
        found = self._same.setdefault(found, found)
        self._found.update(dict.fromkeys(circle, found))
