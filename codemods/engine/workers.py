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
                count = min(jobs, len(tasks))
                with ProcessPoolExecutor(count, context, _end_with_parent) as pool, _ended_early():
                    with _not_interrupted():
                        results = pool.map(work, tasks)
                    return list(results)
        except (BrokenProcessPool, OSError):
            pass  # killed, forbidden, or no room for them: it takes longer, and that is all
    return [work(task) for task in tasks]


@contextmanager
def _ended_early() -> Iterator[None]:
    """Whoever presses Ctrl-C does not wait for what the workers have begun; where only some can be started,
    those do not wait for work."""
    try:
        yield
    except (KeyboardInterrupt, OSError):
        from multiprocessing import active_children

        for worker in active_children():
            worker.terminate()
        raise


@contextmanager
def _not_interrupted() -> Iterator[None]:
    """Ctrl-C reaches workers too, and is meant for the process that waits: those started here keep it off."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for work for ever."""
    from multiprocessing import parent_process
    from threading import Thread

    parent = parent_process()
    assert parent is not None

    def end() -> None:
        parent.join()
        os._exit(1)

    Thread(target=end, daemon=True).start()
