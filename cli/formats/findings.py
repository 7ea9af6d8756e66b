"""`check` as text: handler by handler, what blocks, through which chain, and what will be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console

from ...codemods.model import Colour, Finding, HandlerRow, RemedyKind
from ..chosen.view import Section, View
from ..shared import words
from ..shared.paper import excerpt, line
from ..shared.places import Places, Region


def show(out: Console, shown: View, places: Places, lines: Mapping[str, list[str]]) -> None:
    is_behind = False
    for section in shown.sections:
        if section.row is None and not is_behind:
            is_behind = True
            line(out, ("Behind the handlers", "bold underline"))
            out.print()
        _section(out, section, places, lines)


def concise(finding: Finding, places: Places, lines: Sequence[str]) -> str:
    region = Region(finding, list(lines))
    return f"{places.at(finding.location)}:{region.column}: {finding.code} {finding.message}"


def _section(out: Console, section: Section, places: Places, lines: Mapping[str, list[str]]) -> None:
    row = section.row
    name = f"{section.function}()"
    if row is None:
        line(out, (name, "bold"), f"  {places.at(section.location)}", hang=4)
    else:
        line(out, (row.entry.label, "bold"), f"  {name} {places.at(section.location)}", hang=4)
        _handler(out, row, next((f for f in section.findings if f.code == "AF101"), None))
    for finding in section.findings:
        if row is None or finding.code != "AF101":
            label = row.entry.label if row else f"{section.function}()"
            one(out, finding, places, lines.get(finding.location.path, []), label, row)
    out.print()


def _handler(out: Console, row: HandlerRow, sync: Finding | None) -> None:
    """The second line of a handler: what becomes of it, and why it stays where it does."""
    parts: list[str | tuple[str, str]] = [(f"{sync.code} ", "bold red")] if sync else []
    before, after = words.KEYWORD[row.before], words.KEYWORD[row.after]
    if row.before is not row.after:
        parts.append((f"{before} -> {after}", "green"))
    else:
        parts.append(
            (f"stays {after}", "yellow") if row.after is Colour.SYNC else (f"{after} already", "green")
        )
    if sync and sync.remedy is RemedyKind.WHOLE_BODY:
        parts.append(f", {sync.remedy_text}")
    group = f"change group {row.group}" if row.group else ""
    tail = ", ".join(filter(None, (sync.applicability.value if sync else "", group)))
    line(out, *parts, (f"  [{tail}]" if tail else "", "dim"), indent=2)
    if row.after is Colour.SYNC and row.reason is not None:
        line(out, ("= ", "blue"), (row.reason.code, "yellow"), f" {row.reason.text}", indent=2)
        if row.reason.chain:
            line(out, ("= ", "blue"), words.chain(row.entry.label, row.reason.chain), indent=2)
        if row.reason.hint:
            line(out, ("= ", "blue"), (row.reason.hint, "dim"), indent=2)


def one(
    out: Console,
    finding: Finding,
    places: Places,
    lines: list[str],
    label: str,
    row: HandlerRow | None = None,
) -> None:
    """The call, its chain and what is done; `row` is the handler that was told of before."""
    region = Region(finding, lines)
    place = f"{places.at(finding.location)}:{region.column}"
    out.print()
    line(out, (place, "bold"), " ", (finding.code, "bold red"), f" {finding.message}", indent=2)
    if 0 < region.line <= len(lines):
        source = lines[region.line - 1].rstrip("\r\n")
        end = region.end_column - 1 if region.end_line == region.line else len(source.rstrip())
        excerpt(out, region.line, source, region.column - 1, max(end, region.column))
    if finding.chain:
        line(out, ("= ", "blue"), words.chain(finding.handler or label, finding.chain), indent=8)
    is_left = finding.remedy is RemedyKind.LEAVE
    text = words.remedy(finding)
    if is_left and not finding.remedy_text and row is not None and row.reason is not None:
        text = f"stays: {row.reason.text}"
    is_told = row is not None and row.group == finding.group
    group = f", change group {finding.group}" if finding.group and not is_told else ""
    tail = f"  [{finding.applicability.value}{group}]"
    line(out, ("= ", "blue"), (text, "yellow" if is_left else "green"), (tail, "dim"), indent=8)
