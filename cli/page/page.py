"""The review meeting's page: handlers before and after, diffs, reasons, and what stays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import resources

import jinja2
import msgspec

from ... import __version__
from ...codemods.engine import pipeline
from ...codemods.engine.codes import Page, pages
from ...codemods.model import ChangeGroup, FileResult, Finding, Note, Reason, Status
from ..chosen.view import View
from ..formats.diff import changed_lines
from ..formats.handlers import table
from ..formats.summary import TITLES
from ..shared import words
from ..shared.letters import harmless
from ..shared.places import Places
from .chain_graph import Graph, graph
from .side_by_side import Row, rows

_CHAINS = 12
"""In one drawing; more would be no help."""


class _File(msgspec.Struct, frozen=True):
    path: str
    verb: str
    more: int
    less: int
    rows: Sequence[Row]


class _Group(msgspec.Struct, frozen=True):
    id: str
    title: str
    tag: str
    findings: Sequence[tuple[Finding, str, str]]
    """With the place and the remedy."""
    notes: Sequence[tuple[str, str, str]]
    drawing: Graph | None
    undrawn: int
    files: Sequence[_File]


def page(run: pipeline.Run, shown: View, places: Places) -> str:
    template = (resources.files(__package__) / "templates" / "report.html").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    # what a macro gives is no `str` but markup, and holds values that have been here
    environment.finalize = lambda value: harmless(value) if type(value) is str else value
    environment.filters["arrows"] = _arrows
    in_groups = {path for group in shown.report.groups for path in group.edits}
    return environment.from_string(template).render(
        version=__version__,
        title=run.project.root.name,
        handlers=table(shown, places),
        groups=[_group(run, group, shown, places) for group in shown.report.groups],
        shared=[_file(result, places) for result in shown.report.files if result.path not in in_groups],
        refusals=list(_refusals(shown, places)),
        dropped=shown.report.dropped,
        notes=list(_notes(shown, places)),
        steps=shown.report.next_steps,
        checklist=shown.checklist,
        counts=shown.counts,
    )


def _arrows(chain: str) -> str:
    """A browser would break the line inside of `->`."""
    return chain.replace(" -> ", " \N{RIGHTWARDS ARROW} ")


def _group(run: pipeline.Run, group: ChangeGroup, shown: View, places: Places) -> _Group:
    found = [finding for finding in shown.findings if finding.group == group.id]
    chains = list(dict.fromkeys(_chain(finding) for finding in found if finding.chain))
    return _Group(
        group.id,
        group.title,
        group.applicability.value,
        [(finding, places.at(finding.location), words.remedy(finding)) for finding in found],
        [_told(note, places) for note in group.notes],
        graph(chains[:_CHAINS]) if chains else None,
        len(chains[_CHAINS:]),
        [_file(r, places) for r in pipeline.preview(run, group) if r.path in group.edits],
    )


def _chain(finding: Finding) -> tuple[str, ...]:
    names = tuple(words.short(hop.label) for hop in finding.chain)
    return (finding.handler, *names) if finding.handler else names


def _file(result: FileResult, places: Places) -> _File:
    verb = "new" if result.status is Status.CREATED else "changed"
    return _File(places.shown(result.path), verb, *changed_lines(result), rows(result))


def _told(note: Note, places: Places) -> tuple[str, str, str]:
    return (places.at(note.location) if note.location else "", note.text, note.hint)


def _notes(shown: View, places: Places) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    for kind, title in TITLES.items():
        some = [_told(note, places) for note in shown.notes if note.kind is kind]
        if some:
            yield title, some


def _refusals(
    shown: View, places: Places
) -> Iterator[tuple[str, Page | None, list[tuple[Reason, str, str, str]]]]:
    """By code: the page, and each reason with its handler, its place and its chain."""
    labels = {row.reason: row.entry.label for row in shown.handlers if row.reason is not None}
    for code in sorted({reason.code for reason in shown.refusals}):
        yield (
            code,
            pages().get(code),
            [
                (
                    reason,
                    labels.get(reason, "") if reason.location else "",
                    places.at(reason.location) if reason.location else "",
                    words.chain("", reason.chain),
                )
                for reason in shown.refusals
                if reason.code == code
            ],
        )
