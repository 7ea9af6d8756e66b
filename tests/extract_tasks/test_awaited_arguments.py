"""What a database awaits may stand in an argument of slow work: it is asked for before the task is queued.

The run that turned the database had left such a call in a thread, the next one had made a task of it.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import DATABASE, HEAD, OUTBOX, PACKAGES, ROUTES, Migrated, migrate

ADDRESSES = """\
from sqlalchemy.orm import Session

from app.db import User


def number_of(db: Session) -> int:
    return db.query(User).count()
"""
HANDLER = """\
from fastapi import Depends
from sqlalchemy.orm import Session

import app.addresses
from app.db import User, get_db
from app.greetings import greet
from app.mail import send_welcome


@router.post("/welcome/{{user_id}}")
def welcome(user_id: int, db: Session = Depends(get_db)):
    {body}
    return {{"id": user_id}}
"""
ASK = """
import sqlite3

with sqlite3.connect("users.db") as db:
    db.execute("create table users (id integer primary key, email text)")
    db.execute("insert into users values (1, 'ann@example.com')")
    db.execute("insert into users values (2, 'bob@example.com')")

from fastapi.testclient import TestClient

from app.main import app

with TestClient(app) as client:
    print(client.post("/welcome/1").json())
"""
GREET = """\
from app.db import User
from app.mail import send_welcome


def greet(user: User) -> None:
    send_welcome(user.email, "Ann")
"""


def _project(folder: Path, body: str) -> Migrated:
    files = {
        "app/db.py": DATABASE,
        "app/addresses.py": ADDRESSES,
        "app/greetings.py": GREET,
        "requirements.txt": "fastapi\nsqlalchemy\naiosqlite\ngreenlet\n",
    }
    return migrate(folder, {**PACKAGES, ROUTES: HEAD + HANDLER.format(body=body), **files})


@pytest.mark.parametrize(
    ("body", "expected", "sent"),
    [
        (
            'send_welcome(db.get(User, user_id).email, "Ann")',
            'await send_welcome_task.kiq((await db.get(User, user_id)).email, "Ann")',
            ["ann@example.com Welcome Ann (en)"],
        ),
        (
            'send_welcome("all@example.com", f"{db.query(User).count()} users")',
            'await send_welcome_task.kiq("all@example.com", '
            'f"{await db.scalar(select(func.count()).select_from(User))} users")',
            ["all@example.com Welcome 2 users (en)"],
        ),
        (
            'send_welcome("all@example.com", str(app.addresses.number_of(db)))',
            'await send_welcome_task.kiq("all@example.com", str(await app.addresses.number_of(db)))',
            ["all@example.com Welcome 2 (en)"],
        ),
        (
            "for user in db.query(User).all():\n"
            "        send_welcome(user.email, str(db.query(User).count()))",
            "    await send_welcome_task.kiq("
            "user.email, str(await db.scalar(select(func.count()).select_from(User))))",
            ["ann@example.com Welcome 2 (en)", "bob@example.com Welcome 2 (en)"],
        ),
    ],
)
def test_what_is_awaited_is_sent(tmp_path: Path, body: str, expected: str, sent: list[str]) -> None:
    done = _project(tmp_path, body)
    assert expected in done.body("welcome")
    said = done.runs(OUTBOX + ASK, TASKIQ_IN_PLACE="1").splitlines()
    assert said == [*(f"mail {each}" for each in sent), "{'id': 1}"]


def test_what_blocks_beside_it_is_no_argument_of_a_task(tmp_path: Path) -> None:
    done = _project(tmp_path, 'send_welcome("all@example.com", open(str(db.query(User).count())).read())')
    assert "send_welcome_task" not in done.body("welcome")


def test_objects_of_the_database_are_not_sent(tmp_path: Path) -> None:
    done = _project(tmp_path, "greet(db.get(User, user_id))")
    assert "greet_task" not in done.body("welcome")
