"""What a migration wins under load, on a real application: fastapi/full-stack-fastapi-template.

    POSTGRES_SERVER=.. POSTGRES_DB=.. python tests/benchmarks/load_template.py BEFORE/backend AFTER/backend

Run by an interpreter that has what the application needs, and httpx, aiosmtpd and redis; the database is
there, with its tables and the first superuser. All users come at once, several times over: each asks who it
is, adds an item and lists the items, and one in four has forgotten its password, which mails a link. After
the migration, one Taskiq worker sends the mails. Prints what `load_shop.py` prints. With more users than some
sixty, threads of the sync application wait for its 15 connections, and get errors after 30 s each: that takes
minutes. Not a test: it measures a machine.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
from load import HEARTBEAT, PAUSE, Ask, Pulse, Rush, pulse, rush
from replaying.processes import running
from replaying.stubs import MailSink, RedisServer, free_port, wait_until

FORGETS = 4
"""One user of so many."""
API = "/api/v1"
QUIET = 20
"""Seconds without a mail after which no more is waited for."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--users", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--mail", type=float, default=2.0, help="seconds until a mail is taken")
    options = parser.parse_args()
    print(f"{options.users} users at once, {options.rounds} times; a mail takes {options.mail:g} s")
    heads = ("answers/s", "p50 s", "p99 s", "errors", "loop stood s", "peak MB", "mails", "last mail s")
    print(f"{'':8}" + "".join(f"{head:>13}" for head in heads))
    for name, tree in (("before", options.before), ("after", options.after)):
        seen, heart, mails, last = _measured(tree.resolve(), options, with_worker=name == "after")
        cells = (
            f"{seen.rate:.1f}", f"{seen.p50:.2f}", f"{seen.p99:.2f}", str(seen.errors),
            f"{heart.latest:.2f}", f"{heart.peak:.0f}", str(mails), f"{last:.1f}",
        )  # fmt: skip
        print(f"{name:8}" + "".join(f"{cell:>13}" for cell in cells), flush=True)


def _measured(
    tree: Path, options: argparse.Namespace, *, with_worker: bool
) -> tuple[Rush, Pulse, int, float]:
    port = free_port()
    beats = Path(tempfile.mkdtemp()) / "beats"
    start = f"import uvicorn\n{HEARTBEAT.format(path=str(beats), pause=PAUSE)}\n"
    start += f"uvicorn.run('app.main:app', port={port}, log_level='warning')"
    with MailSink() as mail, RedisServer() as redis, contextlib.ExitStack() as stack:
        environment = {
            **os.environ, "SMTP_HOST": mail.host, "SMTP_PORT": str(mail.port), "SMTP_TLS": "False",
            "EMAILS_FROM_EMAIL": "info@example.com", "TASKIQ_BROKER_URL": redis.url,
        }  # fmt: skip
        stack.enter_context(running("-c", start, cwd=tree, environment=environment))
        client = stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}{API}", timeout=90))
        wait_until(lambda: _is_up(client), "the server answers")
        if with_worker:
            stack.enter_context(_worker(tree, environment))
        visit = _Visit(_logged_in(client))
        mail.start_over(options.mail)
        seen = rush(str(client.base_url), options.users, visit, options.rounds)
        mails = _mails(mail, options.rounds * len(range(0, options.users, FORGETS)))
        last = time.monotonic() - seen.started
        return seen, pulse(beats, seen), mails, last


@contextlib.contextmanager
def _worker(tree: Path, environment: dict[str, str]) -> Iterator[None]:
    tasks = sorted(tree.rglob("domain/tasks.py"))[0].relative_to(tree).with_suffix("")
    module = ".".join(tasks.parts)
    broker = f"{module.removesuffix('.tasks')}.broker:broker"
    command = ("-m", "taskiq", "worker", broker, module, "--workers", "1", "--log-level", "WARNING")
    with running(*command, cwd=tree, environment=environment, patience=0.5):
        yield


def _is_up(client: httpx.Client) -> bool:
    try:
        return client.get("/utils/health-check/").is_success
    except httpx.TransportError:
        return False


def _logged_in(client: httpx.Client) -> dict[str, str]:
    account = {
        "username": os.environ.get("FIRST_SUPERUSER", "admin@example.com"),
        "password": os.environ.get("FIRST_SUPERUSER_PASSWORD", "changethis"),
    }
    token = client.post("/login/access-token", data=account).raise_for_status().json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


@dataclass(frozen=True)
class _Visit:
    headers: dict[str, str]

    async def __call__(self, ask: Ask, number: int) -> None:
        await ask("GET", "/users/me", headers=self.headers)
        await ask("POST", "/items/", json={"title": f"item {number}"}, headers=self.headers)
        await ask("GET", "/items/?limit=20", headers=self.headers)
        if number % FORGETS == 0:
            await ask("POST", "/password-recovery/admin@example.com")


def _mails(mail: MailSink, expected: int) -> int:
    """How many came, when they have all come or no more do."""
    came, last = 0, time.monotonic()
    while came < expected and time.monotonic() - last < QUIET:
        new = len(mail.take_mails())
        came += new
        last = time.monotonic() if new else last
        time.sleep(0.05)
    return came


if __name__ == "__main__":
    main()
