"""HTTP clients shared by all requests.

A client works only on the event loop that first used it, so each loop gets its own:
one per server process, one per test.
"""

import asyncio
from collections.abc import Callable, Mapping
from functools import wraps
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

MakeClient = Callable[[], httpx.AsyncClient]

_clients: dict[asyncio.AbstractEventLoop, dict[MakeClient, httpx.AsyncClient]] = {}

# reading the certificates takes 20 to 160 ms: once, and not on the event loop
try:
    tls_context = httpx.create_ssl_context()
except OSError:  # SSL_CERT_FILE cannot be read: use the default certificates
    tls_context = httpx.create_ssl_context(trust_env=False)


def per_event_loop(make_client: MakeClient) -> MakeClient:
    """Call `make_client` once per event loop; later calls return that client."""

    @wraps(make_client)
    def client() -> httpx.AsyncClient:
        loop = asyncio.get_running_loop()
        if loop not in _clients:
            for old in list(_clients):
                if old.is_closed():
                    _clients.pop(old, None)
            _clients[loop] = {}
        clients = _clients[loop]
        if make_client not in clients:
            clients[make_client] = make_client()
        return clients[make_client]

    return client


async def close_http_clients() -> None:
    """Close the clients of the running event loop."""
    for client in _clients.pop(asyncio.get_running_loop(), {}).values():
        await client.aclose()


def with_params(url: str, params: Mapping[str, Any] | None) -> httpx.URL:
    """`url` with `params` behind its own query, which httpx would replace."""
    whole, added = httpx.URL(url), str(httpx.QueryParams(params)).encode()
    return whole.copy_with(query=b"&".join(filter(None, [whole.query, added]))) if added else whole


@per_event_loop
def http_client() -> httpx.AsyncClient:
    return httpx.AsyncClient(
        verify=tls_context,
        follow_redirects=True,
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
        # users must not share cookies
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )
