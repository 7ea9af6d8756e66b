"""Slow work beside the tasks cut out of its function: what moves with them, and why the rest stays."""

from __future__ import annotations

from ...analysis.judge.site import Site
from ...analysis.judge.verdicts import place_of
from ...extract_tasks import TaskPlan, TaskPlans
from ...model import Note, NoteKind, Reason, Span


def why_it_stays(staying: list[tuple[NoteKind, Site]], found: TaskPlans) -> list[Note]:
    """One note for each block: what is opened, used and closed stays for one reason."""
    notes: dict[Reason, Note] = {}
    for kind, site in staying:
        reason = found.reasons.get(Span(*site.span))
        if reason is not None and not (reason in notes and site.name.endswith("__exit__")):
            text = f"{site.name} stays: {reason.text}"
            notes[reason] = Note(kind, text, place_of(site), reason.hint)
    return list(notes.values())


def covers(plan: TaskPlan, site: Site) -> bool:
    """Does the call move with the task?"""
    return any(span.contains(Span(*site.span)) for span in plan.covered)


def outside(plan: TaskPlan, sites: list[Site]) -> list[Site]:
    """Those that do not move with it."""
    return [site for site in sites if not covers(plan, site)]
