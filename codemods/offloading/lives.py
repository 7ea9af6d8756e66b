"""What belongs to one thread, a connection, is made, used and closed in one hop."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from ..analysis.flow.runs import region
from ..analysis.nodes import walk
from .frame import Frame


def lives(frame: Frame, block: Sequence[ast.stmt], start: int) -> Iterator[Sequence[ast.stmt]]:
    """The runs from one statement on that make what they hold, and leave it to nobody; the longest first."""
    if not _holds(frame, block[start]):
        return
    for end in range(len(block), start, -1):
        run = block[start:end]
        if _holds(frame, run[-1]):
            facts = region(frame.function, run[0], run[-1])
            if not frame.held & (facts.live_in | facts.live_out):
                yield run


def _holds(frame: Frame, statement: ast.stmt) -> bool:
    names = (node.id for node in walk(statement) if isinstance(node, ast.Name))
    return not frame.held.isdisjoint(names)
