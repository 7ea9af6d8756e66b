"""Plain functions that the event loop calls by itself: for timers, signals, and what is done.

loop.call_later(5, refresh, name)                   # all requests wait for refresh()
asyncio.create_task(load()).add_done_callback(save)

https://docs.python.org/3/library/asyncio-eventloop.html#scheduling-callbacks
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ....model import Reason, RemedyKind
from ...arguments import placed
from ...index.facts import CallSite
from ...link.kinds import Fn, Member, Obj, ordered
from ...link.program import CallKey, Key
from ..effects.site import Site
from ..reaching.reach import KNOWN_HARM, Reach
from .verdicts import Mended

_LOOP, _CALLBACK = "asyncio.AbstractEventLoop", "callback"
_GIVEN_TO = {
    **{f"{_LOOP}.{name}": (0, _CALLBACK) for name in ("call_soon", "call_soon_threadsafe")},
    **{f"{_LOOP}.{name}": (1, _CALLBACK) for name in ("call_later", "call_at")},
    **{f"{_LOOP}.{name}": (1, _CALLBACK) for name in ("add_reader", "add_writer", "add_signal_handler")},
    **{f"asyncio.{name}.add_done_callback": (0, "fn") for name in ("Future", "Task")},
}
"""Where each takes what the loop is to call."""
_HINT = "have a thread do it: loop.run_in_executor(None, ..), or asyncio.to_thread(..) in a task"


def on_loop(reach: Reach, functions: Iterable[Key]) -> Iterator[tuple[Key, tuple[Mended, ...]]]:
    """What blocks of those that any of the functions has the loop call."""
    program = reach.effects.program
    known: dict[Key, bool] = {}
    for function in sorted(functions):
        for call, site in program.calls_of(function):
            for taker, callback in _callbacks(reach, call, site):
                if program.scope(callback).is_async or not reach.comes_to(callback, _waits, known):
                    continue
                name = program.scope(callback).qualname.replace(".<locals>", "")
                text = f"{name} runs on the event loop for {taker}(), where all requests wait for it"
                reason = Reason("AF908", text, program.call_location(call), hint=_HINT)
                sites = reach.sites_to(callback, _waits, known)
                yield callback, tuple(Mended(each, RemedyKind.LEAVE, reason=reason) for each in sites)


def _callbacks(reach: Reach, call: CallKey, site: CallSite) -> Iterator[tuple[str, Key]]:
    inference = reach.effects.inference
    for taker in ordered(inference.callees(call)):
        places = _GIVEN_TO.get(f"{taker.owner}.{taker.attr}", ()) if isinstance(taker, Member) else ()
        for at, value in placed(site):
            if at not in places:
                continue
            for kind in ordered(inference.kinds(Key(call.path, site.scope), value, site.span.line)):
                called = kind.key if isinstance(kind, Fn) else None
                if isinstance(kind, Obj):
                    called = inference.classes.method(kind.key, "__call__")
                if called is not None and isinstance(taker, Member):
                    yield taker.attr, called


def _waits(site: Site) -> bool:
    return bool(site.kind in KNOWN_HARM)
