"""Control flow and names around slow work: what a task in another process could not do for the function."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import textwrap
from pathlib import Path

import pytest
from projects import PACKAGES, ROUTES, Migrated, handler, migrate

HEAD = """\
import io
import smtplib

import pandas
import requests
from fastapi import APIRouter, BackgroundTasks, HTTPException

from app.mail import send_welcome
from app.careful import quietly, sometimes

router = APIRouter()


"""
CAREFUL = """\
from fastapi import HTTPException

from app.mail import send_welcome


def check(to: str) -> None:
    if not to:
        raise HTTPException(400)


def quietly(to: str) -> None:
    try:
        check(to)
    except:
        print("no address")
    send_welcome(to, "Ann")


def sometimes(to: str) -> None:
    try:
        check(to)
    except ValueError:
        print("no number")
    send_welcome(to, "Ann")
"""
SMTP = 'with smtplib.SMTP("localhost") as smtp:\n'
MAIL_TO = '    smtp.sendmail("a@example.com", to, "hello")\n'
INSIDE = textwrap.indent(SMTP + MAIL_TO, "    ")
STAYS = {
    "an inner function reads what it sets": (
        f"sent = 0\n\ndef count():\n    return sent\n\n{SMTP}    sent = 1\n{MAIL_TO}print(count())",
        "sent, which the slow work gives, is used afterwards",
    ),
    "an inner function sets what is read": (
        f"sent = 0\n{SMTP}    def mark():\n        nonlocal sent\n        sent = 1\n    mark()\n{MAIL_TO}print(sent)",
        "the block sets sent, which is read elsewhere",
    ),
    "it fills what is read": (
        "buffer = io.BytesIO()\nframe = pandas.DataFrame(background.tasks)\n"
        "frame.to_excel(buffer, index=False)\nprint(buffer.getvalue())",
        "buffer, which the slow work fills, is used afterwards",
    ),
    "it is made of what is read": (
        "rows = [object()]\nframe = pandas.DataFrame(rows)\nframe.to_excel('tasks.xlsx')\nif rows:\n    raise HTTPException(400)",
        "rows, which the slow work is made of, is used afterwards",
    ),
    "it asks and looks at no answer": ('requests.get("http://shop/ping")', ""),
    "an error of the helper is the answer": ("sometimes(to)", ""),
}
MOVES = {
    "a loop that it leaves goes along": (
        f"for name in to:\n{INSIDE}        break\nprint(to)",
        "    await send_h6_email_task.kiq(to)\n    print(to)\n",
    ),
    "an error of the helper goes no further": ("quietly(to)", "await quietly_task.kiq(to)"),
    "it is sent anew in each round": (
        'for name in ("Ann", "Bea"):\n    send_welcome(to, name)\n    if name == "Ann":\n        continue\n    print(name)',
        "    await send_welcome_task.kiq(to, name)\n",
    ),
}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Migrated:
    bodies = [*(body for body, _ in STAYS.values()), *(body for body, _ in MOVES.values())]
    text = HEAD + "\n\n".join(
        f'@router.post("/h{number}")\ndef h{number}(to: str, background: BackgroundTasks):\n'
        + textwrap.indent(body.rstrip(), "    ")
        + '\n    return {"to": to}\n'
        for number, body in enumerate(bodies)
    )
    return migrate(tmp_path_factory.mktemp("control"), {**PACKAGES, "app/careful.py": CAREFUL, ROUTES: text})


@pytest.mark.parametrize("hazard", STAYS)
def test_it_stays_on_the_request_path(done: Migrated, hazard: str) -> None:
    assert "kiq" not in done.body(f"h{list(STAYS).index(hazard)}")
    assert any(STAYS[hazard][1] in told for told in done.stays), done.stays


def test_an_error_that_is_the_answer_is_raised_before_anything_is_queued(done: Migrated) -> None:
    helper = done.body("sometimes", "app/careful.py")
    assert helper.index("check(to)") < helper.index("await send_welcome_task.kiq(")


@pytest.mark.parametrize("harmless", MOVES)
def test_it_moves(done: Migrated, harmless: str) -> None:
    assert MOVES[harmless][1] in done.body(f"h{len(STAYS) + list(MOVES).index(harmless)}")


SOCKET = """
from fastapi import WebSocket, WebSocketDisconnect
from app.mail import send_welcome


@router.websocket("/ws")
async def h(socket: WebSocket):
    await socket.accept()
    try:
        while True:
            text = await socket.receive_text()
            send_welcome("admin@example.com", text)
            await socket.send_text("thanks")
    except {caught}:
        send_welcome("admin@example.com", "gone")
"""


@pytest.mark.parametrize("caught", ["WebSocketDisconnect", "(WebSocketDisconnect, OSError)"])
def test_who_hangs_up_is_no_failure_of_a_mail(tmp_path: Path, caught: str) -> None:
    done = handler(tmp_path, SOCKET.format(caught=caught))
    queued = '            await send_welcome_task.kiq("admin@example.com", text)\n'
    assert (queued in done.body("h")) is (caught == "WebSocketDisconnect")
    assert '        await send_welcome_task.kiq("admin@example.com", "gone")\n' in done.body("h")
