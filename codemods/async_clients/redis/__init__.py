"""A sync Redis client that is made once -> one of `redis.asyncio` for each event loop.

    cache = redis.Redis(host=HOST)          @per_event_loop
                                    ->      def cache() -> Redis:
                                                return Redis(host=HOST)

    cache.get(key)                  ->      await cache().get(key)
    with cache.pipeline() as pipe:  ->      async with cache().pipeline() as pipe:
        pipe.incr(key)                          pipe.incr(key)
        pipe.execute()                          await pipe.execute()
    for key in cache.scan_iter():   ->      async for key in cache().scan_iter():

The commands, their results and their exceptions are the same. The connections belong to the event loop
that opened them: a client that a module holds fails on the second loop (`Event loop is closed`, tried).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec.structs import replace

from ...analysis.judge.effects.site import Site, SiteKind
from ...analysis.link.program import CallKey, Program
from ...analysis.syntax import FileSyntax, span_of
from ...analysis.view import Views
from ...catalogue import CallForm, Entry
from ...model import AwaitExpression, Code, Edit, HttpClient, ReplaceCall
from ..awaiting import awaited
from ..http.generated.client_module import REDIS, REDIS_4
from ..iteration import iterated
from ..making.at_start import calls_at_start, made_at_start
from ..making.per_call import NOTE, place_of
from ..making.places import Place
from ..making.tried import probe_edits, probe_of, without_probe
from ..objects.client_object import ClientObject
from ..objects.uses import Objects
from ..rewriting.passing import Spelling, askers, passing_edits
from ..rewriting.renaming import Renaming
from ..rewriting.startup import edits_at_start
from ..rewriting.stopping import stopping_edits
from ..twin import Call, NoTwinError, Turned, TwinPlan, Whole, World
from ..versions import limits_below
from .derived import DERIVED, MAKES, WHAT, derived_edits, is_held, origin
from .imports import with_imports
from .made import CLIENTS, LIBRARY, Making, factory, making, why_unseen
from .pools import Pools, pool_argument

_ACLOSE_SINCE = "5.0.1"
_CLIENT = "redis.Redis."
_CLASS = Renaming(frozenset({"redis.Redis"}), LIBRARY, "Redis", WHAT)
_OF_CONNECTION = frozenset({
    "auth", "client_no_evict", "client_no_touch", "client_reply", "client_setinfo", "client_setname",
    "client_tracking", "client_tracking_off", "client_tracking_on", "quit", "readonly", "readwrite", "select",
    "wait",
})  # fmt: skip
"""Commands about the connection, which is that of all callers when the client is."""
_CALLS_BACK = {"transaction", "set_response_callback"}


def is_redis(name: str) -> bool:
    return name.startswith((_CLIENT, *DERIVED))


def behind(program: Program, site: Site) -> CallKey | None:
    """The call that makes a lock, for the `with` that takes it."""
    if site.form != "with" or not site.name.startswith(DERIVED):
        return None
    calls = program.modules[site.key.path].facts.calls
    return next((CallKey(site.key.path, n) for n, call in enumerate(calls) if call.span == site.span), None)


class Redis:
    """The clients of a program; `declared` is the text of its dependency files."""

    def __init__(self, world: World, views: Views, declared: str) -> None:
        self.world = world
        self.views = views
        self.declared = declared
        self.library = REDIS_4 if limits_below(declared, "redis", _ACLOSE_SINCE) else REDIS
        self.objects = Objects(world, CLIENTS)
        self.pools = Pools(self.objects, declared)

    def twin(self, call: Call) -> TwinPlan:
        """The plan for one command, or for the `execute` of a pipeline. Raises `NoTwinError`."""
        client, base = _client_of(call, self.objects)
        turned = self._turned(client)
        spelling = Spelling(self.objects, self._place(client))
        calls = turned.whole.calls
        if base is not call.call:
            calls |= {call.key}
        return TwinPlan(
            (
                *((call.file.path, edit) for edit in _own_edits(call, base, spelling, self.library)),
                *turned.edits,
            ),
            (span_of(call.call),),
            f"await {spelling.of(call.file, call.call, is_command=base is call.call)}(...)",
            turned.support,
            turned.notes,
            replace(turned.whole, calls=calls),
        )

    def _turned(self, client: ClientObject) -> Turned:
        """The client, with its pool and the other clients of that."""
        turned = self._with_pool(client)
        return replace(turned, edits=with_imports(self.world, turned.edits))

    def _with_pool(self, client: ClientObject) -> Turned:
        pool = self.pools.of(client)
        if pool is None:
            return self._one(client)
        if self.library == REDIS_4:
            raise NoTwinError("pools of connections are closed in another way before version 5.0.1 of redis")
        clients = [self._one(each) for each in pool.clients]
        edits, notes = pool.turned()
        return Turned(
            (*edits, *(edit for each in clients for edit in each.edits)),
            Whole(
                f"{sorted(pool.made.made)}",
                frozenset().union(*(each.whole.calls for each in clients)),
                frozenset().union(*(each.whole.askers for each in clients)),
            ),
            (HttpClient("", self.library, ""),),
            tuple(dict.fromkeys((*notes, *(note for each in clients for note in each.notes)))),
        )

    def _one(self, client: ClientObject) -> Turned:
        place = self._place(client)
        turned = self._kept(client, place) if place is not None else self._started(client)
        derived = _derived_edits(self.world, client, Spelling(self.objects, place))
        return replace(turned, edits=(*derived, *turned.edits))

    def _place(self, client: ClientObject) -> Place | None:
        if made_at_start(self.world, client) is not None:
            return None
        return place_of(self.objects, client, WHAT, "redis_client")

    def _kept(self, client: ClientObject, place: Place) -> Turned:
        """A client that a module or an object keeps becomes one for each event loop."""
        made, pool = self._making(client, place.file, place.made)
        spelling = Spelling(self.objects, place)

        def of_call(call: Call) -> Iterator[tuple[str, Edit]]:
            for edit in _own_edits(call, call.call, spelling, self.library):
                yield call.file.path, edit

        stopping, done = stopping_edits(self.world, place, (client,), self.library, of_call)
        probe = probe_of(place)
        edits = (
            *(
                (place.file.path, edit)
                for edit in factory(self.world, without_probe(place), made, WHAT, pool)
            ),
            *probe_edits(place),
            *passing_edits(self.objects, client, place, _CLASS),
            *stopping,
        )
        asked = {self.world.call_key(place.file.path, probe)} if probe is not None else set()
        calls = place.without_closing(self.world, _blocking(self.world, client)) - done - asked
        whole = Whole(f"{place.holder}", calls, askers(self.objects, client, place.keepers) | place.makers)
        if place.is_per_call and not pool:
            _check_connection(self.world, client)
        notes = [NOTE] if place.is_per_call and not pool else []
        return Turned(edits, whole, (HttpClient("", self.library, ""),), tuple(notes))

    def _started(self, client: ClientObject) -> Turned:
        """One that is made when the application starts stays there."""
        (key,) = client.made
        file = self.world.syntax.file(key.path)
        call = file.call(self.world.effects.program.call(key).span)
        assert call is not None
        made, pool = self._making(client, file, call)
        argument = pool_argument(call)
        if argument is not None and pool != file.source(argument):
            raise NoTwinError(f"{WHAT} is made with a pool that is made elsewhere")
        spelling = Spelling(self.objects, None)
        starting = list(calls_at_start(self.world, client))
        edits = (
            (key.path, made.edit),
            *edits_at_start(self.objects, self.views, client, _CLASS),
            *(
                (each.file.path, edit)
                for each, _ in starting
                for edit in _own_edits(each, each.call, spelling, self.library)
            ),
            *(edit for _, turning in starting for edit in turning),
        )
        calls = frozenset(_blocking(self.world, client)) - {each.key for each, _ in starting}
        return Turned(edits, Whole(f"{key}", calls))

    def _making(self, client: ClientObject, file: FileSyntax, call: ast.Call) -> tuple[Making, str]:
        """How it is made, and how its pool is spelled, if it has one that turns."""
        pool, argument = self.pools.of(client), pool_argument(call)
        if pool is None or argument is None:
            return making(self.world, file, call, self.declared, WHAT), ""
        made = making(self.world, file, call, self.declared, WHAT, argument)
        return made, pool.spelled(file, argument)


# which client -----------------------------------------------------------------------------------------------


def _check_connection(world: World, client: ClientObject) -> None:
    """What is set for one connection is not set for the next caller. Raises `NoTwinError`."""
    for call, attributes in sorted(client.calls.items()):
        if attributes[0] in _OF_CONNECTION:
            place = world.effects.program.call_location(call)
            raise NoTwinError(f"{WHAT} is made for each call, and its connection is set up ({place})")


def _client_of(call: Call, objects: Objects) -> tuple[ClientObject, ast.Call]:
    """The client, and the call that is made on it: the command itself, or the `pipeline()` behind it."""
    base = call.call if call.site.name.startswith(_CLIENT) else origin(call.file, call.node, call.call)
    key = call.world.call_key(call.file.path, base) if base is not None else None
    client = objects.of_call(key) if key is not None else None
    if client is None or base is None:
        raise NoTwinError(why_unseen(call.world, key, WHAT))
    return client, base


# edits ------------------------------------------------------------------------------------------------------


def _own_edits(call: Call, base: ast.Call, spelling: Spelling, library: str) -> Iterator[Edit]:
    file, node = call.file, call.call
    if is_held(file, node):
        return
    entry = call.site.entry
    if base is not node:
        yield from _of_derived(file, node, entry, library)
        return
    if call.site.name.removeprefix(_CLIENT) in _CALLS_BACK:
        raise NoTwinError(f"{call.site.name} calls back with a pipeline")
    if entry is None or not entry.exact or entry.twin is None or not isinstance(node.func, ast.Attribute):
        raise NoTwinError(f"{call.site.name} has no exact twin")
    method = node.func.attr if library == REDIS_4 else entry.twin.rpartition(".")[2]
    receiver = spelling.client(file, node.func.value)
    if entry.call_form.value == "await":
        yield awaited(file, node, f"{receiver}.{method}")
        return
    if entry.call_form.value != "async-for":
        raise NoTwinError(f"{call.site.name} has no exact twin")
    yield from iterated(file, node, f"{receiver}.{method}")


def _of_derived(file: FileSyntax, node: ast.Call, entry: Entry | None, library: str) -> Iterator[Edit]:
    """What is done with a pipeline, a lock or a subscription."""
    func = node.func
    if entry is not None and entry.call_form is CallForm.ASYNC_FOR:
        yield from iterated(file, node, file.source(func))
        return
    named = entry.twin.rpartition(".")[2] if entry is not None and entry.twin is not None else ""
    if isinstance(func, ast.Attribute) and named not in ("", func.attr) and library == REDIS:
        yield ReplaceCall(span_of(node), Code(f"{file.source(func.value)}.{named}"), awaited=True)
    else:
        yield AwaitExpression(span_of(node))


def _derived_edits(world: World, client: ClientObject, spelling: Spelling) -> Iterator[tuple[str, Edit]]:
    """The pipelines and locks that the client gives. Raises `NoTwinError` for anything else."""
    for key, attributes in sorted(client.calls.items()):
        if len(attributes) != 1:
            raise NoTwinError(f".{'.'.join(attributes)}() of {WHAT} has no exact twin")
        if _is_blocking(world, key):
            continue
        if attributes[0] not in MAKES:
            raise NoTwinError(f".{attributes[0]}() of {WHAT} has no exact twin")
        file = world.syntax.file(key.path)
        node = file.call(world.effects.program.call(key).span)
        assert node is not None
        for edit in derived_edits(world, key, file, node, spelling):
            yield key.path, edit


def _is_blocking(world: World, call: CallKey) -> bool:
    return any(site.kind is SiteKind.BLOCKING for site in world.effects.of_call(call))


def _blocking(world: World, client: ClientObject) -> Iterator[CallKey]:
    """All calls that must be awaited: commands, and what pipelines and locks do."""
    program = world.effects.program
    for key in client.calls:
        file = world.syntax.file(key.path)
        made = file.call(program.call(key).span)
        if _is_blocking(world, key) or (made is not None and is_held(file, made)):
            yield key
            continue
        owner = program.owner_of(key.path, program.call(key).scope)
        for site in world.effects.sites(owner):
            if site.call is not None and site.kind is SiteKind.BLOCKING and site.name.startswith(DERIVED):
                yield site.call
