"""Mails for which a loop of its own waits, `asyncio.run(send(to))`: the second run made tasks of them."""

from __future__ import annotations

import pytest
from projects import HEAD, MAIL, PACKAGES, ROUTES, Migrated, migrate

LETTERS = """\
import asyncio

from fastapi_mail import FastMail, MessageSchema

from app.mail import send_welcome

fm = FastMail(None)


async def send_letter(to: str, text: str = "") -> None:
    await fm.send_message(MessageSchema(subject="s", recipients=[to], body=text))


def send(to: str) -> None:
    asyncio.run(send_letter(to, "hi"))


async def remind(to: str) -> None:
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, send_welcome, to, "Ann")


def remind_now(to: str) -> None:
    asyncio.run(remind(to))
"""
BODIES = {
    "helper": "send(to)",
    "handler": 'asyncio.run(send_letter(to, text="x"))',
    "library": "mail = MessageSchema(subject='s', recipients=[to])\n    asyncio.run(fm.send_message(mail))",
    "loop": "loop = asyncio.new_event_loop()\n    loop.run_until_complete(send_letter(to))\n    loop.close()",
    "executor": "remind_now(to)",
    "failure": (
        "try:\n        asyncio.run(send_letter(to))\n    except Exception:\n        raise HTTPException(502)"
    ),
    "result": "sent = asyncio.run(send_letter(to))\n    return {'sent': sent}",
}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Migrated:
    imports = (
        "import asyncio\n\nfrom fastapi import HTTPException\nfrom fastapi_mail import MessageSchema\n\n"
        "from app.letters import fm, remind_now, send, send_letter\n"
    )
    routes = "".join(
        f'\n\n@router.post("/{name}")\ndef {name}(to: str):\n    {body}\n    return {{}}\n'
        for name, body in BODIES.items()
    )
    files = {**PACKAGES, "app/mail.py": MAIL, "app/letters.py": LETTERS, ROUTES: HEAD + imports + routes}
    return migrate(tmp_path_factory.mktemp("run"), files)


def test_they_become_tasks_at_once(done: Migrated) -> None:
    assert (
        done.body("helper")
        == "async def helper(to: str):\n    await send_email_task.kiq(to)\n    return {}\n"
    )
    assert "    await send_letter_task.kiq(to, text='x')\n".replace("'", '"') in done.body("handler")
    assert "asyncio" not in done.body("handler")
    assert 'async def send_letter_task(to: str, text: str = "") -> None:\n' in done.tasks
    assert done.body("library").count("\n") == 3
    assert "    asyncio.run(fm.send_message(mail))\n" in done.tasks


@pytest.mark.parametrize("name", ["loop", "executor", "failure", "result"])
def test_the_others_are_waited_for_in_both_runs(done: Migrated, name: str) -> None:
    assert "kiq" not in done.body(name)
    assert done.body(name).startswith("async def")
    assert done.after.get("app/letters.py", LETTERS) == LETTERS
