"""A report made ready to be shown: each call site once, by function, suppressions and `--select` applied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from ...codemods.engine.pipeline import Run
from ...codemods.engine.rows import CHECKLIST, held_back
from ...codemods.engine.settings.config import policy
from ...codemods.model import (
    ChangeGroup,
    Colour,
    Finding,
    HandlerRow,
    Home,
    Location,
    Note,
    Problem,
    Reason,
    RemedyKind,
    Report,
)
from .suppressions import Suppression, suppressions

HELD_CODE = "AF930"


class Section(msgspec.Struct, frozen=True):
    """One handler (or a function behind handlers) with what was found in it."""

    function: str
    location: Location
    findings: tuple[Finding, ...]
    row: HandlerRow | None = None


class View(msgspec.Struct, frozen=True):
    report: Report
    sections: tuple[Section, ...]
    findings: tuple[Finding, ...]
    handlers: tuple[HandlerRow, ...]
    refusals: tuple[Reason, ...]
    problems: tuple[Problem, ...]
    checklist: tuple[tuple[str, int | None], ...]
    """None: the selection left nothing of it to be counted."""
    counts: Mapping[str, int]
    suppressed: int
    known: int = 0
    """Findings that a baseline or an older revision has as well; they are not among `findings`."""

    @property
    def notes(self) -> tuple[Note, ...]:
        """What behaves differently, and slow work that stays; each once."""
        told = (note for group in self.report.groups for note in group.notes)
        return tuple(dict.fromkeys((*told, *self.report.left)))


Wanted = Callable[[str], bool]
"""Is a code to be shown?"""


def by_code(select: Sequence[str], ignore: Sequence[str]) -> Wanted:
    def wanted(code: str) -> bool:
        is_chosen = not select or code.startswith(tuple(select))
        return is_chosen and not code.startswith(tuple(ignore))

    return wanted


REFUSED = "AF9"


def refused_by_code(select: Sequence[str]) -> Wanted:
    """Reasons are told whatever findings are chosen; where some of them are chosen by name, only these."""
    return by_code([code for code in select if code.startswith(REFUSED)], ())


class Suppressed:
    """What comments in the code and the config let be: findings that go, change groups that are held back."""

    def __init__(self, run: Run, findings: Iterable[Finding]) -> None:
        found = list(suppressions(run.texts, run.sources))
        self.problems = [item for item in found if isinstance(item, Problem)]
        comments = [item for item in found if isinstance(item, Suppression)]
        self.findings: set[Finding] = set()
        self.held: dict[str, Reason] = {}
        used: set[Suppression] = set()
        for finding in findings:
            if finding.home and policy(finding.home.function, run.project.config.functions) == "ignore":
                self._take_away(finding, "`functions` of the config", finding.home.location)
                continue
            comment = next((comment for comment in comments if comment.covers(finding)), None)
            if comment is None:
                continue
            used.update(comment for comment in comments if comment.covers(finding))
            why = f" ({comment.reason})" if comment.reason else ""
            self._take_away(finding, f"a comment{why}", comment.location)
        for comment in comments:
            if comment not in used:
                what = ", ".join(comment.codes) or "anything"
                path, line = comment.location[:2]
                self.problems.append(
                    Problem(f"nothing to ignore for {what}", path, line, "remove the comment")
                )

    def _take_away(self, finding: Finding, by: str, where: Location) -> None:
        self.findings.add(finding)
        if finding.group:
            text = f"change group {finding.group} is held back by {by}"
            self.held.setdefault(finding.group, Reason(HELD_CODE, text, where))


def view(
    report: Report,
    suppressed: Suppressed,
    wanted: Wanted = lambda code: True,
    held: Mapping[str, Reason] | None = None,
    refused: Wanted = lambda code: True,
) -> View:
    """`wanted` findings and `refused` places, by their codes. `held`: groups that are not carried out,
    each with the reason; without it those of the comments."""
    held = suppressed.held if held is None else held
    shown = [finding for finding in report.findings if finding not in suppressed.findings]
    handlers, known = held_back(report.handlers, shown, held)
    findings = tuple(finding for finding in known if wanted(finding.code))
    reasons = [reason for group, reason in held.items() if group]
    refusals = dict.fromkeys((*report.refusals, *sorted(reasons, key=_place)))
    counts = Counter(finding.code for finding in findings)
    points = tuple(
        (text, sum(counts[code] for code in codes) if any(wanted(code) for code in codes) else None)
        for text, codes in CHECKLIST
    )
    return View(
        report=report,
        sections=tuple(_sections(handlers, findings)),
        findings=findings,
        handlers=handlers,
        refusals=tuple(reason for reason in refusals if refused(reason.code)),
        problems=tuple(dict.fromkeys((*report.problems, *suppressed.problems))),
        checklist=points,
        counts=_numbers(known, [group for group in report.groups if group.id not in held]),
        suppressed=len(suppressed.findings),
    )


def _place(reason: Reason) -> tuple[str, int]:
    return (reason.location.path, reason.location.line) if reason.location else ("", 0)


def _numbers(findings: Iterable[Finding], groups: Iterable[ChangeGroup]) -> Mapping[str, int]:
    """What would be done: awaits and offloads (calls, not handlers), and the tasks."""
    kinds = Counter(finding.remedy for finding in findings if finding.code != "AF101" and finding.group)
    return {
        "awaits": kinds[RemedyKind.AWAIT] + kinds[RemedyKind.TWIN],
        "offloads": kinds[RemedyKind.OFFLOAD] + kinds[RemedyKind.WHOLE_BODY],
        "tasks": len({name for group in groups for name in group.tasks}),
    }


def _sections(rows: Sequence[HandlerRow], findings: Iterable[Finding]) -> Iterator[Section]:
    """Handlers with findings first, in the order of files and lines, then the functions behind them."""
    by_function = {row.entry.function: row for row in rows}
    found: dict[Home, list[Finding]] = {}
    for finding in findings:
        if finding.home is not None:
            found.setdefault(finding.home, []).append(finding)
    for home in sorted(found, key=lambda home: (not home.is_handler, home.location, home.name)):
        row = by_function.get(home.function) if home.is_handler else None
        yield Section(home.name, home.location, tuple(found[home]), row)


def is_converted(row: HandlerRow) -> bool:
    return row.before is Colour.SYNC and row.after is Colour.ASYNC
