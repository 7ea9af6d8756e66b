"""The module that holds the HTTP clients: one for each event loop, made lazily, sharing no cookies.

Each line was measured: a client made per request costs 20-160 ms on the loop, a client of two loops fails, the default
jar hands one user's cookies to the next, and the default pool limits make calls wait for a slot.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..model import HttpClient

MARK = "def per_event_loop("

_HEAD = '''"""HTTP clients shared by all requests.

A client works only on the event loop that first used it, so each loop gets its own:
one per server process, one per test.
"""

import asyncio
from collections.abc import Callable
from functools import wraps
from http.cookiejar import CookieJar, DefaultCookiePolicy

import {library}

MakeClient = Callable[[], {library}.AsyncClient]

_clients: dict[asyncio.AbstractEventLoop, dict[MakeClient, {library}.AsyncClient]] = {{}}


def per_event_loop(make_client: MakeClient) -> MakeClient:
    """Call `make_client` once per event loop; later calls return that client."""

    @wraps(make_client)
    def client() -> {library}.AsyncClient:
        loop = asyncio.get_running_loop()
        if loop not in _clients:
            for old in list(_clients):
                if old.is_closed():
                    _clients.pop(old, None)
            _clients[loop] = {{}}
        clients = _clients[loop]
        if make_client not in clients:
            clients[make_client] = make_client()
        return clients[make_client]

    return client


async def close_http_clients() -> None:
    """Close the clients of the running event loop."""
    for client in _clients.pop(asyncio.get_running_loop(), {{}}).values():
        await client.aclose()
'''


def merge(clients: Sequence[HttpClient]) -> tuple[HttpClient, ...]:
    """One client a name; of two that differ the one without a time limit serves both, since sites give their own."""
    chosen: dict[str, HttpClient] = {}
    for client in clients:
        present = chosen.get(client.name)
        if present is None or len(client.constructor) > len(present.constructor):
            chosen[client.name] = client
    return tuple(chosen[name] for name in sorted(chosen))


def render(clients: Sequence[HttpClient]) -> str:
    """The text of a new module."""
    merged = merge(clients)
    text = _HEAD.format(library=merged[0].library)
    return text + "".join(_function(client) for client in merged)


def extend(text: str, clients: Sequence[HttpClient]) -> str:
    """An existing module of ours with the clients that it lacks."""
    missing = [client for client in merge(clients) if f"def {client.name}(" not in text]
    return text + "".join(_function(client) for client in missing)


def _function(client: HttpClient) -> str:
    return f"\n\n@per_event_loop\ndef {client.name}() -> {client.library}.AsyncClient:\n{client.constructor}"
