"""`time.sleep(x)` -> `await asyncio.sleep(x)`: same argument, same meaning (seconds, None).

Below zero, `time.sleep` raises `ValueError`, and `asyncio.sleep` does not wait.

https://docs.python.org/3/library/asyncio-task.html#asyncio.sleep
"""

from __future__ import annotations

import ast

from ..analysis.syntax import span_of
from ..model import Code, ImportNeed, ReplaceCall, slot
from .twin import Call, NoTwinError, TwinPlan

NAMES = frozenset({"time.sleep"})


def twin(call: Call) -> TwinPlan:
    if len(call.call.args) != 1 or call.call.keywords or isinstance(call.call.args[0], ast.Starred):
        raise NoTwinError("it does not take one argument")
    span = span_of(call.call)
    callee = Code(f"{slot(0)}.sleep", (ImportNeed("asyncio"),))
    return TwinPlan(
        ((call.file.path, ReplaceCall(span, callee, awaited=True)),), (span,), "await asyncio.sleep(...)"
    )
