"""Work behind the response with a method of an object that may be of one of several classes."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import Migrated, handler

PORTS = """
from typing import Protocol

from app.mail import send_welcome


class Sender(Protocol):
    def send(self, to: str) -> None: ...


class Smtp:
    def send(self, to: str) -> None:
        send_welcome(to, "Ann")


class Silent:
    def send(self, to: str) -> None:
        print(to)


QUIET = False


def get_sender() -> Sender:
    return Silent() if QUIET else Smtp()


def silent() -> Silent:
    return Silent()
"""
MEMORY = """

class Memory:
    def __init__(self) -> None:
        self.sent: list[str] = []

    def send(self, to: str) -> None:
        self.sent.append(to)
"""
HANDLER = """
import threading

from fastapi import BackgroundTasks, Depends

from app.ports import Sender, Silent, get_sender, silent


@router.post("/h")
def h(to: str, background: BackgroundTasks, sender: Sender = Depends({gives})):
    {line}
    return {{}}
"""
BEHIND = "background.add_task(sender.send, to)"
LATER = [BEHIND, "threading.Thread(target=sender.send, args=(to,)).start()"]
FAKE = """
from app.main import app
from app.ports import get_sender


class Fake:
    def send(self, to):
        pass


def test_it():
    app.dependency_overrides[get_sender] = Fake
"""


def _migrated(folder: Path, line: str, more: str = "", test: str = "") -> Migrated:
    if test:
        (folder / "tests").mkdir()
        (folder / "tests/test_it.py").write_text(test)
    return handler(folder, HANDLER.format(line=line, gives="get_sender"), ports=PORTS + more)


@pytest.mark.parametrize("line", LATER)
def test_a_worker_asks_for_the_sender_as_fastapi_does(tmp_path: Path, line: str) -> None:
    done = _migrated(tmp_path, line)
    assert ".kiq(to)" in done.body("h"), done.behind
    assert "    sender = get_sender()\n    sender.send(to)\n" in done.tasks


def test_the_mail_is_sent_by_the_one_that_is_chosen(tmp_path: Path) -> None:
    done = _migrated(tmp_path, BEHIND)
    printed = done.runs(
        """
        from fastapi.testclient import TestClient

        import app.ports
        from app.main import app as application

        app.ports.send_welcome = lambda *given: print("mail", *given)
        with TestClient(application) as client:
            client.post("/h", params={"to": "ann@example.com"})
            app.ports.QUIET = True
            client.post("/h", params={"to": "bob@example.com"})
        """,
        TASKIQ_IN_PLACE="1",
    )
    assert printed == "mail ann@example.com Ann\nbob@example.com\n"


def test_one_that_keeps_what_it_is_given_is_left_in_the_process(tmp_path: Path) -> None:
    done = _migrated(tmp_path, BEHIND, MEMORY)
    assert not done.tasks
    assert [why for why in done.behind if "Memory.send() changes self.sent" in why]


def test_one_that_tests_replace_is_left_and_told(tmp_path: Path) -> None:
    done = _migrated(tmp_path, BEHIND, test=FAKE)
    assert not done.tasks
    assert [why for why in done.behind if "put another one in the place of sender (Sender)" in why]


def test_a_sender_that_never_sends_is_no_slow_work(tmp_path: Path) -> None:
    text = HANDLER.replace("Sender = Depends", "Silent = Depends")
    done = handler(tmp_path, text.format(line=BEHIND, gives="silent"), ports=PORTS)
    assert not done.tasks
    assert not done.behind
