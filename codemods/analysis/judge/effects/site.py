"""One thing that happens when a function runs, and what it does to its thread."""

from __future__ import annotations

from enum import Enum

import msgspec

from ....catalogue import Effect, Entry
from ....model import Span
from ...link.program import CallKey, Key

SESSION_CATEGORY = "orm-session"
COMPUTES = Entry("compute", Effect.BLOCKING, "computing")
"""What a site that computes for long stands for; its `why` says how that was judged."""

DECORATED = "the decorated function"
"""What a wrapper calls: that counts where the function is called that has the decorator."""


class SiteKind(str, Enum):
    FAST = "fast"
    BLOCKING = "blocking"
    SLOW = "slow"
    SESSION = "session"
    ASYNC = "async"
    """Gives an awaitable (or an async context manager, an async iterator)."""
    PROJECT = "project"
    UNKNOWN = "unknown"


class Site(msgspec.Struct, frozen=True, cache_hash=True, gc=False):
    """One thing that happens when a call (or a `with`, a `for`, an attribute) runs."""

    call: CallKey | None
    key: Key
    """The scope whose frame holds it."""
    span: Span
    kind: SiteKind
    name: str
    entry: Entry | None = None
    target: Key | None = None
    """The project function that runs, for PROJECT."""
    form: str = "call"
    """`call`, `with`, `for`, `attribute`, `read` (an attribute of a library) or `callback`."""
    why: str = ""

    @property
    def is_cheap(self) -> bool:
        """Is it over before a thread would begin?"""
        return self.kind is SiteKind.BLOCKING and self.entry is not None and self.entry.cheap

    @property
    def label(self) -> str:
        """What a chain that ends here says of it."""
        return self.why if self.entry is COMPUTES else self.name or self.why
