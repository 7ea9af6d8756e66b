"""What moving mail to a worker wins under load: the club office before and after, with one worker.

    python tests/load_tasks.py [users] [seconds for a mail]

All users come at once; each causes a mail and downloads a PDF. Prints the requests per second, p50 and p99
of the answers, and the mails that came in the end. Not a part of the tests: it measures a machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "support"))

import httpx
from replaying.processes import Project
from replaying.serving import around_it, server, worker
from replaying.stubs import RedisServer, wait_until

CLUB = Path(__file__).resolve().parents[1] / "testdata" / "projects" / "club_office"
TIMEOUT = 180


def main() -> None:
    users = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    delay = float(sys.argv[2]) if len(sys.argv) > 2 else 2.0
    with tempfile.TemporaryDirectory() as folder:
        project = Project(CLUB, Path(folder))
        print(f"{users} users at once, {delay:g} s for a mail")
        heads = ("requests/s", "p50 s", "p99 s", "errors", "mails", "all mails after s")
        widths = (12, 8, 8, 8, 8, 19)
        row = "".join(f"{head:>{width}}" for head, width in zip(heads, widths, strict=True))
        print(f"{'':8}{row}")
        for name in ("before", "after"):
            print(f"{name:8}{_measured(project, name, users, delay)}", flush=True)


def _measured(project: Project, name: str, users: int, delay: float) -> str:
    tree = getattr(project, name)
    with around_it(project) as (around, environment), RedisServer() as redis:
        environment = {**environment, "TASKIQ_BROKER_URL": redis.url}
        with server(project.case, tree, environment) as client:
            around.mail.start_over(delay)
            if name == "before":
                return _row(str(client.base_url), users, around.mail)
            with worker(tree, environment):
                return _row(str(client.base_url), users, around.mail)


def _row(base_url: str, users: int, mail: object) -> str:
    start = time.monotonic()
    times, errors = asyncio.run(_all_at_once(base_url, users))
    took = time.monotonic() - start
    came = _mails(mail, users)
    done = time.monotonic() - start
    p99 = statistics.quantiles(times, n=100)[98]
    rate = len(times) / took
    return f"{rate:12.1f}{statistics.median(times):8.2f}{p99:8.2f}{errors:8d}{came:8d}{done:19.1f}"


async def _all_at_once(base_url: str, users: int) -> tuple[list[float], int]:
    times: list[float] = []
    errors = 0
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx.AsyncClient(base_url=base_url, timeout=TIMEOUT, limits=limits) as client:

        async def one(number: int) -> None:
            nonlocal errors
            member = {"name": f"U{number}", "email": f"u{number}@club.example"}
            for method, path, body in (
                ("POST", "/members/other-module", member),
                ("GET", f"/files/card/{number}?name=U{number}", None),
            ):
                start = time.monotonic()
                answer = await client.request(method, path, json=body)
                times.append(time.monotonic() - start)
                errors += not answer.is_success

        await asyncio.gather(*map(one, range(users)))
    return times, errors


def _mails(mail: object, expected: int) -> int:
    """How many came, when they have all come or no more do."""
    came = 0

    def count() -> bool:
        nonlocal came
        came += len(mail.take_mails())  # type: ignore[attr-defined]
        return came >= expected

    with contextlib.suppress(TimeoutError):
        wait_until(count, "all mails came", TIMEOUT)
    return came


if __name__ == "__main__":
    main()
