"""What is said of a function: whether it turns, how each of its sites is mended, and why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

import msgspec

from ....model import Applicability, Edit, EntryPoint, Location, Note, Reason, RemedyKind, Span, Support
from ...index.unread import Unread
from ...link.program import CallKey, Key
from ..callers.entered import Entering
from ..effects.site import Site

IN_A_THREAD = Reason("AF902", "a `def` dependency runs in a thread already, and has nothing to await")


class Mended(msgspec.Struct, frozen=True):
    """One site with what is done about it."""

    site: Site
    remedy: RemedyKind
    text: str = ""
    reason: Reason | None = None
    """Why nothing better than this remedy (or nothing at all) is done."""


class FunctionPlan(msgspec.Struct, frozen=True):
    """How one function lives on the event loop."""

    mended: tuple[Mended, ...] = ()
    edits: tuple[tuple[str, Edit], ...] = ()
    """Edits with the path of their file; most are in the function itself."""
    support: tuple[Support, ...] = ()
    notes: tuple[Note, ...] = ()
    hops: int = 0
    awaits: bool = False
    """Something in it is awaited that is no thread."""
    waits_in_thread: bool = False
    """Something that goes to a thread waits for others: a network, a database, nobody knows what."""
    whole_body: bool = False
    in_threads: bool = False
    """Every function of the project that it calls runs in a thread, and must stay sync for that."""
    brings: frozenset[Key] = frozenset()
    """Coroutine functions that ran on a loop of their own, and now run on that of the server."""
    queued: frozenset[Key] = frozenset()
    """Functions that turn, and that a task of this one awaits."""
    taken_over: frozenset[tuple[str, Span]] = frozenset()
    """Path and span of calls that the edits of the database await, and that a task makes in their place."""
    waits_for: tuple[tuple[Key, tuple[Note, ...]], ...] = ()
    """Who does slow work that no task takes from here, the function itself or one that it calls, with what is
    to be said if it still does."""
    applicability: Applicability = Applicability.SAFE

    @property
    def is_told(self) -> bool:
        """Is there anything to do, or to say?"""
        return bool(self.edits or self.notes or self.waits_for)


class Readers(Protocol):
    """What is known of those who read a generator, or enter what a method belongs to; handed in by the
    engine."""

    def together(self, function: Key) -> frozenset[Key]:
        """The functions that turn with this one or not at all, itself among them."""

    def why_not(self, function: Key) -> Reason | None:
        """What keeps a generator, a method that `with` calls, or one by which an object is called, sync
        whatever becomes of those who read, enter or call it; None for all other functions."""

    def gives_steps(self, function: Key) -> bool:
        """Is it read, and not awaited, once it is async?"""

    def entered(self, function: Key, turned: frozenset[Key]) -> Iterable[tuple[Entering, Reason | None]]:
        """Every place that enters what this method belongs to, with the reason why it cannot wait there when
        all of `turned` are async."""

    def why_not_read(self, call: CallKey, function: Key, turned: frozenset[Key]) -> Reason | None:
        """Why the steps of a generator cannot be awaited where it is called, when all of `turned` are
        async."""


class Ladder(Protocol):
    """The codemods, asked in the order of preference; handed in by the engine."""

    def wants_to_turn(self, function: Key, entry: EntryPoint, *, has_native: bool) -> bool:
        """Should the entry point be `async def`? `has_native`: a site of its own can be awaited without a
        thread."""

    def is_native(self, function: Key, site: Site) -> bool:
        """Can the site be awaited without a thread (a missing await, an exact twin), were the function
        async?"""

    def has_async_cache(self, function: Key) -> bool:
        """Can what keeps the results of the function become what keeps those of coroutines?"""

    def queues(self, function: Key) -> frozenset[Key]:
        """Functions that this one need not wait for: each of its calls of them can become a task."""

    def settle(
        self, function: Key, turned: frozenset[Key], *, partial: bool, is_new: bool = False
    ) -> FunctionPlan | Reason:
        """All that must change in `function` so that it may run on the loop, when the functions in `turned`
        are awaited.

        `partial`: it is async already, so mend what can be mended and say why of the rest. `is_new`: it has
        not run on the loop of the server so far, and must bring nothing there that nobody knows.
        """

    def hands_on(self, function: Key) -> frozenset[Key]:
        """Slow functions that it has somebody else run later: what a worker is to run in their place awaits
        those that turn."""

    def why_at_once(self, caller: Key, call: CallKey) -> str:
        """When the caller may not await this call; empty where it may."""

    def hand_on(self, function: Key, turned: frozenset[Key]) -> FunctionPlan:
        """What changes in a function that stays as it is, when those in `turned` do not: work behind the
        response that a worker can do."""

    def follows(self, caller: Key, call: CallKey) -> bool:
        """Can a test await this call, were the callee async?"""

    def follow(self, test: Key, turned: frozenset[Key]) -> FunctionPlan:
        """What makes a test await its calls of the functions in `turned`."""


class Verdict(msgspec.Struct, frozen=True):
    """What becomes of one entry point or helper."""

    function: Key
    turns: bool
    plan: FunctionPlan | None = None
    reason: Reason | None = None


class Judgement(msgspec.Struct, frozen=True):
    turned: frozenset[Key]
    verdicts: Mapping[Key, Verdict]
    """Entry points, functions that turn, and functions that are async already and are mended."""
    refused: Mapping[Key, Reason]


class Wishes(msgspec.Struct, frozen=True):
    """What the user says, and what nobody can see."""

    api: frozenset[str]
    """The files whose entry points should turn."""
    serving: frozenset[Key] = frozenset()
    """Async functions elsewhere that FastAPI runs for them on the loop."""
    in_threads: frozenset[Key] = frozenset()
    """Functions that stay `def`."""
    only_for_awaits: bool = False
    """A handler that would only call the thread pool stays `def`,"""
    in_any_case: frozenset[Key] = frozenset()
    """but for these."""
    also: frozenset[Key] = frozenset()
    """Idle functions that use what others wait for."""
    given: frozenset[Key] = frozenset()
    """Functions that a library calls, and awaits from now on."""
    unread: Unread = Unread()
    """What the files hold that cannot be read: they may call anything that they name."""


def place_of(site: Site) -> Location:
    return Location(site.key.path, site.span[0], site.span[1] + 1)
