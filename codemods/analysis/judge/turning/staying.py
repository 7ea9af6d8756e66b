"""Entry points that nothing forbids to turn, and that stay as they are.

A `def` middleware runs on the event loop like any other, and gives what Starlette awaits:

    @app.middleware("http")
    def timed(request, call_next):
        time.sleep(0.1)                 # every request waits
        return call_next(request)

https://www.starlette.io/middleware/#basehttpmiddleware
"""

from __future__ import annotations

from msgspec.structs import replace

from ....model import EntryKind, EntryPoint, Reason, RemedyKind
from ...index.bindings import Scope
from ...link.program import Key
from ..reaching.reach import KNOWN_HARM, Reach
from .verdicts import IN_A_THREAD, Mended

_YIELDS = "a `def` dependency that yields runs in threads already, before the request and behind it"
_WHY = "a `def` middleware runs on the event loop, where all requests wait for it"
_HINT = "make it `async def`, and await what call_next gives"


def why_not(entry: EntryPoint, scope: Scope) -> Reason | None:
    reason = replace(IN_A_THREAD, text=_YIELDS) if scope.has_yield else IN_A_THREAD
    return replace(reason, location=entry.location) if entry.kind is EntryKind.DEPENDENCY else None


def left_on_loop(reach: Reach, function: Key, entry: EntryPoint) -> tuple[Mended, ...]:
    """What a `def` middleware blocks on."""
    if entry.kind is not EntryKind.MIDDLEWARE or reach.effects.program.scope(function).is_async:
        return ()
    reason = Reason("AF908", _WHY, entry.location, hint=_HINT)
    return tuple(
        Mended(site, RemedyKind.LEAVE, reason=reason)
        for site in reach.own(function)
        if site.kind in KNOWN_HARM or (site.target is not None and reach.flags(site.target) & KNOWN_HARM)
    )
