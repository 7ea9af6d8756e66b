"""Finished rows: without what is held back, and as the house's checklist counts them.

Rows of an earlier run are shown as well: nothing here imports what judges.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from ..model import Applicability, Finding, HandlerRow, Reason, RemedyKind

# the implementation checklist of the house rules, word for word
CHECKLIST: tuple[tuple[str, frozenset[str]], ...] = (
    ("All route handlers are `async def`", frozenset({"AF101"})),
    ("All I/O uses `await`", frozenset({"AF205", "AF206", "AF207", "AF211", "AF301"})),
    ("No synchronous file operations", frozenset({"AF203"})),
    ("No long-running operations (> 100ms)", frozenset({"AF202", "AF204", "AF208", "AF405", "AF406"})),
    ("No external API calls that might be slow", frozenset({"AF201", "AF210", "AF404"})),
    ("No email sending (use background tasks)", frozenset({"AF401"})),
    ("No image/video processing (use background tasks)", frozenset({"AF403"})),
    ("No PDF generation (use background tasks)", frozenset({"AF402"})),
    ("All CPU-intensive work moved to `domain/tasks.py`", frozenset({"AF209", "AF212"})),
)


def held_back(
    rows: Iterable[HandlerRow], found: Iterable[Finding], held: Mapping[str, Reason]
) -> tuple[tuple[HandlerRow, ...], tuple[Finding, ...]]:
    """The rows when the groups of these ids are not carried out."""
    return (
        tuple(_stays(row, held[row.group]) if row.group in held else row for row in rows),
        tuple(
            _left_alone(finding, held[finding.group]) if finding.group in held else finding
            for finding in found
        ),
    )


def _stays(row: HandlerRow, why: Reason) -> HandlerRow:
    return replace(row, after=row.before, reason=why, group="", remedies=())


def _left_alone(finding: Finding, why: Reason) -> Finding:
    return replace(
        finding, remedy=RemedyKind.LEAVE, remedy_text=why.text, applicability=Applicability.MANUAL, group=""
    )


def checklist(found: Iterable[Finding]) -> tuple[tuple[str, int], ...]:
    counts = Counter(f.code for f in found)
    return tuple((text, sum(counts[code] for code in codes)) for text, codes in CHECKLIST)
