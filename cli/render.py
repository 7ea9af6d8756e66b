"""Findings, handlers, refusals and next steps as text; code is printed as it is, never as markup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..codemods.model import Colour, Finding, HandlerRow, Hop, Reason, RemedyKind, Report

_STYLE = {
    RemedyKind.TASK: "green",
    RemedyKind.TWIN: "green",
    RemedyKind.AWAIT: "green",
    RemedyKind.OFFLOAD: "green",
    RemedyKind.WHOLE_BODY: "green",
    RemedyKind.LEAVE: "yellow",
}
_VERB = {
    RemedyKind.TASK: "becomes the task",
    RemedyKind.TWIN: "becomes",
    RemedyKind.AWAIT: "",
    RemedyKind.OFFLOAD: "goes to the thread pool:",
    RemedyKind.WHOLE_BODY: "goes to the thread pool with the whole body",
    RemedyKind.LEAVE: "stays:",
}


def chain_text(handler: str, chain: Sequence[Hop]) -> str:
    """`POST /pay -> charge() -> requests.post`."""
    return " -> ".join([*([handler] if handler else []), *(_short(hop.label) for hop in chain)])


def _short(name: str) -> str:
    return name.rpartition(":")[2].replace("builtins.", "")


def finding(out: Console, row: Finding, lines: Mapping[str, Sequence[str]]) -> None:
    """Ruff's layout: the place, the line with carets, the chain, what will be done."""
    out.print(Text.assemble((f"{row.location}:{row.location.column} ", "bold"), (row.code, "bold red"), f" {row.message}"))
    source = lines.get(row.location.path, ())
    if 0 < row.location.line <= len(source):
        line = source[row.location.line - 1]
        number = f"{row.location.line:>5} | "
        out.print(Text.assemble((number, "blue"), line.expandtabs(4)))
        start = len(line.encode()[: row.span.col].decode(errors="ignore").expandtabs(4))
        end = row.span.end_col if row.span.end_line == row.span.line else len(line.encode())
        width = max(len(line.encode()[row.span.col : end].decode(errors="ignore").rstrip()), 1)
        if row.code == "AF101":
            width = max(len(line.strip()), 1)
        out.print(Text.assemble(("      | ", "blue"), " " * start, ("^" * width, "red")))
    if row.chain:
        out.print(Text.assemble(("      = ", "blue"), chain_text(row.handler, row.chain)))
    verb = _VERB[row.remedy]
    out.print(Text.assemble(("      = ", "blue"), (" ".join(filter(None, (verb, row.remedy_text))), _STYLE[row.remedy])))
    out.print()


def concise(row: Finding) -> str:
    return f"{row.location}:{row.location.column}: {row.code} {row.message}"


def refusals(out: Console, reasons: Sequence[Reason]) -> None:
    if not reasons:
        return
    out.print(Text("Not converted, and why", style="bold"))
    for reason in reasons:
        place = f"{reason.location}: " if reason.location else ""
        out.print(Text.assemble(f"  {place}", (reason.code, "yellow"), f" {reason.text}"))
        if reason.chain:
            out.print(f"      {chain_text('', reason.chain)}")
        if reason.hint:
            out.print(Text(f"      {reason.hint}", style="dim"))
    out.print()


def handlers_table(out: Console, rows: Sequence[HandlerRow]) -> None:
    """How many handlers are async already, are converted, stay; and the reasons of those that stay."""
    kinds = sorted({row.entry.kind.value for row in rows})
    table = Table(title=None, box=None, pad_edge=False, show_edge=False, header_style="bold")
    for column in ("", "async already", "converted", "kept sync"):
        table.add_column(column, justify="left" if not column else "right")
    for kind in kinds:
        mine = [row for row in rows if row.entry.kind.value == kind]
        table.add_row(
            f"{kind}s" if not kind.endswith("y") else f"{kind[:-1]}ies",
            str(sum(row.before is Colour.ASYNC for row in mine)),
            str(sum(row.before is Colour.SYNC and row.after is Colour.ASYNC for row in mine)),
            str(sum(row.after is Colour.SYNC for row in mine)),
        )
    out.print(table)


def summary(out: Console, report: Report, *, done: bool) -> None:
    numbers = report.statistics
    verb = "" if done else "would be "
    out.print()
    handlers_table(out, report.handlers)
    out.print(
        f"{numbers.get('awaits', 0)} awaits, {numbers.get('offloads', 0)} calls to the thread pool and "
        f"{numbers.get('tasks', 0)} tasks {verb}made in {len(report.groups)} change groups."
    )
    for group, words in report.dropped:
        out.print(Text(f"Dropped {group.id} ({group.title}): it failed a proof ({words}). This is our bug: please report it.", style="red"))


def notes(out: Console, report: Report) -> None:
    """Behaviour that changes, and what to do next."""
    changed = [(group, note) for group in report.groups for note in group.notes]
    if changed:
        out.print()
        out.print(Text("What behaves differently", style="bold"))
        for note in dict.fromkeys(note for _, note in changed):
            out.print(f"  - {note}")
    if report.next_steps:
        out.print()
        out.print(Text("What to do next", style="bold"))
        for number, step in enumerate(report.next_steps, 1):
            out.print(f"  {number}. {step}")


def checklist(out: Console, points: Sequence[tuple[str, int]]) -> None:
    out.print(Text("The house's checklist", style="bold"))
    for text, count in points:
        mark = ("[x]", "green") if not count else ("[ ]", "red")
        out.print(Text.assemble("  ", mark, f" {text}", (f"  ({count})" if count else "", "red")))
