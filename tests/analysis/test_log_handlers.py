"""Handlers of logs that wait for others: each request that logs something does."""

from __future__ import annotations

import pytest
from small_projects import Migrated, migrate_main

PROGRAM = """
import logging
import threading

import requests

lock = threading.Lock()


class Teller(logging.Handler):
    def __init__(self, room="ops"):
        super().__init__()
        self.room = room

    def emit(self, record):
        {body}


log = logging.getLogger("app")
{made}


@app.get("/")
def read():
    log.error("none")
    return 1
"""
MADE = "log.addHandler(Teller())"
POST = "requests.post('http://chat', json={'text': record.getMessage()})"


def told(made: str, body: str) -> list[str]:
    done: Migrated = migrate_main(PROGRAM.replace("{made}", made).replace("{body}", body))
    assert "async def read" in done.function("app/main.py", "read")
    return [each.remedy_text for each in done.report.findings if "on the event loop" in each.remedy_text]


def test_one_that_sends_is_told() -> None:
    text = "Teller.emit runs on the event loop for what is logged there, where all requests wait for it"
    assert told(MADE, POST) == [text]


@pytest.mark.parametrize(
    ("made", "body"),
    [
        (MADE, "print(record.getMessage())"),
        (MADE, "with open('log', 'a') as f:\n            f.write(record.getMessage())"),
        (MADE, "with lock:\n            print(record)"),
        ("", POST),
    ],
)
def test_what_writes_or_is_made_nowhere_is_not(made: str, body: str) -> None:
    assert told(made, body) == []
