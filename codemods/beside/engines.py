"""Which engines a program has, by the names that people give them strategies under, and what works on which.

app.db:engine, app.audit.db:engine
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from ..analysis.link.program import CallKey, Key
from ..databases.files import migrates
from .sides import Sides
from .statements import Place

_MAKERS = {
    "create_engine": "sqlalchemy.create_engine",
    "create_async_engine": "sqlalchemy.ext.asyncio.create_async_engine",
}


class Engines:
    def __init__(self, sides: Sides) -> None:
        self.sides = sides
        self.program = sides.program

    @cached_property
    def by_name(self) -> Mapping[str, frozenset[Place]]:
        """`module:name` of the statement that makes an engine; tests and migrations have their own."""
        found: dict[str, set[Place]] = defaultdict(set)
        for word in _MAKERS:
            for name, place in self._made_by(word):
                found[name].add(place)
        return {name: frozenset(places) for name, places in sorted(found.items())}

    @cached_property
    def sync(self) -> tuple[str, ...]:
        """The names of those that are sync."""
        return tuple(sorted({name for name, _ in self._made_by("create_engine")}))

    def _made_by(self, word: str) -> Iterator[tuple[str, Place]]:
        for call in self.program.calls_by_name.get(word, ()):
            place = self._made(call, _MAKERS[word])
            if place is not None:
                name = next(iter(self.sides.names(place)), "")
                yield f"{self.program.modules[place.path].facts.module}:{name}".rstrip(":"), place

    def _made(self, call: CallKey, maker: str) -> Place | None:
        is_own = self.program.modules[call.path].facts.is_test or migrates(self.program, call.path)
        callees = self.sides.views.inference.callees(call)
        if is_own or not any(getattr(kind, "name", "") == maker for kind in callees):
            return None
        return self.sides.statements.at(call.path, self.program.call(call).span.line)

    def of(self, function: Key) -> frozenset[str]:
        """The names of the engines that a function works on."""
        place = self.sides.statements.holding(function)
        return frozenset(name for name, users in self._users.items() if place in users)

    @cached_property
    def _users(self) -> Mapping[str, frozenset[Place]]:
        return {name: self.users([name]) for name in self.by_name}

    def below(self, places: Iterable[Place]) -> frozenset[Place]:
        """All that they name, directly or not; what includes a router names none of its handlers, and what a
        handler is registered with says nothing of its work."""
        found = set(places)
        todo = list(found)
        while todo:
            for target in self.sides.leads_to(todo.pop()):
                if target not in found and not self.sides.is_router(target):
                    found.add(target)
                    todo.append(target)
        return frozenset(found)

    def users(self, names: Iterable[str]) -> frozenset[Place]:
        """All statements that lead to one of these engines."""
        found = {place for name in names for place in self.by_name[name]}
        todo = list(found)
        while todo:
            for user in self._named_by.get(todo.pop(), ()):
                if user not in found:
                    found.add(user)
                    todo.append(user)
        return frozenset(found)

    @cached_property
    def _named_by(self) -> Mapping[Place, tuple[Place, ...]]:
        found: dict[Place, list[Place]] = defaultdict(list)
        for path in sorted(self.program.modules):
            for place, _ in self.sides.statements.of(path):
                for target in self.sides.leads_to(place):
                    if not self.sides.is_router(target):
                        found[target].append(place)
        return {place: tuple(users) for place, users in found.items()}
