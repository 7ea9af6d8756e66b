"""A plugin for pytest that notes blocking calls on an event loop, and lets them happen.

It stands alone: it runs in the environment of the project, where blockbuster must be installed. Blockbuster
by itself raises, and a test ends at its first blocking call.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import FrameType

FOLDER, ROOT = "ASYNC_FIX_WATCH_FOLDER", "ASYNC_FIX_WATCH_ROOT"
"""Environment: where each process leaves what it has seen, and the root of the project."""

MORE = (
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
"""What blockbuster 1.5 does not watch."""

_ALLOWED = (
    ("<frozen importlib._bootstrap>", "_find_and_load"),
    ("ssl.py", "create_default_context"),
    ("certifi/core.py", "where"),
    ("mimetypes.py", "init"),
)
"""A first import, a first TLS context, the table of file types: once in a process, not once in a request."""

_LOGGING = ("logging/__init__.py", ("handle",))
"""Everybody logs on the loop."""

Seen = tuple[str, str, tuple[tuple[str, int], ...]]
"""What was called, the test, and the project's frames (path, line) from the innermost."""


class Watch:
    def __init__(self, root: str) -> None:
        from blockbuster import BlockBuster
        from blockbuster.blockbuster import BlockBusterFunction

        self._root = os.path.realpath(root) + os.sep
        self.seen: Counter[Seen] = Counter()
        more = {name: BlockBusterFunction(*owner_of(name)) for name in MORE}
        self._functions = {**BlockBuster().functions, **more}
        for name, function in self._functions.items():
            function.can_block_predicate = self._noting(name, function)

    def start(self) -> None:
        for function in self._functions.values():
            function.activate()

    def stop(self) -> None:
        for function in self._functions.values():
            function.deactivate()

    def _noting(self, name: str, function: Any) -> Callable[..., bool]:
        is_harmless, allowed = function.can_block_predicate, [*function.can_block_functions, _LOGGING]

        def note(*arguments: Any, **keywords: Any) -> bool:
            if not is_harmless(*arguments, **keywords):
                frames = list(stack())
                if not any(is_allowed(frame, allowed) for frame in frames):
                    self._note(name, frames)
            return True

        return note

    def _note(self, name: str, frames: list[FrameType]) -> None:
        own = []
        for frame in frames:
            file = frame.f_code.co_filename
            if file.startswith(self._root) and "site-packages" not in file:
                own.append((file[len(self._root) :].replace(os.sep, "/"), frame.f_lineno))
        if own:
            test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" (")[0]
            self.seen[name, test, tuple(own)] += 1


def owner_of(name: str) -> tuple[Any, str]:
    """The module or class that holds the function of this dotted name, and its last part."""
    parts = name.split(".")
    for end in range(len(parts) - 1, 0, -1):
        try:
            owner: Any = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:-1]:
            owner = getattr(owner, part)
        return owner, parts[-1]
    raise ValueError(f"cannot find {name}")


def stack() -> Iterator[FrameType]:
    """From the caller of the function that goes through it."""
    frame: FrameType | None = sys._getframe(2)
    while frame:
        yield frame
        frame = frame.f_back


def is_allowed(frame: FrameType, allowed: Iterable[tuple[str, Iterable[str]]]) -> bool:
    """May a call from within this frame block? `allowed` are ends of file names, and functions there."""
    file, name = frame.f_code.co_filename.replace("\\", "/"), frame.f_code.co_name
    return any(file.endswith(end) and name == function for end, function in _ALLOWED) or any(
        file.endswith(end) and name in functions for end, functions in allowed
    )


_watches: list[Watch] = []


def pytest_configure(config: pytest.Config) -> None:
    try:
        watch = Watch(os.environ[ROOT])
    except ImportError as error:
        words = "watch-tests needs blockbuster in the environment of the tests"
        raise pytest.UsageError(f"{words} ({error}): pip install blockbuster") from None
    watch.start()
    _watches.append(watch)


def pytest_unconfigure(config: pytest.Config) -> None:
    while _watches:
        watch = _watches.pop()
        watch.stop()
        path = os.path.join(os.environ[FOLDER], f"{os.getpid()}.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump([[*seen, count] for seen, count in watch.seen.items()], file)
