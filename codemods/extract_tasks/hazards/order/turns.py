"""Background tasks of a request take turns: the next one starts when the one before it is done.

background.add_task(make_report, path)
background.add_task(send_report, to, path)

What is started and forgotten takes none: when it fails, the others go on.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ....analysis.nodes import LOOPS
from ....analysis.scopes import frame_nodes
from ....analysis.syntax import FileSyntax, span_of
from ....model import Reason, Span
from ...blocks.runs import Run, run_of
from ...finding.handed_on import BACKGROUND, How, Shape
from ...finding.services import behind
from ...finding.work import Work, called
from ...sites import NOT_SENDABLE, RESULT_USED, SlowSite
from ...words import FILE_KINDS


def wanted_next(work: Work, site: SlowSite, shape: Shape) -> Reason | None:
    """Is something of what makes a file handed to the next in turn as well? It would look for the file."""
    if shape.how is not How.BACKGROUND or site.category not in FILE_KINDS:
        return None
    own = {*_handed(shape.carrier)}
    later = (node for node in work.frame if _adds(node) and node.lineno > shape.carrier.lineno)  # type: ignore[attr-defined]
    wanted = next((each for call in later for each in _handed(call) if each in own), "")
    if not wanted:
        return None
    text = f"what is made of {wanted} may be wanted by the background task that is added after it"
    return work.reason(RESULT_USED, text, shape.whole, "add one function that does both")


def each_on_its_own(work: Work, run: Run, shape: Shape) -> Reason | None:
    """Would a task do one after the other what a loop starts at once? It ends with the first that fails."""
    loops = (node for node in run.frame if isinstance(node, LOOPS))
    inside = span_of(shape.whole)
    if shape.how is not How.FORGOTTEN or not any(span_of(loop).contains(inside) for loop in loops):
        return None
    text = "each of them may fail on its own, and what they share cannot be sent"
    return work.reason(NOT_SENDABLE, text, shape.whole)


def comes_next(work: Work, shape: Shape, span: Span) -> bool:
    """Is the call done behind the other: as it stands there, or as a background task of the request?"""
    is_later = is_in_turn(work.file, span)
    if shape.how is How.BACKGROUND:
        return is_later and _stands_behind(work, shape.whole, span)
    call = work.file.call(span)
    is_added_before = is_later and call is not None and _stands_behind(work, call, span_of(shape.whole))
    return is_added_before or _stands_behind(work, shape.whole, span)


def _stands_behind(work: Work, first: ast.expr, span: Span) -> bool:
    run = run_of(work.file, work.function, work.file.statement(first))
    return any(span_of(statement).contains(span) for statement in behind(run))


def is_in_turn(file: FileSyntax, span: Span) -> bool:
    """Is the call, or what it is an argument of, done behind the response?"""
    call = file.call(span)
    return call is not None and any(map(_adds, (call, *file.above(call))))


def has_its_turn(run: Run) -> bool:
    """Is something added before it, which has to be done first?"""
    current: Run | None = run
    while current is not None:
        before = (node for statement in current.block[: current.first] for node in frame_nodes(statement))
        if any(map(_adds, before)):
            return True
        current = current.climbed()
    return False


def _adds(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and called(node) in BACKGROUND


def _handed(call: ast.AST) -> Iterator[str]:
    """The arguments behind the function, as they are written, and what they are made of."""
    assert isinstance(call, ast.Call)
    if call.args and isinstance(call.args[0], ast.Call):  # partial(..)
        yield from _handed(call.args[0])
    for value in [*call.args[1:], *(keyword.value for keyword in call.keywords)]:
        yield from _read(value)


def _read(value: ast.AST) -> Iterator[str]:
    """Names and attributes, but texts as a whole: `f"{name}.pdf"` is a file, `f"Dear {name}"` is not."""
    if isinstance(value, (ast.Name, ast.Attribute, ast.JoinedStr)):
        yield ast.unparse(value)
        return
    for part in ast.iter_child_nodes(value):
        if not (isinstance(value, ast.Call) and part is value.func):
            yield from _read(part)
