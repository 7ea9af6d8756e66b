"""`--format json`: everything that the text shows, as one object; `version` counts the breaking changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Optional

import msgspec

from ...codemods.engine.codes import name_of
from ...codemods.model import Finding, HandlerRow, Hop, Note, Reason, SyncDatabase
from ..chosen.view import View
from ..shared import words
from ..shared.places import Places, Region

if TYPE_CHECKING:
    from ...codemods.engine.explain import Explanation


class JsonHop(msgspec.Struct):
    label: str
    path: str
    line: int


class JsonFinding(msgspec.Struct):
    code: str
    name: str
    severity: str
    message: str
    path: str
    """From the current folder."""
    line: int
    column: int
    end_line: int
    end_column: int
    """In characters from 1; the end is exclusive."""
    fingerprint: str
    """Stays when lines move."""
    handler: str
    function: str
    chain: list[JsonHop]
    remedy: str
    remedy_text: str
    applicability: str
    group: str


class JsonReason(msgspec.Struct):
    code: str
    text: str
    hint: str
    path: str
    line: int
    chain: list[JsonHop]


class JsonHandler(msgspec.Struct):
    kind: str
    label: str
    function: str
    path: str
    line: int
    before: str
    after: str
    remedies: list[str]
    reason: Optional[JsonReason]  # noqa: UP045 (msgspec evaluates it, on 3.10 too)
    group: str


class JsonNote(msgspec.Struct):
    kind: str
    text: str
    hint: str
    path: str
    line: int


class JsonGroup(msgspec.Struct):
    id: str
    title: str
    functions: list[str]
    files: list[str]
    applicability: str
    notes: list[JsonNote]


class JsonProblem(msgspec.Struct):
    message: str
    path: str
    line: int
    hint: str


class JsonPoint(msgspec.Struct):
    text: str
    passed: Optional[bool]  # noqa: UP045
    """None when the selection left nothing to be looked at."""
    count: int


class JsonDatabase(msgspec.Struct):
    obstacles: int
    """To its change as a whole; each is in `not_converted`, as AF917."""
    names: list[str]
    """Of all databases of the project."""
    strategy: str
    """The one of this run: obstacles are counted for `native`, what moves for `beside` and `run-sync`."""
    moved: int
    routes: int
    """Those that stay `def` because of it."""
    in_threads: int
    """Of these routes, those that `--database thread` converts."""


class JsonReport(msgspec.Struct):
    version: int
    findings: list[JsonFinding]
    handlers: list[JsonHandler]
    not_converted: list[JsonReason]
    groups: list[JsonGroup]
    problems: list[JsonProblem]
    left: list[JsonNote]
    """Slow work of functions in which nothing changes, and why it stays."""
    next_steps: list[str]
    checklist: list[JsonPoint]
    database: Optional[JsonDatabase]  # noqa: UP045
    """One that stays sync."""
    counts: dict[str, int]


class JsonExplanation(msgspec.Struct):
    function: str
    path: str
    line: int
    before: str
    after: str
    handler: str
    way: list[JsonHop]
    """From the handler to the function."""
    chain: list[JsonHop]
    """From the function to what it waits for."""
    remedies: list[str]
    reason: Optional[JsonReason]  # noqa: UP045


def explanation(found: Explanation, places: Places) -> str:
    return pretty(
        JsonExplanation(
            str(found.function),
            places.shown(found.location.path),
            found.location.line,
            found.before.value,
            found.after.value,
            found.reached_from,
            _hops(found.way, places),
            _hops(found.chain, places),
            list(found.remedies),
            _reason(found.reason, places) if found.reason else None,
        )
    )


def check(
    shown: View,
    prints: Mapping[Finding, str],
    levels: Mapping[str, str],
    places: Places,
    lines: Mapping[str, list[str]],
) -> str:
    report = JsonReport(
        version=1,
        findings=[
            _finding(f, prints[f], levels[f.code], places, lines.get(f.location.path, []))
            for f in shown.findings
        ],
        handlers=[handler(row, places) for row in shown.handlers],
        not_converted=[_reason(reason, places) for reason in shown.refusals],
        groups=[
            JsonGroup(
                group.id,
                group.title,
                [str(function) for function in group.functions],
                [places.shown(path) for path in group.edits],
                group.applicability.value,
                [_note(note, places) for note in group.notes],
            )
            for group in shown.report.groups
        ],
        problems=[
            JsonProblem(p.message, places.shown(p.path) if p.path else "", p.line, p.hint)
            for p in shown.problems
        ],
        left=[_note(note, places) for note in shown.report.left],
        next_steps=list(shown.report.next_steps),
        checklist=[JsonPoint(text, None if n is None else not n, n or 0) for text, n in shown.checklist],
        database=_database(shown.report.database),
        counts={
            **shown.report.statistics,
            **shown.counts,
            "suppressed": shown.suppressed,
            "known": shown.known,
        },
    )
    return pretty(report)


def _database(database: SyncDatabase | None) -> JsonDatabase | None:
    if database is None:
        return None
    return JsonDatabase(
        len(database.obstacles),
        list(database.names),
        database.strategy,
        database.moved,
        database.routes,
        database.in_threads,
    )


def pretty(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def _hops(chain: Sequence[Hop], places: Places) -> list[JsonHop]:
    places_of = [(hop, places.shown(hop.location.path)) for hop in chain]
    return [JsonHop(words.short(hop.label), path, hop.location.line) for hop, path in places_of]


def _finding(finding: Finding, print_: str, level: str, places: Places, lines: list[str]) -> JsonFinding:
    region = Region(finding, lines)
    return JsonFinding(
        code=finding.code,
        name=name_of(finding.code),
        severity=level,
        message=finding.message,
        path=places.shown(finding.location.path),
        line=region.line,
        column=region.column,
        end_line=region.end_line,
        end_column=region.end_column,
        fingerprint=print_,
        handler=finding.handler,
        function=finding.home.name if finding.home else "",
        chain=_hops(finding.chain, places),
        remedy=finding.remedy.value,
        remedy_text=words.remedy(finding),
        applicability=finding.applicability.value,
        group=finding.group,
    )


def _reason(reason: Reason, places: Places) -> JsonReason:
    path = places.shown(reason.location.path) if reason.location else ""
    line = reason.location.line if reason.location else 0
    return JsonReason(reason.code, reason.text, reason.hint, path, line, _hops(reason.chain, places))


def _note(note: Note, places: Places) -> JsonNote:
    path = places.shown(note.location.path) if note.location else ""
    return JsonNote(note.kind.value, note.text, note.hint, path, note.location.line if note.location else 0)


def handler(row: HandlerRow, places: Places) -> JsonHandler:
    entry = row.entry
    return JsonHandler(
        kind=entry.kind.value,
        label=entry.label,
        function=str(entry.function),
        path=places.shown(entry.location.path),
        line=entry.location.line,
        before=row.before.value,
        after=row.after.value,
        remedies=[kind.value for kind in row.remedies],
        reason=_reason(row.reason, places) if row.reason else None,
        group=row.group,
    )
