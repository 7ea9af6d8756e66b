"""What comes onto the loop of the server with a bridge: the coroutines, and what they count on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from ..analysis.index.expr import Name
from ..analysis.judge.effects.thread_state import THREAD_LOCAL
from ..analysis.judge.reaching.reach import Reach
from ..analysis.link.kinds import COROUTINE, TASK, Inst, Kinds
from ..analysis.link.program import Key, Program
from ..model import Span

_LOOP = "asyncio.AbstractEventLoop."
_COUNTS_ON_ITS_LOOP = frozenset(
    {
        # what is left over ends with a loop of its own, and goes on with that of the server
        *("asyncio.create_task", "asyncio.ensure_future", "asyncio.run_coroutine_threadsafe"),
        *(f"{_LOOP}{method}" for method in ("create_task", "call_soon", "call_later", "call_at")),
        *("asyncio.set_event_loop", f"{_LOOP}stop", f"{_LOOP}close", f"{_LOOP}run_forever"),
        *(f"{_LOOP}set_{what}" for what in ("debug", "default_executor", "exception_handler")),
        f"{_LOOP}add_signal_handler",
        # what it sets is gone when the coroutine is done, or is that of another thread
        *("contextvars.ContextVar.set", "structlog.contextvars.bind_contextvars", THREAD_LOCAL),
    }
)
_ASKS_FOR_LOOP = frozenset(
    {"asyncio.get_running_loop", "asyncio.current_task", "asyncio.all_tasks", f"{_LOOP}is_running"}
)

_CONSTRUCTORS = frozenset({"__init__", "__post_init__", "__new__"})
"""They may keep a coroutine in what they make."""


class Brought(msgspec.Struct, frozen=True):
    reach: Reach

    def by(self, function: Key) -> Iterator[Key]:
        """The coroutines that the function makes, or has made for it, whatever it hands them to."""
        program, inference = self.reach.effects.program, self.reach.effects.inference
        makers = [function]
        for maker in makers:
            for key in self.reach.callees(maker):
                if is_coroutine_function(program, key):
                    yield key
                elif key not in makers and (
                    program.scope(key).name in _CONSTRUCTORS or hold_coroutine(inference.function_result(key))
                ):
                    makers.append(key)

    def are_known(self, function: Key, removed: Sequence[Span]) -> bool:
        """No caller hands it a coroutine, and it does the same whether a loop runs or not."""
        return not self._is_handed_one(function) and not self._asks_for_loop(function, removed)

    def _is_handed_one(self, function: Key) -> bool:
        scope = self.reach.effects.program.scope(function)
        kinds = self.reach.effects.inference.kinds
        return any(
            hold_coroutine(kinds(function, Name(parameter.name), scope.span.line))
            for parameter in scope.parameters
        )

    def _asks_for_loop(self, function: Key, removed: Sequence[Span]) -> bool:
        return any(
            site.name in _ASKS_FOR_LOOP and not any(span.contains(Span(*site.span)) for span in removed)
            for site in self.reach.own(function)
        )

    def counts_on_its_loop(self, coroutine: Key) -> bool:
        return any(
            site.name in _COUNTS_ON_ITS_LOOP
            for function in self.reach.below(coroutine)
            for site in self.reach.own(function)
        )


def is_coroutine_function(program: Program, key: Key) -> bool:
    scope = program.scope(key)
    return scope.is_async and not scope.has_yield


def hold_coroutine(kinds: Kinds) -> bool:
    """Is one among them, or in what they hold?"""
    return any(
        isinstance(kind, Inst) and (kind.name in (COROUTINE, TASK) or any(map(hold_coroutine, kind.args)))
        for kind in kinds
    )
