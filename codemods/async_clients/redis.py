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
from dataclasses import replace

from ..analysis.judge.site import Site, SiteKind
from ..analysis.link.program import CallKey, Program
from ..analysis.syntax import FileSyntax, last_name, span_of
from ..analysis.view import Views
from ..catalogue import CallForm, Entry
from ..model import (
    Argument,
    AwaitExpression,
    Code,
    Edit,
    HttpClient,
    ImportNeed,
    ReplaceCall,
    slot,
)
from .http.client_module import REDIS, REDIS_4
from .iteration import iterated
from .objects.client_object import ClientObject
from .objects.factories import Maker, arguments_text, factory_edits
from .objects.passing import Spelling, askers, passing_edits
from .objects.places import Place, place_of_client
from .objects.renaming import Renaming
from .objects.startup import calls_at_start, edits_at_start, made_at_start
from .objects.uses import Objects
from .redis_derived import DERIVED, MAKES, WHAT, derived_edits, is_held, origin
from .twin import Call, NoTwinError, Turned, TwinPlan, Whole, World, check_module
from .versions import limits_below

LIBRARY = "redis.asyncio"
_ACLOSE_SINCE = "5.0.1"
CONSTRUCTORS = frozenset({"redis.Redis", "redis.StrictRedis", "redis.from_url", "redis.Redis.from_url"})
_CLIENT = "redis.Redis."
_CLASS = Renaming(frozenset({"redis.Redis"}), LIBRARY, "Redis", WHAT)
_CALLS_BACK = {"transaction", "set_response_callback"}
_POSITIONS = ("host", "port", "db", "password")
_OPTIONS = {
    "host", "port", "db", "username", "password", "socket_timeout", "socket_connect_timeout",
    "socket_keepalive", "encoding", "encoding_errors", "decode_responses", "retry_on_timeout",
    "retry_on_error", "ssl", "ssl_keyfile", "ssl_certfile", "ssl_ca_certs", "ssl_cert_reqs",
    "ssl_check_hostname", "max_connections", "client_name", "health_check_interval",
    "protocol", "unix_socket_path", "url", "single_connection_client",
}  # fmt: skip


def is_redis(name: str) -> bool:
    return name.startswith((_CLIENT, *DERIVED))


def behind(program: Program, site: Site) -> CallKey | None:
    """The call that makes a lock, for the `with` that takes it."""
    if site.form != "with" or not site.name.startswith(DERIVED):
        return None
    calls = program.modules[site.key.path].facts.calls
    return next((CallKey(site.key.path, n) for n, call in enumerate(calls) if call.span == site.span), None)


def twin(call: Call, objects: Objects, views: Views, declared: str) -> TwinPlan:
    """The plan for one command, or for the `execute` of a pipeline; `declared` is the text of the project's
    dependency files. Raises `NoTwinError`."""
    library = REDIS_4 if limits_below(declared, "redis", _ACLOSE_SINCE) else REDIS
    client, base = _client_of(call, objects)
    started = made_at_start(call.world, client)
    place = place_of_client(call.world, client, WHAT) if started is None else None
    spelling = Spelling(objects, place)
    if place is not None:
        turned = _kept(call.world, objects, client, place, library)
    else:
        assert started is not None
        turned = _started(call.world, objects, views, client, started, library)
    calls = turned.whole.calls
    if base is not call.call:
        calls |= {call.key}
    return TwinPlan(
        (
            *((call.file.path, edit) for edit in _own_edits(call, base, spelling, library)),
            *_derived_edits(call.world, client, spelling),
            *turned.edits,
        ),
        (span_of(call.call),),
        f"await {spelling.of(call.file, call.call, is_command=base is call.call)}(...)",
        turned.support,
        (),
        replace(turned.whole, calls=calls),
    )


def _kept(world: World, objects: Objects, client: ClientObject, place: Place, library: str) -> Turned:
    """A client that a module or an object keeps becomes one for each event loop."""
    check_module(world, world.beside("redis_clients"))
    if place.setup:
        raise NoTwinError(f"{WHAT} is set up after it is made")
    edits = (
        *((place.file.path, edit) for edit in _construction(world, place)),
        *passing_edits(objects, client, place, _CLASS),
    )
    whole = Whole(f"{place.holder}", frozenset(_blocking(world, client)), askers(world, client))
    return Turned(edits, whole, (HttpClient("", library, ""),))


def _started(
    world: World, objects: Objects, views: Views, client: ClientObject, made: CallKey, library: str
) -> Turned:
    """One that is made when the application starts stays there."""
    file = world.syntax.file(made.path)
    call = file.call(world.effects.program.call(made).span)
    assert call is not None
    callee, needs, names = _maker(world, file, call)
    written = len(call.args) + len(call.keywords)
    arguments = tuple(Argument(index, dict(enumerate(names)).get(index, "")) for index in range(written))
    spelling = Spelling(objects, None)
    awaited = list(calls_at_start(world, client))
    edits = (
        (made.path, ReplaceCall(span_of(call), Code(callee, needs), arguments if names else None)),
        *edits_at_start(objects, views, client, _CLASS),
        *(
            (each.file.path, edit)
            for each in awaited
            for edit in _own_edits(each, each.call, spelling, library)
        ),
    )
    return Turned(
        edits, Whole(f"{made}", frozenset(_blocking(world, client)) - {each.key for each in awaited})
    )


# which client -----------------------------------------------------------------------------------------------


def _client_of(call: Call, objects: Objects) -> tuple[ClientObject, ast.Call]:
    """The client, and the call that is made on it: the command itself, or the `pipeline()` behind it."""
    base = call.call if call.site.name.startswith(_CLIENT) else origin(call.file, call.node, call.call)
    key = call.world.call_key(call.file.path, base) if base is not None else None
    client = objects.of_call(key) if key is not None else None
    if client is None or base is None:
        raise NoTwinError(f"where {WHAT} comes from is not seen")
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
        yield ReplaceCall(span_of(node), Code(f"{receiver}.{method}"), awaited=True)
        return
    if entry.call_form.value != "async-for":
        raise NoTwinError(f"{call.site.name} has no exact twin")
    yield from iterated(file, node, f"{receiver}.{method}")


def _of_derived(file: FileSyntax, node: ast.Call, entry: Entry | None, library: str) -> Iterator[Edit]:
    """What is done with a pipeline, a lock or a subscription."""
    if entry is not None and entry.call_form is CallForm.ASYNC_FOR:
        yield from iterated(file, node, file.source(node.func))
    elif last_name(node.func) == "close" and library == REDIS and isinstance(node.func, ast.Attribute):
        yield ReplaceCall(span_of(node), Code(f"{file.source(node.func.value)}.aclose"), awaited=True)
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


def _construction(world: World, place: Place) -> tuple[Edit, ...]:
    made, source = place.made, place.file.source
    callee, needs, names = _maker(world, place.file, made)
    arguments = arguments_text(place)
    if names:
        if "\n" in source(made):
            raise NoTwinError(f"{WHAT} is made with arguments that redis.asyncio takes differently")
        pairs = [f"{name}={source(given)}" for name, given in zip(names, made.args, strict=True)]
        arguments = ", ".join([*pairs, *map(source, made.keywords)])
    (need,) = needs
    cls = slot(1) if need.name else f"{slot(1)}.Redis"
    shifted = callee.replace(slot(0), slot(1))
    per_loop = ImportNeed(world.beside("redis_clients"), "per_event_loop")
    return factory_edits(
        place, Maker(cls, f"{shifted}({arguments})", per_loop, needs), lambda statement: True
    )


def _maker(
    world: World, file: FileSyntax, made: ast.Call
) -> tuple[str, tuple[ImportNeed, ...], tuple[str, ...]]:
    """What makes the async client, with what it imports, and the keywords that the arguments without one
    need there. Raises `NoTwinError`."""
    is_url = file.source(made.func).rpartition(".")[2] == "from_url"
    given = {keyword.arg for keyword in made.keywords}
    names = () if is_url else _POSITIONS[: len(made.args)]
    starred = any(isinstance(argument, ast.Starred) for argument in made.args)
    if None in given or given - _OPTIONS or starred or not (is_url or len(names) == len(made.args)):
        raise NoTwinError(f"{WHAT} is made with arguments that redis.asyncio takes differently")
    taken = "Redis" in world.effects.program.modules[file.path].names[0]
    cls = f"{slot(0)}.Redis" if taken else slot(0)
    need = ImportNeed(LIBRARY, "" if taken else "Redis")
    return (f"{cls}.from_url" if is_url else cls), (need,), names


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
