"""Watches one event loop: which calls block it, and for how long it does not turn."""

from __future__ import annotations

import asyncio
import importlib
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

from blockbuster import BlockBuster
from blockbuster.blockbuster import BlockBusterFunction

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TICK = 0.005

# what blockbuster 1.5 does not watch
_MORE = (
    "builtins.open",
    "io.open",
    "os.open",
    "os.system",
    "os.fsync",
    "hashlib.pbkdf2_hmac",
    "hashlib.scrypt",
    "subprocess.Popen.__init__",
    "socket.getaddrinfo",
)
# a first import, a first TLS context, the table of file types: once in a process, not once in a request
_ONCE = {
    ("<frozen importlib._bootstrap>", "_find_and_load"),
    ("ssl.py", "create_default_context"),
    ("certifi/core.py", "where"),
    ("mimetypes.py", "init"),
}


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
        more = {name: _watched(name) for name in (*_MORE, *also)}
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
                stack = list(_stack())
                if not any(_is_allowed(frame, allowed) for frame in stack):
                    self._note(name, stack)
            return True

        return note

    def _note_statement(self, connection: Any, *_: Any) -> None:
        """Drivers written in C wait where blockbuster cannot see it; SQLAlchemy tells before they do."""
        here = threading.get_ident() == self._thread and self._during.get()
        if here and not connection.dialect.is_async:
            self._note("a statement", list(_stack()))

    def _note(self, name: str, stack: list[FrameType]) -> None:
        for frame in stack:
            file = frame.f_code.co_filename
            if file.startswith(self._tree) and "site-packages" not in file:
                place = f"{file.removeprefix(self._tree)}:{frame.f_lineno} in {frame.f_code.co_name}"
                self.found.add(f"{self._during.get()}: {name} at {place}")
                return


def _watched(name: str) -> BlockBusterFunction:
    parts = name.split(".")
    for end in range(len(parts) - 1, 0, -1):
        try:
            owner: Any = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:-1]:
            owner = getattr(owner, part)
        return BlockBusterFunction(owner, parts[-1])
    raise ValueError(f"cannot find {name}")


def _stack() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(2)
    while frame:
        yield frame
        frame = frame.f_back


def _is_allowed(frame: FrameType, allowed: Iterable[tuple[str, Iterable[str]]]) -> bool:
    file, name = frame.f_code.co_filename.replace("\\", "/"), frame.f_code.co_name
    return any(file.endswith(end) and name == function for end, function in _ONCE) or any(
        file.endswith(end) and name in functions for end, functions in allowed
    )


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
