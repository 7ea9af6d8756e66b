"""Why what the handler's session stores with slow work must be stored by the handler."""

from __future__ import annotations

from collections.abc import Iterator

from ...model import Reason
from ..blocks.parameters import Inputs
from ..blocks.runs import Run
from ..finding.work import Work
from ..sites import NOT_IMPORTABLE
from ..words import FILE_KINDS
from .rows import looked_at_later

_MADE = FILE_KINDS | {"work"}


def stored(work: Work, run: Run, inputs: Inputs) -> Iterator[Reason]:
    """It is made by the slow work, nothing else waits for its commit, and nobody looks for it."""
    if not inputs.session:
        return
    if not any(site.category in _MADE for site in work.slow if run.holds(site.span)):
        text = f"what {inputs.session} stores is not made by the slow work"
        yield work.reason(NOT_IMPORTABLE, text, run.moved[0])
    reason = looked_at_later(work, run)
    if reason is not None:
        yield reason
