"""Where it stands what is in the way of an async database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from ...analysis.link.program import Key
from ...model import Edit, Reason, Span
from ..analysis import Analysis
from ..edits.spans import spans_of


def served_by_handlers(plain: Analysis) -> set[Key]:
    """What handlers run."""
    entries = (plain.program.key(entry.function) for entry in plain.entries)
    return plain.reach.below(*(key for key in entries if key is not None))


def are_met_by(plain: Analysis, served: Iterable[Key], reasons: Iterable[Reason]) -> bool:
    """Does one of them stand in what handlers run, and not in a worker? That is seen at a glance."""
    return any(map(standing_in(plain, served), reasons))


def standing_in(plain: Analysis, functions: Iterable[Key]) -> Callable[[Reason], bool]:
    """Does a reason stand on a line of one of the functions?"""
    lines: dict[str, list[range]] = defaultdict(list)
    for key in functions:
        span = Span(*plain.program.scope(key).span)
        lines[key.path].append(range(span.line, span.end_line + 1))

    def stands(reason: Reason) -> bool:
        place = reason.location
        return place is not None and any(place.line in each for each in lines.get(place.path, ()))

    return stands


def apart_from(edits: Mapping[str, Sequence[Edit]], obstacles: Iterable[Reason]) -> tuple[Reason, ...]:
    """The obstacles that are not where something is edited."""
    lines = {
        (path, line)
        for path, found in edits.items()
        for each in found
        for span in spans_of(each)
        for line in range(span.line, span.end_line + 1)
    }
    places = ((each, each.location) for each in obstacles)
    return tuple(each for each, at in places if at is None or (at.path, at.line) not in lines)
