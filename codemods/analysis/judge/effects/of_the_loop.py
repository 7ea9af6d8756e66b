"""What works only on the thread of the event loop: it asks which loop runs, or tells one what to do next.

From another thread the first raises an error, and of the second the loop learns when something else wakes it:
https://docs.python.org/3/library/asyncio-dev.html#concurrency-and-multithreading
"""

from __future__ import annotations

_ASYNCIO = {
    "": """
        all_tasks create_task current_task ensure_future gather get_event_loop get_running_loop shield
        wrap_future
    """,
    "AbstractEventLoop.": """
        add_signal_handler call_at call_later call_soon create_future create_task remove_signal_handler
        run_in_executor stop
    """,
    "Condition.": "notify notify_all release",
    "Event.": "set",
    "Future.": "add_done_callback cancel set_exception set_result",
    "Handle.": "cancel",
    "Lock.": "release",
    "Queue.": "get_nowait put_nowait task_done",
    "Semaphore.": "release",
    "StreamWriter.": "close write write_eof writelines",
    "TaskGroup.": "create_task",
    "TimerHandle.": "cancel",
}
_ANYIO = {
    "": "current_time get_current_task get_running_tasks",
    "CancelScope.": "cancel",
    "CapacityLimiter.": "acquire_nowait release",
    "Condition.": "notify notify_all release",
    "Event.": "set",
    "Lock.": "acquire_nowait release",
    "Semaphore.": "acquire_nowait release",
    "abc.TaskGroup.": "start_soon",
}
OF_THE_LOOP = frozenset(
    {
        *(f"asyncio.{owner}{name}" for owner, names in _ASYNCIO.items() for name in names.split()),
        *(f"anyio.{owner}{name}" for owner, names in _ANYIO.items() for name in names.split()),
        # these raise where they do not run in the main thread
        *("signal.set_wakeup_fd", "signal.signal"),
    }
)
