"""Watches one event loop: which calls block it, and for how long it does not turn."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from async_fix.cli.watching.companion.async_fix_watch import MORE, is_allowed, owner_of, stack
from blockbuster import BlockBuster
from blockbuster.blockbuster import BlockBusterFunction

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TICK = 0.005


class BlockingCalls:
    """Notes blocking calls of the project on the event loop's thread and lets them happen.

    blockbuster raises instead: then a handler ends at its first blocking call, and one that catches the
    error hides it.
    """

    def __init__(self, tree: Path, also: Iterable[str] = ()) -> None:
        self._tree = f"{tree.resolve()}/"
        self._thread = threading.get_ident()
        self._during: ContextVar[str] = ContextVar("during", default="")
        self.found: set[str] = set()
        self._sqlalchemy: Any = sys.modules.get("sqlalchemy")  # where the project has it loaded by now
        more = {name: BlockBusterFunction(*owner_of(name)) for name in (*MORE, *also)}
        self._functions = {**BlockBuster().functions, **more}
        for name, function in self._functions.items():
            function.can_block_predicate = self._noting(name, function)

    def __enter__(self) -> BlockingCalls:
        for function in self._functions.values():
            function.activate()
        if self._sqlalchemy:
            self._sqlalchemy.event.listen(
                self._sqlalchemy.Engine, "before_cursor_execute", self._note_statement
            )
        return self

    def __exit__(self, *_: object) -> None:
        if self._sqlalchemy:
            self._sqlalchemy.event.remove(
                self._sqlalchemy.Engine, "before_cursor_execute", self._note_statement
            )
        for function in self._functions.values():
            function.deactivate()

    @contextmanager
    def during(self, exchange: str) -> Iterator[None]:
        """Only what happens inside is noted, in tasks that are made inside as well."""
        token = self._during.set(exchange)
        try:
            yield
        finally:
            self._during.reset(token)

    def _noting(self, name: str, function: BlockBusterFunction) -> Callable[..., bool]:
        is_harmless = function.can_block_predicate
        allowed = function.can_block_functions

        def note(*args: Any, **kwargs: Any) -> bool:
            here = threading.get_ident() == self._thread and self._during.get()
            if here and not is_harmless(*args, **kwargs):
                frames = list(stack())
                if not any(is_allowed(frame, allowed) or _is_once(frame) for frame in frames):
                    self._note(name, frames)
            return True

        return note

    def _note_statement(self, connection: Any, *_: Any) -> None:
        """Drivers written in C wait where blockbuster cannot see it; SQLAlchemy tells before they do."""
        here = threading.get_ident() == self._thread and self._during.get()
        if here and not connection.dialect.is_async:
            self._note("a statement", list(stack()))

    def _note(self, name: str, frames: list[FrameType]) -> None:
        for frame in frames:
            file = frame.f_code.co_filename
            if file.startswith(self._tree) and "site-packages" not in file:
                place = f"{file.removeprefix(self._tree)}:{frame.f_lineno} in {frame.f_code.co_name}"
                self.found.add(f"{self._during.get()}: {name} at {place}")
                return


def _is_once(frame: FrameType) -> bool:
    """The first client of a process looks for the certificates, where no variable names them."""
    code = frame.f_code
    return code.co_name == "create_ssl_context" and "httpx" in code.co_filename


@dataclass
class Pause:
    """The longest time between two ticks, in seconds."""

    wall: float = 0.0
    wall_during: str = ""
    processor: float = 0.0
    processor_during: str = ""


class Heartbeat:
    """Ticks every 5 ms while requests run.

    Keeps two pauses apart: by the clock, in which a busy machine shows as well, and of the processor's time
    that the loop's thread took, in which only its own computing shows.
    """

    def __init__(self) -> None:
        self.pause = Pause()

    @asynccontextmanager
    async def during(self, exchange: str) -> AsyncIterator[None]:
        ticking = asyncio.create_task(self._beat(exchange))
        await asyncio.sleep(0)
        try:
            yield
            await asyncio.sleep(2 * TICK)  # the tick that a blocked request delayed
        finally:
            ticking.cancel()

    async def _beat(self, exchange: str) -> None:
        pause = self.pause
        wall, processor = time.perf_counter(), time.thread_time()
        while True:
            await asyncio.sleep(TICK)
            gap, wall = time.perf_counter() - wall, time.perf_counter()
            if gap > pause.wall:
                pause.wall, pause.wall_during = gap, exchange
            gap, processor = time.thread_time() - processor, time.thread_time()
            if gap > pause.processor:
                pause.processor, pause.processor_during = gap, exchange
