"""Locks of threads that code which serves no request holds while it asks the database. What serves a request
is judged together with all else that it waits for."""

from __future__ import annotations

from collections.abc import Set

from ..analysis.judge.locks import Locks
from ..analysis.link.program import Key
from ..model import Location, Reason, Span
from .draft import OBSTACLE, Draft


def check_locks(draft: Draft, locks: Locks, served: Set[Key]) -> None:
    for function in sorted(draft.functions - served):
        for path, place in sorted(draft.waits):
            if path == function.path and locks.hold(function, Span(*place)):
                text = "the database is asked while a lock of threads is held"
                where = Location(path, place[0], place[1] + 1)
                draft.obstacles.append(Reason(OBSTACLE, text, where))
