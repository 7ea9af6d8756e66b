"""Handlers that stay `def`, as their database does: they queue their last work behind the response."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import DATABASE, HEAD, LEFT, PACKAGES, ROUTES, Migrated, migrate, source

IMPORTS = """
from pathlib import Path
from threading import Thread

from fastapi import BackgroundTasks, Depends, HTTPException
from fastapi import BackgroundTasks as Later
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session
from starlette.background import BackgroundTask

from app.db import SessionLocal, User, get_db
from app.mail import deliver, send_welcome


"""
WRAP = """
def wrap(call):
    def inner(to: str):
        return call(to, SessionLocal())

    return inner


"""
DB = "db: Session = Depends(get_db)"
MOVED = {
    "named": (
        f"*, to: str, {DB}",
        """
        user = db.get(User, 1)
        send_welcome(to, user.email)
        return {"id": user.id}
        """,
    ),
    "post": (  # the decorator `router.post(..)` does not call it
        f"to: str, {DB}",
        """
        user = db.get(User, 1)
        send_welcome(to, user.email)
        """,
    ),
    "renamed": (
        f"to: str, later: Later, {DB}",
        """
        user = db.get(User, 1)
        send_welcome(to, user.email)
        return {"id": user.id}
        """,
    ),
    "computed": (  # in its thread, as it was
        f"to: str, {DB}",
        """
        user = db.get(User, 1)
        send_welcome(to, Path(user.email).read_text())
        return {}
        """,
    ),
    "called": (
        f"to: str, {DB}",
        """
        user = User(email=to)
        db.add(user)
        db.commit()
        # tell them
        send_welcome(
            user.email,
            "Ann",  # for now
        )
        return {"id": user.id}
        """,
    ),
    "tolerated": (
        f"background: BackgroundTasks, {DB}",
        """
        user = db.get(User, 1)
        if user is not None:
            msg = EmailMessage()
            msg["To"] = user.email
            try:
                deliver(msg)
            except Exception as error:
                print("not sent", error)
        return {}
        """,
    ),
    "started": (
        f"to: list[str], *, {DB}",
        """
        user = db.get(User, 1)
        for each in to:
            Thread(target=send_welcome, args=(each, user.email)).start()
        return JSONResponse({"id": user.id})
        """,
    ),
}
AFTER = {
    "named": """
        def named(*, background_tasks: BackgroundTasks, to: str, db: Session = Depends(get_db)):
            user = db.get(User, 1)
            background_tasks.add_task(send_welcome_task.kiq, to, user.email)
            return {"id": user.id}
        """,
    "post": """
        def post(to: str, background_tasks: BackgroundTasks, db: Session = Depends(get_db)):
            user = db.get(User, 1)
            background_tasks.add_task(send_welcome_task.kiq, to, user.email)
        """,
    "computed": """
        def computed(to: str, background_tasks: BackgroundTasks, db: Session = Depends(get_db)):
            user = db.get(User, 1)
            background_tasks.add_task(send_welcome_task.kiq, to, Path(user.email).read_text())
            return {}
        """,
    "renamed": """
        def renamed(to: str, later: Later, db: Session = Depends(get_db)):
            user = db.get(User, 1)
            later.add_task(send_welcome_task.kiq, to, user.email)
            return {"id": user.id}
        """,
    "called": """
        def called(to: str, background_tasks: BackgroundTasks, db: Session = Depends(get_db)):
            user = User(email=to)
            db.add(user)
            db.commit()
            # tell them
            background_tasks.add_task(
                send_welcome_task.kiq,
                user.email,
                "Ann",  # for now
            )
            return {"id": user.id}
        """,
    "tolerated": """
        def tolerated(background: BackgroundTasks, db: Session = Depends(get_db)):
            user = db.get(User, 1)
            if user is not None:
                background.add_task(deliver_email_task.kiq, user.email)
            return {}
        """,
    "started": """
        def started(background_tasks: BackgroundTasks, to: list[str], *, db: Session = Depends(get_db)):
            user = db.get(User, 1)
            for each in to:
                background_tasks.add_task(send_welcome_task.kiq, each, user.email)
            return JSONResponse({"id": user.id})
        """,
}
SENT_AND_ANSWERED = (
    f"to: str, {DB}",
    """
        user = db.get(User, 1)
        send_welcome(to, user.email)
        return {"id": user.id}
        """,
    "its handler stays in a thread, where nothing can be awaited",
)
STAYED = {
    "does_more": (
        f"to: str, {DB}",
        """
        send_welcome(to, "Ann")
        user = db.get(User, 1)
        return {"id": user.id}
        """,
        "its handler stays in a thread, and does more after it",
    ),
    "asks_in_its_answer": (
        f"to: str, {DB}",
        """
        db.get(User, 1)
        send_welcome(to, "Ann")
        return db.get(User, 2)
        """,
        "its handler stays in a thread, and does more after it",
    ),
    "answers_for_it": (
        f"to: str, {DB}",
        """
        user = db.get(User, 1)
        try:
            send_welcome(to, "Ann")
        except OSError as error:
            raise HTTPException(502) from error
        return {"id": user.id}
        """,
        "its failure decides what the client is told",
    ),
    "has_no_place": (
        "",
        """
        with SessionLocal() as db:
            user = db.get(User, 1)
        send_welcome(user.email, "Ann")
        return {"id": 1}
        """,
        "its handler stays in a thread, where nothing can be awaited",
    ),
    "is_called": SENT_AND_ANSWERED,
    "is_wrapped": SENT_AND_ANSWERED,
    "brings_its_own": (
        f"to: str, {DB}",
        """
        user = db.get(User, 1)
        send_welcome(to, user.email)
        return JSONResponse({"id": user.id}, background=BackgroundTask(print, "done"))
        """,
        "its handler stays in a thread, where nothing can be awaited",
    ),
    "uses_the_result": (
        f"to: str, {DB}",
        """
        user = db.get(User, 1)
        sent = send_welcome(to, user.email)
        return {"sent": sent}
        """,
        "its result is used",
    ),
}


def _project(folder: Path, cases: dict[str, tuple[str, str]], more: str = "") -> Migrated:
    routes = [
        f'@router.post("/{name}")\ndef {name}({takes}):\n'
        + "".join(f"    {line}".rstrip() + "\n" for line in source(body).splitlines())
        for name, (takes, body) in cases.items()
    ]
    text = HEAD + IMPORTS.lstrip("\n") + WRAP + "\n\n".join(routes) + more
    text = text.replace("def is_wrapped(", "@wrap\ndef is_wrapped(")
    files = {**PACKAGES, ROUTES: text, "app/db.py": DATABASE, "pyproject.toml": LEFT}
    return migrate(folder, files)


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Migrated:
    return _project(tmp_path_factory.mktemp("moved"), MOVED)


@pytest.fixture(scope="module")
def stayed(tmp_path_factory: pytest.TempPathFactory) -> Migrated:
    cases = {name: (takes, body) for name, (takes, body, _) in STAYED.items()}
    more = '\n\ndef again(db: Session):\n    return is_called("ann@example.com", db)\n'
    return _project(tmp_path_factory.mktemp("stayed"), cases, more)


@pytest.mark.parametrize("route", MOVED)
def test_the_last_work_is_queued_behind_the_response(moved: Migrated, route: str) -> None:
    assert moved.body(route) == source(AFTER[route])


def test_what_is_left_of_the_failure_is_told(moved: Migrated) -> None:
    told = "if sending the e-mail fails, the client no longer sees an error; send_welcome_task fails in"
    assert {*moved.behaviour} == {f"{told} the worker"}


@pytest.mark.parametrize("route", STAYED)
def test_what_stays_is_told_with_its_reason(stayed: Migrated, route: str) -> None:
    assert stayed.body(route).startswith(f"def {route}({STAYED[route][0]}):\n")
    assert f"app.mail:send_welcome stays: {STAYED[route][2]}" in stayed.stays


def test_nothing_of_what_stays_is_made_a_task(stayed: Migrated) -> None:
    assert not stayed.tasks


def test_the_task_has_run_when_the_answer_is_there(moved: Migrated) -> None:
    """The parameter is filled by FastAPI, and `kiq` of the handed task is awaited behind the response."""
    printed = moved.runs(
        """
        from fastapi.testclient import TestClient

        import app.domain.tasks as tasks
        from app.db import Base, engine
        from app.main import app as application

        sent = []
        tasks.send_welcome = lambda *given, **named: sent.append(given)
        Base.metadata.create_all(engine)
        with TestClient(application) as client:
            print(client.post("/called", params={"to": "ann@example.com"}).json(), sent)
        """,
        TASKIQ_IN_PLACE="1",
    )
    assert printed == "{'id': 1} [('ann@example.com', 'Ann')]\n"


def test_a_route_of_starlette_gets_nothing_but_its_request(tmp_path: Path) -> None:
    routes = """

        def page(request):
            with SessionLocal() as db:
                user = db.get(User, 1)
            send_welcome("ann@example.com", user.email)
            return JSONResponse({"id": 1})


        router.add_route("/page", page, ["POST"])
    """
    text = HEAD + IMPORTS.lstrip("\n") + source(routes)
    files = {**PACKAGES, ROUTES: text, "app/db.py": DATABASE, "pyproject.toml": LEFT}
    done = migrate(tmp_path, files)
    assert "background_tasks" not in done.after.get(ROUTES, "")
    assert not done.tasks
