"""Which bindings of a name can have run when it is read at some line of the same scope.

query = db.query(Note)
if size == "all":
    query = query.all()                # here it is a query,
else:
    query = query.limit(size).all()    # here as well,
return query                           # and here a list
"""

from __future__ import annotations

from collections.abc import Sequence

from ..index.bindings import Binding, Choice, How, Scope
from .module import ELSEWHERE

KEEPS_VALUE = (How.ISINSTANCE, How.ANNOTATION, How.AUGMENTED)
"""What stands there before is still there afterwards."""
_IN_THE_END = (How.ASSIGN, How.AUGMENTED, How.DEF, How.CLASS)
"""What is read in their own lines is what was there before."""


def reaching_at(found: Sequence[Binding], scope: Scope, line: int) -> list[Binding]:
    """The bindings that can have run when the name is read at `line`."""
    start = _settled(found, scope, line)
    since = found[start].line if found and has_run(found[start], line) else 0
    around = (span for span in scope.loops if span[0] <= line <= span[1])
    in_loop = [(first, last) for first, last in around if not first < since <= last]
    kept = []
    for number, binding in enumerate(found):
        if binding.how is How.ISINSTANCE:
            if binding.line <= line <= binding.until and not _bound_between(found, binding.line, line):
                kept.append(binding)
        elif (
            binding.depth == ELSEWHERE
            or binding.how is How.ANNOTATION
            or (number >= start and _can_have_run(binding, scope, line, in_loop))
        ):
            kept.append(binding)
    return kept


def has_run(binding: Binding, line: int) -> bool:
    """Does it give the name a value on every way to `line`, which is not above it?"""
    is_around = binding.depth == 0 or (binding.depth > 0 and line <= binding.until)
    return is_around and binding.line < line and binding.how not in KEEPS_VALUE


def _settled(found: Sequence[Binding], scope: Scope, line: int) -> int:
    """What is bound before this number has a successor on every way to `line`."""
    numbers = [number for number, binding in enumerate(found) if has_run(binding, line)]
    for choice in scope.choices if len(found) > 1 else ():
        if choice.other[1] and choice.other[1] < line and (choice.depth == 0 or line <= choice.until):
            number = _always(found, scope, choice)
            numbers += [number] if number is not None else []
    return max(numbers, default=0)


def _always(found: Sequence[Binding], scope: Scope, choice: Choice) -> int | None:
    """The first binding of those that both branches end with; None where one has none."""
    numbers: list[int] = []
    for (first, last), leaves in zip((choice.body, choice.other), choice.leaves, strict=True):
        depth = choice.depth + 1
        own = [
            number
            for number, binding in enumerate(found)
            if first <= binding.line <= last and binding.depth == depth and binding.how not in KEEPS_VALUE
        ]
        for inner in scope.choices:
            if inner.depth == depth and first <= inner.body[0] <= last and inner.other[1]:
                number = _always(found, scope, inner)
                own += [number] if number is not None else []
        if own:
            numbers.append(max(own))
        elif not leaves:
            return None
    return min(numbers, default=None)


def _can_have_run(binding: Binding, scope: Scope, line: int, in_loop: Sequence[tuple[int, int]]) -> bool:
    if any(first <= binding.line <= last for first, last in in_loop):
        return True
    if binding.line > line or (binding.line == line and binding.how in _IN_THE_END):
        return False
    return not any(_is_apart(choice, binding.line, line) for choice in scope.choices)


def _is_apart(choice: Choice, bound: int, line: int) -> bool:
    """Is one of them in the way that was not taken?"""
    in_body = choice.body[0] <= bound <= choice.body[1]
    in_other = choice.other[0] <= bound <= choice.other[1]
    if in_body and choice.other[0] <= line <= choice.other[1]:
        return True
    is_behind = max(choice.body[1], choice.other[1]) < line <= choice.until
    return is_behind and ((in_body and choice.leaves[0]) or (in_other and choice.leaves[1]))


def _bound_between(found: Sequence[Binding], first: int, last: int) -> bool:
    return any(first < b.line < last and b.how not in KEEPS_VALUE for b in found)
