"""Findings that are known: the debt of a `--baseline` file, which may only shrink."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from ...codemods.model import Finding, Problem
from ..shared.guard import fail
from ..shared.places import Places
from ..shared.words import count
from .fingerprints import Mark
from .view import View, Wanted


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    path: str
    function: str
    code: str
    call: str
    count: int = 1


class Baseline(msgspec.Struct, forbid_unknown_fields=True):
    """The file; `paths` are those that were checked, from the root of the repository."""

    version: int
    paths: list[str]
    findings: list[_Entry]

    def marks(self) -> Counter[Mark]:
        found: Counter[Mark] = Counter()
        for entry in self.findings:
            found[Mark(entry.path, entry.function, entry.code, entry.call)] += entry.count
        return found


def read(path: Path) -> Baseline:
    try:
        baseline = msgspec.json.decode(path.read_bytes(), type=Baseline)
    except OSError as error:
        fail(f"{path}: {error.strerror}; --write-baseline {path} makes it")
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        fail(f"{path}: not a baseline: {error}")
    if baseline.version != 1:
        fail(f"{path}: a baseline of version {baseline.version}; this async-fix reads version 1")
    return baseline


def write(path: Path, places: Places, given: Sequence[Path], found: Counter[Mark]) -> None:
    """A finding a line, sorted: good to read in a diff, and to merge."""
    entries = [json.dumps({**mark._asdict(), "count": found[mark]}) for mark in sorted(found)]
    listed = ",".join(f"\n    {entry}" for entry in entries) + ("\n  " if entries else "")
    head = f'{{\n  "version": 1,\n  "paths": {json.dumps(_checked(places, given))},\n  "findings": ['
    try:
        path.write_text(f"{head}{listed}]\n}}\n", encoding="utf-8", newline="\n")
    except OSError as error:
        fail(f"{path}: {error.strerror}")


def among(found: Mapping[Finding, Mark], known: Counter[Mark]) -> frozenset[Finding]:
    """The findings that are known; of equal ones the first, as many as there were."""
    left = known.copy()
    hidden = []
    for finding, mark in found.items():
        if left[mark] > 0:
            left[mark] -= 1
            hidden.append(finding)
    return frozenset(hidden)


def stale(
    path: Path,
    file: Baseline,
    found: Mapping[Finding, Mark],
    wanted: Wanted,
    places: Places,
    given: Sequence[Path],
) -> list[Problem]:
    """What nothing answers any more, the last with what to do; none when other paths were checked."""
    if file.paths != _checked(places, given):
        return []
    gone = file.marks() - Counter(found.values())
    listed = [
        Problem(f"{path}: {_words(mark, gone[mark])} no longer found")
        for mark in sorted(gone)
        if wanted(mark.code)
    ]
    hint = f"take {'it' if len(listed) == 1 else 'them'} out: --baseline {path} --write-baseline {path}"
    return [*listed[:-1], *(replace(last, hint=hint) for last in listed[-1:])]


def _checked(places: Places, given: Sequence[Path]) -> list[str]:
    return sorted(places.in_repository(str(path.resolve())) for path in given)


def _words(mark: Mark, number: int) -> str:
    what = " ".join(filter(None, (mark.code, mark.call, f"in {mark.function} of {mark.path}")))
    return f"{what} is" if number == 1 else f"{what}: {count(number, 'finding')} are"


def without(shown: View, known: frozenset[Finding], stale: Sequence[Problem]) -> View:
    """The handlers, the numbers and the checklist stay: what is known is still there."""
    left = (
        replace(section, findings=tuple(finding for finding in section.findings if finding not in known))
        for section in shown.sections
    )
    return replace(
        shown,
        sections=tuple(section for section in left if section.findings),
        findings=tuple(finding for finding in shown.findings if finding not in known),
        problems=(*shown.problems, *stale),
        known=len(known),
    )
