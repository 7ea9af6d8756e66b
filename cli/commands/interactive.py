"""`apply -i`: the change groups one after the other, each with its reasons and the diffs of all its files."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

import click
from msgspec.structs import replace
from rich.console import Console

from ...codemods.engine import pipeline
from ...codemods.engine.codes import pages
from ...codemods.model import ChangeGroup, FileResult, Finding
from ..formats import diff, findings
from ..shared import words
from ..shared.paper import line
from ..shared.places import Places

_ANSWERS = {
    "y": "carry this change group out",
    "n": "leave it as it is",
    "a": "carry out this one and all that follow",
    "q": "leave this one and all that follow, and go on with those that were chosen",
    "e": "explain: the findings behind it, and what their codes mean",
}


def choose(
    run: pipeline.Run,
    groups: Sequence[ChangeGroup],
    found: Sequence[Finding],
    out: Console,
    places: Places,
) -> frozenset[str]:
    """The ids of the groups that the user wants; the end of the input is `q`."""
    chosen: set[str] = set()
    lines = {path: source.text.splitlines() for path, source in run.sources.items()}
    for number, group in enumerate(groups, 1):
        mine = [finding for finding in found if finding.group == group.id]
        _show(out, f"{number}/{len(groups)}", group, pipeline.preview(run, group), places)
        answer = _ask(number, len(groups))
        while answer == "e":
            _explain(out, group, mine, places, lines)
            answer = _ask(number, len(groups))
        if answer in ("y", "a"):
            chosen.add(group.id)
        if answer == "a":
            chosen.update(rest.id for rest in groups[number:])
        if answer in ("a", "q"):
            break
    return frozenset(chosen)


def _show(
    out: Console, number: str, group: ChangeGroup, results: Sequence[FileResult], places: Places
) -> None:
    more, less = (sum(counts) for counts in zip(*map(diff.changed_lines, results), strict=True))
    size = f"  {words.count(len(results), 'file')} +{more} -{less}"
    tail = "" if group.applicability.value == "safe" else f"  [{group.applicability.value}]"
    line(out, (f"({number}) {group.title}", "bold"), (f"  change group {group.id}", "dim"), size, tail)
    out.print()
    diff.show(out, results, places, exact=False)
    if group.notes:
        out.print()
    for note in group.notes:
        where = f"{places.at(note.location)}: " if note.location else ""
        line(out, f"{note.kind.value}: ", (where, "bold"), note.text)
    out.print()


def _ask(number: int, count: int) -> str:
    while True:
        _say(f"Carry it out ({number} of {count})? [y,n,a,q,e,?] ", end="")
        given = sys.stdin.readline()
        if not given:
            _say("")
            return "q"
        answer = given.strip().lower()
        if answer[:1] in _ANSWERS and answer in (answer[:1], *_LONG):
            return answer[:1]
        for key, meaning in _ANSWERS.items():
            _say(f"  {key}  {meaning}")


_LONG = ("yes", "no", "all", "quit", "explain")


def _say(text: str, end: str = "\n") -> None:
    """Questions go to stderr: what is on stdout may be kept."""
    click.echo(text + end, err=True, nl=False)


def _explain(
    out: Console,
    group: ChangeGroup,
    found: Sequence[Finding],
    places: Places,
    lines: Mapping[str, list[str]],
) -> None:
    names = ", ".join(words.short(function) for function in group.functions)
    line(out, ("Why, and what changes together: ", "bold"), names)
    for finding in found:
        alone = replace(finding, group="")  # it is told already
        findings.one(out, alone, places, lines.get(finding.location.path, []), finding.handler)
    if not found:
        line(out, "Nothing in it blocks: as `async def` it needs no thread.", indent=2)
    out.print()
    for code in sorted({finding.code for finding in found} & pages().keys()):
        page = pages()[code]
        line(out, (code, "bold red"), f" {page.name}: {page.what} {page.why} {page.safety}", hang=4)
    out.print()
