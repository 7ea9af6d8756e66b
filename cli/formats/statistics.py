"""`check --statistics`: the findings counted by code, and how much of the program is seen."""

from __future__ import annotations

from collections.abc import Iterator

from ...codemods.engine.codes import name_of
from ...codemods.model import Resolution
from ..chosen.view import View
from ..shared import words
from ..shared.places import Places

_SHAPES = 15
"""Reasons for which calls are unresolved that are listed."""


def rows(shown: View, places: Places) -> Iterator[str]:
    codes = [finding.code for finding in shown.findings]
    for number, code in sorted({(-codes.count(code), code) for code in codes}):
        yield f"{-number:>6}  {code}  {name_of(code)}"
    if shown.report.resolution.calls:
        yield from _resolution(shown.report.resolution, places)


def _resolution(found: Resolution, places: Places) -> Iterator[str]:
    share = 100 * (found.calls - found.unknown) / found.calls
    where = f"{words.count(found.calls, 'call')} in {words.count(found.functions, 'function')}"
    known = (
        f"{found.project} call the project, {found.catalogued} block or are awaited, {found.fast} are fast"
    )
    yield f"{share:.1f} % of the {where} that handlers reach are resolved: {known}"
    for shape in found.unresolved[:_SHAPES]:
        yield f"{shape.calls:>6}  not resolved: {shape.words or 'unknown'} ({places.at(shape.example)})"
    rest = sum(shape.calls for shape in found.unresolved[_SHAPES:])
    if rest:
        yield f"{rest:>6}  not resolved: for other reasons"
