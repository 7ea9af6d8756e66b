"""What a function reaches when it is called: which kinds of blocking, and through which chain."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from types import MappingProxyType

from ....model import Hop, Location
from ...link.program import Key
from ..effects.effects import Effects
from ..effects.site import Site, SiteKind

HARMFUL = frozenset({SiteKind.BLOCKING, SiteKind.SLOW, SiteKind.SESSION, SiteKind.UNKNOWN})
MARKED = "the config says so"
KNOWN_HARM = HARMFUL - {SiteKind.UNKNOWN}


NOTHING_MARKED: Mapping[Key, SiteKind] = MappingProxyType({})
Chain = tuple[tuple[Hop, ...], Site | None]


def leads_to(
    start: Key, is_one: Callable[[Key], bool], further: Callable[[Key], Iterable[Key]], known: dict[Key, bool]
) -> bool:
    """Is the function such a one, or something further on? What leads to none is walked once: `known` has the
    answers that were given."""
    if start in known:
        return known[start]
    seen = {start}
    stack = [start]
    while stack:
        current = stack.pop()
        if known.get(current) or is_one(current):
            known[start] = True
            return True
        new = [each for each in further(current) if each not in seen and known.get(each) is not False]
        seen.update(new)
        stack += new
    known.update(dict.fromkeys(seen, False))
    return False


class Reach:
    """Flags of everything that a function runs, its project callees included; computed once per function."""

    def __init__(
        self,
        effects: Effects,
        ignore: Callable[[Site], bool] = lambda site: False,
        marked: Mapping[Key, SiteKind] = NOTHING_MARKED,
    ) -> None:
        """`ignore` sites that do not count; functions that are `marked` as slow work or as blocking, whatever
        they do, because the user says so."""
        self.effects = effects
        self.ignore = ignore
        self.marked = marked
        self._flags: dict[Key, frozenset[SiteKind]] = {}
        self._own: dict[Key, tuple[Site, ...]] = {}
        self._callees: dict[Key, tuple[Key, ...]] = {}
        self._in_order: dict[Key, tuple[Key, ...]] = {}
        self._chains: dict[tuple[Key, frozenset[SiteKind]], Chain] = {}

    def flags(self, function: Key) -> frozenset[SiteKind]:
        if function not in self._flags:
            self._close(function)
        return self._flags[function]

    def own(self, function: Key) -> tuple[Site, ...]:
        """The sites of the function's own frame that count whenever it is called."""
        if function not in self._own:
            sites = () if self.effects.once.weighs_nothing(function) else self.effects.sites(function)
            self._own[function] = tuple(site for site in sites if not self.ignore(site))
        return self._own[function]

    def callees(self, function: Key) -> tuple[Key, ...]:
        if function not in self._callees:
            found = dict.fromkeys(site.target for site in self.own(function) if site.target is not None)
            self._callees[function] = tuple(found)
        return self._callees[function]

    def below(self, *functions: Key, callees: Callable[[Key], Iterable[Key]] | None = None) -> set[Key]:
        """The functions and everything that they run, or what `callees` gives of that."""
        callees = callees or self.callees
        seen = set(functions)
        stack = list(seen)
        while stack:
            for callee in callees(stack.pop()):
                if callee not in seen:
                    seen.add(callee)
                    stack.append(callee)
        return seen

    def comes_to(self, function: Key, which: Callable[[Site], bool], known: dict[Key, bool]) -> bool:
        """Is one of the sites of the function, or of what it runs, such a one?"""
        return leads_to(function, lambda each: any(map(which, self.own(each))), self.callees, known)

    def sites_to(self, function: Key, which: Callable[[Site], bool], known: dict[Key, bool]) -> list[Site]:
        """The sites of the function itself that are such ones, or lead to one."""
        return [
            site
            for site in self.own(function)
            if which(site) or (site.target is not None and self.comes_to(site.target, which, known))
        ]

    def in_order(self, function: Key) -> tuple[Key, ...]:
        """The function and all that it runs, each once."""
        if function not in self._in_order:
            self._in_order[function] = tuple(self.walk(function))
        return self._in_order[function]

    def walk(self, function: Key, into: Callable[[Key], bool] = lambda callee: True) -> Iterator[Key]:
        """The same, one by one; only those that are gone `into`, and what these run."""
        found, stack = {function}, [function]
        yield function
        while stack:
            for callee in self.callees(stack.pop()):
                if callee not in found and into(callee):
                    found.add(callee)
                    stack.append(callee)
                    yield callee

    def _close(self, start: Key) -> None:
        """Flags of `start` and all it reaches: collect, then let them flow back along the calls until nothing
        moves."""
        order: list[Key] = []
        callers: dict[Key, list[Key]] = {start: []}
        queue = deque([start])
        while queue:
            function = queue.popleft()
            order.append(function)
            if function in self._flags:
                continue
            for callee in self.callees(function):
                if callee not in callers:
                    callers[callee] = []
                    queue.append(callee)
                callers[callee].append(function)
        flags = {
            function: self._flags[function] if function in self._flags else self._own_flags(function)
            for function in order
        }
        work = deque(reversed(order))
        while work:
            function = work.popleft()
            for caller in callers[function]:
                merged = flags[caller] | flags[function]
                if merged != flags[caller]:
                    flags[caller] = merged
                    work.append(caller)
        self._flags.update(flags)

    def _own_flags(self, function: Key) -> frozenset[SiteKind]:
        found = frozenset(site.kind for site in self.own(function) if site.kind in HARMFUL)
        return found | {self.marked[function]} if function in self.marked else found

    def chain(
        self, function: Key, wanted: frozenset[SiteKind], which: Callable[[Site], bool] | None = None
    ) -> Chain:
        """The shortest way from `function` to a site of a wanted kind, each hop at the place of its call."""
        if which is not None:
            return self._chain(function, wanted, which)
        if (function, wanted) not in self._chains:
            self._chains[function, wanted] = self._chain(function, wanted, lambda site: True)
        return self._chains[function, wanted]

    def _chain(self, function: Key, wanted: frozenset[SiteKind], which: Callable[[Site], bool]) -> Chain:
        above: dict[Key, tuple[Key, Site] | None] = {function: None}
        """Who reaches each first, and by which call."""
        queue = deque(above)
        may_be_below = wanted <= HARMFUL
        while queue:
            current = queue.popleft()
            if self.marked.get(current) is SiteKind.BLOCKING and SiteKind.BLOCKING in wanted:
                scope = self.effects.program.scope(current)
                name = str(self.effects.program.id(current))
                marked = Site(None, current, scope.span, SiteKind.BLOCKING, name, why=MARKED)
                if which(marked):
                    return self._hops(above, current), marked
            own = self.own(current)
            for site in own:
                if site.kind in wanted and which(site):
                    return (*self._hops(above, current), Hop(site.label, self.place(site))), site
            for site in own:
                target = site.target
                if target is None or target in above:
                    continue
                if not may_be_below or not wanted.isdisjoint(self.flags(target)):
                    above[target] = (current, site)
                    queue.append(target)
        return (), None

    def _hops(self, above: Mapping[Key, tuple[Key, Site] | None], function: Key) -> tuple[Hop, ...]:
        hops: list[Hop] = []
        while (reached := above[function]) is not None:
            label = f"{self.effects.program.scope(function).qualname}()".replace(".<locals>", "")
            function, site = reached
            hops.append(Hop(label, self.place(site)))
        return tuple(reversed(hops))

    def place(self, site: Site) -> Location:
        return Location(site.key.path, site.span[0], site.span[1] + 1)


class FirstBelow:
    """What is told of a function itself, else of the first one that it runs. What leads to none is walked
    once."""

    def __init__(self, reach: Reach, told: Callable[[Key], str]) -> None:
        self._reach = reach
        self._told = cache(told)
        self._leads: dict[Key, bool] = {}
        self.of = cache(self._of)
        """Empty where nothing is told of any."""

    def _of(self, function: Key) -> str:
        if not self._leads_to_one(function):
            return ""
        return next(filter(None, map(self._told, self._reach.walk(function, self._leads_to_one))))

    def _leads_to_one(self, function: Key) -> bool:
        return leads_to(function, lambda each: bool(self._told(each)), self._reach.callees, self._leads)
