"""Clients of MongoDB that are made for each request, or whose database a generator gives: one for each event loop."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
from pathlib import Path

import pytest
from client_programs import changed, migrate
from running import run

pytest.importorskip("pymongo", minversion="4.13")

from mongo_server import mongo_server

HEAD = """
import os
from collections.abc import Generator, Iterator
from typing import Annotated

from bson.json_util import dumps
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.database import Database

app = FastAPI()
"""
ADDED = 'db.users.insert_one({"n": db.users.count_documents({})})\n    return [each["n"] for each in db.users.find()]\n'
ROUTE = f'\n\n@app.get("/")\ndef show(db: Database = Depends(get_db)):\n    {ADDED}'
CALL = """

def call():
    \"\"\"Twice on one event loop, then on another.\"\"\"
    found = []
    for _ in range(2):
        with TestClient(app) as client:
            found += [client.get("/").json() for _ in range(2)]
    return found
"""
FORMS = {
    "a database, closed behind the response": ('def get_db() -> Iterator[Database]:\n    client = MongoClient("URL")\n    try:\n        yield client["shop"]\n    finally:\n        client.close()\n' + ROUTE, 'async def get_db() -> AsyncIterator[AsyncDatabase]:\n    client = mongo_client()\n    yield client["shop"]\n'),
    "a database with a name": ('def get_db():\n    client = MongoClient("URL")\n    db = client.shop\n    try:\n        yield db\n    finally:\n        client.close()\n' + ROUTE, "async def get_db():\n    client = mongo_client()\n    db = client.shop\n    yield db\n"),
    "a database that nobody closes": ('def get_db() -> Generator[Database, None, None]:\n    client = MongoClient("URL")\n    yield client.get_database("shop")\n' + ROUTE, 'async def get_db() -> AsyncGenerator[AsyncDatabase, None]:\n    client = mongo_client()\n    yield client.get_database("shop")\n'),
    "a collection": ('def get_users() -> Iterator[Collection]:\n    client = MongoClient("URL")\n    try:\n        yield client["shop"]["users"]\n    finally:\n        client.close()\n\n\nUsers = Annotated[Collection, Depends(get_users)]\n\n\n@app.get("/")\ndef show(users: Users):\n    users.insert_one({"n": 1})\n    return users.count_documents({})\n', "Users = Annotated[AsyncCollection, Depends(get_users)]\n"),
    "a database of a client of the module": ('client = MongoClient("URL")\n\n\ndef get_db():\n    yield client["shop"]\n' + ROUTE, 'async def get_db():\n    yield client()["shop"]\n'),
    "the client itself": ('def get_client():\n    client = MongoClient("URL")\n    try:\n        yield client\n    finally:\n        client.close()\n\n\n@app.get("/")\ndef show(client: MongoClient = Depends(get_client)):\n    return client.shop.users.count_documents({})\n', "async def show(client: AsyncMongoClient = Depends(get_client)):\n"),
    "in a handler": (f'@app.get("/")\ndef show():\n    client = MongoClient("URL")\n    db = client.shop\n    {ADDED}', "    client = mongo_client()\n    db = client.shop\n"),
    "in a handler that closes it": ('@app.get("/")\ndef show():\n    client = MongoClient("URL")\n    try:\n        return client.shop.users.count_documents({})\n    finally:\n        client.close()\n', "    client = mongo_client()\n    return await client.shop.users.count_documents({})\n"),
    "in the expression that uses it": ('@app.get("/")\ndef show():\n    MongoClient("URL").shop.users.insert_one({"n": 1})\n    return MongoClient("URL").shop.users.count_documents({})\n', "    await mongo_client().shop.users.insert_one({\"n\": 1})\n"),
    "by a function that gives a database": (
        f'def get_db():\n    client = MongoClient("URL")\n    return client.shop\n\n\n@app.get("/")\ndef show():\n    db = get_db()\n    {ADDED}',
        "    client = mongo_client()\n    return client.shop\n",
    ),
    "by a function": (f'def get_client():\n    return MongoClient("URL")\n\n\n@app.get("/")\ndef show():\n    db = get_client()["shop"]\n    {ADDED}', "@per_event_loop\ndef get_client() -> AsyncMongoClient:\n"),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore")  # of connections that are closed by nobody, as there
@pytest.mark.parametrize("form", FORMS)
def test_a_client_for_each_request(form: str, tmp_path: Path) -> None:
    made, expected = FORMS[form]
    with mongo_server() as (url, store):
        text = changed(HEAD) + "\n\n" + made.replace("URL", url) + CALL
        outcome = migrate({"app/routes.py": text})
        assert expected in outcome.text, (outcome.text, outcome.reasons)
        assert "run_in_threadpool" not in outcome.text
        assert ".close()" not in outcome.text
        old = run(tmp_path / "old", outcome.before, "call")
        store.documents.clear()
        assert run(tmp_path / "new", outcome.texts, "call") == old
    if "module" not in form:
        assert any("made once for each event loop" in note.text for note in outcome.notes)


GET = 'def get_db():\n    client = MongoClient("URL")\n    try:\n        yield client["shop"]\n    finally:\n        client.close()\n'
STAYS = {
    "what the request says": (GET.replace("get_db()", "get_db(url: str)").replace('"URL"', "url") + ROUTE, "made for each call"),
    "what the environment says at each request": (GET.replace('"URL"', 'os.environ["URL"]') + ROUTE + '\n\n@app.post("/")\ndef change(url: str):\n    os.environ["URL"] = url\n', "changes the environment"),
    "a generator that does more": (GET.replace("    try:\n", "    print(open('a').read())\n    try:\n") + ROUTE, "does more than give"),
    "a generator that gives one of two": (GET.replace('        yield client["shop"]\n', '        if os.name:\n            yield client["shop"]\n        else:\n            yield client["test"]\n') + ROUTE, "gives more than"),
    "a generator that a function reads": (GET + ROUTE + '\n\n@app.get("/next")\ndef following():\n    return next(get_db()).users.count_documents({})\n', "cannot be told"),
    "a client that is closed on the way": (GET.replace('        yield client["shop"]\n', '        yield client["shop"]\n        client.close()\n') + ROUTE, "and closed"),
    "a generator that tests replace": (GET + ROUTE, "is given by a generator"),
    "a client that is entered": (GET.replace('    client = MongoClient("URL")\n    try:\n        yield client["shop"]\n    finally:\n        client.close()\n', '    with MongoClient("URL") as client:\n        yield client["shop"]\n') + ROUTE, "handed on"),
}  # fmt: skip


@pytest.mark.parametrize("what", STAYS)
def test_what_differs_from_call_to_call_stays(what: str) -> None:
    made, reason = STAYS[what]
    texts = {"app/routes.py": changed(HEAD) + "\n\n" + made.replace("URL", "mongodb://127.0.0.1:9")}
    if "tests" in what:
        texts["tests/test_it.py"] = (
            "from app.routes import app, get_db\n\n\ndef test_it():\n    app.dependency_overrides[get_db] = dict\n"
        )
    outcome = migrate(texts)
    assert "Async" not in outcome.text.replace("AsyncIterator", "")
    assert any(reason in each for each in outcome.reasons), outcome.reasons
