"""What the project changes of a library for the whole process: a twin would pass it by.

requests.get = partial(requests.get, timeout=5)
requests_cache.install_cache("rates", expire_after=300)
ENV REQUESTS_CA_BUNDLE=/etc/ssl/own.pem                     in a container
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

import msgspec

from ..analysis.index.bindings import Import
from ..analysis.index.expr import Attr, Expr, Name
from ..analysis.judge.callers.patches import Patches
from ..analysis.link.kinds import Ext
from ..analysis.link.program import CallKey, Key
from .twin import NoTwinError

_SOCKETS = ("http.client.", "socket.")
_BELOW = {
    "requests": ("requests.", "urllib3.", *_SOCKETS),
    "urllib": ("urllib.", *_SOCKETS),
    "httpx": ("httpx.", "httpcore.", "socket."),
    "httpx2": ("httpx2.", "socket."),
    "redis": ("redis.", "socket."),
}
"""Library -> what its calls run through: the library itself, and what lies below it."""
_INSTALLED = {
    "eventlet.monkey_patch": "socket.",
    "gevent.monkey.patch_all": "socket.",
    "gevent.monkey.patch_socket": "socket.",
    "requests_cache.enabled": "requests.",
    "requests_cache.install_cache": "requests.",
}
"""Call -> what it puts its own in the place of."""
_INSTALLERS = {name.partition(".")[0] for name in _INSTALLED}
_IMPORTED = {
    "opentelemetry.instrumentation.requests": "requests.",
    "opentelemetry.instrumentation.urllib": "urllib.",
    "opentelemetry.instrumentation.urllib3": "urllib3.",
}
"""Module -> what it traces for all callers, and nothing else; nobody imports it for another reason."""


class Changed(msgspec.Struct, frozen=True, dict=True):
    patches: Patches
    around: str = ""
    """What is set for requests around the code, or in it, and httpx does not read."""

    def check(self, name: str) -> None:
        """Raises `NoTwinError` where the project changes what a call of this name runs through."""
        below = _BELOW.get(name.partition(".")[0])
        if below is not None:
            for changed, why in self._all.items():
                if changed.startswith(below):
                    raise NoTwinError(why)

    @cached_property
    def _all(self) -> Mapping[str, str]:
        """Dotted name of what is changed -> the reason, with the place of the first one."""
        found: dict[str, str] = {}
        if self.around:
            found["requests."] = f"{self.around}, which httpx does not read"
        for name, why in (*self._replaced(), *self._installed()):
            found.setdefault(name, why)
        return found

    def _replaced(self) -> Iterator[tuple[str, str]]:
        for path, module in sorted(self.patches.program.modules.items()):
            for put in () if module.facts.is_test else module.facts.attributes:
                if _root(put.target) in ("", "self", "cls"):
                    continue  # nine of ten
                for kind in self.patches.inference.kinds(Key(path, put.scope), put.target, put.line):
                    if isinstance(kind, Ext):
                        yield _put(f"{kind.name}.{put.attr}", path, put.line)
        for key in self.patches.program.calls_by_name.get("setattr", ()):
            if not self.patches.program.modules[key.path].facts.is_test:
                for name in self.patches.replaced_by(key):
                    yield _put(name, key.path, self.patches.program.call(key).span.line)

    def _installed(self) -> Iterator[tuple[str, str]]:
        for path, line, imported in self._imports():
            if imported in _IMPORTED:
                below = _IMPORTED[imported]
                why = f"the project traces {below}* ({path}:{line}), and would not see an async client"
                yield below, why
            if imported.partition(".")[0] in _INSTALLERS:
                yield from self._installed_in(path)

    def _installed_in(self, path: str) -> Iterator[tuple[str, str]]:
        for number, call in enumerate(self.patches.program.modules[path].facts.calls):
            for kind in self.patches.inference.callees(CallKey(path, number)):
                if isinstance(kind, Ext) and kind.name in _INSTALLED:
                    why = f"the project calls {kind.name} ({path}:{call.span.line})"
                    yield _INSTALLED[kind.name], f"{why}, which does not know async clients"

    def _imports(self) -> Iterator[tuple[str, int, str]]:
        """File, line and what is imported: `a.b` and `a.b.c` of `from a.b import c`."""
        for path, module in sorted(self.patches.program.modules.items()):
            for scope in () if module.facts.is_test else module.facts.scopes:
                for binding in scope.bindings:
                    if isinstance(binding.value, Import):
                        yield path, binding.line, binding.value.module
                        yield path, binding.line, f"{binding.value.module}.{binding.value.name}"


def _put(name: str, path: str, line: int) -> tuple[str, str]:
    return name, f"the project puts something else in the place of {name} ({path}:{line})"


def _root(target: Expr) -> str:
    """`requests` of `requests.adapters.DEFAULT_RETRIES`; empty for what no name stands before."""
    while isinstance(target, Attr):
        target = target.value
    return target.id if isinstance(target, Name) else ""
