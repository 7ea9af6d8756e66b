"""What the load benchmarks share: many users at once, and the pulse of the server they come to."""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1]
PROJECTS = TESTS.parent / "testdata" / "projects"
sys.path.insert(0, str(TESTS / "support"))

import httpx  # noqa: E402  # after the path of what it is used with

TIMEOUT = 300
_NO_CONNECTION_KEPT = httpx.Limits(max_connections=None, max_keepalive_connections=0)

HEARTBEAT = """
import asyncio, resource, time, uvicorn
startup = uvicorn.Server.startup
async def beat():
    with open({path!r}, "w", buffering=1) as out:
        while True:
            start = time.monotonic()
            await asyncio.sleep({pause})
            late = time.monotonic() - start - {pause}
            print(start, late, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, file=out)
async def beating(self, sockets=None):
    self.heart = asyncio.ensure_future(beat())
    await startup(self, sockets=sockets)
uvicorn.Server.startup = beating
"""
"""Run by the server before the application: its event loop writes down how late each beat of it came."""
PAUSE = 0.02


@dataclass
class Rush:
    """The answers that many users at once got, in seconds."""

    started: float = field(default_factory=time.monotonic)
    took: float = 0.0
    times: list[float] = field(default_factory=list)
    errors: int = 0

    @property
    def rate(self) -> float:
        return len(self.times) / self.took

    @property
    def p50(self) -> float:
        return statistics.median(self.times)

    @property
    def p99(self) -> float:
        return statistics.quantiles(self.times, n=100)[98]


Ask = Callable[..., Awaitable[httpx.Response]]


def rush(base_url: str, users: int, visit: Callable[[Ask, int], Awaitable[None]], rounds: int = 1) -> Rush:
    """Every user makes one visit in each round: all that it asks (method, path, and more) is timed."""
    return asyncio.run(_rush(base_url, users, visit, rounds))


async def _rush(base_url: str, users: int, visit: Callable[[Ask, int], Awaitable[None]], rounds: int) -> Rush:
    async with httpx.AsyncClient(base_url=base_url, timeout=TIMEOUT, limits=_NO_CONNECTION_KEPT) as client:
        found = Rush()

        async def ask(method: str, path: str, **more: Any) -> httpx.Response:
            start = time.monotonic()
            answer = await client.request(method, path, **more)
            found.times.append(time.monotonic() - start)
            found.errors += not answer.is_success
            return answer

        for _ in range(rounds):
            await asyncio.gather(*(visit(ask, number) for number in range(users)))
        found.took = time.monotonic() - found.started
        return found


@dataclass(frozen=True)
class Pulse:
    """Seconds since the first user came -> by how many seconds the loop was late, and the most memory that
    its process took, in mebibytes."""

    beats: tuple[tuple[float, float], ...]
    peak: float

    @property
    def latest(self) -> float:
        return max(late for _, late in self.beats)


def pulse(path: Path, during: Rush) -> Pulse:
    """What `HEARTBEAT` wrote into `path` while the users were there."""
    rows = [tuple(map(float, line.split())) for line in path.read_text().splitlines()]
    beats = [(at - during.started, late) for at, late, _ in rows]
    kept = [(at, late) for at, late in beats if at + late + PAUSE >= 0 and at <= during.took]
    return Pulse(tuple(kept), max(peak for *_, peak in rows))
