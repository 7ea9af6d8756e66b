"""Objects that serve one thread at a time.

On the loop requests take turns with them. In threads two would use one at once: it mixes up what it works on,
takes the process down with it, or one commits half of what the other does. One that a request makes for
itself nobody else has.
"""

from __future__ import annotations

import ast
from functools import cache

from ....model import Span
from ...index.expr import Attr
from ...link.program import CallKey, Key
from ...syntax import Syntax
from ..effects.site import Site
from ..reaching.all_below import AllBelow
from ..reaching.reach import Reach
from .holding import Holding
from .kept_values import KeptValues
from .locks import Locks, is_thread_bound_manager


class OneAtATime:
    def __init__(self, reach: Reach, syntax: Syntax, locks: Locks) -> None:
        self._reach = reach
        self._locks = locks
        self._program = reach.effects.program
        self._syntax = syntax
        inference = reach.effects.inference
        serves_one = cache(inference.program.catalogue.serves_one_thread)
        self._kept = KeptValues(inference, Holding(inference, serves_one))
        self._below = AllBelow(self._in, cache(self._called_without_lock))

    def used_at(self, site: Site) -> str:
        """The call on a shared one that the site makes, or comes to; empty for none, and below a lock."""
        if self._is_shared(site):
            return site.name
        if site.target is None or self._is_locked(site):
            return ""
        return min(self._below.of(site.target), default="")

    def _in(self, function: Key) -> frozenset[str]:
        """Those of the function itself."""
        return frozenset(each.name for each in self._reach.own(function) if self._is_shared(each))

    def _called_without_lock(self, function: Key) -> tuple[Key, ...]:
        sites = (site for site in self._reach.own(function) if not self._is_locked(site))
        return tuple(dict.fromkeys(site.target for site in sites if site.target is not None))

    def _is_shared(self, site: Site) -> bool:
        """Is it the work of one, or what gives one, and makes it the first time?"""
        is_given = site.call is not None and self._is_given_one(site.call)
        gives = site.target is not None and self._kept.gives_kept(site.target)
        return (is_given or gives) and not self._is_locked(site)

    def _is_given_one(self, call: CallKey) -> bool:
        """Is it made on a shared one, the call of one, or given one?"""
        site = self._program.call(call)
        where, line = Key(call.path, site.scope), site.span.line
        called = site.func.value if isinstance(site.func, Attr) else site.func
        parts = (called, *site.args, *(value for _, value in site.keywords))
        return any(self._kept.is_kept(where, part, line) for part in parts)

    def _is_locked(self, site: Site) -> bool:
        """Below a lock of threads, or one of the event loop."""
        if self._locks.hold(site.key, Span(*site.span)):
            return True
        file = self._syntax.file(site.key.path)
        call = file.call(Span(*site.span))
        above = file.above(call) if call is not None else ()
        entered = (item for node in above if isinstance(node, ast.AsyncWith) for item in node.items)
        return any(is_thread_bound_manager(item.context_expr) for item in entered)
