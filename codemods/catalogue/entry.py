"""What is known of one call."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

import msgspec


class Effect(str, Enum):
    FAST = "fast"
    BLOCKING = "blocking"
    SLOW = "slow"
    """Blocking work that belongs in a task: e-mail, PDF, images..."""
    ASYNC = "async"
    """The call gives an awaitable, an async context manager or an async iterator."""


class CallForm(str, Enum):
    """What an async call, or the async twin of a blocking one, needs at the call expression."""

    KEEP = "keep"
    AWAIT = "await"
    ASYNC_WITH = "async-with"
    ASYNC_FOR = "async-for"
    AWAIT_ASYNC_FOR = "await+async-for"
    AWAIT_ASYNC_WITH = "await+async-with"
    CONSTRUCT = "construct"
    THREAD = "to-thread"
    MANUAL = "manual"


class Argument(NamedTuple):
    """`blocking=False`, also as the first argument; of None, not given at all as well."""

    keyword: str
    position: int | None
    value: str


class Entry(msgspec.Struct, frozen=True):
    """`find("requests.Session.get")`; names are canonical and dotted."""

    name: str
    effect: Effect
    category: str = ""
    call_form: CallForm = CallForm.KEEP
    twin: str | None = None
    """What does the same without blocking; where its library is known, it has an entry of its own."""
    returns: str | None = None
    """The class of what the call gives (once awaited); of a constructor, the class itself."""
    distribution: str | None = None
    """What to install to have this name; None for the standard library."""
    exact: bool = False
    """The twin can take its place unattended."""
    note: str = ""
    source: str = ""
    items: tuple[str, ...] = ()
    """What `returns` contains: `list[str]` has one, `dict[str, int]` two, a `tuple` one for each place."""
    streamed: str | None = None
    """The class of what the call gives with `stream=True`, when that is another one."""
    instant: Argument | None = None
    """The argument with which the call does not wait."""
    cheap: bool = False
    """It blocks for less than a thread takes to begin."""


class CatalogueError(ValueError):
    """A catalogue file, or the user's own entries, cannot be used; `file` and `key` say where."""

    def __init__(self, message: str, file: str, key: str = "") -> None:
        super().__init__(": ".join(part for part in (file, key, message) if part))
        self.message, self.file, self.key = message, file, key
