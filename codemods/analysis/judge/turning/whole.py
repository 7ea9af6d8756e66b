"""Functions that turn together or not at all: those of one database."""

from __future__ import annotations

import msgspec

from ...link.program import Key


class Whole(msgspec.Struct, frozen=True):
    """What is known of functions that turn whatever is found below them; whoever named them has seen to
    their callers."""

    functions: frozenset[Key] = frozenset()
    generators: frozenset[Key] = frozenset()
    """Those of `functions` that yield: their consumers follow."""
    replaced: frozenset[Key] = frozenset()
    """Those of `functions` that tests replace by functions which turn along."""
    off_loop: frozenset[Key] = frozenset()
    """Tests and scripts: while they run, no request waits, so that only what must be awaited changes."""
    unreached: frozenset[Key] = frozenset()
    """Those of `functions` in the API layer that no handler runs yet: what blocks there is mended where it
    can be, as in any async function."""
    handled: frozenset[tuple[str, tuple[int, int, int, int]]] = msgspec.field(default_factory=frozenset)
    """Path and span of every call, `with` and `for` whose edits are made already."""

    rewritten: frozenset[tuple[str, tuple[int, int, int, int]]] = msgspec.field(default_factory=frozenset)
    """Those of `handled` that are no calls of what they name any more: another text stands for them."""

    awaited: frozenset[tuple[str, tuple[int, int, int, int]]] = msgspec.field(default_factory=frozenset)
    """Path and span of what those edits await, calls or not: `await note.awaitable_attrs.owner`."""

    loaded_above: frozenset[tuple[tuple[str, tuple[int, int, int, int]], str]] = msgspec.field(
        default_factory=frozenset
    )
    """Path and span of the statements above which those edits load something, and the name of what for; empty
    for what gets its name there."""

    side: frozenset[Key] = frozenset()
    """Where the sync database stays for others: the functions that work on the async one."""

    def __bool__(self) -> bool:
        return bool(self.functions)
