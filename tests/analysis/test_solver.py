"""Questions that ask each other."""

from __future__ import annotations

import tracemalloc

from async_fix.codemods import catalogue
from async_fix.codemods.analysis.index.expr import Name
from async_fix.codemods.analysis.index.reader import index
from async_fix.codemods.analysis.link.infer import Inference
from async_fix.codemods.analysis.link.kinds import (
    MOST_ALIKE,
    MOST_ATTRIBUTES,
    NOTHING,
    Ext,
    Inst,
    Kinds,
    Member,
    Unknown,
    one,
    ordered,
    union,
    widened,
)
from async_fix.codemods.analysis.link.program import Key, Program
from async_fix.codemods.analysis.link.solver import Solver

WORDS = ("id", "date", "price", "amount", "total")
A, B, C = (one(Ext(name)) for name in "abc")


def test_a_circle_has_the_union_of_what_comes_in() -> None:
    solver = Solver()

    def first() -> Kinds:
        return A | solver.solve("second", second)

    def second() -> Kinds:
        return B | solver.solve("first", first)

    assert solver.solve("first", first) == A | B
    assert solver.solve("second", second) == A | B


def test_what_was_found_inside_a_circle_is_not_remembered_half_done() -> None:
    solver = Solver()

    def outer() -> Kinds:
        return solver.solve("middle", middle) | C

    def middle() -> Kinds:
        return solver.solve("inner", inner) | B

    def inner() -> Kinds:
        return solver.solve("outer", outer)

    assert solver.solve("outer", outer) == B | C
    assert solver.solve("inner", inner) == B | C
    assert solver.solve("middle", middle) == B | C


def test_each_question_outside_a_circle_is_answered_once() -> None:
    solver = Solver()
    asked: list[str] = []

    def leaf() -> Kinds:
        asked.append("leaf")
        return A

    def circle() -> Kinds:
        return solver.solve("leaf", leaf) | solver.solve("circle", circle)

    assert solver.solve("circle", circle) == A
    assert asked == ["leaf"]


def test_what_grows_without_end_is_unknown() -> None:
    solver = Solver()
    numbers = iter(range(1000))

    def growing() -> Kinds:
        return solver.solve("growing", growing) | one(Ext(str(next(numbers))))

    assert any(isinstance(kind, Unknown) for kind in solver.solve("growing", growing))


def test_a_long_way_is_no_stack_overflow() -> None:
    solver = Solver()

    def step(number: int) -> Kinds:
        return solver.solve(number, lambda: step(number + 1)) if number < 100_000 else A

    assert any(isinstance(kind, Unknown) for kind in step(0))
    assert solver.solve("small", lambda: NOTHING) == NOTHING


def test_what_leans_on_an_open_question_is_put_together_again() -> None:
    """In the first round of a circle the answer is still nothing: kept, it would hide what comes later."""
    solver = Solver()
    kept: dict[str, Kinds] = {}
    found = one(Ext("first"))

    def around() -> Kinds:
        return found | solver.compose(kept, "inside", lambda: solver.solve("around", around))

    assert solver.solve("around", around) == found
    assert kept == {}
    assert solver.compose(kept, "inside", lambda: solver.solve("around", around)) == found
    assert kept == {"inside": found}


def _lists(number: int) -> Kinds:
    return frozenset(Inst("builtins.list", (one(Ext(f"x{each}")),)) for each in range(number))


def test_many_containers_of_one_class_are_one_that_holds_all() -> None:
    items = union([one(Ext(f"x{each}")) for each in range(MOST_ALIKE + 1)])
    whole = one(Inst("builtins.list", (items,)))
    others = A | one(Inst("builtins.dict", (B, C)))
    assert widened(_lists(MOST_ALIKE + 1) | others) == whole | others
    nested = frozenset(Inst("builtins.set", (one(each),)) for each in _lists(MOST_ALIKE + 1))
    assert widened(nested) == one(Inst("builtins.set", (whole,)))


def test_a_few_containers_are_told_apart() -> None:
    few = _lists(MOST_ALIKE) | frozenset(Inst(f"x.{name}") for name in range(MOST_ALIKE * 2))
    assert widened(few) == few


def test_what_has_attributes_of_attributes_does_not_pile_up() -> None:
    """`for each in data: data = {"id": each.id, "price": each.price, ..}`."""
    solver = Solver()
    sizes: list[int] = []

    def kept() -> Kinds:
        known = solver.solve("kept", kept) | one(Member("builtins.str", "x"))
        owners = [f"{each.owner}.{each.attr}" for each in known if isinstance(each, Member)]
        found = union([known, *(one(Member(owner, word)) for owner in owners for word in WORDS)])
        sizes.append(len(found))
        return found

    found = solver.solve("kept", kept)
    assert max(*sizes, len(found)) <= MOST_ATTRIBUTES * (len(WORDS) + 1) + 2
    assert any(isinstance(kind, Unknown) for kind in found)


def test_a_few_attributes_are_told_apart() -> None:
    few = frozenset(Member("lib.C", f"x{number}") for number in range(MOST_ATTRIBUTES))
    assert widened(few) == few


def test_a_walk_through_what_a_library_has_does_not_pile_up() -> None:
    """Of 200 functions in a table each is known all the same."""
    calls = "\n".join(f"    walk(node.{word})" for word in WORDS)
    table = ", ".join(f"lib.f{number}" for number in range(200))
    source = f"import lib\ndef walk(node):\n{calls}\nwalk(lib.ROOT)\nfor each in [{table}]: each()\n"
    inference = Inference(Program([index(source, "walk.py", "walk")], catalogue.load()))
    found = inference.parameter(Key("walk.py", 1), 0)
    assert one(Ext("lib.ROOT.id.price")) < found
    assert len(found) <= MOST_ATTRIBUTES * (len(WORDS) + 1) + 2
    assert any(isinstance(kind, Unknown) for kind in found)
    each = inference.kinds(Key("walk.py", 0), Name("each"))
    assert each == frozenset(Ext(f"lib.f{number}") for number in range(200))


def test_containers_that_are_filled_again_and_again_do_not_pile_up() -> None:
    solver = Solver()
    sizes: list[int] = []

    def filled() -> Kinds:
        known = solver.solve("filled", filled)
        sizes.append(len(known))
        more = [one(Inst("builtins.dict", (A, known | one(Ext(f"{len(sizes)}.{n}"))))) for n in range(99)]
        return union([known, *more])

    found = solver.solve("filled", filled)
    assert max(*sizes, len(found)) <= MOST_ALIKE


def test_lists_of_lists_are_put_in_order_without_being_written_out() -> None:
    kinds = [Inst(f"lib.C{number}") for number in range(20)]
    for _ in range(4):
        kinds = [Inst("builtins.list", (frozenset(kinds), one(each))) for each in kinds]
    tracemalloc.start()
    found = ordered(frozenset(kinds))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found) == 20
    assert set(found) == set(kinds)
    assert most < 10_000_000


def test_lists_have_the_order_of_what_is_in_them() -> None:
    lists = [Inst("builtins.list", (one(Inst(f"lib.C{number}")),)) for number in range(10)]
    assert ordered(frozenset(lists)) == tuple(lists)
