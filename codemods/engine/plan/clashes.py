"""Edits that get in each other's way, within a change group and between two of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from ...model import (
    AsyncClause,
    AsyncStatement,
    AwaitExpression,
    AwaitWithin,
    ChangeGroup,
    CloseAfter,
    CollectItems,
    Edit,
    EnterUntil,
    ExtractToThread,
    MoveBody,
    NameFirst,
    OffloadCall,
    OffloadExpression,
    ReplaceCall,
    ReplaceExpression,
    ReplaceStatements,
    Span,
    TurnAsync,
    WaitTogether,
    YieldEach,
)
from ..edits.spans import EXPRESSION_EDITS, RUN_EDITS, get_along, spans_of


class _Claim(NamedTuple):
    edit: Edit
    group: ChangeGroup

    @property
    def span(self) -> Span:
        spans = spans_of(self.edit)
        if isinstance(self.edit, RUN_EDITS):
            return Span(*self.edit.first[:2], *self.edit.last[2:])
        return spans[0]


def clashes(
    groups: Iterable[ChangeGroup], coroutines: Callable[[str], Sequence[Span]] = lambda path: ()
) -> Iterator[tuple[ChangeGroup, str, int]]:
    """Each group that cannot be carried out beside the others, with the file and line; `coroutines` gives the
    spans of the async functions of a file."""
    claims: dict[str, list[_Claim]] = defaultdict(list)
    for group in groups:
        for path, edits in group.edits.items():
            claims[path].extend(_Claim(edit, group) for edit in edits if spans_of(edit))
    told: set[str] = set()
    for path, found in sorted(claims.items()):
        for one, other in _pairs(found, coroutines(path)):
            for claim in (one, other):
                if claim.group.id not in told:
                    told.add(claim.group.id)
                    yield claim.group, path, claim.span.line


def _pairs(claims: Sequence[_Claim], coroutines: Sequence[Span]) -> Iterator[tuple[_Claim, _Claim]]:
    seen: dict[tuple[bool, Span], list[_Claim]] = defaultdict(list)
    for claim in claims:
        if isinstance(claim.edit, (*EXPRESSION_EDITS, TurnAsync, MoveBody)):
            here = seen[isinstance(claim.edit, EXPRESSION_EDITS), claim.span]
            for other in here:
                if other.edit != claim.edit and not get_along(other.edit, claim.edit):
                    yield other, claim
            here.append(claim)
    wide = [claim for claim in claims if isinstance(claim.edit, (*_MOVED, *_REPLACED))]
    for outer in wide:
        for inner in claims:
            if inner.edit == outer.edit or not _clash(outer, inner):
                continue
            if not (isinstance(outer.edit, _MOVED) and _is_in_coroutine(outer.span, inner.span, coroutines)):
                yield outer, inner


def _is_in_coroutine(outer: Span, inner: Span, coroutines: Sequence[Span]) -> bool:
    """Is it in an async function that moves as a whole, and may await there as before?"""
    return any(
        outer != each and outer.contains(each) and each != inner and each.contains(inner)
        for each in coroutines
    )


_MOVED = (OffloadExpression, ExtractToThread, MoveBody)
"""What they hold runs in a function that is not async."""
_REPLACED = (ReplaceExpression, ReplaceStatements)
"""What they hold is gone, and what another change would have done to it with it."""


_AWAITING = (
    AsyncClause,
    AsyncStatement,
    AwaitExpression,
    AwaitWithin,
    CloseAfter,
    CollectItems,
    EnterUntil,
    ExtractToThread,
    NameFirst,
    OffloadCall,
    OffloadExpression,
    WaitTogether,
    YieldEach,
)


def _clash(outer: _Claim, inner: _Claim) -> bool:
    one, two = outer.span, inner.span
    if isinstance(outer.edit, RUN_EDITS) and isinstance(inner.edit, RUN_EDITS):
        apart = one[2:] <= two[:2] or two[2:] <= one[:2]
        if not apart and (one == two or not (one.contains(two) or two.contains(one))):
            return True
    if not one.contains(two) or not _awaits(inner.edit):
        return False
    if isinstance(outer.edit, ExtractToThread) and outer.edit.items and outer.edit.items.span.contains(two):
        return False
    if isinstance(outer.edit, _MOVED):
        return one != two or not isinstance(inner.edit, type(outer.edit))
    return outer.group.id != inner.group.id


def _awaits(edit: Edit) -> bool:
    if isinstance(edit, ReplaceCall):
        return edit.awaited
    return isinstance(edit, _AWAITING)
