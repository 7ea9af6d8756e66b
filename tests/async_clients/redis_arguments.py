"""Arguments for every command of Redis: the keys that it needs, filled before, and values of its kind."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

_KINDS = (
    ("h", "hash"),
    ("pf", "hll"),
    ("geo", "geo"),
    ("z", "zset"),
    ("bz", "zset"),
    ("x", "stream"),
    ("l", "list"),
    ("r", "list"),
    ("bl", "list"),
    ("br", "list"),
)
_LISTS = {"rpop", "rpoplpush", "rpush", "rpushx"}
_SETS = {
    "sadd", "scard", "sdiff", "sdiffstore", "sinter", "sintercard", "sinterstore", "sismember", "smembers",
    "smismember", "smove", "spop", "srandmember", "srem", "sscan", "sscan_iter", "sunion", "sunionstore",
}  # fmt: skip
_KEYS = {"key", "keys", "name", "names", "source", "src", "first_list"}
_MORE_KEYS = {"dest", "destination", "dst", "second_list", "newkey"}
_FAR, _SCRIPT = 4102444800, "#!lua name=mine\nredis.register_function('f', function() return 1 end)"
_VALUES: dict[str, Any] = {
    "amount": 1, "bit": 1, "channel": "c", "code": _SCRIPT, "consumername": "me", "count": 1, "cursor": 0,
    "encoding": "u8", "end": -1, "fields": {"f": "v"}, "groupname": "g", "id": "$", "index": 0,
    "latitude": 1.0, "longitude": 1.0, "mapping": {"a": 1}, "max": "+", "member": "a", "members": ["a"],
    "message": "hi", "message_ids": ["1-1"], "milliseconds": 5000, "min": "-", "min_idle_time": 0,
    "mode": "ON", "num_keys": 1, "num_local": 0, "num_replicas": 0, "numkeys": 1, "offset": 0,
    "operation": "AND", "place1": "a", "place2": "b", "radius": 100.0, "script": "return 1", "seconds": 100,
    "sha": "0" * 40, "shard_channel": "c", "size": 3, "start": 0, "start_id": "0-0",
    "streams": {"stream": "0"}, "time": 100, "time_ms": 5000, "timeout": 1, "ttl": 0,
    "unix_time_milliseconds": _FAR * 1000, "unix_time_seconds": _FAR, "value": "1", "values": ["1", "2"],
    "when": _FAR, "where": "BEFORE",
}  # fmt: skip
_STARRED: dict[str, tuple[Any, ...]] = {
    "args": (), "fields": ("f",), "ids": ("1-1",), "indices": (0,), "keys": ("f",),
    "keys_and_args": ("text",), "names": ("text",), "sources": ("hll",), "values": ("a",),
}  # fmt: skip
_SPECIAL: dict[str, tuple[Any, ...]] = {
    "acl_dryrun": ("default", "GET", "a"), "bitop": ("AND", "other", "text"),
    "client_kill": ("127.0.0.1:1",), "client_unblock": (1,), "command_getkeys": ("GET", "a"),
    "config_set": ("maxmemory", "0"), "copy": ("text", "other"), "decr": ("number",),
    "decrby": ("number",), "delete": ("text", "none"),
    "evalsha": ("0000000000000000000000000000000000000000", 0), "execute_command": ("GET", "text"),
    "exists": ("text", "none"), "geoadd": ("geo", (1.0, 1.0, "c")), "georadius": ("geo", 1.0, 1.0, 500.0),
    "hdel": ("hash", "f"), "hexists": ("hash", "f"), "hget": ("hash", "f"), "hincrby": ("hash", "n"),
    "hincrbyfloat": ("hash", "n"), "hmget": ("hash", ["f", "none"]), "hmset": ("hash", {"f": "w"}),
    "hset": ("hash", "f", "w"), "hsetnx": ("hash", "g", "w"), "hstrlen": ("hash", "f"),
    "incr": ("number",), "incrby": ("number",), "incrbyfloat": ("number",), "lcs": ("text", "number"),
    "linsert": ("list", "BEFORE", "a", "b"), "lolwut": (), "lpush": ("list", "z"),
    "lrem": ("list", 1, "a"), "lset": ("list", 0, "z"), "ltrim": ("list", 0, 0),
    "mget": (["text", "none"],), "move": ("text", 1), "mset": ({"text": "2"},), "msetnx": ({"new": "2"},),
    "object": ("ENCODING", "text"), "pfadd": ("hll", "z"), "pfcount": ("hll",),
    "pfmerge": ("other", "hll"), "rename": ("text", "other"), "renamenx": ("text", "other"),
    "rpush": ("list", "z"), "sadd": ("set", "z"),
    "script_exists": ("0000000000000000000000000000000000000000",), "setbit": ("text", 1, 1),
    "setrange": ("text", 1, "x"), "sismember": ("set", "a"), "smove": ("set", "other", "a"),
    "sort": ("numbers",), "srem": ("set", "a"), "swapdb": (0, 1), "touch": ("text",), "unlink": ("text",),
    "xadd": ("stream", {"a": "b"}, "9-9"), "xdel": ("stream", "1-1"), "xgroup_create": ("stream", "h"),
    "xreadgroup": ("g", "me", {"stream": ">"}), "xtrim": ("stream", 1),
    "zcount": ("zset", "-inf", "+inf"), "zdiff": (["zset"],), "zdiffstore": ("other", ["zset"]),
    "zinter": (["zset"],), "zintercard": (1, ["zset"]), "zinterstore": ("other", ["zset"]),
    "zmpop": (1, ["zset"]), "zrange": ("zset", 0, -1), "zrangebyscore": ("zset", "-inf", "+inf"),
    "zrank": ("zset", "a"), "zrem": ("zset", "a"), "zremrangebyrank": ("zset", 0, 0),
    "zremrangebyscore": ("zset", "-inf", "+inf"), "zrevrangebylex": ("zset", "+", "-"),
    "zrevrangebyscore": ("zset", "+inf", "-inf"), "zrevrank": ("zset", "a"), "zscore": ("zset", "a"),
    "zunion": (["zset"],), "zunionstore": ("other", ["zset"]),
}  # fmt: skip
"""Where the names of the parameters do not tell enough."""


def fill(client: Any) -> None:
    """The keys that the commands find."""
    client.flushall()
    client.function_flush()
    client.script_flush()
    client.acl_deluser("x")
    client.set("text", "value")
    client.set("number", 5)
    client.rpush("numbers", 3, 1, 2)
    client.rpush("list", "a", "b")
    client.sadd("set", "a")
    client.zadd("zset", {"a": 1, "b": 2})
    client.hset("hash", mapping={"f": "v", "n": 1})
    client.pfadd("hll", "a", "b")
    client.geoadd("geo", (1.0, 1.0, "a", 2.0, 2.0, "b"))
    client.xadd("stream", {"f": "v"}, id="1-1")
    client.xgroup_create("stream", "g", id="0")


def arguments_of(name: str, command: Callable[..., Any]) -> tuple[Any, ...]:
    """Those that the command needs."""
    if name in _SPECIAL:
        return _SPECIAL[name]
    given: list[Any] = []
    for parameter in inspect.signature(command).parameters.values():
        if parameter.kind is parameter.VAR_POSITIONAL:
            given += _STARRED.get(parameter.name, ("x",))
        elif parameter.kind is parameter.POSITIONAL_OR_KEYWORD and parameter.default is parameter.empty:
            if parameter.name in _KEYS:
                given.append([_key_of(name)] if parameter.name in ("keys", "names") else _key_of(name))
            else:
                given.append("other" if parameter.name in _MORE_KEYS else _VALUES.get(parameter.name, "x"))
    return tuple(given)


def _key_of(command: str) -> str:
    if command in _SETS:
        return "set"
    found = [kind for prefix, kind in _KINDS if command.startswith(prefix)]
    return found[-1] if found and (command[0] != "r" or command in _LISTS) else "text"
