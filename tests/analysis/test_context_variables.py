"""What a context variable holds: its default, and what is set in it."""

from __future__ import annotations

import pytest
from small_projects import migrate_main

HELD = """
from contextvars import ContextVar

import requests

current = ContextVar("current", default=requests.Session())
later = ContextVar("later")
lazy = ContextVar("lazy", default=None)
name: ContextVar[str] = ContextVar("name", default="")
label = ContextVar("label", default="")


def found():
    session = lazy.get()
    if session is None:
        session = requests.Session()
        lazy.set(session)
    return session


@app.middleware("http")
async def remember(request, call_next):
    later.set(requests.Session())
    label.set(request.url.path)
    return await call_next(request)


@app.get("/")
async def show(url: str):
    return {LINE}
"""


@pytest.mark.parametrize(
    ("line", "blocks"),
    [
        ("current.get().get(url).text", True),
        ("later.get().get(url).text", True),
        ("found().get(url).text", True),
        ("name.get().title()", False),
        ("label.get().title()", False),
    ],
)
def test_it_is_known_by_what_is_put_there(line: str, blocks: bool) -> None:
    done = migrate_main(HELD.replace("{LINE}", line))
    assert bool(done.report.findings) is blocks
    assert ("await run_in_threadpool(" in done.function("app/main.py", "show")) is blocks
