"""The servers that can hold the queue: how a broker is made for each, and what must be installed."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ...model import Dependency
from .pins import newest

_EXTRA = "only where TASKIQ_BROKER_URL is set"
_MADE_FOR_REDIS = """\
    from taskiq_redis import RedisAsyncResultBackend, RedisStreamBroker

    return RedisStreamBroker(
        url,
        # the default "$" drops tasks queued before the first worker start
        consumer_id="0",
        # acknowledged entries stay in the stream until they are trimmed
        maxlen=100_000,
        # a killed worker must not hold the reclaim lock
        unacknowledged_lock_timeout=60,
    ).with_result_backend(RedisAsyncResultBackend(url, result_ex_time=3600))"""
_LOCK_TIMEOUT = """\
        # a killed worker must not hold the reclaim lock
        unacknowledged_lock_timeout=60,
"""
_RABBITMQ = """\
    from taskiq_aio_pika import AioPikaBroker

    return AioPikaBroker(url)"""
_NATS = """\
    from taskiq_nats import PullBasedJetStreamBroker

    return PullBasedJetStreamBroker(url)"""


class Queue(msgspec.Struct, frozen=True):
    url: str
    """An example of TASKIQ_BROKER_URL."""
    schemes: str
    made: str
    """The end of the function that makes the broker."""
    pins: tuple[Dependency, ...]
    keeps_results: bool = False

    def lines(self, declared: str) -> str:
        """`made`, for the version of redis that the project pins."""
        limit = newest("redis", declared)
        return self.made.replace(_LOCK_TIMEOUT, "") if limit is not None and limit < (6,) else self.made

    def dependencies(self, declared: str) -> tuple[Dependency, ...]:
        """Versions that go together, by the redis client that the project pins; all were tried."""
        limit = newest("redis", declared)
        if not self.keeps_results or limit is None or limit >= (8,):
            return self.pins
        redis = ">=1.2.2,<1.2.4" if limit >= (6,) else "==1.0.9"
        return (
            Dependency("taskiq", ">=0.12.6,<0.13", self.pins[0].why),
            Dependency("taskiq-redis", redis, self.pins[1].why),
        )


_TASKIQ = Dependency("taskiq", ">=0.13,<0.14", "runs the tasks")
QUEUES: Mapping[str, Queue] = {
    "redis": Queue(
        "redis://host:6379/0",
        '"redis", "rediss"',
        _MADE_FOR_REDIS,
        (_TASKIQ, Dependency("taskiq-redis", ">=1.2.4,<2", _EXTRA)),
        keeps_results=True,
    ),
    "rabbitmq": Queue(
        "amqp://user:password@host:5672/",
        '"amqp", "amqps"',
        _RABBITMQ,
        (_TASKIQ, Dependency("taskiq-aio-pika", ">=0.6.1,<1", _EXTRA)),
    ),
    "nats": Queue(
        "nats://host:4222",
        '"nats", "tls"',
        _NATS,
        (_TASKIQ, Dependency("taskiq-nats", ">=0.7,<1", _EXTRA)),
    ),
}
