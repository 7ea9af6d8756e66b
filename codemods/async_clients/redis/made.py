"""How an async Redis client, or a pool of connections, is made: as the sync one, with as many connections.

    redis.Redis("cache", 6379)              ->  Redis(host="cache", port=6379, max_connections=2**31)
    redis.Redis(connection_pool=pool)       ->  Redis(connection_pool=pool())
    redis.ConnectionPool(max_connections=9) ->  BlockingConnectionPool(max_connections=9)

At most forty threads ask for a connection at once. Requests on the loop may be more, and from redis 8 on a
pool that is told nothing has a hundred connections, and raises when they are in use (tried).
"""

from __future__ import annotations

import ast

import msgspec

from ...analysis.link.program import CallKey
from ...analysis.syntax import FileSyntax, span_of
from ...model import Argument, Code, Edit, ImportNeed, Note, NoteKind, ReplaceCall, slot
from ..making.places import Place
from ..rewriting.factories import Maker, arguments_text, factory_edits
from ..twin import NoTwinError, World, check_module
from ..versions import limits_below

LIBRARY = "redis.asyncio"
CLIENTS = frozenset({"redis.Redis", "redis.StrictRedis", "redis.from_url", "redis.Redis.from_url"})
POOLS = frozenset(
    f"redis.{cls}{maker}"
    for cls in ("ConnectionPool", "BlockingConnectionPool")
    for maker in ("", ".from_url")
)
FILE = "redis_clients"
LIMITED = Note(
    NoteKind.BEHAVIOUR,
    "more requests than threads may ask for a connection to Redis at once: of a limited number they wait up "
    "to 20 s for one, where the pool raised at once",
)
_LIMIT = "max_connections"
_WITHOUT_LIMIT = f"{_LIMIT}=2**31"
_LIMITED_SINCE = "8"
_COMMENT = "# there were 40 threads; requests may be more than the default limit of 100, which raises\n"
_CLUSTER = "redis.RedisCluster"
_POSITIONS = ("host", "port", "db", "password")
_OPTIONS = {
    "host", "port", "db", "username", "password", "socket_timeout", "socket_connect_timeout",
    "socket_keepalive", "encoding", "encoding_errors", "decode_responses", "retry_on_timeout",
    "retry_on_error", "ssl", "ssl_keyfile", "ssl_certfile", "ssl_ca_certs", "ssl_cert_reqs",
    "ssl_check_hostname", "max_connections", "client_name", "health_check_interval",
    "protocol", "unix_socket_path", "url", "single_connection_client",
}  # fmt: skip
_POOL_OPTIONS = _OPTIONS - {"ssl", "unix_socket_path", "single_connection_client"}


class Making(msgspec.Struct, frozen=True):
    """One call that makes a client or a pool, in the terms of `redis.asyncio`."""

    file: FileSyntax
    call: ast.Call
    cls: str
    need: ImportNeed
    """For the slot in `cls`, slot 0."""
    callee: str
    names: tuple[str, ...]
    """The keywords that the arguments without one need."""
    is_limited: bool
    more: str
    pool: ast.expr | None

    @property
    def edit(self) -> Edit:
        """It is made in its place."""
        written = len(self.call.args) + len(self.call.keywords)
        arguments = [Argument(index, dict(enumerate(self.names)).get(index, "")) for index in range(written)]
        if self.more:
            name, _, value = self.more.partition("=")
            arguments.append(Argument(keyword=name, code=Code(value)))
        changes = bool(self.names or self.more)
        return ReplaceCall(
            span_of(self.call), Code(self.callee, (self.need,)), tuple(arguments) if changes else None
        )


def making(
    world: World, file: FileSyntax, call: ast.Call, declared: str, what: str, pool: ast.expr | None = None
) -> Making:
    """`pool` is the argument that is known as a pool which turns as well. Raises `NoTwinError`."""
    key = world.call_key(file.path, call)
    found = {getattr(kind, "name", "") for kind in world.effects.inference.callees(key)} if key else set()
    name = min(found) if len(found) == 1 else ""
    is_pool, is_url = "Pool" in name, name.endswith(".from_url")
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    names = () if is_url or is_pool else _POSITIONS[: len(call.args)]
    options = _POOL_OPTIONS if is_pool else _OPTIONS
    if "Blocking" in name:
        options = options | {"timeout"}
    if pool is not None and given.get("connection_pool") is pool:
        options = options | {"connection_pool"}
    starred = any(isinstance(argument, ast.Starred) for argument in call.args)
    by_place = len(call.args) <= 1 if is_url else len(names) == len(call.args)
    if not name or None in given or given.keys() - options or starred or not by_place:
        raise NoTwinError(f"{what} is made with arguments that redis.asyncio takes differently")
    is_limited = _LIMIT in given
    if is_limited and not is_pool:
        raise NoTwinError(
            f"{what} has few connections, for which more requests may ask than there were threads"
        )
    cls = "Redis"
    if is_pool:
        cls = "BlockingConnectionPool" if "Blocking" in name or is_limited else "ConnectionPool"
    is_unlimited = is_limited or pool is not None or "Blocking" in name
    more = "" if is_unlimited or limits_below(declared, "redis", _LIMITED_SINCE) else _WITHOUT_LIMIT
    taken = cls in world.effects.program.modules[file.path].names[0]
    spelled = f"{slot(0)}.{cls}" if taken else slot(0)
    need = ImportNeed(LIBRARY, "" if taken else cls)
    callee = f"{spelled}.from_url" if is_url else spelled
    return Making(file, call, spelled, need, callee, names, is_limited, more, pool)


def why_unseen(world: World, call: CallKey | None, what: str) -> str:
    """Of a client that no call makes: the classes of redis that know several servers make it."""
    called = world.effects.inference.callees(call) if call is not None else ()
    if any(getattr(kind, "owner", "") == _CLUSTER for kind in called):
        return "what a cluster of Redis gives was not compared with its async form on servers"
    if world.effects.program.calls_by_name.get("master_for"):
        return f"{what} is not made here, and one that a Sentinel gives stays in threads"
    return f"where {what} comes from is not seen"


def factory(world: World, place: Place, made: Making, what: str, pool: str = "") -> tuple[Edit, ...]:
    """It is made once for each event loop; `pool` is how its pool is spelled. Raises `NoTwinError`."""
    module, source = world.beside(FILE), place.source
    check_module(world, module)
    if place.setup:
        raise NoTwinError(f"{what} is set up after it is made")
    arguments = arguments_text(place, made.more)
    if made.names or pool:
        if "#" in place.file.source(made.call):
            raise NoTwinError(f"there is a comment among the arguments of {what}")
        by_place = [
            f"{name}={source(given)}" for name, given in zip(made.names, made.call.args, strict=False)
        ]
        by_name = [
            f"{keyword.arg}={pool if pool and keyword.value is made.pool else source(keyword.value)}"
            for keyword in made.call.keywords
        ]
        arguments = ", ".join([*by_place, *by_name, *filter(None, [made.more])])
    maker = Maker(
        made.cls.replace(slot(0), slot(1)),
        f"{made.callee.replace(slot(0), slot(1))}({arguments})",
        ImportNeed(module, "per_event_loop"),
        (made.need,),
        _COMMENT if made.more else "",
    )
    return factory_edits(place, maker, lambda _: True)
