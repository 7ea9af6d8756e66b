"""Clients that are slow to make: the certificates are read for each, which takes 20 to 160 ms.

Where one is made for each call it blocks like the call itself, and goes to a thread; a client that turns is
made once for each event loop, and nothing is left of that.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from ..analysis.judge.effects.site import Site
from ..analysis.judge.reaching.all_below import AllBelow
from ..analysis.judge.reaching.reach import HARMFUL, KNOWN_HARM
from ..analysis.link.program import CallKey, Key
from ..model import Span
from .objects.client_object import ClientObject
from .objects.uses import Objects
from .twin import World


class MadeWhere:
    def __init__(self, world: World, families: Callable[[str], Iterable[Objects | None]]) -> None:
        """`families`: the clients among which one of a class may be, by the name of its constructor."""
        self.world = world
        self._families = families
        self._makings = AllBelow(self._own_makings, world.reach.callees)
        self._made: dict[CallKey, frozenset[CallKey]] = {}
        self.relied_on: set[CallKey] = set()
        """Uses of clients whose making was left on the loop, as it turns with them."""

    def uses(self, site: Site) -> tuple[CallKey, ...]:
        """A call on each client that is made at the site, or in what is called there; none where nobody uses
        one of them."""
        found = []
        for made in self._makings_of(site):
            client = next((each for each in self._clients(made.name) if made.call in each.made), None)
            if client is None or not client.calls:
                return ()
            use = min(client.calls)
            self._made[use] = frozenset(client.made)
            found.append(use)
        return tuple(dict.fromkeys(found))

    def makings(self, use: CallKey) -> frozenset[tuple[Key, Span]]:
        """Where the client is made whose first use that is."""
        made = ((each, self.world.effects.program.call(each)) for each in self._made.get(use, ()))
        return frozenset((Key(each.path, call.scope), call.span) for each, call in made)

    def only_making(
        self, functions: Iterable[Key], on_loop: Collection[Key], twinned: Collection[CallKey]
    ) -> frozenset[Key]:
        """Those that do nothing slow but make clients that turn, and run on the loop as all do that call
        them."""
        gone = frozenset().union(*(self.makings(use) for use in self._made if use in twinned))
        return frozenset(each for each in functions if self._only_makes(each, on_loop, gone, frozenset()))

    def _only_makes(
        self,
        function: Key,
        on_loop: Collection[Key],
        gone: frozenset[tuple[Key, Span]],
        above: frozenset[Key],
    ) -> bool:
        if function in on_loop:
            return True
        callers = {each.owner for each in self.world.callers.calls(function)} if function.scope else set()
        if not callers or function in above or self.world.effects.program.scope(function).decorators:
            return False
        _, left = self.world.reach.chain(function, HARMFUL, lambda s: (s.key, Span(*s.span)) not in gone)
        is_handed_on = any(True for _ in self.world.callers.references(function))
        return (
            left is None
            and not is_handed_on
            and all(self._only_makes(each, on_loop, gone, above | {function}) for each in callers)
        )

    def _makings_of(self, site: Site) -> tuple[Site, ...]:
        if site.target is None:
            return (site,) if self._is_making(site) else ()
        return tuple(sorted(self._makings.of(site.target), key=lambda each: (each.key.path, each.span)))

    def _own_makings(self, function: Key) -> tuple[Site, ...]:
        own = self.world.reach.own(function)
        return tuple(each for each in own if each.kind in KNOWN_HARM and self._is_making(each))

    def _is_making(self, site: Site) -> bool:
        return site.target is None and bool(self._clients(site.name))

    def _clients(self, constructor: str) -> tuple[ClientObject, ...]:
        name = constructor.removesuffix(".__init__")
        for clients in self._families(f"{name}.__init__"):
            if clients is not None and name in clients.canonical:
                return clients.all
        return ()
