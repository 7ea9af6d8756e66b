"""Handlers of logs of the project: whoever logs something runs them, on the event loop as anywhere.

class Telegram(logging.Handler):
    def emit(self, record):
        requests.post(BOT, json={"text": record.getMessage()})      # all requests wait for it

https://docs.python.org/3/howto/logging-cookbook.html#dealing-with-handlers-that-block
"""

from __future__ import annotations

from collections.abc import Iterator

from ....model import Reason, RemedyKind
from ...link.program import Key
from ..effects.site import Site
from ..reaching.reach import KNOWN_HARM, Reach
from .verdicts import Mended

_HANDLER = "logging.Handler"
_EMITS = ("emit", "handle", "flush")
_HINT = "put a logging.handlers.QueueHandler before it, and let a QueueListener run it in a thread"
_USUAL = frozenset({"file", "lock"})
"""What handlers of logs do anyway: they write to files, one at a time."""


def on_loop(reach: Reach) -> Iterator[tuple[Key, tuple[Mended, ...]]]:
    """What blocks of those that are made anywhere."""
    program, classes = reach.effects.program, reach.effects.inference.classes
    known: dict[Key, bool] = {}
    for cls in program.classes():
        scope = program.scope(cls)
        is_made = scope.name in program.calls_by_name and not program.modules[cls.path].facts.is_test
        if not is_made or not scope.bases or not classes.is_a(cls, _HANDLER):
            continue
        for method in filter(None, (classes.method(cls, name) for name in _EMITS)):
            if reach.comes_to(method, _waits, known):
                name = program.scope(method).qualname
                text = (
                    f"{name} runs on the event loop for what is logged there, where all requests wait for it"
                )
                reason = Reason("AF908", text, program.location(method), hint=_HINT)
                sites = reach.sites_to(method, _waits, known)
                yield method, tuple(Mended(site, RemedyKind.LEAVE, reason=reason) for site in sites)


def _waits(site: Site) -> bool:
    is_usual = site.entry is not None and site.entry.category in _USUAL
    return site.kind in KNOWN_HARM and not is_usual
