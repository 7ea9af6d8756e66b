"""Why what the handler's session stores with slow work must be stored by the handler."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...analysis.nodes import walk
from ...analysis.syntax import last_name, span_of
from ...model import Reason
from ..blocks.parameters import Inputs
from ..blocks.runs import Run
from ..finding.work import Work, called
from ..sites import COMMIT_AFTER, NOT_IMPORTABLE, ValueKind
from ..words import FILE_KINDS
from .objects import root_of
from .rows import looked_at_later

_MADE = FILE_KINDS | {"work"}
_MAY_BE_ROWS = (ValueKind.ORM, ValueKind.UNKNOWN, ValueKind.COLLECTION)
_NOT_YET = "which the commit that moves would store"
_HINT = "commit before the slow work"


def stored(work: Work, run: Run, inputs: Inputs) -> Iterator[Reason]:
    """It is made by the slow work, nothing else waits for its commit, and nobody looks for it."""
    if not inputs.session:
        return
    if not any(site.category in _MADE for site in work.slow if run.holds(site.span)):
        text = f"what {inputs.session} stores is not made by the slow work"
        yield work.reason(NOT_IMPORTABLE, text, run.moved[0])
    yield from _waiting(work, run, inputs.session)
    reason = looked_at_later(work, run)
    if reason is not None:
        yield reason


def _waiting(work: Work, run: Run, session: str) -> Iterator[Reason]:
    """Changes before it that nobody has committed."""
    saved = _last_commit(work, run, session)
    end = run.spans[-1][2:]
    for node in work.frame:
        if "lineno" not in node._attributes or run.holds(span_of(node)):
            continue
        if not saved <= span_of(node)[:2] < end:
            continue
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            if work.context.kind(root_of(node)) in _MAY_BE_ROWS:
                yield work.reason(COMMIT_AFTER, f"{ast.unparse(node)} is set, {_NOT_YET}", node, _HINT)
        elif isinstance(node, ast.Call) and (work.context.may_change_rows(span_of(node)) or _tells(node)):
            yield work.reason(
                COMMIT_AFTER, f"{ast.unparse(node.func)}() may change rows, {_NOT_YET}", node, _HINT
            )


def _last_commit(work: Work, run: Run, session: str) -> tuple[int, int]:
    """Where the last commit ends that is surely come to before the run."""
    around = {work.function, *work.file.above(run.moved[0])}
    start = run.spans[0][:2]
    ends = [(0, 0)]
    for node in work.frame:
        if not isinstance(node, ast.Call) or called(node) != "commit" or root_of(node.func) != session:
            continue
        if span_of(node)[:2] < start and work.file.parents[work.file.statement(node)] in around:
            ends.append(span_of(node)[2:])
    return max(ends)


def _tells(call: ast.Call) -> bool:
    """`db.execute(update(User))`, where nothing says that it only asks."""
    if called(call) not in ("execute", "exec", "setattr"):
        return False
    return not (call.args and any(_asks(part) for part in walk(call.args[0])))


def _asks(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and last_name(node.func) == "select"
