"""Who goes through a generator by itself: responses do, sync ones in threads and async ones on the loop.

https://www.starlette.io/responses/#streamingresponse
"""

from __future__ import annotations

from collections import defaultdict

from ..index.expr import Attr, Call, Name
from ..link.infer import Inference
from ..link.kinds import Cls, Ext, Fn, Kind, Member, describe, is_lazy_function
from ..link.program import CallKey, Module

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

PIECEWISE = frozenset(
    {
        *(f"requests.Response.{name}" for name in ("iter_content", "iter_lines")),
        *(f"httpx.Response.{name}" for name in ("iter_bytes", "iter_text", "iter_lines", "iter_raw")),
        *(f"httpx2.Response.{name}" for name in ("iter_bytes", "iter_text", "iter_lines", "iter_raw")),
    }
)
"""They give a generator, which reads from the network when somebody goes through it."""


def makes_response(inference: Inference, call: CallKey) -> bool:
    """Does the call make a `StreamingResponse`, or one of a class below it that takes the same?"""
    kinds = inference.callees(call)
    return bool(kinds) and all(_is_response(inference, kind) for kind in kinds)


def _is_response(inference: Inference, kind: Kind) -> bool:
    if isinstance(kind, Cls):
        is_below = any(inference.classes.is_a(kind.key, name) for name in _RESPONSES)
        return is_below and inference.classes.method(kind.key, "__init__") is None
    return isinstance(kind, Ext) and kind.name in _RESPONSES


class Streams:
    """Which generators are given to what goes through them in threads."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.program = inference.program
        self._takers: dict[str, _Takers] = {}

    def is_streamed(self, call: CallKey) -> bool:
        """Does it give a generator to what iterates one in threads, such as a `StreamingResponse`?"""
        is_read_later = all(map(self._is_read_later, self.inference.callees(call)))
        return is_read_later and self._is_taken(call)

    def _is_taken(self, call: CallKey) -> bool:
        """Its value is given to such a thing as it is, or inside what is lazy: `filter(None, rows())`."""
        takers = self._takers.get(call.path)
        if takers is None:
            takers = self._takers[call.path] = _Takers(self.program.modules[call.path])
        for number, name in takers.by_content.get(call.index, ()):
            taker = CallKey(call.path, number)
            if self._reads_in_threads(taker) and (name is None or self._is_read_once(taker, name)):
                return True
        arguments = [CallKey(call.path, number) for number in takers.by_argument.get(call.index, ())]
        return any(self._is_lazy(outer) and self._is_taken(outer) for outer in arguments)

    def _is_read_once(self, taker: CallKey, name: Name) -> bool:
        """Nobody takes items out before: `first = next(rows)`, `rows.send(None)`."""
        facts = self.program.modules[taker.path].facts
        inside = facts.scopes[facts.calls[taker.index].scope].span
        reads = [r for r in facts.references if r.expr == name and inside.contains(r.span)]
        owners = [c.func.value for c in facts.calls if isinstance(c.func, Attr) and inside.contains(c.span)]
        return name not in owners and all(
            r.call >= 0 and self._reads_in_threads(CallKey(taker.path, r.call)) for r in reads
        )

    def _is_read_later(self, kind: Kind) -> bool:
        if isinstance(kind, Ext):
            return is_lazy_function(kind.name)
        if isinstance(kind, Member):
            return describe(kind) in PIECEWISE
        return isinstance(kind, Fn) and self.program.scope(kind.key).has_yield

    def _is_lazy(self, call: CallKey) -> bool:
        kinds = self.inference.callees(call)
        return bool(kinds) and all(isinstance(kind, Ext) and is_lazy_function(kind.name) for kind in kinds)

    def _reads_in_threads(self, call: CallKey) -> bool:
        """Is a sync generator that the call is given gone through in threads?"""
        kinds = self.inference.callees(call)
        return bool(kinds) and all(
            (isinstance(kind, Ext) and kind.name in _ONLY_IN_THREADS) or _is_response(self.inference, kind)
            for kind in kinds
        )


class _Takers:
    """Number of a call in one file -> numbers of the calls that are given its value."""

    def __init__(self, module: Module) -> None:
        self.by_content: dict[int, list[tuple[int, Name | None]]] = defaultdict(list)
        """As the first argument or `content`; by the name, where it is one that is bound once."""
        self.by_argument: dict[int, list[int]] = defaultdict(list)
        for number, call in enumerate(module.facts.calls):
            for argument in call.args:
                if isinstance(argument, Call):
                    self.by_argument[argument.index].append(number)
            content: object = call.args[0] if call.args else dict(call.keywords).get("content")
            name = content if isinstance(content, Name) else None
            if name is not None:
                bindings = module.names[call.scope].get(name.id, ())
                content = bindings[0].value if len(bindings) == 1 else None
            if isinstance(content, Call):
                self.by_content[content.index].append((number, name))
