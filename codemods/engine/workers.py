"""Work for several processes; what they give does not depend on how many there are."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import TypeVar

AUTOMATIC = 0
_MOST = 8
"""Workers, where nobody says how many: what they hand over is put together in one process."""

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


def workers(jobs: int) -> int:
    """As many as wished; `AUTOMATIC`: as there are processors that this process may use."""
    if jobs != AUTOMATIC:
        return jobs
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, _MOST)


def spread(work: Callable[[_Task], _Result], tasks: Sequence[_Task], jobs: int) -> list[_Result]:
    """What `work` makes of each task, in their order; all of it here, where processes cannot be had."""
    if min(jobs, len(tasks)) > 1 and sys.platform == "linux":
        import multiprocessing
        from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor

        # a fork has all modules already; a new Python would look for them in the folder of the user's code
        context = multiprocessing.get_context("fork")
        try:
            with warnings.catch_warnings():
                # the one thread beside this one draws a spinner, which no worker does
                warnings.simplefilter("ignore", DeprecationWarning)
                with ProcessPoolExecutor(min(jobs, len(tasks)), context, _ignore_interrupts) as pool:
                    return list(pool.map(work, tasks))
        except (BrokenProcessPool, PermissionError):
            pass  # killed, or forbidden: it takes longer, and that is all
    return [work(task) for task in tasks]


def _ignore_interrupts() -> None:
    """Whoever presses Ctrl-C means the process that waits for the workers, and that one tells them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
