"""Connections that belong to one thread: sqlite3's to the one that made it, those of peewee and pony to each;
and locks in Redis, which only the thread that took one can give back.

A function of the project may make one and give it back, take one, keep one in an object, or leave one open:
then the calls around it belong into the same thread.
https://docs.python.org/3/library/sqlite3.html#sqlite3.connect (check_same_thread)
https://redis.readthedocs.io/en/stable/lock.html (thread_local)
https://docs.peewee-orm.com/en/latest/peewee/database.html#thread-safety-and-multiple-databases
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...index.expr import Expr
from ...link.infer import Inference
from ...link.program import CallKey, Key, Program
from ...link.values.plain import is_data
from ..effects.site import Site
from ..reaching.reach import Reach
from .holding import Holding

_LIBRARIES = ("sqlite3.", "peewee.", "pony.", "playhouse.", "redis.lock.")
_CONNECTIONS = frozenset({"sqlite3.Connection", "sqlite3.Cursor", "sqlite3.Blob", "redis.lock.Lock"})
_KEPT_FOR_EACH_THREAD = ("peewee.", "playhouse.")


class Connections:
    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self.inference: Inference = reach.effects.inference
        self.program: Program = reach.effects.program
        self._opens: dict[Key, bool] = {}
        self._works_on_open: dict[Key, bool] = {}
        self._holding = Holding(self.inference, _CONNECTIONS.__contains__)
        self.holds_one = self._holding.holds_one

    def sharing(self, sites: Sequence[Site]) -> list[Site]:
        """Those calls of one function that may work on the same connection."""
        is_open = any(site.target is not None and self._leaves_open(site.target) for site in sites)
        return [site for site in sites if self._is_used(site) or (is_open and self._needs_open(site))]

    def _is_used(self, site: Site) -> bool:
        if site.target is None:
            return site.name.startswith(_LIBRARIES)
        is_handed = site.call is not None and self._is_handed(site.call)
        return is_handed or self._leaves_open(site.target)

    def _needs_open(self, site: Site) -> bool:
        """Does it work on what is open for its thread?"""
        target = site.target
        return target is not None and self.reach.comes_to(target, _is_of_thread, self._works_on_open)

    def _is_handed(self, call: CallKey) -> bool:
        """Is one taken or given, by itself or in an object?"""
        return self._holding.has_one(self.inference.call_result(call)) or any(True for _ in self._parts(call))

    def is_told(self, site: Site) -> bool:
        """Is the connection a value that the call takes or gives, and none that a library keeps by itself?"""
        return site.call is not None and self._is_handed(site.call)

    def parts(self, site: Site) -> Iterator[Expr]:
        """What is a connection, or holds one, of what the call is made on and given."""
        return self._parts(site.call) if site.call is not None else iter(())

    def _parts(self, call: CallKey) -> Iterator[Expr]:
        site = self.program.call(call)
        where = Key(call.path, site.scope)
        taken = (site.func, *site.args, *(value for _, value in site.keywords))
        for part in (getattr(taken[0], "value", None), *taken[1:]):
            if part is not None and self.holds_one(where, part, site.span.line):
                yield part

    def is_data(self, where: Key, part: Expr, line: int) -> bool:
        """Nothing of a connection is in it."""
        return is_data(self.inference.kinds(where, part, line))

    def _leaves_open(self, function: Key) -> bool:
        """Is one opened that is not closed there, or closed that was not opened there?"""
        return self.reach.comes_to(function, self._is_one_half, self._opens)

    def _is_one_half(self, site: Site) -> bool:
        other = {"connect": "close", "close": "connect"}.get(site.name.rpartition(".")[2])
        if other is None or not _is_of_thread(site):
            return False
        return not any(
            _is_of_thread(beside) and beside.name.endswith(f".{other}")
            for beside in self.reach.effects.sites(site.key)
        )


def _is_of_thread(site: Site) -> bool:
    return site.name.startswith(_KEPT_FOR_EACH_THREAD)
