"""The module that holds the HTTP clients: one for each event loop, made lazily, sharing no cookies.

Each line was measured: a client made per request costs 20-160 ms on the loop, nearly all of it for the
certificates; a client of two loops fails, the default jar hands one user's cookies to the next, and the
default limits make calls wait for a slot.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from ....model import HttpClient

MARK = "def per_event_loop("

_URLENCODE = "from urllib.parse import urlencode\n"
_COOKIES = "from http.cookiejar import CookieJar, DefaultCookiePolicy\n"
_FOLLOWS = "        follow_redirects=True,\n"
_NO_LIMIT = "        timeout=None,\n"

_HEAD = '''"""{title} shared by all requests.

A client works only on the event loop that first used it, so each loop gets its own:
one per server process, one per test.
"""

import asyncio
from collections.abc import Callable
from functools import wraps
{imports}

{maker}
{context}

def per_event_loop(make_client: {take}) -> {take}:
    """Call `make_client` once per event loop; later calls return that client."""

    @wraps(make_client)
    def client() -> {type}:
        loop = asyncio.get_running_loop()
        if loop not in _clients:
            for old in list(_clients):
                if old.is_closed():
                    _clients.pop(old, None)
            _clients[loop] = {{}}
        clients{known} = _clients[loop]
        if make_client not in clients:
            clients[make_client] = make_client()
        return clients[make_client]

    return client


async def {close}() -> None:
    """Close the clients of the running event loop."""
    for client in _clients.pop(asyncio.get_running_loop(), {{}}).values():
        {closing}
'''

_IMPORTS = "\nimport {library}"
_MAKER = """MakeClient = Callable[[], {type}]

_clients: dict[asyncio.AbstractEventLoop, dict[MakeClient, {type}]] = {{}}"""
CONTEXT = "tls_context"
CONTEXT_TEXT = """
# reading the certificates takes 20 to 160 ms: once, and not on the event loop
try:
    tls_context = {library}.create_ssl_context()
except OSError:  # SSL_CERT_FILE cannot be read: use the default certificates
    tls_context = {library}.create_ssl_context(trust_env=False)
"""
WITH_PARAMS = "with_params"
_WITH_PARAMS_TEXT = '''

def with_params(url: str, params: Mapping[str, Any] | None) -> {library}.URL:
    """`url` with `params` behind its own query, which {library} would replace."""
    whole, added = {library}.URL(url), str({library}.QueryParams(params)).encode()
    return whole.copy_with(query=b"&".join(filter(None, [whole.query, added]))) if added else whole
'''
SENT_PARAMS = "sent_params"
_SENT_PARAMS_TEXT = '''

def sent_params(params: Any) -> Any:
    """`params` as requests sends them: without None, and bools as `True`."""
    if params is None or isinstance(params, (str, bytes)):
        return params
    pairs = []
    for key, value in params.items() if isinstance(params, Mapping) else params:
        is_one = isinstance(value, (str, bytes)) or not hasattr(value, "__iter__")
        for each in [value] if is_one else value:
            if each is not None:
                pairs.append((key, each))
    return urlencode(pairs, doseq=True) or None
'''
_HELPERS = {WITH_PARAMS: _WITH_PARAMS_TEXT, SENT_PARAMS: _SENT_PARAMS_TEXT}
_BASE = re.compile(r"(?m)^class \w+\((\w+)\.")
"""The library whose class a class of the module is made from."""
_ANY_IMPORTS = "from typing import Any, TypeVar"
_ANY_MAKER = """Client = TypeVar("Client")

_clients: dict[asyncio.AbstractEventLoop, dict[Callable[[], Any], Any]] = {}"""

REDIS = "redis.asyncio"
REDIS_4 = "redis.asyncio before 5.0.1"
"""Its clients have no `aclose`."""
MONGO = "pymongo"
SDK = "sdk"


_ACLOSE = "await client.aclose()"
_CLOSE = """close = getattr(client, "aclose", None) or getattr(client, "close", None)
        if close is not None:
            await close()"""


class _Kind(msgspec.Struct, frozen=True):
    """One kind of clients, which has a module of its own."""

    title: str
    file: str
    closing: str
    """The statement that closes one."""
    type: str = ""
    """The class of all clients; empty where they are of several."""


_KINDS = {
    REDIS: _Kind("Redis clients", "redis_clients", _ACLOSE),
    REDIS_4: _Kind("Redis clients", "redis_clients", "await client.close()"),
    MONGO: _Kind("MongoDB clients", "mongo_clients", "await client.close()"),
    SDK: _Kind("SDK clients", "sdk_clients", _CLOSE),
}
OTHERS = frozenset(_KINDS)


def _http(library: str) -> _Kind:
    return _Kind("HTTP clients", "http_clients", _ACLOSE, f"{library}.AsyncClient")


def kind_of(library: str) -> _Kind:
    return _KINDS.get(library) or _http(library)


def close_name(library: str) -> str:
    """The function that closes the clients of a library."""
    return f"close_{kind_of(library).file}"


def merge(clients: Sequence[HttpClient]) -> tuple[HttpClient, ...]:
    """One client a name; the one without a time limit serves all, since other sites give their own."""
    chosen: dict[str, HttpClient] = {}
    for client in clients:
        present = chosen.get(client.name)
        if present is None or len(client.constructor) > len(present.constructor):
            chosen[client.name] = client
    return tuple(chosen[name] for name in sorted(chosen))


def render(clients: Sequence[HttpClient]) -> str:
    """The text of a new module."""
    merged = merge(clients)
    kind = kind_of(merged[0].library)
    text = _HEAD.format(
        imports=_IMPORTS.format(library=kind.type.rpartition(".")[0]) if kind.type else _ANY_IMPORTS,
        context=_context(clients),
        maker=_MAKER.format(type=kind.type) if kind.type else _ANY_MAKER,
        title=kind.title,
        take="MakeClient" if kind.type else "Callable[[], Client]",
        known="" if kind.type else ": dict[Callable[[], Client], Client]",
        type=kind.type or "Client",
        close=close_name(merged[0].library),
        closing=kind.closing,
    )
    text += helpers(text, clients) + "".join(_function(client) for client in merged if client.name)
    return _with_imports(text)


def extend(text: str, clients: Sequence[HttpClient]) -> str:
    """An existing module of ours with what it lacks; sites without a time limit have a client without one."""
    if CONTEXT not in text:
        text = text.replace(f"\n\n\n{MARK}", f"\n{_context(clients)}\n\n{MARK}", 1)
    text += helpers(text, clients)
    for client in merge(clients):
        if not client.name:
            continue
        header = f"{'class' if client.library == SDK else 'def'} {client.name}("
        if header not in text:
            text += _function(client)
        elif _NO_LIMIT in client.constructor:
            head, found, tail = text.partition(header)
            body, end, rest = tail.partition("\n    )\n")
            if "timeout=" not in body:
                body = body.replace(_FOLLOWS, _FOLLOWS + _NO_LIMIT, 1)
            text = head + found + body + end + rest
    return _with_imports(text)


def _context(clients: Sequence[HttpClient]) -> str:
    """Clients that check no certificates, or have their own, need none."""
    needed = any(CONTEXT in client.constructor for client in clients)
    return CONTEXT_TEXT.format(library=clients[0].library) if needed else ""


def helpers(text: str, clients: Sequence[HttpClient]) -> str:
    """What calls ask for that httpx would send differently, unless the module has it."""
    needed = {client.constructor for client in clients}
    return "".join(
        helper.format(library=clients[0].library)
        for name, helper in _HELPERS.items()
        if name in needed and f"def {name}(" not in text
    )


def _with_imports(text: str) -> str:
    """What the clients of the module need beside its head."""
    for library in sorted(set(_BASE.findall(text))):
        if f"\nimport {library}\n" not in text:
            text = text.replace(f"\n{_ANY_IMPORTS}\n", f"\n{_ANY_IMPORTS}\n\nimport {library}\n", 1)
    if "Mapping" in text and "import Callable, Mapping\n" not in text:
        text = text.replace("import Callable\n", "import Callable, Mapping\n", 1)
        text = text.replace("\n\nimport httpx", "\nfrom typing import Any\n\nimport httpx", 1)
    if "urlencode(" in text and _URLENCODE not in text:
        text = text.replace("import Any\n", f"import Any\n{_URLENCODE}", 1)
    if "ssl." in text and "\nimport ssl\n" not in text:
        text = text.replace("import asyncio\n", "import asyncio\nimport ssl\n", 1)
    if "CookieJar(" in text and _COOKIES not in text:
        text = text.replace("from functools import wraps\n", f"from functools import wraps\n{_COOKIES}", 1)
    return text


def _function(client: HttpClient) -> str:
    if client.library == SDK:
        return f"\n\n{client.constructor}"
    return f"\n\n@per_event_loop\ndef {client.name}() -> {client.library}.AsyncClient:\n{client.constructor}"
