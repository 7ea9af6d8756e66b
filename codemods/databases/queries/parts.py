"""Queries of which rows are taken by their place, and of which one of two is taken.

user = users[0]                      user = (await db.scalars(users.slice(0, 1))).all()[0]
some = users[10:20]          ->      some = (await db.scalars(users.slice(10, 20))).all()
some = users[skip:]          ->      some = (await db.scalars(users.slice(skip, None))).all()

q = db.query(A).filter(..) if mine else db.query(A)
                             ->      q = select(A).filter(..) if mine else select(A)
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from ...analysis.view import View
from .bounds import bounds_of, whole
from .chains import means_query
from .terminals import Statement

if TYPE_CHECKING:
    from .rewriting import Queries


COMPUTED = "rows of a query are taken by a place that is computed"
MAY_FAIL = "a negative place raised an IndexError; the database decides now"


class Part(msgspec.Struct, frozen=True):
    bounds: str
    is_one: bool = False
    may_fail: bool = False
    """Query raises an IndexError for a negative place, and the statement asks the database."""


def part_of(view: View, taken: ast.Subscript) -> Part | None:
    """None for what has no rule, such as `users[::2]`, which Query loads as a whole."""
    at = taken.slice
    if isinstance(at, ast.Slice):
        start, stop = _number(at.lower), _number(at.upper)
        if at.step is None and at.upper is not None and start is not None and stop is not None:
            return Part(f"{start}, {stop}") if stop > start else None
        bounds = bounds_of(view, at)
        return Part(bounds.text, may_fail=bounds.may_fail) if bounds is not None else None
    number = _number(at) if not isinstance(at, ast.Tuple) else None
    return Part(f"{number}, {number + 1}", is_one=True) if number is not None and at is not None else None


def _number(node: ast.expr | None) -> int | None:
    return whole(node) if node is not None else 0


class Choices:
    """Queries of which one is taken: both are known when the second one gets there."""

    def __init__(self, queries: Queries) -> None:
        self.queries = queries
        self._first: dict[ast.IfExp, tuple[ast.expr, Statement]] = {}

    def meet(self, node: ast.expr, above: ast.AST, statement: Statement) -> bool:
        view = self.queries.view
        if not isinstance(above, ast.IfExp) or node is above.test or not _may_be_taken(view, above):
            return False
        first = self._first.pop(above, None)
        if first is None:
            self._first[above] = (node, statement)
            return True
        merged = _merged(first[1], statement)
        if merged is None:
            return False
        for each, own in (first, (node, statement)):
            self.queries.texts.keep(own, each)
        self.queries.follow(above, merged)
        return True

    def check(self) -> None:
        for node, _ in self._first.values():
            self.queries.refuse(node, "a query is handed on to code that is not followed")


def _may_be_taken(view: View, choice: ast.IfExp) -> bool:
    is_plain = not isinstance(view.file.parents[choice], (ast.Subscript, ast.IfExp))
    return is_plain and all(means_query(view, each) for each in (choice.body, choice.orelse))


def _merged(one: Statement, other: Statement) -> Statement | None:
    told = [(each.entity, each.entities, each.session, bool(each.renames)) for each in (one, other)]
    if told[0] != told[1] or one.renames:
        return None
    return replace(
        one,
        variable="()",
        filtered=one.filtered and other.filtered,
        only_filters=False,
        limited_to_one=False,
        grouped=one.grouped or other.grouped,
        repeats=one.may_repeat or other.may_repeat,
        loads_lists=one.loads_lists or other.loads_lists,
        columns=max(one.columns, other.columns),
        beside=frozenset(),
        pinned=frozenset(),
        is_once=False,
        options=(),
        key="",
    )
