"""Work for several processes; what they give does not depend on how many there are."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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
                with ProcessPoolExecutor(min(jobs, len(tasks)), context, _begin) as pool, _not_awaited():
                    return list(pool.map(work, tasks))
        except (BrokenProcessPool, PermissionError):
            pass  # killed, or forbidden: it takes longer, and that is all
    return [work(task) for task in tasks]


@contextmanager
def _not_awaited() -> Iterator[None]:
    """Whoever presses Ctrl-C does not wait for what the workers have begun."""
    try:
        yield
    except KeyboardInterrupt:
        from multiprocessing import active_children

        for worker in active_children():
            worker.terminate()
        raise


def _begin() -> None:
    """Ctrl-C reaches the workers too, and is meant for the process that waits for them."""
    import threading

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for work for ever."""
    from multiprocessing import parent_process

    if (parent := parent_process()) is not None:
        parent.join()
        os._exit(1)
