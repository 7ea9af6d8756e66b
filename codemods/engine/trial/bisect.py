"""Delta debugging over change groups: which of them can stay when all together break something."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

Broken = Mapping[str, str]
"""Test -> what is said about it; empty when all is well."""
Test = Callable[[frozenset[str]], Broken]


class Sifted(msgspec.Struct, frozen=True):
    kept: tuple[str, ...]
    guilty: Mapping[str, Broken]
    """What each of the others breaks beside those that are kept."""


def sift(ids: Sequence[str], broken: Broken, test: Test, confirm: Test) -> Sifted:
    """`broken` is what all together break, one at least; halves that break something are split until one is
    left.

    That one is guilty when `confirm` says so as well. No set is tested twice: a single culprit among n costs
    about 2 log2(n) tests. Of several that only break something together the last is guilty.
    """
    known: dict[frozenset[str], Broken] = {frozenset(ids): broken}
    guilty: dict[str, Broken] = {}

    def is_well(chosen: frozenset[str]) -> bool:
        if chosen not in known:
            known[chosen] = test(chosen)
        return not known[chosen]

    def grown(base: tuple[str, ...], more: Sequence[str]) -> tuple[str, ...]:
        if is_well(frozenset((*base, *more))):
            return (*base, *more)
        if len(more) == 1:
            found = confirm(frozenset((*base, *more)))
            if not found:
                return (*base, *more)
            guilty[more[0]] = found
            return base
        middle = len(more) // 2
        return grown(grown(base, more[:middle]), more[middle:])

    return Sifted(grown((), ids), guilty)
