"""A helper below decorators of the project is called by a task as it was called: with its own arguments."""

from __future__ import annotations

from pathlib import Path

from projects import OUTBOX, handler

HELPERS = """
import functools
import smtplib
from email.message import EmailMessage

SENT = []
SERVERS = {"main": "localhost"}


def retry(func=None, *, attempts=2):
    if func is None:
        return functools.partial(retry, attempts=attempts)

    @functools.wraps(func)
    def inner(*args, **kwargs):
        for _ in range(attempts):
            try:
                return func(*args, **kwargs)
            except OSError:
                continue

    return inner


def named(func):
    def inner(*args, **kwargs):
        try:
            return func(*args, **kwargs)
        finally:
            print(func.__name__)

    return inner


def on_server(func):
    def inner(*args, **kwargs):
        return func(SERVERS["main"], *args, **kwargs)

    return inner


def counted(func):
    def inner(*args, **kwargs):
        SENT.append(func.__name__)
        return func(*args, **kwargs)

    return inner


def _deliver(to, subject):
    message = EmailMessage()
    message["To"] = to
    message["Subject"] = subject
    with smtplib.SMTP("localhost") as smtp:
        smtp.send_message(message)


@retry(attempts=3)
@named
def send_welcome(to: str, name: str) -> None:
    _deliver(to, f"welcome {name}")


@on_server
def send_through(server: str, to: str) -> None:
    _deliver(to, server)


@counted
def send_counted(to: str) -> None:
    _deliver(to, "counted")


class Mailer:
    @named
    def send_bye(self, to: str, *, when: str = "now") -> None:
        _deliver(to, f"bye {when}")
"""
ROUTES = """
from app.helpers import Mailer, send_counted, send_through, send_welcome

USERS = {1: {"email": "ann@example.com"}}


@router.post("/welcome")
def welcome(n: int):
    user = USERS[n]
    send_welcome(user["email"], name="Ann")
    return {}


@router.post("/bye")
def bye(to: str):
    Mailer().send_bye(to)
    return {}


@router.post("/through")
def through(to: str):
    send_through(to)
    return {}


@router.post("/counted")
def count(to: str):
    send_counted(to)
    return {}
"""


def test_a_helper_below_decorators_has_its_own_parameters(tmp_path: Path) -> None:
    done = handler(tmp_path, ROUTES, helpers=HELPERS)
    assert 'await send_welcome_task.kiq(user["email"], name="Ann")\n' in done.body("welcome")
    assert "def send_welcome_task(to: str, name: str) -> None:\n" in done.tasks
    assert "    send_welcome(to, name)\n" in done.tasks
    assert "await send_bye_task.kiq(to)\n" in done.body("bye")
    # what gives an argument of its own, or remembers something, is not called as it is written
    assert "def send_through_task" not in done.tasks
    assert "def send_counted_task" not in done.tasks
    printed = done.runs(
        OUTBOX
        + """
import asyncio
from app.domain.broker import broker
from app.domain.tasks import send_bye_task, send_welcome_task

async def main():
    await broker.startup()
    await (await send_welcome_task.kiq("ann@example.com", name="Ann")).wait_result(timeout=5)
    await (await send_bye_task.kiq("bob@example.com")).wait_result(timeout=5)

asyncio.run(main())
"""
    )
    assert printed == (
        "mail ann@example.com welcome Ann\nsend_welcome\nmail bob@example.com bye now\nsend_bye\n"
    )
