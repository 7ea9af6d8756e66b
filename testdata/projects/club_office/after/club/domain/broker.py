"""Taskiq broker.

With TASKIQ_BROKER_URL=redis://host:6379/0 tasks are queued; run the worker:
    taskiq worker club.domain.broker:broker club.domain.tasks
Without it tasks run inside this process, so development needs no server.
TASKIQ_IN_PLACE=1 ends each task before kiq() returns: tests need not wait.
"""

import os
from concurrent.futures import ThreadPoolExecutor

from taskiq import AsyncBroker, InMemoryBroker

EMBEDDED_THREADS = 4


class EmbeddedBroker(InMemoryBroker):
    """Runs tasks in this process; can be started again after a shutdown."""

    async def shutdown(self) -> None:
        await self.wait_all()  # finish what was accepted before closing
        await super().shutdown()
        # super() closed the pool for good; a later startup needs a new one
        threads = ThreadPoolExecutor(EMBEDDED_THREADS)
        self.executor = self.receiver.executor = threads


def make_broker() -> AsyncBroker:
    url = os.environ.get("TASKIQ_BROKER_URL", "")
    if not url:
        in_place = os.environ.get("TASKIQ_IN_PLACE", "") not in ("", "0")
        return EmbeddedBroker(sync_tasks_pool_size=EMBEDDED_THREADS, await_inplace=in_place)
    scheme = url.partition("://")[0]
    if scheme not in {"redis", "rediss"}:
        raise RuntimeError(f"TASKIQ_BROKER_URL: unsupported scheme {scheme!r}")
    from taskiq_redis import RedisAsyncResultBackend, RedisStreamBroker

    return RedisStreamBroker(
        url,
        # the default "$" drops tasks queued before the first worker start
        consumer_id="0",
        # acknowledged entries stay in the stream until they are trimmed
        maxlen=100_000,
        # a killed worker must not hold the reclaim lock
        unacknowledged_lock_timeout=60,
    ).with_result_backend(RedisAsyncResultBackend(url, result_ex_time=3600))


broker = make_broker()
