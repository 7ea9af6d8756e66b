"""Who goes through a generator by itself: responses do, sync ones in threads and async ones on the loop.

https://www.starlette.io/responses/#streamingresponse
"""

from __future__ import annotations

from ..link.infer import Inference
from ..link.kinds import Cls, Ext, Kind
from ..link.program import CallKey

_RESPONSES = frozenset(
    {
        "fastapi.responses.StreamingResponse",
        "sse_starlette.sse.EventSourceResponse",
        "starlette.responses.StreamingResponse",
    }
)
_ONLY_IN_THREADS = frozenset(
    {"fastapi.concurrency.iterate_in_threadpool", "starlette.concurrency.iterate_in_threadpool"}
)


def makes_response(inference: Inference, call: CallKey) -> bool:
    """Does the call make a `StreamingResponse`, or one of a class below it that takes the same?"""
    kinds = inference.callees(call)
    return bool(kinds) and all(_is_response(inference, kind) for kind in kinds)


def reads_in_threads(inference: Inference, call: CallKey) -> bool:
    """Is a sync generator that the call is given gone through in threads?"""
    kinds = inference.callees(call)
    return bool(kinds) and all(
        (isinstance(kind, Ext) and kind.name in _ONLY_IN_THREADS) or _is_response(inference, kind)
        for kind in kinds
    )


def _is_response(inference: Inference, kind: Kind) -> bool:
    if isinstance(kind, Cls):
        is_below = any(inference.classes.is_a(kind.key, name) for name in _RESPONSES)
        return is_below and inference.classes.method(kind.key, "__init__") is None
    return isinstance(kind, Ext) and kind.name in _RESPONSES
