"""Functions that leave variables of the context otherwise than they found them.

A thread works on a copy of the context: what a `def` dependency sets there, no handler sees.
https://docs.python.org/3/library/contextvars.html
"""

from __future__ import annotations

from functools import cached_property

from ....model import Reason, Span
from ...link.program import Key
from ..effects.site import Site
from ..reaching.reach import Reach

_BOUND_BY = tuple(f"{how}_contextvars" for how in ("bind", "unbind", "clear", "reset"))
_CHANGES = frozenset(
    {
        *(f"contextvars.ContextVar.{method}" for method in ("set", "reset")),
        *(f"structlog.contextvars.{name}" for name in _BOUND_BY),
    }
)
_NAMES = frozenset({"ContextVar", *_BOUND_BY})


class ContextChanges:
    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self.program = reach.effects.program
        self._known: dict[Key, bool] = {}

    @cached_property
    def _are_any(self) -> bool:
        """Is a variable made, or bound, anywhere?"""
        names = {other for name in _NAMES for other in (name, *self.program.aliases.get(name, ()))}
        return not names.isdisjoint(self.program.calls_by_name)

    def calls(self, function: Key) -> frozenset[Span]:
        """Its calls of functions of the project that leave one changed."""
        sites = self.reach.own(function) if self._are_any else ()
        return frozenset(Span(*site.span) for site in sites if site.target and self._are_left_by(site.target))

    def _are_left_by(self, function: Key) -> bool:
        if function not in self._known:
            self.reach.comes_to(function, self._leaves, self._known)
        return self._known[function]

    def _leaves(self, site: Site) -> bool:
        """Who sets a variable and resets it leaves nothing behind."""
        if site.name not in _CHANGES:
            return False
        done = {each.name.rpartition(".")[2] for each in self.reach.effects.sites(site.key)}
        return not {"set", "reset"} <= done and not {"bind_contextvars", "reset_contextvars"} <= done

    def why_not(self, dependency: Key) -> Reason | None:
        """Why one that runs in a thread stays there."""
        if not self._are_any or self.program.scope(dependency).is_async or not self._are_left_by(dependency):
            return None
        name = self.program.scope(dependency).qualname
        return Reason(
            "AF902", f"{name} sets a variable of the context, which handlers do not see out of a thread",
            self.program.location(dependency), hint="make it `async def` if they are to see it",
        )  # fmt: skip
