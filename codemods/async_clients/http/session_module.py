"""The module for clients that live as long as one `async with`: what they share, and how they are made.

An async client that reads the certificates itself holds the event loop for 20 to 160 ms; with a TLS context
that is there already, making one costs 0.2 ms (measured).
"""

from __future__ import annotations

from collections.abc import Sequence

from ...model import HttpClient

FILE = "http_sessions"
CONTEXT = "tls_context"
SESSION = "http_session"
MARK = "tls_context = httpx"

_HEAD = '''"""What HTTP clients share that live as long as one `async with`."""

import {library}

# reading the certificates takes 20 to 160 ms: once, and not on the event loop
tls_context = {library}.create_ssl_context()
'''
_SESSION = '''

def http_session() -> {library}.AsyncClient:
    """A client of its own, with its own cookies."""
    return {library}.AsyncClient(verify=tls_context, follow_redirects=True, timeout=None)
'''


def render(existing: str, clients: Sequence[HttpClient]) -> str:
    """The text of the module with what the clients need; `existing` is that of an earlier run, or empty."""
    library = clients[0].library
    text = existing or _HEAD.format(library=library)
    if f"def {SESSION}(" not in text and any(client.name == SESSION for client in clients):
        text += _SESSION.format(library=library)
    return text
