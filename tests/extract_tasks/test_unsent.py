"""A helper that is given objects of the database queues the part that needs no more than their fields."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import DATABASE, HEAD, LEFT, PACKAGES, ROUTES, Migrated, handler, migrate

USERS = """
from fastapi import Depends, HTTPException
from sqlalchemy.orm import Session

from app.db import User, get_db
from app.mail import HOST, send_welcome


def announce(user: User, others: list[User]) -> None:
    {}


@router.post("/x/{{number}}")
def h(number: int, db: Session = Depends(get_db)):
    user = db.get(User, number)
    if user is None:
        raise HTTPException(404)
    announce(user, db.query(User).all())
    return {{"id": user.id}}
"""
OF_USERS = {
    "a field": ("send_welcome(user.email, str(len(others)))", "send_welcome_task.kiq(user.email, "),
    "a list of fields": (
        "send_welcome(user.email, ', '.join([each.email for each in others]))",
        "send_welcome_task.kiq(user.email, ",
    ),
    "a block of its own": (
        "with smtplib.SMTP(HOST) as smtp:\n        smtp.sendmail('a@example.com', user.email, 'hello')",
        "kiq(user.email)",
    ),
}


@pytest.mark.parametrize("part", OF_USERS)
def test_objects_of_the_database_stay_with_their_session(tmp_path: Path, part: str) -> None:
    body, queued = OF_USERS[part]
    files = {ROUTES: HEAD + USERS.format(body), "app/db.py": DATABASE}
    done = migrate(tmp_path, {**PACKAGES, **files, "requirements.txt": "fastapi\nsqlalchemy\naiosqlite\n"})
    assert "await announce(user, " in done.body("h")
    assert queued in done.body("announce")


LISTED = """
from app.lists import send_list
from app.db import User


def report(user: User, users: list[User], title) -> None:
    send_list({})


@router.get("/x")
def h(db: Session = Depends(get_db)):
    user = db.query(User).first()
    report(user, db.query(User).all(), object())
    return {{}}
"""
LISTS = """
import smtplib


def send_list(values) -> None:
    with smtplib.SMTP("localhost") as smtp:
        smtp.sendmail("a@example.com", "b@example.com", repr(values))
"""
TYPES = {
    "[user.email for user in users]": "list[str]",
    "{user.id for user in users}": "set[int]",
    "{user.email: user.id for user in users}": "dict[str, int]",
    "[(user.id, user.email) for user in users if user.id > 1]": "list[tuple[int, str]]",
    "sorted(user.email.lower() for user in users)": "list[str]",
    "[[user.id for user in users] for title in ('a', 'b')]": "list[list[int]]",
}
HEAD_OF_LISTS = "from fastapi import Depends\nfrom sqlalchemy.orm import Session\nfrom app.db import get_db\n"


def _listed(folder: Path, value: str) -> Migrated:
    routes = HEAD + HEAD_OF_LISTS + LISTED.format(value)
    files = {ROUTES: routes, "app/db.py": DATABASE, "app/lists.py": LISTS}
    return migrate(folder, {**PACKAGES, **files, "requirements.txt": "fastapi\nsqlalchemy\naiosqlite\n"})


@pytest.mark.parametrize("value", TYPES)
def test_what_a_comprehension_gives_has_the_type_of_its_elements(tmp_path: Path, value: str) -> None:
    done = _listed(tmp_path, value)
    assert f"def send_list_task(values: {TYPES[value]}) -> None:" in done.tasks


@pytest.mark.parametrize(
    "value",
    [
        "[user for user in users]",
        "[title for user in users]",
        "[(user.email, title) for user in users]",
        "{title: user.id for user in users}",
        "sorted(title for user in users)",
    ],
)
def test_elements_that_cannot_be_told(tmp_path: Path, value: str) -> None:
    done = _listed(tmp_path, value)
    assert done.tasks == ""


# what stays -----------------------------------------------------------------------------------------------

SERVICE = """
from fastapi import Depends
from sqlalchemy.orm import Session
from app.db import User, get_db
from app.mail import send_welcome


class Service:
    def welcome(self, user: User) -> None:
        send_welcome(user.email, "Ann")


def get_service() -> Service:
    return Service()


@router.post("/x")
def h(db: Session = Depends(get_db), service: Service = Depends(get_service)):
    user = db.get(User, 1)
    if user:
        service.welcome(user)
    return {}
"""
OTHERS = {
    "tests override what has the method": {
        "tests/test_routes.py": """
            from app.api.routes import get_service
            from app.main import app

            app.dependency_overrides[get_service] = print
            """
    },
    "a script calls it as well": {
        "script.py": """
            from app.api.routes import Service
            from app.db import SessionLocal, User

            with SessionLocal() as db:
                for user in db.query(User):
                    Service().welcome(user)
            """,
        "pyproject.toml": LEFT,
    },
}


@pytest.mark.parametrize("who", OTHERS)
def test_others_could_not_await_it(tmp_path: Path, who: str) -> None:
    files = {ROUTES: HEAD + SERVICE, "app/db.py": DATABASE, **OTHERS[who]}
    done = migrate(tmp_path, {**PACKAGES, **files, "requirements.txt": "fastapi\nsqlalchemy\naiosqlite\n"})
    assert "def welcome(self, user: User) -> None:\n    send_welcome(user.email" in done.body("welcome")
    assert "kiq(user.email" not in done.tasks


TIMED = """
import time

from app.mail import send_welcome


@router.post("/whole")
def whole(name: str):
    start = time.perf_counter()
    message = EmailMessage()
    message["Subject"] = name * 2
    message.set_content(f"took {time.perf_counter() - start}")
    with smtplib.SMTP("localhost") as smtp:
        smtp.send_message(message)
    return {}


@router.post("/part")
def part(name: str):
    start = time.monotonic()
    text = name.title()
    message = EmailMessage()
    message["Subject"] = f"{text} took {time.monotonic() - start}"
    with smtplib.SMTP("localhost") as smtp:
        smtp.send_message(message)
    return {"text": text}
"""


def test_a_stopwatch_is_read_in_one_process(tmp_path: Path) -> None:
    """On another machine, `perf_counter()` counts from another moment."""
    done = handler(tmp_path, TIMED)
    assert "    start = time.perf_counter()\n" in done.tasks
    assert ".kiq(name)" in done.body("whole")
    assert "    start = time.monotonic()\n" in done.body("part")
    assert '.kiq(f"{text} took {time.monotonic() - start}")' in done.body("part")
