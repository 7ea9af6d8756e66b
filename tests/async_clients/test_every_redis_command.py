"""Every command of Redis that becomes an `await`, on both clients: same results, errors, defaults."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import pytest
import redis
import redis.asyncio
from made_up import awaited, defaults, outcome_of
from mapped_calls import REDIS
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis_arguments import arguments_of, fill
from servers import redis_server

LAST = (
    "bgrewriteaof", "debug_segfault", "failover", "psync", "quit", "replicaof", "shutdown", "slaveof",
    "sync",
)  # fmt: skip
"""Commands after which a server is not what it was: each has one of its own."""
CHANGING = frozenset(
    {
        "acl_genpass", "client_id", "client_info", "client_list", "command", "command_list", "hrandfield",
        "info", "keys", "lastsave", "memory_malloc_stats", "memory_stats", "psync", "randomkey", "role",
        "scan", "slowlog_get", "slowlog_len", "sync", "time", "zrandmember",
    }
)  # fmt: skip
"""What gives something else each time: its class is the same. Keys come in an order that changes as a server
makes its tables smaller, which it does when it likes."""
OPTIONS: dict[str, Any] = {"decode_responses": True, "socket_timeout": 1}
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")


@pytest.fixture(scope="module", autouse=True)
def _server() -> None:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")


def _commands() -> Iterator[str]:
    """`close` comes last."""
    with redis.Redis() as client:
        for (name,) in sorted(REDIS.paths(client), key=lambda path: path == ("close",)):
            yield name


def test_a_command_and_its_twin_do_the_same() -> None:
    names = [name for name in _commands() if name not in LAST]
    with redis_server() as port:
        old, new = _old(port, names), asyncio.run(_new(port, names))
    assert {name: [found, new[name]] for name, found in old.items() if new[name] != found} == {}
    assert sum(not kind.endswith("Error") for _, (kind, _) in old.values()) > 200


@pytest.mark.parametrize("name", LAST)
def test_a_command_that_changes_the_server_and_its_twin_do_the_same(name: str) -> None:
    with redis_server() as port:
        old = _old(port, [name])
    with redis_server() as port:
        assert asyncio.run(_new(port, [name])) == old


def _old(port: int, names: Iterable[str]) -> dict[str, Any]:
    """Of each command the defaults of its parameters, and what it gave or raised."""
    found: dict[str, Any] = {}
    with (
        redis.Redis(port=port, retry=Retry(NoBackoff(), 0), **OPTIONS) as client,
        redis.Redis(port=port) as filling,
    ):
        for name in names:
            command = getattr(client, name)
            fill(filling)
            found[name] = _told(name, command, outcome_of(partial(command, *arguments_of(name, command))))
    return found


async def _new(port: int, names: Iterable[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    client = redis.asyncio.Redis(port=port, retry=AsyncRetry(NoBackoff(), 0), **OPTIONS)
    with redis.Redis(port=port) as filling:
        for name in names:
            command = getattr(client, REDIS.twin_of((name,))[-1])
            fill(filling)
            call = partial(command, *arguments_of(name, getattr(redis.Redis, name).__get__(filling)))
            found[name] = _told(name, command, await awaited(REDIS.form_of((name,)), call))
    await client.aclose()
    return found


def _told(name: str, command: Any, outcome: Any) -> Any:
    """`aclose` can be told to leave its pool open."""
    parameters = defaults(command) if name != "close" else []
    return parameters, [outcome[0], ""] if name in CHANGING else outcome
