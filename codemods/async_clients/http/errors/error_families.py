"""The errors of the libraries whose calls become calls of httpx, and what httpx raises in their place.

requests' classes all derive from `RequestException`, an `OSError`; httpx' from `HTTPError`,
but for `InvalidURL` and the errors of reading JSON: https://www.python-httpx.org/exceptions/
What requests tells apart of a URL that it cannot ask httpx does not: `http://` is no `InvalidURL`, but an
`UnsupportedProtocol`, as `x.example` and `foo:bar` are, and `http://exa mple/` is a `ConnectError`.
An `InvalidJSONError` is for JSON that cannot be sent as well (NaN), of which httpx raises a `ValueError`; an
answer that breaks off is a `RemoteProtocolError`, and so is a connection that is closed without any.

urllib raises a `URLError`, an `OSError`, for a connection that does not come about, its `HTTPError` for an
answer that is no success, and for what breaks off later an error of the system or of `http.client`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

_OSERROR = frozenset(
    {
        *("builtins.OSError", "builtins.IOError", "builtins.EnvironmentError", "builtins.WindowsError"),
        *("os.error", "select.error", "socket.error"),
    }
)
_SYSTEM = _OSERROR | {
    "builtins.BlockingIOError",
    "builtins.BrokenPipeError",
    "builtins.ConnectionAbortedError",
    "builtins.ConnectionError",
    "builtins.ConnectionRefusedError",
    "builtins.ConnectionResetError",
    "builtins.TimeoutError",
    "socket.gaierror",
    "socket.herror",
    "socket.timeout",
}
_RIVALS = ("aiohttp.", "http.client.", "httpx.", "httpx2.", "requests.", "ssl.", "urllib3.")
OF_BOTH = "ConnectTimeout"
"""In requests, too, it is an error of the connection and a time-out."""


class Family(msgspec.Struct, frozen=True):
    """The classes of errors of one library."""

    library: str
    """As people call it."""
    root: str
    """The package that has them."""
    base: str
    """The class of all of them."""
    equal: Mapping[str, tuple[str, ...]]
    """What httpx raises in the place of each."""
    of_json: frozenset[str]
    """Those that stand for JSON that cannot be read as well."""
    near: frozenset[str]
    """Other classes that catch some of them, or what the library raises besides."""
    near_the_base: bool
    """May a clause that names the base name those as well? It catches all that comes from the network."""
    on_response: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Attributes of an error that has a response, and where httpx' has them."""
    read: str = ""
    """The method that gives the body of an answer, once."""
    text: str = ""
    """The attribute of the base that is shown as its text."""
    past_the_base: str = ""
    """What is raised past the base, and not past what takes its place, as a difference that is told."""
    raised_by: frozenset[str] = frozenset()
    """Methods of a response that raise them after the call."""
    without_errors: frozenset[str] = frozenset()
    """Modules of the package in which there are none."""
    is_answered: bool = False
    """May handlers of the application for these errors get those of httpx in their place?"""
    rivals: tuple[str, ...] = ()
    """What the names begin with of errors that must not be caught beside these: httpx' could be taken for one
    of them, or these are raised past the base."""

    def in_place_of(self, names: Iterable[str]) -> set[str]:
        """What httpx raises in the place of these, but for what is of two of them in both libraries."""
        return {new for name in names for new in self.equal[name]} - {OF_BOTH}

    @property
    def base_name(self) -> str:
        return self.base.rpartition(".")[2]

    def may_come_from(self, module: str) -> bool:
        """May errors of the library be imported from it?"""
        return module.partition(".")[0] == self.root and module not in self.without_errors

    def has(self, name: str | None) -> bool:
        """Is it a class of the library?"""
        return name is not None and name.startswith(f"{self.root}.")


REQUESTS = Family(
    "requests",
    "requests",
    "requests.exceptions.RequestException",
    {
        "RequestException": ("HTTPError", "InvalidURL"),
        "HTTPError": ("HTTPStatusError",),
        "ConnectionError": ("NetworkError", "RemoteProtocolError", "ConnectTimeout", "ProxyError"),
        "Timeout": ("TimeoutException",),
        "ConnectTimeout": ("ConnectTimeout",),
        "ReadTimeout": ("ReadTimeout",),
        "TooManyRedirects": ("TooManyRedirects",),
        "ChunkedEncodingError": ("RemoteProtocolError",),
        "ContentDecodingError": ("DecodingError",),
        "JSONDecodeError": (),
    },
    of_json=frozenset({"RequestException", "JSONDecodeError"}),
    near=_OSERROR,
    near_the_base=False,
    raised_by=frozenset({"raise_for_status", "json"}),
    is_answered=True,
)
URLLIB = Family(
    "urllib",
    "urllib",
    "urllib.error.URLError",
    {"URLError": ("HTTPError",), "HTTPError": ("HTTPStatusError",)},
    of_json=frozenset(),
    near=_SYSTEM,
    near_the_base=True,
    on_response={
        "code": "response.status_code",
        "status": "response.status_code",
        "reason": "response.reason_phrase",
        "msg": "response.reason_phrase",
    },
    read="read",
    text="reason",
    past_the_base="what breaks off while the answer is received (a time-out, a lost connection) is caught "
    "here, where urllib raised it past the clause",
    without_errors=frozenset({"urllib.parse", "urllib.robotparser"}),
    rivals=_RIVALS,
)
