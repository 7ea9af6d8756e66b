"""What a name of the module means in another process."""

from __future__ import annotations

import ast

from ...model import ImportNeed, Reason
from ..finding.work import Work
from ..sites import NOT_IMPORTABLE, REPLACED


def set_or_filled(work: Work, node: ast.AST, name: str, attribute: str = "") -> Reason | None:
    """What another process lacks: an attribute that is set at run time, a table that others fill."""
    what = f"{name}.{attribute}" if attribute else name
    if words := work.context.filled_by_others(name, attribute):
        text = f"the block needs {what}, {words}; a worker does not have it"
        return work.reason(NOT_IMPORTABLE, text, node, "pass what is read of it")
    if attribute and work.context.is_set_at_run_time(name, attribute):
        text = f"{what} is set while the application runs, which a worker has not done"
        return work.reason(NOT_IMPORTABLE, text, node, "pass it as an argument")
    return None


def replaced(work: Work, need: ImportNeed, name: str, node: ast.AST) -> Reason | None:
    """Tests replace the name here, and a task finds it elsewhere; names of this module are imported late."""
    dotted = work.context.replaced_by_tests(name)
    if not dotted or dotted == f"{need.module}.{need.name}":
        return None
    return work.reason(REPLACED, f"tests replace {dotted}, which a task would not see", node)
