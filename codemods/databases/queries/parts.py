"""Queries of which rows are taken by their place, and of which one of two is taken.

user = users[0]                      user = (await db.scalars(users.slice(0, 1))).all()[0]
some = users[10:20]          ->      some = (await db.scalars(users.slice(10, 20))).all()

q = db.query(A).filter(..) if mine else db.query(A)
                             ->      q = select(A).filter(..) if mine else select(A)

What is computed may be negative: Query raises an IndexError then, and a statement asks the database.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from ...analysis.view import View
from .chains import means_query
from .terminals import Statement

if TYPE_CHECKING:
    from .rewriting import Queries


class Part(msgspec.Struct, frozen=True):
    bounds: str
    end: str
    """What is taken of the rows between them."""


def part_of(taken: ast.Subscript) -> Part | None:
    """None for what has no rule, such as `users[::2]`, which Query loads as a whole."""
    at = taken.slice
    if isinstance(at, ast.Slice):
        start, stop = _number(at.lower), _number(at.upper)
        if at.step is not None or start is None or stop is None or stop <= start:
            return None
        return Part(f"{start}, {stop}", ".all()")
    number = _number(at) if not isinstance(at, ast.Tuple) else None
    return Part(f"{number}, {number + 1}", ".all()[0]") if number is not None and at is not None else None


def _number(node: ast.expr | None) -> int | None:
    if node is None:
        return 0
    is_number = isinstance(node, ast.Constant) and type(node.value) is int
    return node.value if is_number else None  # type: ignore[attr-defined]


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
