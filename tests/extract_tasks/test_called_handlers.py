"""A handler that another one calls queues what it does itself: FastAPI calls it, too."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import Migrated, handler, source

HEAD = """
from fastapi import Depends, HTTPException, Request

from app.mail import send_welcome


"""
SUBSCRIBE = """
@router.post("/subscribe")
def subscribe(email: str):
    send_welcome(email, "you")
    return {"subscribed": email}
"""
REGISTER = """
@router.post("/register")
def register(email: str, news: bool = False):
    if news:
        subscribe(email)
    send_welcome(email, "you again")
    return {"email": email}
"""
QUEUED = 'await send_welcome_task.kiq(email, "you")'


def _project(folder: Path, *parts: str) -> Migrated:
    return handler(folder, HEAD + "\n\n".join(source(part) for part in parts))


@pytest.mark.parametrize(
    "register",
    [
        REGISTER,
        REGISTER.replace("    if news:\n        subscribe", "    subscribe"),
        REGISTER.replace("subscribe(email)", "for each in email.split():\n            subscribe(each)"),
        REGISTER.replace("subscribe(email)", "email = subscribe(email)['subscribed']"),
        REGISTER.replace("def register", "async def register"),
    ],
)
def test_it_is_awaited(tmp_path: Path, register: str) -> None:
    done = _project(tmp_path, SUBSCRIBE, register)
    assert QUEUED in done.body("subscribe")
    assert "await subscribe(" in done.body("register")
    assert 'await send_welcome_task.kiq(email, "you again")' in done.body("register")
    assert done.tasks.count("@broker.task") == 1


def test_one_that_is_async_already_and_awaited(tmp_path: Path) -> None:
    register = REGISTER.replace("def register", "async def register").replace(
        "subscribe(", "await subscribe("
    )
    done = _project(tmp_path, SUBSCRIBE.replace("def sub", "async def sub"), register)
    assert QUEUED in done.body("subscribe")
    assert "        await subscribe(email)\n" in done.body("register")
    assert done.tasks.count("@broker.task") == 1


def test_the_work_of_a_handler_in_its_own_body(tmp_path: Path) -> None:
    inline = source("""
        @router.post("/subscribe")
        def subscribe(email: str):
            with smtplib.SMTP("localhost") as smtp:
                smtp.sendmail("us", email, "hello")
            return {"subscribed": email}
        """)
    done = _project(tmp_path, inline, REGISTER)
    assert "await send_subscribe_email_task.kiq(email)" in done.body("subscribe")
    assert "await subscribe(email)" in done.body("register")


def test_a_handler_whose_work_stays_is_run_by_a_worker_for_the_other_one(tmp_path: Path) -> None:
    """What it gives decides what its own client is told, and nobody reads it here."""
    gives = SUBSCRIBE.replace('    send_welcome(email, "you")\n', "").replace(
        '{"subscribed": email}', '{"subscribed": send_welcome(email, "you") is None}'
    )
    done = _project(tmp_path, gives, REGISTER)
    assert "await run_in_threadpool(send_welcome, email, " in done.body("subscribe")
    assert "await subscribe_task.kiq(email)" in done.body("register")
    assert "    await subscribe(email)\n" in done.tasks


def test_an_error_of_the_called_handler_reaches_the_client(tmp_path: Path) -> None:
    raises = SUBSCRIBE.replace(
        "    send_welcome", '    if "@" not in email:\n        raise HTTPException(400)\n    send_welcome'
    )
    done = _project(tmp_path, raises, REGISTER)
    assert QUEUED in done.body("subscribe")
    assert "await subscribe(email)" in done.body("register")


@pytest.mark.parametrize("prefix", ["", "async "])
def test_a_dependency_that_a_handler_calls_by_hand(tmp_path: Path, prefix: str) -> None:
    """FastAPI calls it for another route; as `async def` it blocked the event loop there."""
    audit = source(f"""
        {prefix}def audit(email: str):
            with smtplib.SMTP("localhost") as smtp:
                smtp.sendmail("us", "audit", email)


        @router.get("/audited", dependencies=[Depends(audit)])
        def audited():
            return {{}}


        @router.post("/by-hand")
        async def by_hand(email: str):
            {"await " if prefix else ""}audit(email)
            return {{}}
        """)
    done = _project(tmp_path, audit)
    assert ("kiq(email)" in done.body("audit")) is bool(prefix)
    assert ("await audit(email)" if prefix else "await audit_task.kiq(email)") in done.body("by_hand")
