"""What a finding is, however its lines have moved: for baselines, and for tools that compare two reports."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from ...codemods.model import Finding
from ..shared.places import Places
from .view import View

Lines = Mapping[str, list[str]]


class Mark(NamedTuple):
    """Findings with the same mark are the same debt; neither line numbers nor arguments are part of it."""

    path: str
    """From the root of the repository."""
    function: str
    code: str
    call: str
    """What is called, without arguments; empty for the handler itself."""


def marks(shown: View, places: Places, lines: Lines) -> dict[Finding, Mark]:
    """In the order of the sections."""
    return {
        finding: Mark(
            places.in_repository(finding.location.path),
            section.function,
            finding.code,
            "" if finding.code == "AF101" else _called(_source(finding, lines)),
        )
        for section in shown.sections
        for finding in section.findings
    }


def fingerprints(found: Mapping[Finding, Mark]) -> dict[Finding, str]:
    """A digest for each, unique within a report: equal marks are numbered."""
    seen: Counter[Mark] = Counter()
    prints = {}
    for finding, mark in found.items():
        seen[mark] += 1
        text = "\n".join((*mark, str(seen[mark])))
        prints[finding] = hashlib.sha256(text.encode()).hexdigest()[:32]
    return prints


def _source(finding: Finding, lines: Lines) -> str:
    span = finding.span
    mine = [line.encode() for line in lines.get(finding.location.path, [])[span.line - 1 : span.end_line]]
    if mine:
        mine[-1] = mine[-1][: span.end_col]
        mine[0] = mine[0][span.col :]
    return b"\n".join(mine).decode(errors="replace")


def _called(source: str) -> str:
    """`requests . get(url,\n timeout=2)` -> `requests.get`."""
    kept: list[str] = []
    depth = 0
    for letter in source:
        depth += (letter in "([{") - (letter in ")]}")
        if depth == 0 and letter not in ")]}":
            kept.append(letter)
    return "".join("".join(kept).split())
