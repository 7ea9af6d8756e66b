"""Handlers as rows: for the table of `routes`, other tools, and the page of `report`."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...codemods.model import EntryKind
from ..chosen.view import Section, View
from ..shared import words
from ..shared.letters import in_one_line
from ..shared.paper import line
from ..shared.places import Places
from ..shared.run import WIDE


class Route(msgspec.Struct, frozen=True):
    """One row; `blocks_on` are the chains, in the order of the lines."""

    method: str
    """HTTP methods, `WS`, or what else it is: `dependency`, `exception handler`."""
    path: str
    function: str
    file: str
    line: int
    now: str
    after: str
    blocks_on: tuple[str, ...]
    plan: str
    group: str

    def field(self, key: str) -> str:
        value = getattr(self, FIELDS[key])
        return " ".join(value) if isinstance(value, tuple) else str(value)


FIELDS = {
    "method": "method",
    "path": "path",
    "file": "file",
    "function": "function",
    "now": "now",
    "after": "after",
    "blocks": "blocks_on",
    "plan": "plan",
    "group": "group",
}
_TITLES = ("method", "path", "function", "file", "line", "now", "after", "blocks on", "plan", "group")
_WIDE_ENOUGH = 150


def table(shown: View, places: Places) -> list[Route]:
    """In the order of files and lines."""
    sections = {section.row.entry.function: section for section in shown.sections if section.row is not None}
    return [
        Route(
            *_method_and_path(row.entry.kind, row.entry.label),
            words.short(str(row.entry.function)),
            places.shown(row.entry.location.path),
            row.entry.location.line,
            words.KEYWORD[row.before],
            words.KEYWORD[row.after],
            _blocks_on(sections.get(row.entry.function)),
            words.plan(row),
            row.group,
        )
        for row in shown.handlers
    ]


def _method_and_path(kind: EntryKind, label: str) -> tuple[str, str]:
    if kind in (EntryKind.ROUTE, EntryKind.WEBSOCKET):
        method, _, path = label.partition(" ")
        return method, path
    return kind.value, label.removeprefix(kind.value).strip()


def _blocks_on(section: Section | None) -> tuple[str, ...]:
    found = section.findings if section else ()
    blocking = [finding for finding in found if finding.code not in ("AF101", "AF301")]
    return tuple(dict.fromkeys(words.chain("", f.chain) or f.callee or f.message for f in blocking))


def _cells(row: Route) -> tuple[str, ...]:
    chains = "; ".join(row.blocks_on)
    place = (row.function, row.file, str(row.line))
    return (row.method, row.path, *place, row.now, row.after, chains, row.plan, row.group)


def as_csv(rows: Sequence[Route]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_TITLES)
    writer.writerows(_cells(row) for row in rows)
    return text.getvalue().rstrip("\n")


def as_markdown(rows: Sequence[Route]) -> str:
    def cell(text: str) -> str:
        return re.sub(r"([\\|*_`\[\]<>])", r"\\\1", in_one_line(text))

    head = [f"| {' | '.join(_TITLES)} |", f"|{' --- |' * len(_TITLES)}"]
    return "\n".join(head + [f"| {' | '.join(map(cell, _cells(row)))} |" for row in rows])


def as_text(out: Console, rows: Sequence[Route]) -> None:
    if out.width < _WIDE_ENOUGH:
        for row in rows:
            _card(out, row)
    else:
        table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
        for title in ("method", "path", "function", "where", "now -> after"):
            table.add_column(title, no_wrap=True)
        for title in ("blocks on", "what will be done"):
            table.add_column(title, overflow="fold", no_wrap=out.width >= WIDE)
        table.add_column("group", no_wrap=True)
        for row in rows:
            where = f"{row.file}:{row.line}"
            cells = (row.method, row.path, row.function, where, _colours(row), _blocks(row), row.plan)
            table.add_row(*(Text(in_one_line(cell)) for cell in (*cells, row.group)))
        out.print(table, soft_wrap=False)
    out.print()
    stays = sum(row.after == "def" for row in rows)
    line(out, f"{words.count(len(rows), 'handler')}, {stays} of them stay def")


def _card(out: Console, row: Route) -> None:
    where = f"  {row.function}() {row.file}:{row.line}"
    line(out, (f"{row.method} {row.path}".strip(), "bold"), where, hang=4)
    colour = "yellow" if row.after == "def" else "green"
    line(out, (_colours(row), colour), f"  {row.plan}", indent=2)
    if row.blocks_on:
        line(out, f"blocks on {_blocks(row)}", indent=2)


def _colours(row: Route) -> str:
    return row.now if row.now == row.after else f"{row.now} -> {row.after}"


def _blocks(row: Route) -> str:
    more = len(row.blocks_on) - 1
    return f"{row.blocks_on[0]}{f' (+{more})' if more > 0 else ''}" if row.blocks_on else ""
