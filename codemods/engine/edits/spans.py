"""Where each kind of edit claims its place, and which edits cannot stand together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from ...model import (
    AddBase,
    AddDecorator,
    AddParameter,
    AppendCode,
    Argument,
    AwaitExpression,
    AwaitWithin,
    CloseAfter,
    Code,
    CollectItems,
    DropCall,
    Edit,
    EnterUntil,
    ExtractToThread,
    InsertStatements,
    LeaveWith,
    MoveBody,
    NameFirst,
    OffloadCall,
    OffloadExpression,
    ReplaceCall,
    ReplaceExpression,
    ReplaceStatements,
    ShieldFinally,
    Span,
    WaitTogether,
)
from .failure import RewriteError

EXPRESSION_EDITS = (
    AwaitExpression,
    AwaitWithin,
    CollectItems,
    DropCall,
    OffloadCall,
    OffloadExpression,
    ReplaceCall,
    ReplaceExpression,
)
_PARTS = (AwaitExpression, AwaitWithin, OffloadCall, OffloadExpression, ReplaceCall)
"""Those that stand in the new text of an expression around them, where that keeps what they are about."""
_WITH_CODE = (
    CloseAfter,
    ShieldFinally,
    ReplaceExpression,
    ReplaceStatements,
    InsertStatements,
    LeaveWith,
    NameFirst,
    AddBase,
    AddDecorator,
    AddParameter,
    AppendCode,
)
RUN_EDITS = (ExtractToThread, ReplaceStatements, WaitTogether)
RunEdit = ExtractToThread | ReplaceStatements | WaitTogether


def get_along(one: Edit, other: Edit) -> bool:
    """Can both be done to one expression, the one that goes through it last?"""
    changes, goes = (other, one) if isinstance(one, CollectItems) else (one, other)
    return isinstance(goes, CollectItems) and isinstance(changes, (AwaitExpression, ReplaceCall))


def spans_of(edit: Edit) -> tuple[Span, ...]:
    """The spans of all nodes that the edit names."""
    if isinstance(edit, AppendCode):
        return ()
    if isinstance(edit, ExtractToThread):
        return edit.before, edit.first, edit.last
    if isinstance(edit, (ReplaceStatements, WaitTogether)):
        return edit.first, edit.last
    if isinstance(edit, AwaitWithin):
        return edit.span, edit.inner
    if isinstance(edit, (CloseAfter, NameFirst)):
        return edit.span, edit.statement
    if isinstance(edit, EnterUntil):
        return edit.span, edit.last
    return (edit.anchor if isinstance(edit, InsertStatements) else edit.span,)


def parts_of(whole: ReplaceExpression, edits: Iterable[Edit]) -> list[Span]:
    """What other edits change within the expression."""
    spans = (edit.span for edit in edits if isinstance(edit, _PARTS))
    return [span for span in spans if whole.span.contains(span) and span != whole.span]


def codes_of(edit: Edit) -> Iterator[Code]:
    """All new text of the edit."""
    if isinstance(edit, (OffloadCall, OffloadExpression, ExtractToThread, MoveBody)):
        yield edit.runner
    elif isinstance(edit, ReplaceCall):
        yield edit.callee
        yield from _texts(edit.arguments or ())
    elif isinstance(edit, WaitTogether):
        yield edit.gather
    elif isinstance(edit, _WITH_CODE):
        yield edit.code


def _texts(arguments: Iterable[Argument]) -> Iterator[Code]:
    for argument in arguments:
        if argument.code is not None:
            yield argument.code
        yield from _texts(argument.given)


def settle(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """Each edit once, without those inside text that another one replaces and that have no place in it. What
    is inserted there goes above.

    Raises `RewriteError` when two edits claim one span.
    """
    edits = tuple(edits)
    runs = [edit for edit in edits if isinstance(edit, ReplaceStatements)]
    once = tuple(dict.fromkeys(_above_runs(edit, runs) for edit in edits))
    replacing = [edit for edit in once if isinstance(edit, (ReplaceExpression, ReplaceStatements))]
    kept = tuple(e for e in once if not any(_is_gone(e, other) for other in replacing if other is not e))
    _check_expressions(kept)
    _check_functions(kept)
    _check_runs([edit for edit in kept if isinstance(edit, RUN_EDITS)])
    return kept


def _above_runs(edit: Edit, runs: Sequence[ReplaceStatements]) -> Edit:
    """What is loaded for a statement in the middle of a run that goes is loaded for what takes its place."""
    if isinstance(edit, InsertStatements):
        for run in runs:
            at_edge = edit.anchor == (run.last if edit.after else run.first)
            if _extent(run).contains(edit.anchor) and not at_edge:
                return InsertStatements(run.first, edit.code)
    return edit


def _is_gone(edit: Edit, other: ReplaceExpression | ReplaceStatements) -> bool:
    """Whether the text that `edit` is about is replaced by `other`."""
    if isinstance(other, ReplaceExpression):
        inside = any(other.span.contains(span) and span != other.span for span in spans_of(edit))
        return inside and not isinstance(edit, _PARTS)
    whole = _extent(other)
    if isinstance(edit, InsertStatements):
        return False
    if isinstance(edit, RUN_EDITS):
        return whole.contains(_extent(edit)) and whole != _extent(edit)
    return bool(spans_of(edit)) and all(whole.contains(span) for span in spans_of(edit))


def _extent(edit: RunEdit) -> Span:
    return Span(edit.first.line, edit.first.col, edit.last.end_line, edit.last.end_col)


def _check_expressions(edits: Sequence[Edit]) -> None:
    seen: dict[Span, list[Edit]] = defaultdict(list)
    for edit in edits:
        if isinstance(edit, EXPRESSION_EDITS):
            if not all(get_along(edit, other) for other in seen[edit.span]):
                raise RewriteError("two edits claim one expression", edit.span)
            seen[edit.span].append(edit)


def _check_functions(edits: Sequence[Edit]) -> None:
    bodies: set[Span] = set()
    for edit in edits:
        if isinstance(edit, MoveBody):
            if edit.span in bodies:
                raise RewriteError("two edits claim one function", edit.span)
            bodies.add(edit.span)


def _check_runs(edits: Sequence[RunEdit]) -> None:
    for number, edit in enumerate(edits):
        for other in edits[number + 1 :]:
            one, two = _extent(edit), _extent(other)
            apart = one[2:] <= two[:2] or two[2:] <= one[:2]
            nested = one != two and (one.contains(two) or two.contains(one))
            if not apart and not nested:
                raise RewriteError("two edits claim one statement", max(one, two))
