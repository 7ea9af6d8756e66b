"""Connections that belong to one thread: the calls that share one are never in two threads."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest
from small_projects import Migrated, migrate_main

# the programs leave their connections to the garbage collector, of which Python 3.13 warns
pytestmark = pytest.mark.filterwarnings("ignore:unclosed database:ResourceWarning")

STORE = """
import os
import sqlite3

URL = os.environ.get("SHOP_DB", "shop.db")


def connect():
    return sqlite3.connect(URL)


def names(conn):
    return [name for (name,) in conn.execute("select name from user")]


def finish(conn):
    conn.close()


def count():
    conn = sqlite3.connect(URL)
    try:
        return names(conn)
    finally:
        finish(conn)


def piece():
    return sqlite3.connect(URL).blobopen("user", "name", 1)


def read(blob):
    return blob.read().decode()


class Repo:
    def __init__(self):
        self.conn = sqlite3.connect(URL)

    def names(self):
        return names(self.conn)

    def close(self):
        self.conn.close()


class Service:
    def __init__(self, repo: Repo):
        self.repo = repo

    def names(self):
        return self.repo.names()


class Unit:
    def __enter__(self):
        self.repo = Repo()
        return self.repo

    def __exit__(self, *exc):
        self.repo.close()


def make_service():
    return Service(Repo())


def pages():
    return [Repo(), Repo()]
"""
PEEWEE = """
import peewee

base = peewee.SqliteDatabase("shop.db")


class User(peewee.Model):
    name = peewee.CharField()

    class Meta:
        database = base


def open_base():
    base.connect()


def close_base():
    base.close()


def users():
    return [user.name for user in User.select()]


def open_beside_a_file():
    base.connect()
    open("log.txt").close()


def whole_visit():
    base.connect()
    found = users()
    base.close()
    return found
"""
SHARED = {
    "handed on": "conn = connect()\ntry:\n    return names(conn)\nfinally:\n    finish(conn)",
    "by keyword": "conn = connect()\nif n:\n    return names(conn=conn)\nreturn names(conn) * 2",
    "kept in an object": "repo = Repo()\ntry:\n    return repo.names()\nfinally:\n    repo.close()",
    "kept further inside": "shop = Service(Repo())\nif n:\n    return shop.names()\nreturn shop.names() * 2",
    "made elsewhere": "shop = make_service()\ntry:\n    return shop.names()\nfinally:\n    shop.repo.close()",
    "in a list": "for repo in pages():\n    if n:\n        return repo.names()\nreturn []",
    "entered": "with Unit() as repo:\n    if n:\n        return repo.names()\n    return repo.names() * 2",
}
if sys.version_info >= (3, 11):
    SHARED["a part of one"] = "found = piece()\nif n:\n    return [read(found)]\nreturn [read(found) * 2]"
OPEN_BESIDE = "open_beside_a_file()\nreturn users()"
OPEN = "open_base()\ntry:\n    return users()\nfinally:\n    close_base()"
APART = {
    "its own each time": "if n:\n    return count()\nreturn count() + count()",
    "opened and closed inside": "if n:\n    return whole_visit()\nreturn whole_visit() + whole_visit()",
    "objects of peewee": "if n:\n    return users()\nreturn users() + users()",
}


def shop(body: str, how: str = "def") -> Migrated:
    names = "import requests\nfrom app.store import *\nfrom app.base import *\n\n\n"
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    return migrate_main(
        f'{names}@app.get("/n")\n{how} handler(n: int = 1):\n{lines}', store=STORE, base=PEEWEE
    )


@pytest.mark.parametrize("form", SHARED)
def test_calls_that_share_a_connection_stay_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    done = shop(SHARED[form])
    assert done.turned == ["app/main.py:handler"]
    monkeypatch.setenv("SHOP_DB", str(tmp_path / "shop.db"))
    with sqlite3.connect(tmp_path / "shop.db") as conn:
        conn.execute("create table user (id integer primary key, name text)")
        conn.execute("insert into user (name) values ('ann')")
    answers = [asyncio.run(serve(done)(n=1)) for _ in range(2)]
    assert answers == [["ann"], ["ann"]]
    assert done.texts["app/main.py"].count("await run_in_threadpool(") == 1


def serve(done: Migrated) -> Any:
    store: dict[str, Any] = {}
    exec(compile(done.texts["app/store.py"], "store.py", "exec"), store)
    text = done.texts["app/main.py"].replace("from app.store import *\nfrom app.base import *\n", "")
    exec(compile(text, "main.py", "exec"), store)
    return store["handler"]


@pytest.mark.parametrize("form", SHARED)
def test_what_runs_on_the_loop_with_one_stays_there_or_moves_at_once(form: str) -> None:
    text = shop(SHARED[form], how="async def").texts["app/main.py"]
    assert text.count("run_in_threadpool(") <= 1


@pytest.mark.parametrize("form", ["handed on", "by keyword", "kept in an object", "made elsewhere"])
def test_nothing_is_awaited_between_them(form: str) -> None:
    head, _, tail = SHARED[form].partition("\n")
    text = shop(f"{head}\nn += requests.get('http://audit').json()\n{tail}").texts["app/main.py"]
    assert text.count("await") == text.count("await run_in_threadpool(_handler, n)") == 1


def test_a_connection_that_is_open_for_its_thread_is_closed_there() -> None:
    for body in (OPEN, OPEN_BESIDE):
        text = shop(body).texts["app/main.py"]
        assert text.count("await") == text.count("await run_in_threadpool(_handler)") == 1
    assert "await" not in shop(OPEN, how="async def").texts["app/main.py"]


def test_one_that_a_library_keeps_for_its_thread_is_used_and_closed_there() -> None:
    opened, used, closed = (
        "base.connect()\nfound = users()\n",
        "found += users()\n",
        "base.close()\nreturn found",
    )
    waited = "found += [requests.get('http://audit').json()]\n"
    text = shop(opened + used + closed.replace("return", waited + "return")).texts["app/main.py"]
    assert "await http_client().get(" in text
    for body in (opened + waited + used + closed, opened + waited + closed):
        text = shop(body).texts["app/main.py"]
        assert text.count("await") == text.count("await run_in_threadpool(_handler)") == 1


@pytest.mark.parametrize("form", APART)
def test_calls_with_a_connection_of_their_own_wait_apart(form: str) -> None:
    text = shop(APART[form]).texts["app/main.py"]
    assert "async def handler(n: int = 1):\n    if n:\n        return await run_in_threadpool(" in text
