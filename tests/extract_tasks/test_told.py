"""Texts and numbers of what no queue takes: the handler makes them, and the task gets them."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from projects import OUTBOX, handler, source

HEAD = """
import threading

from fastapi import Request

SEEN = {}


class Meter:
    def __init__(self, name):
        self.name = name
        self.lock = threading.Lock()

    def __str__(self):
        return self.name


def find(n):
    return {1: Meter("one")}.get(n)


@router.post("/h")
def h(n: int, to: str, request: Request):
    meter = find(n)
"""
MAIL = """
    message = EmailMessage()
    message["To"] = to
    message["Subject"] = (
        f"{meter} of "
        f"{request.method}"
    )
    message.set_content(f"{meter.name}: {len(SEEN)}", subtype="html")
    with smtplib.SMTP("localhost") as smtp:
        smtp.send_message(message)
    return {}
"""


def test_texts_are_made_where_they_were_and_sent(tmp_path: Path) -> None:
    done = handler(tmp_path, HEAD + MAIL + '\n\n@router.put("/h")\ndef put(n: int):\n    SEEN[n] = n\n')
    assert done.tasks == source(
        """
        @broker.task
        def send_h_email_task(to: str, subject: str, text: str) -> None:
            message = EmailMessage()
            message["To"] = to
            message["Subject"] = subject
            message.set_content(text, subtype="html")
            with smtplib.SMTP("localhost") as smtp:
                smtp.send_message(message)
        """
    )
    printed = done.runs(
        OUTBOX
        + textwrap.dedent(
            """
            from fastapi.testclient import TestClient
            from app.main import app

            with TestClient(app) as client:
                assert client.post("/h?n=1&to=ann@example.com").json() == {}
                assert client.post("/h?n=1&to=bob@example.com").json() == {}
            """
        ),
        TASKIQ_IN_PLACE="1",
    )
    assert printed == "mail ann@example.com one of POST\nmail bob@example.com one of POST\n"


STAYS = {
    "what is made at times only": (
        'with smtplib.SMTP("a") as smtp:\n        if n:\n            smtp.sendmail("a", to, f"{meter}")'
    ),
    "what may not come to be made": 'smtplib.SMTP("a").sendmail("a", to, n and f"{meter}")',
    "what is sent itself as well": 'smtplib.SMTP("a").sendmail(meter, to, f"{meter}")',
    "what changes before": (
        'with smtplib.SMTP("a") as smtp:\n        meter.name = "two"\n'
        '        smtp.sendmail("a", to, f"{meter.name}")'
    ),
}


@pytest.mark.parametrize("how", STAYS)
def test_a_text_that_would_be_made_sooner_or_for_nothing_stays(tmp_path: Path, how: str) -> None:
    done = handler(tmp_path, f"{HEAD}    {STAYS[how]}\n    return {{}}\n")
    assert not done.tasks
