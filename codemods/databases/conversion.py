"""What becomes of a database as a whole."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from ..analysis.judge.turning.whole import Whole
from ..analysis.link.program import Key, Program
from ..model import Edit, Note, Reason, SplitWith, Support
from .draft import OBSTACLE


class Conversion(msgspec.Struct, frozen=True):
    """All that makes the database async, or the obstacles to it."""

    whole: Whole = msgspec.field(default_factory=Whole)
    edits: Mapping[str, tuple[Edit, ...]] = msgspec.field(default_factory=dict)
    obstacles: tuple[Reason, ...] = ()
    notes: tuple[Note, ...] = ()
    support: tuple[Support, ...] = ()
    awaits: int = 0
    gone: frozenset[tuple[str, str]] = frozenset()
    """Path and name: what tests replaced there has another name now."""
    at_engine: Reason | None = None
    """Where no engine of the application can be made async, the first reason."""
    kept_sync: tuple[Reason, ...] = ()
    """What stands in the way of other databases, which stay as they are."""
    mixed: tuple[tuple[str, SplitWith], ...] = ()
    """Path and statement of each `with` that enters a session and something else."""
    tests_follow: bool = False
    """The sessions that tests make go async too."""

    def __bool__(self) -> bool:
        """Is there a database that can go?"""
        return bool(self.whole) and not self.obstacles

    def without(self, refused: Mapping[Key, Reason], program: Program) -> Conversion:
        """The same, or refused as a whole when one of its functions is."""
        found = [
            replace(refused[key], code=OBSTACLE, text=f"{program.scope(key).qualname}: {refused[key].text}")
            for key in sorted(self.whole.functions & refused.keys())
        ]
        return replace(self, obstacles=(*self.obstacles, *dict.fromkeys(found))) if found else self
