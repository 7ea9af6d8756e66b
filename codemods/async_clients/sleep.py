"""`time.sleep(x)` -> `await asyncio.sleep(x)`: same argument, same meaning (both take seconds, both return None).

https://docs.python.org/3/library/asyncio-task.html#asyncio.sleep
"""

from __future__ import annotations

from ..model import Code, ImportNeed, ReplaceCall, slot
from ..analysis.syntax import span_of
from .twin import Call, TwinPlan

NAMES = frozenset({"time.sleep"})


def twin(call: Call) -> TwinPlan | None:
    if len(call.call.args) != 1 or call.call.keywords:
        return None
    span = span_of(call.call)
    callee = Code(f"{slot(0)}.sleep", (ImportNeed("asyncio"),))
    return TwinPlan(
        ((call.file.path, ReplaceCall(span, callee, awaited=True)),), (span,), "await asyncio.sleep(...)"
    )
