"""Names that stand for something else in the next round of a loop.

for path in paths:
    print(path)            # of the next file, when it comes behind the work again
    make_thumbnail(path)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from itertools import takewhile

from ....analysis.nodes import BINDINGS, LOOPS, bound_plainly, walk
from ....analysis.scopes import FUNCTIONS, target_names
from ....analysis.syntax import span_of
from ...blocks.runs import Run, mentions
from ...finding.work import Work, called
from ...words import CHANGING_METHODS


def is_of_another_round(work: Work, run: Run, statement: ast.AST, name: str) -> bool:
    """Does it come behind the run in the next round alone, where the name is bound anew, and keep nothing?"""
    loops = _loops_again(work, run, statement)
    return not _keeps(statement, name) and any(_binds_anew(loop, name) for loop in loops)


def names_the_next(work: Work, run: Run, statement: ast.AST) -> bool:
    """`path = f"{number}.png"`: the name of what the next round makes."""
    bound = [target for target, _ in bound_plainly(statement)]
    names = [target.id for target in bound if isinstance(target, ast.Name)]
    loops = _loops_again(work, run, statement)
    is_plain = bool(names) and len(names) == len(bound)
    return is_plain and any(all(_is_bound_first(loop.body, name) for name in names) for loop in loops)


def _loops_again(work: Work, run: Run, statement: ast.AST) -> Sequence[ast.For | ast.AsyncFor | ast.While]:
    """The loops by which alone the function comes from the run to the statement."""
    is_before = span_of(statement)[2:] <= span_of(run.moved[0])[:2]
    found = (loop for loop in _loops(work, run) if span_of(loop).contains(span_of(statement)))
    return [*found] if is_before else []


def _loops(work: Work, run: Run) -> Iterator[ast.For | ast.AsyncFor | ast.While]:
    for above in takewhile(lambda node: not isinstance(node, FUNCTIONS), work.file.above(run.moved[0])):
        if isinstance(above, LOOPS):
            yield above


def _binds_anew(loop: ast.For | ast.AsyncFor | ast.While, name: str) -> bool:
    if not isinstance(loop, ast.While) and name in target_names(loop.target):
        return True
    return _is_bound_first(loop.body, name)


def _is_bound_first(body: Sequence[ast.stmt], name: str) -> bool:
    first = next((statement for statement in body if mentions(statement, {name})), None)
    bound = bound_plainly(first) if first is not None else ()
    return any(isinstance(target, ast.Name) and target.id == name for target, _ in bound) and not any(
        mentions(value, {name}) for _, value in bound
    )


def _keeps(statement: ast.AST, name: str) -> bool:
    """`made.append(path)`, `last = path`: it may be told when the loop is over."""
    for node in walk(statement):
        if isinstance(node, ast.Call) and called(node) in CHANGING_METHODS and mentions(node, {name}):
            return True
        if isinstance(node, (*BINDINGS, ast.AugAssign)) and node.value and mentions(node.value, {name}):
            return True
    return False
