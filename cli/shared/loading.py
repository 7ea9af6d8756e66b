"""Ctrl-C while libraries are loaded, which takes longer than many a run."""

from __future__ import annotations

import os

INTERRUPTED = 130
"""What shells say of a process that Ctrl-C ended."""


def _end(*_: object) -> None:
    os.write(2, b"async-fix: interrupted; nothing was written\n")
    os._exit(INTERRUPTED)


try:
    import signal
except KeyboardInterrupt:  # even this takes some milliseconds
    _end()


class Loading:
    """Ends the process at once, for there is nothing to put away yet.

    An exception would come out of the middle of some library, or be swallowed by a callback of Python's own.
    Whoever ignores Ctrl-C, or does something of his own then, goes on doing so.
    """

    def __enter__(self) -> None:
        self._is_ours = _set(signal.default_int_handler, _end)

    def __exit__(self, *_: object) -> None:
        if self._is_ours:
            _set(_end, signal.default_int_handler)


def _set(old: object, new: signal._HANDLER) -> bool:
    try:
        if signal.getsignal(signal.SIGINT) is not old:
            return False
        signal.signal(signal.SIGINT, new)
    except ValueError:  # only the main thread hears of signals
        return False
    return True
