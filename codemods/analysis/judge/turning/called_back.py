"""What the decorator of a function calls besides it: on the event loop, once the function is async.

@retry(before_sleep=tell_operator, sleep=time.sleep)      # tenacity
def charge(amount): ...
"""

from __future__ import annotations

from ....catalogue import Effect
from ....model import Reason
from ...arguments import placed
from ...index.expr import Call
from ...link.kinds import Ext, Fn, describe, ordered
from ...link.program import CallKey, Key
from ..reaching.reach import HARMFUL, Reach

_AWAITED = "sleep"
"""A parameter of this name takes a coroutine function around one."""


def why_not(reach: Reach, function: Key) -> Reason | None:
    """A function among the arguments of a library's decorator that blocks, or that it would await."""
    for decorator in reach.effects.program.scope(function).decorators:
        if isinstance(decorator, Call):
            reason = _given_to(reach, CallKey(function.path, decorator.index))
            if reason is not None:
                return reason
    return None


def _given_to(reach: Reach, call: CallKey) -> Reason | None:
    """`retry(retry=retry_if_result(is_empty))`: what a library makes of a function calls it, too."""
    program, inference = reach.effects.program, reach.effects.inference
    if not all(isinstance(kind, Ext) for kind in inference.callees(call)):
        return None
    site = program.call(call)
    for at, value in placed(site):
        if isinstance(value, Call):
            reason = _given_to(reach, CallKey(call.path, value.index))
            if reason is not None:
                return reason
        for kind in ordered(inference.kinds(Key(call.path, site.scope), value, site.span.line)):
            given = describe(kind)
            if isinstance(kind, Fn):
                scope = program.scope(kind.key)
                given, is_async = scope.qualname, scope.is_async
                blocks = not is_async and bool(reach.flags(kind.key) & HARMFUL)
            elif isinstance(kind, Ext):
                entry = program.catalogue.find(kind.name)
                is_async = entry is not None and entry.effect is Effect.ASYNC
                blocks = entry is not None and entry.effect in (Effect.BLOCKING, Effect.SLOW)
            else:
                continue
            if blocks or (at == _AWAITED and not is_async):
                text = f"the decorator calls {given}, which blocks"
                return Reason("AF904", text, program.call_location(call))
    return None
