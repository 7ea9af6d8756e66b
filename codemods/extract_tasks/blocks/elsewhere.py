"""What a name of the module means in another process."""

from __future__ import annotations

import ast

from ...model import ImportNeed, Reason
from ..finding.work import Work
from ..sites import NOT_IMPORTABLE, REPLACED


def lacking(work: Work, node: ast.AST, *, is_changed: bool) -> Reason | None:
    """What another process has otherwise: a lock, an attribute that is set at run time, a table that others
    fill. What the block changes itself is told where that is looked at."""
    if not isinstance(node, ast.expr) or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return None
    if work.context.is_of_the_process(node):
        return of_the_process(work, node, ast.unparse(node))
    words = work.context.written_elsewhere(node) if not is_changed else ""
    if not words:
        return None
    text = f"the block needs {ast.unparse(node)}, {words}; a worker does not have it"
    return work.reason(NOT_IMPORTABLE, text, node, "pass what is read of it")


def of_the_process(work: Work, node: ast.AST, name: str) -> Reason:
    text = f"{name} works between the requests of this process; a worker has another one"
    return work.reason(NOT_IMPORTABLE, text, node)


def replaced(work: Work, need: ImportNeed, name: str, node: ast.AST) -> Reason | None:
    """Tests replace the name here, and a task finds it elsewhere; names of this module are imported late."""
    dotted = work.context.replaced_by_tests(name)
    if not dotted or dotted == f"{need.module}.{need.name}":
        return None
    return work.reason(REPLACED, f"tests replace {dotted}, which a task would not see", node)
