"""Clients that are slow to make: the certificates are read for each, which takes 20 to 160 ms.

Where one is made for each call it blocks like the call itself, and goes to a thread; a client that turns is
made once for each event loop, and nothing is left of that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..analysis.judge.reach import KNOWN_HARM
from ..analysis.judge.site import Site
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
        self._makings: dict[Key, Site | None] = {}
        self._comes_to_one: dict[Key, bool] = {}
        self._made: dict[CallKey, frozenset[CallKey]] = {}

    def first_use(self, site: Site) -> CallKey | None:
        """A call on the client that is made at the site, or in what is called there."""
        made = self._making(site)
        clients = self._clients(made.name) if made is not None else ()
        client = next((each for each in clients if made is not None and made.call in each.made), None)
        if client is None or not client.calls:
            return None
        use = min(client.calls)
        self._made[use] = frozenset(client.made)
        return use

    def makings(self, use: CallKey) -> frozenset[tuple[Key, Span]]:
        """Where the client is made whose first use that is."""
        made = ((each, self.world.effects.program.call(each)) for each in self._made.get(use, ()))
        return frozenset((Key(each.path, call.scope), call.span) for each, call in made)

    def _making(self, site: Site) -> Site | None:
        if site.target is None:
            return site if self._is_making(site) else None
        if site.target not in self._makings:
            reach = self.world.reach
            is_one = reach.comes_to(site.target, self._is_making, self._comes_to_one)
            _, last = reach.chain(site.target, KNOWN_HARM, self._is_making) if is_one else ((), None)
            self._makings[site.target] = last
        return self._makings[site.target]

    def _is_making(self, site: Site) -> bool:
        return site.target is None and bool(self._clients(site.name))

    def _clients(self, constructor: str) -> tuple[ClientObject, ...]:
        name = constructor.removesuffix(".__init__")
        for clients in self._families(f"{name}.__init__"):
            if clients is not None and name in clients.canonical:
                return clients.all
        return ()
