"""A binding with its type becomes what one without becomes: `cursor: Cursor = users.find()`."""

from __future__ import annotations

import ast

import pytest
from small_projects import migrate_main

CLIENTS = """
import threading
from collections.abc import Iterator

import litellm
import openai
import pymongo
import redis
import requests
from fastapi import Depends
from fastapi.responses import StreamingResponse

users = pymongo.MongoClient("mongodb://x")["shop"]["users"]
cache = redis.Redis()
numbers = redis.Redis(db=2)


class Counter:
    def __init__(self, client=None):
        self.cache: redis.Redis = redis.Redis(db=1) if client is None else client

    def count(self):
        return self.cache.incr("n")


class Asked:
    def __init__(self):
        self._client = None

    @property
    def client(self):
        if self._client is None:
            self._client: openai.OpenAI = openai.OpenAI()
        return self._client


def get_numbers():
    return numbers


counter, asked = Counter(), Asked()


@app.get("/found")
def found():
    cursor: pymongo.cursor.Cursor = users.find()
    cursor = cursor.limit(3)
    return [each["name"] for each in cursor]


@app.get("/counted")
def counted():
    pipe: redis.client.Pipeline = cache.pipeline()
    pipe.incr("n")
    return pipe.execute()


@app.get("/locked")
def locked():
    client: redis.Redis = get_numbers()
    lock: redis.lock.Lock = client.lock("l")
    if not lock.acquire(blocking=False):
        return 0
    try:
        return client.incr("n")
    finally:
        lock.release()


@app.get("/given")
def given(client: redis.Redis = Depends(get_numbers)):
    return client.incr("n") + counter.count()


@app.get("/model")
def model():
    return asked.client.models.retrieve("m").id


@app.get("/said")
def said():
    stream: litellm.CustomStreamWrapper = litellm.completion(model="m", messages=[], stream=True)
    return [str(each) for each in stream]


@app.get("/heard")
def heard():
    stream: openai.Stream[str] = asked.client.chat.completions.create(model="m", messages=[], stream=True)
    return [str(each) for each in stream]


@app.get("/passed")
def passed(url: str):
    r = requests.get(url, stream=True)
    body: Iterator[bytes] = r.iter_content(7)
    return StreamingResponse(body)
"""
BRIDGES = """
import asyncio
from collections.abc import Coroutine


async def fetch(n):
    await asyncio.sleep(0)
    return n


def ran(n):
    loop: asyncio.AbstractEventLoop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(fetch(n))
    finally:
        loop.close()


def run(coroutine):
    result: int = asyncio.run(coroutine)
    return result


def handed(n):
    coroutine: Coroutine = fetch(n)
    return run(coroutine)


@app.get("/")
def show(n: int = 1):
    return [ran(n), handed(n)]
"""
TASKS = """
import logging
import smtplib
from email.message import EmailMessage
from threading import Thread

logger: logging.Logger = logging.getLogger(__name__)


def send(to: str, text: str) -> bool:
    message = EmailMessage()
    message["To"] = to
    message.set_content(text)
    with smtplib.SMTP("localhost") as smtp:
        smtp.send_message(message)
    return True


@app.post("/sent")
def sent(to: str):
    done: bool = send(to, "Hello")
    return {}


@app.post("/started")
def started(to: str):
    thread: Thread = Thread(target=send, args=(to, "Hello"))
    thread.start()
    return {}


@app.post("/tried")
def tried(to: str):
    try:
        text: str = f"Welcome {to}"
        send(to, text)
    except Exception:
        logger.exception("not sent")
    return {}
"""
DATABASE = """
from fastapi import Depends
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, SessionTransaction, mapped_column, sessionmaker

engine = create_engine("sqlite:///x.db")
SessionLocal = sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


def get_db():
    with SessionLocal() as db:
        yield db


@app.post("/renamed")
def renamed(db: Session = Depends(get_db)):
    user = db.get(User, 1)
    point: SessionTransaction = db.begin_nested()
    user.name += "!"
    point.commit()
    return user.name
"""


def untyped(text: str, *, written: bool = False) -> str:
    """Without types, and without imports where what was `written` became another text."""

    class Untyped(ast.NodeTransformer):
        def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
            is_local = node.value is not None and "Mapped[" not in ast.unparse(node.annotation)
            return ast.copy_location(ast.Assign([node.target], node.value), node) if is_local else node  # type: ignore[list-item, arg-type]

    tree = Untyped().visit(ast.parse(text))
    if not written:
        tree.body = [each for each in tree.body if not isinstance(each, (ast.Import, ast.ImportFrom))]
    return ast.unparse(tree)


@pytest.mark.parametrize("program", [CLIENTS, BRIDGES, TASKS, DATABASE])
def test_it_becomes_the_same(program: str) -> None:
    plain = migrate_main(untyped(program, written=True))
    typed = migrate_main(program)
    assert typed.turned == plain.turned != []
    for path in plain.texts.keys() | typed.texts.keys():
        assert untyped(typed.texts.get(path, "")) == untyped(plain.texts.get(path, ""))


def test_the_types_are_those_of_the_twins() -> None:
    text = migrate_main(CLIENTS).texts["app/main.py"]
    for typed in (
        "cursor: AsyncCursor = users().find()",
        "pipe: Pipeline = cache().pipeline()",
        "client: Redis = await get_numbers()",
        "lock: Lock = client.lock(",
        "stream: AsyncStream[str] = await asked.client",
        "from redis.asyncio.client import Pipeline",
        "from redis.asyncio.lock import Lock",
    ):
        assert typed in text
    text = migrate_main(DATABASE).texts["app/main.py"]
    assert "point: AsyncSessionTransaction = await db.begin_nested()" in text
