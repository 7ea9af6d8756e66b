"""What is read of an object after a commit, where that needs nothing of the session, or gets it by itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ....analysis.flow.runs import region
from ....analysis.link.kinds import Inst, Kinds
from ....analysis.nodes import LOOPS, walk
from ....analysis.syntax import FunctionNode, span_of
from ....analysis.view import View
from ....model import Span
from ...draft import Draft
from .overwritten import is_overwritten
from .sent import Sent

_Loop = ast.For | ast.AsyncFor | ast.While
_COUNT = frozenset({"len", "bool"})


def loads_by_itself(
    view: View, draft: Draft, sent: Sent, function: FunctionNode, statement: ast.stmt, name: str, kinds: Kinds
) -> bool:
    """Is all that is read of `name` later whether there is one, how many there are, what is there to be sent,
    or read below `run_sync`, where the session loads as it always did; or else columns are set in it?"""
    reads = later_reads(view, function, statement, name)
    return all(needs_nothing(view, draft, sent, node, kinds) for node in reads)


def needs_nothing(view: View, draft: Draft, sent: Sent, node: ast.expr, kinds: Kinds) -> bool:
    """Does this read of what has these kinds ask for none of its attributes, or get them by itself?"""
    is_list = all(isinstance(kind, Inst) and kind.name == "builtins.list" for kind in kinds)
    is_alone = is_compared(view, node) or (is_list and _is_counted(view, node))
    if is_alone or not isinstance(node, ast.Name):
        return is_alone
    return (
        draft.reads_lazily(view, node)
        or sent.is_sent(view, node)
        or is_overwritten(sent.views, view, node, kinds)
    )


def later_reads(view: View, function: FunctionNode, statement: ast.stmt, name: str) -> Iterator[ast.Name]:
    """The reads that may come after the statement, before the name is bound again; those in a loop around it
    may, and the statement's own in the next turn."""
    loops = [loop for loop in _loops_around(view, statement) if not _binds_first(function, loop, name)]
    own = None if loops else span_of(statement)
    start = span_of(loops[-1] if loops else statement)
    for node in walk(function):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            place = span_of(node)
            if place[:2] >= start[:2] and not (own is not None and own.contains(place)):
                yield node


def start_of_later(view: View, statement: ast.stmt) -> Span:
    """Where what may run after the statement begins: with the loop around it."""
    loops = _loops_around(view, statement)
    return span_of(loops[-1] if loops else statement)


def _loops_around(view: View, statement: ast.stmt) -> list[_Loop]:
    return [above for above in view.file.above(statement) if isinstance(above, LOOPS)]


def _binds_first(function: FunctionNode, loop: _Loop, name: str) -> bool:
    """Does every turn give the name another value before it looks at it?"""
    head = loop.test if isinstance(loop, ast.While) else loop.target
    for node in walk(head):
        if isinstance(node, ast.Name) and node.id == name:
            return isinstance(node.ctx, ast.Store)
    return name not in region(function, loop.body[0], loop.body[-1]).live_in


def is_compared(view: View, node: ast.expr) -> bool:
    above = view.file.parents[node]
    return isinstance(above, ast.Compare) and all(isinstance(op, (ast.Is, ast.IsNot)) for op in above.ops)


def _is_counted(view: View, node: ast.expr) -> bool:
    above = view.file.parents[node]
    if isinstance(above, ast.Call):
        return isinstance(above.func, ast.Name) and above.func.id in _COUNT and node in above.args
    if isinstance(above, (ast.If, ast.While, ast.IfExp)):
        return above.test is node
    return isinstance(above, ast.UnaryOp) and isinstance(above.op, ast.Not)
