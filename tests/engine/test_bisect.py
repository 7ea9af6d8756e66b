"""Delta debugging: the culprits go, all others stay, and not many tests are needed."""

from __future__ import annotations

import math

from async_fix.codemods.engine.trial.bisect import Broken, Sifted, sift
from hypothesis import given
from hypothesis import strategies as st

IDS = tuple(f"g{number}" for number in range(40))
CULPRITS = st.frozensets(st.sampled_from(IDS), min_size=1, max_size=4)


def sifted(ids: tuple[str, ...], breaking: list[frozenset[str]]) -> tuple[Sifted, list[frozenset[str]]]:
    """Something breaks when all groups of one of the sets are there; with all sets that were tested."""
    tested: list[frozenset[str]] = []

    def test(chosen: frozenset[str]) -> Broken:
        tested.append(chosen)
        return result(chosen)

    def result(chosen: frozenset[str]) -> Broken:
        return {f"test_{n}": "it fails" for n, broken in enumerate(breaking) if broken <= chosen}

    found = sift(ids, result(frozenset(ids)), test, result)
    assert not result(frozenset(found.kept))
    return found, tested


@given(CULPRITS)
def test_each_culprit_goes_and_no_other(culprits: frozenset[str]) -> None:
    found, _ = sifted(IDS, [frozenset({culprit}) for culprit in sorted(culprits)])
    assert found.guilty.keys() == culprits
    assert found.kept == tuple(name for name in IDS if name not in culprits)


@given(st.lists(st.frozensets(st.sampled_from(IDS), min_size=1, max_size=3), min_size=1, max_size=3))
def test_with_any_one_of_those_that_went_something_breaks_again(breaking: list[frozenset[str]]) -> None:
    found, _ = sifted(IDS, breaking)
    assert {*found.kept, *found.guilty} == set(IDS)
    for name in found.guilty:
        assert any(broken <= {*found.kept, name} for broken in breaking)


@given(st.sampled_from(IDS))
def test_one_culprit_takes_few_tests_and_no_set_is_tested_twice(culprit: str) -> None:
    _, tested = sifted(IDS, [frozenset({culprit})])
    assert tested, "to confirm takes longer than to test"
    assert len(tested) == len(set(tested)) <= 2 * math.ceil(math.log2(len(IDS)))
    assert frozenset(IDS) not in tested


def test_a_failure_that_does_not_come_again_makes_nobody_guilty() -> None:
    found = sift(("a", "b"), {"t": "failed"}, lambda chosen: {"t": "failed"}, lambda chosen: {})
    assert found == Sifted(("a", "b"), {})


def test_the_only_group_is_guilty_without_another_test() -> None:
    found = sift(("a",), {"t": "x"}, lambda chosen: {"nobody": "asks"}, lambda chosen: {"t": "x"})
    assert found == Sifted((), {"a": {"t": "x"}})
