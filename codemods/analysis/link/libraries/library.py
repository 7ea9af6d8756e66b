"""Functions of the standard library that give on what they are given: `sorted(rows)`, `zip(a, b)`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ..kinds import COROUTINE, GENERATOR, NOTHING, TASK, Inst, Kinds, clipped, one, union

if TYPE_CHECKING:
    from ..infer import Inference

Given = Callable[[int], Kinds]
"""What an argument is, by its position."""
_ITEMS_IN = {
    # what holds the items of all arguments
    "builtins.list": "builtins.list",
    "builtins.sorted": "builtins.list",
    "builtins.reversed": GENERATOR,
    "builtins.set": "builtins.set",
    "builtins.frozenset": "builtins.frozenset",
    "builtins.tuple": "builtins.list",
    "collections.deque": "collections.deque",
    "heapq.merge": GENERATOR,
    "itertools.chain": GENERATOR,
    "itertools.cycle": GENERATOR,
    "weakref.WeakSet": "builtins.set",
}
_ITEMS_OF = {
    # the position of the argument whose items it gives, and in what
    "builtins.filter": (1, GENERATOR),
    "heapq.nlargest": (1, "builtins.list"),
    "heapq.nsmallest": (1, "builtins.list"),
    "itertools.accumulate": (0, GENERATOR),
    "itertools.compress": (0, GENERATOR),
    "itertools.dropwhile": (1, GENERATOR),
    "itertools.filterfalse": (1, GENERATOR),
    "itertools.islice": (0, GENERATOR),
    "itertools.takewhile": (1, GENERATOR),
    "random.choices": (0, "builtins.list"),
    "random.sample": (0, "builtins.list"),
}
_ITEM_OF = frozenset(
    {"random.choice", "secrets.choice", "heapq.heappop", "heapq.heappushpop", "heapq.heapreplace"}
)
_SEVERAL = frozenset(
    f"itertools.{name}"
    for name in ("batched", "combinations", "combinations_with_replacement", "pairwise", "permutations")
)
_ZIPS = frozenset({"builtins.zip", "itertools.zip_longest", "itertools.product"})
_CALLED = frozenset({"builtins.map", "itertools.starmap"})
_INT = one(Inst("builtins.int"))


def result(inference: Inference, name: str, count: int, given: Given) -> Kinds | None:
    """What the function gives for `count` arguments; None for all others."""
    iterated = inference.iterated
    if name in _ITEMS_IN:
        return _many(_ITEMS_IN[name], union([iterated(given(i)) for i in range(count)]))
    if name == "itertools.chain.from_iterable":
        return _many(GENERATOR, iterated(union([iterated(given(i)) for i in range(count)])))
    if name in _ZIPS:
        return _many(GENERATOR, _tuple([iterated(given(i)) for i in range(count)]))
    if name in _ITEMS_OF and count > _ITEMS_OF[name][0]:
        position, holder = _ITEMS_OF[name]
        return _many(holder, iterated(given(position)))
    return _of_first(inference, name, count, given) if count else None


def _of_first(inference: Inference, name: str, count: int, given: Given) -> Kinds | None:
    def items() -> Kinds:
        return inference.iterated(given(0))

    if name in _ITEM_OF:
        return items()
    if name in _SEVERAL:
        return _many(GENERATOR, one(Inst("builtins.list", (items(),))))
    if name in _CALLED:
        return _many(GENERATOR, inference.called(given(0)))
    if name == "builtins.enumerate":
        return _many(GENERATOR, _tuple([_INT, items()]))
    if name == "itertools.groupby":
        return _many(GENERATOR, _tuple([NOTHING, _many(GENERATOR, items())]))
    if name == "itertools.tee":
        return _many("builtins.list", _many(GENERATOR, items()))
    if name == "itertools.repeat":
        return _many(GENERATOR, given(0))
    if name == "functools.reduce" and count > 1:
        return union([inference.called(given(0)), *(given(i) for i in range(2, count))])
    if name in ("builtins.next", "builtins.min", "builtins.max"):
        found = items() if count == 1 or name == "builtins.next" else given(0)
        return union([found, *(given(i) for i in range(1, count))])
    if name == "builtins.anext":
        return one(Inst(COROUTINE, (union([items(), *(given(i) for i in range(1, count))]),)))
    if name == "asyncio.as_completed":
        return _many(GENERATOR, one(Inst(COROUTINE, (inference.awaited(items()),))))
    if name == "asyncio.wait":
        tasks = _many("builtins.set", one(Inst(TASK, (inference.awaited(items()),))))
        return one(Inst(COROUTINE, (_tuple([tasks, tasks]),)))
    return None


def _many(holder: str, items: Kinds) -> Kinds:
    return one(Inst(holder, (clipped(items),)))


def _tuple(parts: Sequence[Kinds]) -> Kinds:
    return one(Inst("builtins.tuple", tuple(parts)))
