"""Whether handlers meet what is in the way of an async database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from ...analysis.link.program import Key
from ...model import Reason, Span
from ..analysis import Analysis


def served_by_handlers(plain: Analysis) -> set[Key]:
    """What handlers run."""
    entries = (plain.program.key(entry.function) for entry in plain.entries)
    return plain.reach.below(*(key for key in entries if key is not None))


def are_met_by(plain: Analysis, served: set[Key], reasons: Iterable[Reason]) -> bool:
    """Does one of them stand in what handlers run, and not in a worker? That is seen at a glance."""
    lines: dict[str, list[range]] = defaultdict(list)
    for key in served:
        span = Span(*plain.program.scope(key).span)
        lines[key.path].append(range(span.line, span.end_line + 1))
    places = (reason.location for reason in reasons if reason.location is not None)
    return any(place.line in each for place in places for each in lines.get(place.path, ()))
