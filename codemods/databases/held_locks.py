"""Locks of threads that code which serves no request holds while it asks the database. What serves a request
is judged together with all else that it waits for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Set

from ..analysis.judge.state.locks import Locks
from ..analysis.link.program import Key
from ..model import Location, Reason, Span
from .draft import OBSTACLE, Draft


def check_locks(draft: Draft, locks: Locks, served: Set[Key]) -> None:
    waits: dict[str, list[Span]] = defaultdict(list)
    for path, place in sorted(draft.waits):
        waits[path].append(Span(*place))
    for function in sorted(draft.functions - served):
        held = locks.held(function) if waits[function.path] else ()
        for span in waits[function.path] if held else ():
            if any(each.contains(span) for each in held):
                text = "the database is asked while a lock of threads is held"
                draft.obstacles.append(
                    Reason(OBSTACLE, text, Location(function.path, span.line, span.col + 1))
                )
