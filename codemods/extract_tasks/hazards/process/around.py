"""What a function sets for its whole process before the work runs, and a worker has otherwise.

os.chdir(folder)                            with decimal.localcontext() as context:
send_file(to, "report.pdf")                     context.prec = 4
"""

from __future__ import annotations

import ast

from ....analysis.syntax import span_of
from ....model import Reason
from ...blocks.runs import Run
from ...finding.handed_on import out_of_thread
from ...finding.work import Work, called
from ...sites import NOT_IMPORTABLE
from ...words import words

_SETS = words("chdir fchdir setlocale tzset umask setdefaulttimeout getcontext setcontext localcontext seed")
_MODULES = words("os contextlib locale time socket decimal random")


def set_around(work: Work, run: Run) -> Reason | None:
    start = span_of(run.moved[0])[:2]
    for node in work.frame:
        call = out_of_thread(node) if isinstance(node, ast.Call) else None
        if call is None or not _sets(work, call):
            continue
        if span_of(call)[:2] < start and not run.holds(span_of(call)):
            text = f"{ast.unparse(call.func)}() sets what a worker has otherwise: it is set for this process"
            return work.reason(NOT_IMPORTABLE, text, call)
    return None


def _sets(work: Work, call: ast.Call) -> bool:
    """`os.chdir(..)`, or `chdir(..)` as it is imported."""
    func = call.func
    owner = func.value.id if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) else ""
    need = work.context.module_name(owner or called(call))
    if need is None or need.module not in _MODULES or bool(need.name) is bool(owner):
        return False
    return (need.name or called(call)) in _SETS
