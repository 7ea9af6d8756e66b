"""What functions that call each other in circles have together is what each of them reaches."""

from __future__ import annotations

from async_fix.codemods.analysis.judge.reaching.all_below import AllBelow
from async_fix.codemods.analysis.link.program import Key
from hypothesis import given, settings
from hypothesis import strategies as st

_COUNT = 7
KEYS = [Key("app.py", number) for number in range(_COUNT)]
GRAPHS = st.lists(st.lists(st.integers(0, _COUNT - 1), max_size=3), min_size=_COUNT, max_size=_COUNT)


def reached(graph: list[list[int]], start: int) -> set[int]:
    seen, pending = {start}, [start]
    while pending:
        new = set(graph[pending.pop()]) - seen
        seen |= new
        pending += new
    return seen


@settings(deadline=None)
@given(GRAPHS, st.permutations(range(_COUNT)))
def test_each_has_what_it_reaches_whoever_is_asked_first(graph: list[list[int]], order: list[int]) -> None:
    asked: list[Key] = []

    def own(key: Key) -> list[int]:
        asked.append(key)
        return [key.scope]

    below = AllBelow(own, lambda key: [KEYS[number] for number in graph[key.scope]])
    for number in order:
        assert below.of(KEYS[number]) == reached(graph, number)
    assert sorted(asked) == KEYS, "each is gone through once"
