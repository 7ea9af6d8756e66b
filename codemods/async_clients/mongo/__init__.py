"""A sync MongoDB client with all that comes from it -> the async one of PyMongo, one for each event loop.

    users.insert_one({"name": name})                ->    await users().insert_one({"name": name})
    for user in users.find({"open": True}):         ->    async for user in users().find({"open": True}):
    with client.start_session() as session:         ->    async with client().start_session() as session:
        with session.start_transaction():                     async with await session.start_transaction():

Documents, results and exceptions are of the same classes. The connections belong to the event loop that
opened them: a client that a module holds fails on the second loop (tried).
https://pymongo.readthedocs.io/en/stable/async-tutorial.html
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

import msgspec
from msgspec.structs import replace

from ...analysis.judge.effects.site import Site
from ...analysis.link.program import CallKey, Key
from ...analysis.syntax import last_name, span_of
from ...analysis.view import Views
from ...model import Code, Edit, HttpClient, ImportNeed, Note, ReplaceCall, ReplaceExpression, Span, slot
from ..http.generated.client_module import MONGO, kind_of
from ..making.at_start import calls_turned_at_start, is_awaited_at_start, is_made_at_start
from ..making.lazy_getters import lazy_getter
from ..making.lifetimes import is_cached
from ..making.per_call import NOTE as PER_CALL
from ..making.per_call import place_of
from ..making.places import Place, place_of_client
from ..objects.client_object import ClientObject, Holder
from ..rewriting.declared import declaration_edits
from ..rewriting.factories import Maker, arguments_text, factory_edits
from ..rewriting.handed import taker_edits
from ..rewriting.passing import askers, giver_edits
from ..rewriting.renaming import Renaming
from ..rewriting.startup import edits_at_start
from ..rewriting.stopping import stopping_edits
from ..twin import NoTwinError, TwinPlan, Whole, World, check_module
from .checks import check_all_seen, check_arguments, check_tests
from .cursors import MAKES, MAKES_AWAITED, Cursors, Reading
from .definitions import ASYNC, definition_edits, definitions, is_local, type_arguments
from .handles import CLIENT, HANDLES, WHAT, Handles, Use
from .nameless import nameless_place
from .sessions import STARTS, session_reading

_FIRST, *_MORE = (Renaming(frozenset({old}), new.module, new.name, WHAT) for old, new in ASYNC.items())
_CLASSES = replace(_FIRST, others=tuple(_MORE))
MAY_WAIT_AGAIN = frozenset({"aggregate_raw_batches", "create_collection", "cursor_command", "watch"})
"""What they give waits again."""


class Turned(msgspec.Struct, frozen=True):
    """One client, as it becomes."""

    whole: Whole
    shared: tuple[tuple[str, Edit], ...]
    """What every call needs: the client, the names of what comes from it, their spelling everywhere."""
    own: Mapping[CallKey, Reading]
    """By the call on a client, database or collection: what is awaited there, and of what it gives."""
    support: tuple[HttpClient, ...]
    notes: tuple[Note, ...] = ()


class Mongo:
    """Asked for the twin of one call; a client turns with all of them."""

    def __init__(self, world: World, views: Views) -> None:
        self.world = world
        self.program = world.effects.program
        self.views = views
        self.handles = Handles(world, views)
        self.cursors = Cursors(views)

    def is_about(self, site: Site) -> bool:
        return site.name.startswith("pymongo.")

    def twin(self, call: CallKey) -> TwinPlan:
        """The plan for one call that waits, or whose cursor or session does. Raises `NoTwinError`."""
        turned = next((each for each in self._turned if call in each.own), None)
        if turned is None:
            raise NoTwinError(self.why_not)
        reading = turned.own[call]
        return TwinPlan(
            (*((call.path, edit) for edit in reading.edits), *turned.shared),
            reading.places,
            "an await on the async client",
            turned.support,
            turned.notes,
            turned.whole,
            reading.inside,
        )

    @property
    def why_not(self) -> str:
        """Why what does not turn stays."""
        return next(map(str, self._refused), f"where {WHAT} comes from is not seen")

    def behind(self, path: str, span: Span) -> CallKey | None:
        """The call that gives what waits at a place: a loop over a cursor, the `with` of a session."""
        return self._places.get((path, span))

    @cached_property
    def _places(self) -> Mapping[tuple[str, Span], CallKey]:
        return {
            (call.path, span): call
            for turned in self._turned
            for call, reading in turned.own.items()
            for span in reading.places
        }

    @property
    def _turned(self) -> list[Turned]:
        return self._outcome[0]

    @property
    def _refused(self) -> list[NoTwinError]:
        return self._outcome[1]

    @cached_property
    def _outcome(self) -> tuple[list[Turned], list[NoTwinError]]:
        turned: list[Turned] = []
        refused: list[NoTwinError] = []
        for client in self.handles.all:
            try:
                turned.append(self._turn(client))
            except NoTwinError as why:
                refused.append(why)
        return turned, refused

    # one client ---------------------------------------------------------------------------------------------

    def _turn(self, client: ClientObject) -> Turned:
        check_tests(self.world)
        if len(client.made) == 1 and is_made_at_start(self.world, *client.made):
            return self._turn_at_start(client, *client.made)
        lazy = lazy_getter(self.world, client, WHAT)
        uses = tuple(self.handles.uses(client, lazy.functions if lazy is not None else ()))
        place = self._place(client, uses, is_lazy=lazy is not None)
        found = definitions(self.handles, uses, place)
        made = {place.holder, *found}
        own = self._readings(uses)
        given = self._given(client, uses)
        check_all_seen(self.handles, client, given.calls, lazy.functions if lazy is not None else ())
        stopping, done = stopping_edits(
            self.world,
            place,
            (given,),
            MONGO,
            lambda call: ((call.file.path, edit) for edit in own[call.key].edits),
        )
        calls = place.without_closing(self.world, own) - done
        shared: list[tuple[str, Edit]] = [(place.file.path, edit) for edit in self._construction(place)]
        shared += [*stopping, *place.asking]
        shared += definition_edits(found)
        shared += self._roots(uses, made, {id(each.use) for each in found.values()})
        shared += giver_edits(self.world, given, place, _CLASSES)
        shared += taker_edits(self.handles, client, _CLASSES)
        shared += declaration_edits(self.handles, self.views, client.holders - made, _CLASSES)
        on_loop = {
            self.views.of(use.path).owner(use.root)
            for use in uses
            if use.holder in made and not any(use is each.use for each in found.values())
        }
        stops = {self.program.owner_of(key.path, self.program.call(key).scope) for key in done}
        asking = (askers(self.handles, client) | on_loop) - client.returned_by - stops
        support = (HttpClient("", MONGO, ""),)
        turned = self._whole(str(place.holder), own, calls, shared, asking, support)
        return replace(turned, notes=(PER_CALL,) if place.is_per_call else ())

    def _whole(
        self,
        name: str,
        own: Mapping[CallKey, Reading],
        calls: frozenset[CallKey],
        shared: Iterable[tuple[str, Edit]],
        asking: frozenset[Key],
        support: tuple[HttpClient, ...],
    ) -> Turned:
        at_start = [key for key in own if is_awaited_at_start(self.world, key)]
        edits = [*shared, *((key.path, edit) for key in at_start for edit in own[key].edits)]
        whole = Whole(name, calls - frozenset(at_start), asking)
        return Turned(whole, tuple(edits), own, support)

    def _turn_at_start(self, client: ClientObject, call: CallKey) -> Turned:
        """It stays what it is, where it is: the application has one event loop."""
        file = self.world.syntax.file(call.path)
        made = file.call(self.program.call(call).span)
        assert made is not None
        check_arguments(self.program, made)
        uses = tuple(self.handles.uses(client))
        own, done = self._readings(uses), set[CallKey]()
        check_all_seen(self.handles, client, dict(self._calls(uses)))
        shared: list[tuple[str, Edit]] = [
            (call.path, ReplaceCall(span_of(made), Code(slot(0), (ASYNC[CLIENT],)))),
            *edits_at_start(self.handles, self.views, client, _CLASSES, is_chain=True),
        ]
        for each, turning in calls_turned_at_start(self.world, self._given(client, uses)):
            if each.key in own:
                shared += [*((each.file.path, edit) for edit in own[each.key].edits), *turning]
                done.add(each.key)
        name = f"{call.path}:{made.lineno}"
        return self._whole(name, own, frozenset(own) - done, shared, frozenset(), ())

    def _place(self, client: ClientObject, uses: Sequence[Use], *, is_lazy: bool) -> Place:
        """Where the client itself is made: apart from what comes from it."""
        itself = [use for use in uses if self.views.of(use.path).instance(use.root) == CLIENT]
        own = {use.holder for use in itself if use.holder is not None}
        given = {key for key in client.returned_by if self._gives_client(key)}
        only = ClientObject(set(client.made), own, given, calls=dict(self._calls(itself)))
        maker = self.program.owner_of(min(client.made).path, self.program.call(min(client.made)).scope)
        is_kept = is_lazy or is_cached(self.world, maker) or not all(is_local(self.handles, h) for h in own)
        if not (own or maker.scope) and len(client.made) == 1:
            return nameless_place(self.handles, *client.made)
        if is_kept or not maker.scope:
            return place_of_client(self.world, only, WHAT)
        return place_of(self.handles, only, WHAT, "mongo_client")

    def _given(self, client: ClientObject, uses: Sequence[Use]) -> ClientObject:
        """The client with what is done with it, and where it is handed on."""
        passes = [(use.path, span_of(use.end)) for use in uses if use.call is None]
        return replace(client, calls=dict(self._calls(uses)), passes=passes)

    def _calls(self, uses: Iterable[Use]) -> Iterator[tuple[CallKey, tuple[str, ...]]]:
        for use in uses:
            key = self.views.of(use.path).call_key(use.call) if use.call is not None else None
            if key is not None and use.call is not None:
                yield key, (last_name(use.call.func),)

    def _readings(self, uses: Sequence[Use]) -> dict[CallKey, Reading]:
        """By the call; of cursors that meet under one name, the first has what is done with all."""
        own: dict[CallKey, Reading] = {}
        taken: dict[tuple[str, Span], CallKey] = {}
        for use in uses:
            if use.call is not None:
                key, reading = self._reading(use, use.call)
                for span in reading.places:
                    first = taken.setdefault((use.path, span), key)
                    own[first] = own.get(first, Reading()) + replace(reading, places=(span,))
        return own

    def _reading(self, use: Use, call: ast.Call) -> tuple[CallKey, Reading]:
        view = self.views.of(use.path)
        key = view.call_key(call)
        assert key is not None
        method, where = last_name(call.func), f"({use.path}:{call.lineno})"
        if view.function(call) is None:
            raise NoTwinError(f"{WHAT} is used in a lambda, or while a module is imported {where}")
        if method in MAKES:
            return key, self.cursors.read(view, call)
        if method == STARTS:
            return key, session_reading(view, call)
        entry = self.program.catalogue.find_method(view.instance(use.end), method)
        is_kept = method in MAY_WAIT_AGAIN and not isinstance(view.file.parents[call], ast.Expr)
        if entry is None or not entry.exact or entry.twin is None or is_kept or not view.can_await(call):
            raise NoTwinError(f".{method}() of {WHAT} has no exact twin {where}")
        given = self.cursors.read(view, call) if method in MAKES_AWAITED else Reading()
        return key, given.sent_by(call)

    def _construction(self, place: Place) -> tuple[Edit, ...]:
        check_arguments(self.program, place.made)
        module = self.world.beside(kind_of(MONGO).file)
        check_module(self.world, module)
        made = f"{slot(1)}({arguments_text(place)})"
        given = f"{slot(1)}{type_arguments(self.views.of(place.file.path), place.statement)}"
        maker = Maker(given, made, ImportNeed(module, "per_event_loop"), (ASYNC[CLIENT],))
        edits = factory_edits(place, maker, lambda _: True)
        if place.above not in (None, place.statement) and isinstance(
            place.file.parents[place.made], ast.Attribute
        ):
            # `MongoClient(URL).shop.users.find_one()`: it has no name, and is asked for where it was made
            edits += (ReplaceExpression(span_of(place.made), Code(f"{place.holder.name}()")),)
        return edits

    def _roots(
        self, uses: Sequence[Use], made: set[Holder], defining: set[int]
    ) -> Iterator[tuple[str, Edit]]:
        """The names that become functions, as they are written from now on."""
        for use in uses:
            if use.holder in made and id(use) not in defining:
                name = self.views.of(use.path).source(use.root)
                yield use.path, ReplaceExpression(span_of(use.root), Code(f"{name}()"))

    def _gives_client(self, function: Key) -> bool:
        scope = self.program.scope(function)
        values, end = (*scope.returned, *scope.yielded), scope.span.end_line
        given = (kind for value in values for kind in self.world.kinds(function, value, end))
        return any(getattr(kind, "name", "") == CLIENT for kind in given)


__all__ = ["HANDLES", "Mongo"]
