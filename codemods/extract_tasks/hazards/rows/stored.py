"""Why the handler itself must store, or ask for, what stands beside slow work."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ....analysis.syntax import span_of
from ....model import Reason
from ...blocks.parameters import Inputs
from ...blocks.runs import Run
from ...finding.work import Work, called
from ...sites import NOT_IMPORTABLE, SHAPES_RESPONSE
from ...words import FILE_KINDS, words
from .rows import changed_later, looked_at_later

_REQUIRE = words("one scalar_one get_one")
_MADE = FILE_KINDS | {"work"}


def stored(work: Work, run: Run, inputs: Inputs) -> Iterator[Reason]:
    """It is made by the slow work, nothing else waits for its commit, and nobody looks for it; what is asked
    for does not change before the task asks."""
    if not inputs.session:
        return
    calls = [node for node in run.nodes if isinstance(node, ast.Call)]
    required = next((call for call in calls if called(call) in _REQUIRE), None)
    if required is not None:
        yield work.reason(SHAPES_RESPONSE, f"{called(required)}() fails where nothing is found", required)
    if not any(work.context.changes_rows(span_of(call)) for call in calls):
        reason = changed_later(work, run)
        yield from [reason] if reason is not None else []
        return
    if not any(site.category in _MADE for site in work.slow if run.holds(site.span)):
        text = f"what {inputs.session} stores is not made by the slow work"
        yield work.reason(NOT_IMPORTABLE, text, run.moved[0])
    reason = looked_at_later(work, run)
    if reason is not None:
        yield reason
