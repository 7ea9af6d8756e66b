"""`except ValueError` around a service that raises it and sends a mail: it is not about the mail."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import handler
from small_projects import source

ACCOUNTS = """
from app.mail import send_welcome
from app.letters import send_letter

NAMES = ["ann"]


class Taken(ValueError):
    pass


def register(name: str) -> str:
    {first}
    NAMES.append(name)
    {send}("a@example.com", name)
    return name.title()
"""
LETTERS = source("""
from app.mail import send_welcome


def send_letter(to: str, name: str) -> None:
    if not to:
        raise ValueError("to whom?")
    send_welcome(to, name)
""")
ROUTE = """
from fastapi import HTTPException

from app.accounts import register


@router.post("/names/{{name}}")
def h(name: str):
    try:
        shown = register(name)
    except {caught}:
        raise HTTPException(409, "taken")
    return {{"name": shown}}
"""
RAISED = 'if name in NAMES:\n        raise ValueError("taken")'
QUEUED = "await send_welcome_task.kiq("


def registering(
    folder: Path, caught: str = "ValueError", first: str = RAISED, send: str = "send_welcome"
) -> str:
    accounts = source(ACCOUNTS.format(first=first, send=send))
    done = handler(folder, ROUTE.format(caught=caught), accounts=accounts, letters=LETTERS)
    return done.body("register", "app/accounts.py")


@pytest.mark.parametrize(
    "case",
    [
        {},
        {
            "caught": "(ValueError, KeyError)",
            "first": RAISED + '\n    if not name:\n        raise KeyError("")',
        },
        {"caught": "LookupError", "first": RAISED.replace("ValueError", "KeyError")},
        {"first": RAISED.replace("ValueError", "Taken")},
    ],
    ids=["the same", "one of two", "a base of it", "a class of the project's"],
)
def test_a_mail_leaves_a_service_whose_own_mistakes_are_answered(
    tmp_path: Path, case: dict[str, str]
) -> None:
    assert QUEUED in registering(tmp_path, **case)


@pytest.mark.parametrize(
    "case",
    [
        {"first": "pass"},
        {"first": RAISED.replace("ValueError", "KeyError")},
        {"first": "name = str(int(name))"},
        {"caught": "(ValueError, OSError)"},
        {"caught": "Exception"},
        {"send": "send_letter"},
    ],
    ids=["nobody raises it", "another one", "Python raises it", "of networks too", "all", "the mail too"],
)
def test_a_mail_stays_where_its_failure_may_be_meant(tmp_path: Path, case: dict[str, str]) -> None:
    assert ".kiq(" not in registering(tmp_path, **case)


def test_what_the_handler_raises_itself_is_its_own_affair(tmp_path: Path) -> None:
    text = """
from fastapi import HTTPException

from app.mail import send_welcome


@router.post("/names/{name}")
def h(name: str):
    try:
        if not name.isalpha():
            raise ValueError("no name")
        send_welcome("a@example.com", name)
    except ValueError as exc:
        raise HTTPException(400, str(exc))
    return {"name": name}
"""
    assert QUEUED in handler(tmp_path, text).body("h")
    same = text.replace('            raise ValueError("no name")', "            return None")
    assert ".kiq(" not in handler(tmp_path, same).body("h")
