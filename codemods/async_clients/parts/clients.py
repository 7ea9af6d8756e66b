"""The clients of one SDK, each with its parts: all of them turn together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

import msgspec

from ...analysis.link.kinds import describe
from ...analysis.link.program import CallKey, Key
from ...analysis.syntax import span_of
from ...analysis.view import Views
from ...catalogue import Catalogue, Effect, Entry
from ...catalogue.build import split_type
from ...catalogue.schema import Owner
from ...model import Edit, Span
from ..making.at_start import blocking_calls
from ..making.places import Place
from ..objects.client_object import ClientObject
from ..objects.uses import Objects
from ..objects.yielded import is_manager
from ..rewriting.declared import declaration_edits
from ..rewriting.handed import taker_edits
from ..rewriting.passing import askers, giver_edits
from ..rewriting.renaming import Renaming
from ..twin import Call, NoTwinError, World
from .found import Part, makers_of, parts_of
from .handing import handed_classes
from .reading import Read, goes_through, read_parts


class Family(msgspec.Struct, frozen=True):
    """The parts of one client, and what is done with them."""

    client: ClientObject
    parts: tuple[Part, ...]
    read: Read
    managers: frozenset[Key] = frozenset()
    """What gives a part where a `with` enters it."""

    @property
    def objects(self) -> tuple[ClientObject, ...]:
        return (self.client, *(part.it for part in self.parts))

    @property
    def givers(self) -> frozenset[Key]:
        """What only gives a part runs where it is called."""
        return frozenset().union(*(part.it.returned_by for part in self.parts)) - self.managers

    @property
    def given(self) -> frozenset[Key]:
        """The functions that the library is given to call."""
        return frozenset(Key(each.path, each.scope) for part in self.parts for each in part.it.filled)

    @property
    def entered(self) -> frozenset[CallKey]:
        """The calls that give what is entered, or gone through."""
        return frozenset(self.read.places.values())

    def part_of(self, call: CallKey) -> Part | None:
        """The part that a call is made on."""
        return next((part for part in self.parts if call in part.it.calls), None)


class Clients(Objects):
    """Asked for the client that a call is made on, or on a part of it."""

    def __init__(self, world: World, views: Views, classes: frozenset[str]) -> None:
        catalogue = world.effects.program.catalogue
        owners = [owner for name in sorted(classes) if (owner := catalogue.owner(name)) is not None]
        self.made_as: Mapping[str, Owner] = {
            name: owner for owner in owners for name in (owner.name, *owner.made_by)
        }
        self.classes = classes
        self.views = views
        roots = sorted({name.partition(".")[0] for name in (*classes, *_given(owners))})
        working_on = _working_on(catalogue, roots)
        super().__init__(world, frozenset(self.made_as), working_on=working_on)
        self.makers = makers_of(catalogue, roots)
        self.parts = Objects(world, frozenset(self.makers), through_managers=True, working_on=working_on)
        made = {cls.name for cls in self.makers.values()}
        read = {each for cls in self.makers.values() for each in cls.attributes.values()}
        waiting = {each for each in read if (owner := catalogue.owner(each)) and goes_through(owner)}
        modules = {name.rpartition(".")[0] for name in working_on}
        self.owners = frozenset((*classes, *made, *waiting, *handed_classes(catalogue, roots), *modules))
        """The classes whose calls these are, and modules whose functions work on the clients."""
        self._families: dict[int, Family | NoTwinError] = {}

    def is_about(self, name: str) -> bool:
        """Is it a call on one of the clients, or on what comes from them?"""
        return any(name.startswith(f"{owner}.") for owner in self.owners)

    def made_by(self, client: ClientObject, what: str) -> tuple[Owner, str]:
        """The class of the client, and the name of what makes it. Raises `NoTwinError`."""
        names = {describe(kind) for made in client.made for kind in self.inference.callees(made)}
        found = names & self.made_as.keys()
        if len(found) != 1 or (owner := self.made_as[min(found)]).twin is None:
            raise NoTwinError(f"{what} may be of several classes")
        return owner, min(found)

    def with_parts(self, call: CallKey) -> ClientObject | None:
        """The client that the call is made on, or on a part of it. Raises `NoTwinError`."""
        client = self.of_call(call)
        if client is not None:
            return client
        refused: list[NoTwinError] = []
        for each in self.all:
            try:
                if self.family(each).part_of(call) is not None:
                    return each
            except NoTwinError as why:
                refused.append(why)
        if refused:
            raise refused[0]
        return None

    def family(self, client: ClientObject) -> Family:
        """Raises `NoTwinError`."""
        if id(client) not in self._families:
            try:
                parts = parts_of(self.parts, self.makers, client) if self.makers else ()
                givers = {giver for part in parts for giver in part.it.returned_by}
                managers = frozenset(giver for giver in givers if is_manager(self.world, giver))
                read = read_parts(self.parts, self.views, parts)
                self._families[id(client)] = Family(client, parts, read, managers)
            except NoTwinError as why:
                self._families[id(client)] = why
        found = self._families[id(client)]
        if isinstance(found, NoTwinError):
            raise found
        return found

    def behind(self, path: str, span: Span) -> CallKey | None:
        """The call that gave what waits at a place: the `with` of a session, a loop over a result."""
        return self._places.get((path, span))

    @cached_property
    def _places(self) -> Mapping[tuple[str, Span], CallKey]:
        found: dict[tuple[str, Span], CallKey] = {}
        for client in self.all if self.makers else ():
            try:
                found.update(self.family(client).read.places)
            except NoTwinError:
                continue
        return found

    def entry(self, call: CallKey) -> Entry | None:
        return next((site.entry for site in self.world.effects.of_call(call)), None)

    def waits(self, call: CallKey) -> bool:
        entry = self.entry(call)
        is_fast = entry is not None and entry.effect is Effect.FAST
        # `blob.url.upper()` is a method of plain data that a part has
        is_of_data = entry is not None and not self.is_about(entry.name) and self.of_call(call) is None
        return not (is_fast and entry is not None and (entry.exact or is_of_data))

    # edits --------------------------------------------------------------------------------------------------

    def edits(self, family: Family, place: Place | None) -> Iterator[tuple[str, Edit]]:
        """Where parts are entered, gone through, given and taken. Raises `NoTwinError`."""
        yield from family.read.edits
        calls = ((call.file.path, span_of(call.call)) for call in self.in_generators(family))
        waits = frozenset((*family.read.places, *calls))
        for part in family.parts:
            renaming = renaming_of(part.cls, part.what)
            yield from giver_edits(self.world, part.it, place, renaming, waits)
            yield from taker_edits(self.parts, part.it, renaming)
            yield from declaration_edits(self.parts, self.views, part.it.holders, renaming)

    def in_generators(self, family: Family) -> tuple[Call, ...]:
        """The calls in generators from which FastAPI takes a part: they become async ones by `edits`."""
        givers = {giver for giver in family.givers if self.program.scope(giver).has_yield}
        return tuple(
            call
            for each in family.objects
            for call in blocking_calls(self.world, each, lambda _, owner: owner in givers)
        )

    def askers(self, family: Family) -> frozenset[Key]:
        """Functions that must run on the event loop because of the parts."""
        found = set(family.read.owners | family.given)
        for part in family.parts:
            found |= askers(self.parts, part.it)
            for made in part.it.made:
                found.add(self.program.owner_of(made.path, self.program.call(made).scope))
        return frozenset(found)


def _working_on(catalogue: Catalogue, roots: Iterable[str]) -> Mapping[str, str]:
    """`elasticsearch.helpers.bulk` -> `client`, the name of its first argument."""
    owners = (owner for root in roots for owner in catalogue.owners_of(root) if owner.client is not None)
    return {f"{owner.name}.{word}": str(owner.client) for owner in owners for word in owner.exact}


def _given(owners: Iterable[Owner]) -> Iterator[str]:
    """The classes of what clients give."""
    return (split_type(returned)[0] for owner in owners for returned in owner.returns.values())


def renaming_of(cls: Owner, what: str) -> Renaming:
    assert cls.twin is not None
    library, _, name = cls.twin.rpartition(".")
    return Renaming(frozenset() if cls.twin == cls.name else frozenset({cls.name}), library, name, what)
