"""What a task would look for in the database before it is there."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from ...analysis.syntax import span_of
from ...model import Reason
from ..blocks.inputs import Inputs
from ..blocks.runs import Run
from ..finding.work import Work, root_name
from ..sites import COMMIT_AFTER, ValueKind
from ..words import SESSION_WRITES

_NEVER = (sys.maxsize, 0)


def uncommitted(work: Work, run: Run, _: Inputs | None = None) -> Iterator[Reason]:
    """A task must not start before what it is about is committed."""
    places = run.spans if work.inner is None else work.inner.carriers
    start, end = places[0][:2], places[-1][2:]
    left = _left_at(work, run) if work.inner is None else _NEVER
    written: ast.Call | None = None
    for node in work.frame:
        if (
            not isinstance(node, ast.Call)
            or not isinstance(node.func, ast.Attribute)
            or run.holds(span_of(node))
        ):
            continue
        root = root_name(node.func)
        is_session = work.context.kind(root) is ValueKind.SESSION if root else False
        if node.func.attr == "commit" and not node.args:
            if end <= span_of(node)[:2] < left:
                yield work.reason(
                    COMMIT_AFTER, "the transaction is committed after the slow work", node, "commit first"
                )
            elif written is not None and span_of(node) > span_of(written):
                written = None
        elif node.func.attr in SESSION_WRITES and is_session and span_of(node)[:2] < start:
            written = node
    if written is not None:
        text = f"{ast.unparse(written.func)}() is not committed yet when the task would start"
        yield work.reason(COMMIT_AFTER, text, written, "commit before the slow work")


def _left_at(work: Work, run: Run) -> tuple[int, int]:
    """Where the function returns behind the run: it does not come to what stands below."""
    if any(getattr(node, "finalbody", ()) for node in work.file.above(run.moved[0])):
        return _NEVER
    behind = (statement for statement in run.block[run.last + 1 :] if isinstance(statement, ast.Return))
    return next((span_of(statement)[2:] for statement in behind), _NEVER)
