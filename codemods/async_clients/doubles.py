"""What tests put in the place of a call, or of what lies below it: its twin would pass it by.

`freeze_time` stops `time.monotonic`, by which an event loop knows when a sleep is over, and not `time.sleep`:
https://github.com/spulec/freezegun#asyncio
"""

from __future__ import annotations

from functools import cached_property

import msgspec

from ..analysis.index.expr import Const, Expr, last_name
from ..analysis.judge.callers.patches import Patches
from ..analysis.link.program import Program
from .twin import Call, NoTwinError

_BELOW = {
    "requests": (
        "requests.Session", "requests.sessions.", "requests.adapters.", "requests.api.", "requests.request",
        "requests.models.", "urllib3.", "http.client.", "socket.",
    ),
    "urllib": ("urllib.request.", "http.client.", "socket."),
    "httpx": ("httpx.Client", "httpx.HTTPTransport", "httpcore.", "socket."),
    "httpx2": ("httpx2.Client", "httpx2.HTTPTransport", "socket."),
    "redis": ("redis.Redis", "redis.client.", "redis.connection.", "redis.from_url", "fakeredis."),
}  # fmt: skip
_CLASSES = {
    "requests": ("Session", "HTTPAdapter"),
    "httpx": ("Client",),
    "redis": ("Redis", "StrictRedis", "from_url", "ConnectionPool", "BlockingConnectionPool"),
}
_ANSWER_ALL = {"vcr", "httpretty", "pook"}
_GO_ON = {"real_asyncio", "tick"}
_ANSWER = _ANSWER_ALL | {"responses", "requests_mock", "betamax"}


class Doubles(msgspec.Struct, frozen=True, dict=True):
    """Each check raises `NoTwinError`."""

    patches: Patches
    program: Program

    def check_name(self, call: Call) -> None:
        """The name by which it is called."""
        written = call.file.source(call.call.func)
        patched = self.patches.of_external(call.file.path, written, call.site.name)
        if patched is not None:
            raise NoTwinError(f"tests replace {patched}")

    def check_clock(self) -> None:
        if self._stops_clock:
            raise NoTwinError(
                "tests stop the clock with freeze_time, and asyncio.sleep never ends then "
                "(real_asyncio=True lets it)"
            )

    def check_transport(self, name: str) -> None:
        """What lies below the call: the class, its adapter, the socket."""
        library = name.partition(".")[0]
        for patched in sorted(self.patches.names):
            is_class = patched.rpartition(".")[2] in _CLASSES.get(library, ())
            if is_class or patched.startswith(_BELOW.get(library, ("-",))):
                raise NoTwinError(f"tests replace {patched}")

    def check_answers(self, name: str, *, all_alike: bool) -> None:
        """A library that answers in the place of the call; some know requests only, and not `all_alike`."""
        for library in sorted(self._answering & (_ANSWER_ALL if all_alike else _ANSWER)):
            raise NoTwinError(f"tests use {library}, which answers in the place of {name.partition('.')[0]}")

    @cached_property
    def _stops_clock(self) -> bool:
        """`@freeze_time("2024-01-02")`, or a test that asks for the fixture `freezer`."""
        tests = [each.facts for each in self.program.modules.values() if each.facts.is_test]
        calls = (call for facts in tests for call in facts.calls if last_name(call.func) == "freeze_time")
        stops = not all(any(_goes_on(*each) for each in call.keywords) for call in calls)
        scopes = (scope for facts in tests for scope in facts.scopes)
        return stops or any(each.name == "freezer" for scope in scopes for each in scope.parameters)

    @cached_property
    def _answering(self) -> frozenset[str]:
        """Of these libraries those that tests import, or ask for as a fixture."""
        found: set[str] = set()
        for module in self.program.modules.values():
            if module.facts.is_test:
                for binding in (each for scope in module.facts.scopes for each in scope.bindings):
                    imported = getattr(binding.value, "module", "")
                    if isinstance(imported, str):
                        found.add(imported.partition(".")[0])
                if any(p.name == "requests_mock" for scope in module.facts.scopes for p in scope.parameters):
                    found.add("requests_mock")
        return frozenset(found & _ANSWER)


def _goes_on(word: str | None, value: Expr) -> bool:
    """`tick=True`; by `auto_tick_seconds=15` a clock goes on only when it is read."""
    return word in _GO_ON and not (isinstance(value, Const) and value.number == 0)
