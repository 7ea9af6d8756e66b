"""Clients that are slow to make are made on the event loop by nobody: once for each loop, or in a thread."""

from __future__ import annotations

from small_projects import migrate_main

SOURCE = """
import os

import httpx
from fastapi import Depends
from openai import OpenAI
from supabase import create_client

shared = httpx.Client()


def get_database():
    return create_client(os.environ["URL"], os.environ["KEY"])


def get_openai():
    return OpenAI(api_key=os.environ["KEY"])


class Asker:
    def __init__(self, key):
        self.client = OpenAI(api_key=key)

    def ask(self):
        return self.client.models.list().data


@app.get("/database")
def database(db=Depends(get_database)):
    return db.rpc("count").anything()


@app.get("/injected")
def injected(client: OpenAI = Depends(get_openai)):
    return client.models.list().data


@app.get("/helper")
def helper():
    return get_openai().models.list().data


@app.get("/own")
async def own(key: str):
    return OpenAI(api_key=key).models.list().data


@app.get("/object")
async def keeping(key: str):
    asker = Asker(key)
    return asker.ask()


@app.get("/shared")
def uses_shared():
    return shared.get("http://x").text
"""


def test_a_client_is_not_made_on_the_event_loop_for_each_call() -> None:
    """Reading the certificates takes 20 to 160 ms, for which a `def` had a thread."""
    done = migrate_main(SOURCE)
    get = {name: done.function("app/main.py", name) for name in ("get_database", "get_openai", "shared")}
    assert "async def" not in get["get_database"]
    assert "@per_event_loop\n" in get["shared"]
    assert "OpenAI(" not in get["get_openai"]
    assert "AsyncOpenAI" in done.texts["app/main.py"]
    assert "run_in_threadpool(lambda: OpenAI(api_key=key)" in done.function("app/main.py", "own")
    assert "await run_in_threadpool(Asker, key)" in done.function("app/main.py", "keeping")
    for name in ("injected", "helper", "uses_shared"):
        assert "threadpool" not in done.function("app/main.py", name)
    assert not [reason for reason in done.report.refusals if reason.code == "AF912"]
