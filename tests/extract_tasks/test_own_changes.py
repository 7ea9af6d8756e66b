"""Objects that change themselves while they send: a task makes the one made for that; others stay."""

from __future__ import annotations

from pathlib import Path

import pytest
from async_fix.codemods.analysis.link.program import Key, Program
from projects import handler
from test_projects_that_move import IN_PLACE, asked

SERVICE = """\
import smtplib
from email.message import EmailMessage

ARCHIVE = []


class Mail:
    sent = []

    def __init__(self, name="Ann", archive=None):
        self.name = name
        self.archive = archive
        self.parts = []

    def send(self, to: str) -> None:
        self.subject = f"Hello {self.name}"
        self.message = EmailMessage()
        self.message["To"] = to
        self.message["Subject"] = self.subject
        self.parts.append(to)
        with smtplib.SMTP("localhost") as smtp:
            smtp.send_message(self.message)

    def send_and_count(self, to: str) -> None:
        self.sent.append(to)
        self.send(to)

    def send_and_list(self, to: str) -> None:
        parts = self.parts
        parts.append(to)
        with smtplib.SMTP("localhost") as smtp:
            smtp.sendmail("a@x", to, str(parts))

    def send_and_keep(self, to: str) -> None:
        self.archive.append(to)
        self.send(to)


class Special(Mail):
    pass


class One(Mail):
    made = None

    def __new__(cls):
        if cls.made is None:
            cls.made = super().__new__(cls)
        return cls.made

    def send_one(self, to: str) -> None:
        self.last = to
        self.send(to)


def once(cls):
    made = []
    return lambda: made[0] if made else made.append(cls()) or made[0]


@once
class Only(Mail):
    def send_only(self, to: str) -> None:
        self.last = to
        self.send(to)


mail = Mail()
"""
HANDLER = """
from app.service import ARCHIVE, Mail, One, Only, Special, mail


@router.post("/x")
def h(to: str):
{}
"""
MOVES = {
    "made for it": ("mail = Mail()\nmail.send(to)\nreturn {}", "mail = Mail()\n    mail.send(to)"),
    "made with a name": (
        'mine = Mail("Bob")\nmine.send(to)\nreturn {}',
        'mine = Mail("Bob")\n    mine.send(to)',
    ),
    "made at its place": ("Mail().send(to)\nreturn {}", "Mail().send(to)"),
}
SHARED = "and a worker would change its own"
STAYS = {
    "the one of the module": ("mail.send(to)\nreturn {}", "Mail.send() changes self.subject, " + SHARED),
    "a list of it, by another name": (
        "mail.send_and_list(to)\nreturn {}",
        "Mail.send_and_list() changes self.parts, " + SHARED,
    ),
    "what it became is looked at": (
        "mine = Mail()\nmine.send(to)\nreturn {'subject': mine.subject}",
        "Mail.send() changes self.subject, " + SHARED,
    ),
    "somebody else has it": (
        "mine = Mail()\nARCHIVE.append(mine)\nmine.send(to)\nreturn {}",
        "Mail.send() changes self.subject, " + SHARED,
    ),
    "a list of the class": ("Mail().send_and_count(to)\nreturn {}", "changes self.sent, " + SHARED),
    "a list that it was given": (
        "Mail('Ann', ARCHIVE).send_and_keep(to)\nreturn {}",
        "changes self.archive, " + SHARED,
    ),
    "a class that gives one object": (
        "One().send_one(to)\nreturn {}",
        "One.send_one() changes self.last, " + SHARED,
    ),
    "one of two": (
        "mine = Mail()\nmine = mail if to else mine\nmine.send(to)\nreturn {}",
        "Mail.send() changes self.subject, " + SHARED,
    ),
}


def route(body: str) -> str:
    return HANDLER.format("\n".join(f"    {line}" for line in body.splitlines()))


@pytest.mark.parametrize("place", MOVES)
def test_an_object_made_for_the_work_is_made_by_the_task(tmp_path: Path, place: str) -> None:
    body, inside = MOVES[place]
    done = handler(tmp_path, route(body), service=SERVICE)
    assert done.tasks == f"@broker.task\ndef send_email_task(to: str) -> None:\n    {inside}\n"
    assert "await send_email_task.kiq(to)" in done.body("h")
    name = "Bob" if "Bob" in body else "Ann"
    assert asked(done, 'post("/x?to=ann")', **IN_PLACE) == [f"mail ann Hello {name}", "200 {}"]


@pytest.mark.parametrize("place", STAYS)
def test_an_object_of_which_others_have_a_part_stays(tmp_path: Path, place: str) -> None:
    body, reason = STAYS[place]
    done = handler(tmp_path, route(body), service=SERVICE)
    assert done.tasks == ""
    assert any(reason in told for told in done.stays), done.stays


def test_a_class_behind_a_decorator_may_give_one_object(tmp_path: Path) -> None:
    done = handler(tmp_path, route("Only().send_only(to)\nreturn {}"), service=SERVICE)
    assert done.tasks == ""


def test_an_inherited_method_is_of_the_object_that_was_made(tmp_path: Path) -> None:
    done = handler(tmp_path, route("Special().send(to)\nreturn {}"), service=SERVICE)
    assert "kiq" not in done.body("h")


NOTES = """\
import smtplib


def note(log: list, to: str, more: str = "") -> None:
    log.append(to)


def tell(to: str, names: list[str]) -> None:
    log = []
    note(log, to)
    note(log, more=to, to=to)
    with smtplib.SMTP("localhost") as smtp:
        smtp.sendmail("a", to, f"{log} {names}")


def tell_and_note(to: str, names: list[str]) -> None:
    note(to=to, log=names)
    with smtplib.SMTP("localhost") as smtp:
        smtp.sendmail("a", to, "x")
"""


def test_what_is_handed_on_beside_what_changes_stays_as_it_is(tmp_path: Path) -> None:
    routes = """
    from fastapi import BackgroundTasks
    from app.notes import tell, tell_and_note


    @router.post("/a")
    def a(to: str, names: list[str], background: BackgroundTasks):
        background.add_task(tell, to, names)
        return {}


    @router.post("/b")
    def b(to: str, names: list[str], background: BackgroundTasks):
        background.add_task(tell_and_note, to, names)
        return {}
    """
    done = handler(tmp_path, routes, notes=NOTES)
    assert "await tell_task.kiq(to, names)" in done.body("a")
    assert "background.add_task(tell_and_note, to, names)" in done.body("b")


def test_who_passes_it_on_to_whom_is_asked_once_of_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step calls the next one seven times: there are 2,400 ways through them."""
    asked: list[Key] = []
    calls_of = Program.calls_of
    monkeypatch.setattr(Program, "calls_of", lambda self, key: asked.append(key) or calls_of(self, key))
    steps = [f"def step{n}(log):\n" + f"    step{n + 1}(log)\n" * 7 for n in range(4)]
    steps += ["def step4(log):\n    print(log)\n"]
    send = "    smtplib.SMTP('x').sendmail('a', to, 'x')\n"
    tell = f"import smtplib\ndef tell(to: str, log: list[str]):\n    step0(log)\n{send}"
    routes = """
    from fastapi import BackgroundTasks
    from app.notes import tell


    @router.post("/a")
    def a(to: str, log: list[str], background: BackgroundTasks):
        background.add_task(tell, to, log)
        return {}
    """
    done = handler(tmp_path, routes, notes="\n\n".join([tell, *steps]))
    assert "await tell_task.kiq(to, log)" in done.body("a")
    assert 0 < len(asked) < 200


ENTERED = """\
import smtplib
from email.message import EmailMessage


class Client:
    def __init__(self):
        self.server = None

    def __enter__(self):
        self.server = smtplib.SMTP("localhost")
        self.server.ehlo()
        return self

    def __exit__(self, *error):
        self.server.quit()
        self.server = None

    def send(self, to: str, subject: str) -> None:
        message = EmailMessage()
        message["To"] = to
        message["Subject"] = subject
        self.server.send_message(message)


shared = Client()
"""
WITHS = """
from app.client import Client, shared


@router.post("/own")
def own(to: str):
    with Client() as client:
        client.send(to, "own")
    return {}


@router.post("/shared")
def of_all(to: str):
    with shared as client:
        client.send(to, "shared")
    return {}


@router.post("/used")
def used(to: str):
    with Client() as client:
        client.send(to, "used")
    return {"server": str(client.server)}


@router.post("/check")
def check():
    with Client():
        pass
    return {"works": True}
"""


def test_what_is_entered_for_the_work_is_entered_by_the_task(tmp_path: Path) -> None:
    done = handler(tmp_path, WITHS, client=ENTERED)
    assert done.body("own") == (
        "async def own(to: str):\n    await send_own_email_task.kiq(to)\n    return {}\n"
    )
    assert '    with Client() as client:\n        client.send(to, "own")\n' in done.tasks
    for name in ("of_all", "used", "check"):
        assert "task" not in done.body(name)
