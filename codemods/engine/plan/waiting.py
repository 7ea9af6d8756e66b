"""Slow work for which requests still wait, once every function has been decided.

A function that calls `notify()` says that it waits for it; what `notify()` does may have become a task in it.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...analysis.judge.reaching.reach import Reach
from ...analysis.judge.turning.verdicts import FunctionPlan, Judgement
from ...analysis.link.program import Key
from ...model import Note, RemedyKind


def still_waiting(reach: Reach, judgement: Judgement) -> Mapping[Key, tuple[Note, ...]]:
    """What is to be said of each function that waits, unless tasks alone wait for it."""
    program = reach.effects.program
    plans = {key: verdict.plan for key, verdict in judgement.verdicts.items() if verdict.plan is not None}
    waits_for = {key: dict(plan.waits_for) for key, plan in plans.items()}
    on_loop = {key for key in plans if judgement.verdicts[key].turns or program.scope(key).is_async}
    """Of others, what they hand on is decided, and not what they do in their thread."""
    idle = {key for key in on_loop if key not in waits_for[key]}
    """Those who do no slow work that is left, unless they call somebody who does."""
    grew = True
    while grew:
        waiting = {key for key in idle if not idle.issuperset(waits_for[key])}
        idle, grew = idle - waiting, bool(waiting)
    in_workers = _in_workers(reach, plans)
    return {
        key: tuple(note for doer, notes in found.items() if doer not in idle for note in notes)
        for key, found in waits_for.items()
        if key not in in_workers
    }


def _in_workers(reach: Reach, plans: Mapping[Key, FunctionPlan]) -> set[Key]:
    """What tasks run, and what nobody but that calls."""
    moved = {m.site for plan in plans.values() for m in plan.mended if m.remedy is RemedyKind.TASK}
    queued = {site.target for site in moved if site.target is not None}
    calls = {key: {s.target for s in reach.own(key) if s.target and s not in moved} for key in plans}
    found: set[Key] = set()
    while True:
        below = {callee for key in found & calls.keys() for callee in calls[key]}
        elsewhere = {callee for key in calls.keys() - found for callee in calls[key]}
        more = (queued | below) - elsewhere
        if more == found:
            return found
        found = more
