"""Functions that only make a message or a text go along with the mail; what does more stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import handler, source

BUILD = """
import logging
from email.message import EmailMessage

MADE = []
LAST = {}


class Person:
    def __init__(self, name):
        self.name = name
        self.asked = 0

    def called(self):
        return self.name.title()

    def counted(self):
        self.asked += 1
        return self.name


def build(to, subject, **headers):
    message = EmailMessage()
    message["To"] = to
    message["Subject"] = subject
    for name, value in headers.items():
        message[name] = value
    return message


def build_checked(to, subject):
    if "@" not in to:
        raise ValueError(to)
    return build(to, subject)


def build_counted(to, subject):
    MADE.append(to)
    return build(to, subject)


def build_noted(to, subject):
    last = LAST
    last["to"] = to
    return build(to, subject)


def build_from(to, headers):
    if not headers:
        headers = {}
    headers["Subject"] = "x"
    return build(to, headers["Subject"])


def build_of_file(to, path):
    return build(to, open(path).read())
"""
ROUTE = """
from app.build import Person, build, build_checked, build_counted, build_from, build_noted, build_of_file
from app.mail import deliver

PEOPLE = {}


@router.post("/h")
def h(to: str, name: str):
    person = Person(name)
    PEOPLE[name] = person
"""


def test_what_only_makes_the_message_goes_along(tmp_path: Path) -> None:
    body = '    deliver(build(to, f"Hello {person.called()}", X_App="shop"))\n    return {}\n'
    done = handler(tmp_path, ROUTE + body, build=BUILD)
    assert done.body("h") == source(
        """
        async def h(to: str, name: str):
            person = Person(name)
            PEOPLE[name] = person
            await deliver_email_task.kiq(to, f"Hello {person.called()}")
            return {}
        """
    )
    assert '(to: str, text: str) -> None:\n    deliver(build(to, text, X_App="shop"))\n' in done.tasks


@pytest.mark.parametrize(
    "message",
    [
        'build_checked(to, "x")',
        'build_counted(to, "x")',
        'build_noted(to, "x")',
        "build_of_file(to, name)",
        'build_from(to, {"x": name})',
        'build(to, f"{person.counted()}")',
    ],
)
def test_what_does_more_than_that_stays(tmp_path: Path, message: str) -> None:
    body = f"    message = {message}\n    deliver(message)\n    return {{}}\n"
    done = handler(tmp_path, ROUTE + body, build=BUILD)
    assert not done.tasks
