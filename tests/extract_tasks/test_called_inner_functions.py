"""Slow work in an inner function that its handler calls: no task can call that, so it queues what it does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from projects import OUTBOX, Migrated, handler, source

HEAD = """
import logging
import smtplib
from threading import Lock

from fastapi import BackgroundTasks, HTTPException, Request
from pydantic import BaseModel

from app.mail import send_welcome

lock = Lock()


class User(BaseModel):
    email: str
    name: str


"""


def _project(folder: Path, bodies: dict[str, str]) -> Migrated:
    takes = "user: User, background: BackgroundTasks, request: Request"
    routes = [
        f'@router.post("/{name}")\ndef {name}({takes}):\n'
        + "".join(f"    {line}".rstrip() + "\n" for line in source(body).splitlines())
        for name, body in bodies.items()
    ]
    return handler(folder, HEAD + "\n\n".join(routes))


MOVED = {
    "plain": """
        def tell():
            send_welcome(user.email, user.name)

        tell()
        return {}
        """,
    "given": """
        def tell(to, *, lang="de"):
            send_welcome(to, user.name, lang=lang)

        for to in user.email.split(","):
            if to:
                tell(to)
        return {}
        """,
    "in_line": """
        def tell(to):
            with smtplib.SMTP("localhost") as smtp:
                smtp.sendmail("us", to, f"hello {user.name}")

        tell(user.email)
        return {}
        """,
    "gives_something": """
        def tell(to: str) -> int:
            send_welcome(to, user.name)
            return len(to)

        return {"n": sum(tell(to) for to in user.email.split(","))}
        """,
    "counts": """
        count = 0

        def tell(to):
            nonlocal count
            send_welcome(to, user.name)
            count += 1

        for to in user.email.split(","):
            tell(to)
        return {"n": count}
        """,
    "keeps_errors": """
        def tell():
            try:
                send_welcome(user.email, user.name)
            except Exception:
                logging.exception("no mail")

        tell()
        return {}
        """,
    "two_deep": """
        def outer():
            def inner(name):
                send_welcome(user.email, name)

            inner(user.name)
            if user.name:
                inner(user.name * 2)

        outer()
        return {}
        """,
    "calls_itself": """
        def tell(left):
            if left:
                send_welcome(user.email, str(left))
                tell(left - 1)

        tell(2)
        return {}
        """,
    "is_handed_on_too": """
        def tell():
            print("told")
            send_welcome(user.email, user.name)

        background.add_task(tell)
        tell()
        return {}
        """,
}
STAYED = {
    "decides": (
        """
        def tell():
            try:
                send_welcome(user.email, user.name)
            except OSError:
                raise HTTPException(502, "no mail")

        tell()
        return {}
        """,
        "its failure decides what the client is told",
    ),
    "decides_outside": (
        """
        def tell():
            send_welcome(user.email, user.name)

        try:
            tell()
        except OSError:
            raise HTTPException(502, "no mail")
        return {}
        """,
        "its failure decides what the client is told",
    ),
    "locked": (
        """
        def tell():
            send_welcome(user.email, user.name)

        with lock:
            tell()
        return {}
        """,
        "it stands under `with lock`",
    ),
    "reads_what_is_made_around_it": (
        """
        host = request.headers["host"]

        def tell():
            with smtplib.SMTP(host) as smtp:
                smtp.sendmail("us", user.email, "hello")

        tell()
        return {}
        """,
        "the tasks module cannot import host with the value it has here",
    ),
    "mapped": (
        """
        def tell(to):
            send_welcome(to, user.name)
            return to

        return list(map(tell, user.email.split(",")))
        """,
        "",
    ),
    "yields": (
        """
        def tell():
            for to in user.email.split(","):
                send_welcome(to, user.name)
                yield to

        return list(tell())
        """,
        "",
    ),
    "a_lambda": (
        """
        tell = lambda to: send_welcome(to, user.name)
        tell(user.email)
        return {}
        """,
        "tell is a function, which no worker can be sent",
    ),
}
ASK = """
from fastapi.testclient import TestClient
from app.main import app

with TestClient(app) as client:
    for name in {names}:
        print(name, client.post("/" + name, json={{"email": "a@x,b@x", "name": "ann"}}).json())
"""


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Migrated:
    return _project(tmp_path_factory.mktemp("moved"), MOVED)


@pytest.fixture(scope="module")
def stayed(tmp_path_factory: pytest.TempPathFactory) -> Migrated:
    return _project(tmp_path_factory.mktemp("stayed"), {name: body for name, (body, _) in STAYED.items()})


@pytest.mark.parametrize("route", MOVED)
def test_the_inner_function_queues_and_is_awaited(moved: Migrated, route: str) -> None:
    body = moved.body(route)
    assert "_task.kiq(" in body
    assert "run_in_threadpool" not in body
    assert "async def tell" in body or "async def inner" in body


@pytest.mark.parametrize("route", STAYED)
def test_it_stays_and_the_reason_is_told(stayed: Migrated, route: str) -> None:
    _, reason = STAYED[route]
    assert "await run_in_threadpool(" in stayed.body(route)
    assert any(reason in text for text in stayed.stays), stayed.stays


def test_nothing_of_what_stays_is_made_a_task(stayed: Migrated) -> None:
    assert stayed.tasks == ""


def test_answers_and_mails_are_the_same(tmp_path: Path, moved: Migrated) -> None:
    for path, text in moved.before.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    asked = OUTBOX + ASK.format(names=json.dumps([*MOVED]))
    old = Migrated(tmp_path, moved.before, {}, moved.report).runs(asked)
    assert moved.runs(asked, TASKIQ_IN_PLACE="1") == old
    assert "keeps_errors {}" in old
    assert old.count("mail a@x") == 12
