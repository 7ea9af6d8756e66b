"""The module for clients that live as long as one `async with`: what they share, and how they are made.

An async client that reads the certificates itself holds the event loop for 20 to 160 ms; with a TLS context
that is there already, making one costs 0.2 ms (measured).
"""

from __future__ import annotations

from collections.abc import Sequence

from ....model import HttpClient
from .client_module import CONTEXT_TEXT, helpers

FILE = "http_sessions"
SESSION = "http_session"
MARK = "tls_context = httpx"

_HEAD = '''"""What HTTP clients share that live as long as one `async with`."""

import {library}
'''
_SESSION = '''

def http_session() -> {library}.AsyncClient:
    """A client of its own, with its own cookies."""
    return {library}.AsyncClient(verify=tls_context, follow_redirects=True, timeout=None)
'''
_IMPORTS = {
    "Mapping": "from collections.abc import Mapping\n",
    "Any": "from typing import Any\n",
    "urlencode(": "from urllib.parse import urlencode\n",
}
"""By the word that needs it."""


def render(existing: str, clients: Sequence[HttpClient]) -> str:
    """The text of the module with what the clients need; `existing` is that of an earlier run, or empty."""
    library = clients[0].library
    text = existing or (_HEAD + CONTEXT_TEXT).format(library=library)
    if f"def {SESSION}(" not in text and any(client.name == SESSION for client in clients):
        text += _SESSION.format(library=library)
    return _with_imports(text + helpers(text, clients), library)


def _with_imports(text: str, library: str) -> str:
    for line in _IMPORTS.values():
        text = text.replace(line, "", 1)
    needed = "".join(line for word, line in _IMPORTS.items() if word in text)
    head, mark, rest = text.partition(f"\nimport {library}\n")
    return f"{head.rstrip()}\n\n{needed}{mark if needed else mark.lstrip()}{rest}"
