"""Objects that serve one thread at a time: on the loop requests took turns with them."""

from __future__ import annotations

import textwrap

import pytest
from small_projects import migrate_main

HEAD = """
import asyncio
import threading

import mediapipe as mp
import whisper
from llama_cpp import Llama

llm = Llama("x.gguf")
hands = mp.solutions.hands.Hands()
lock = asyncio.Lock()
gate = threading.Lock()
speech = whisper.load_model("base")


def ask(text):
    return llm.create_completion(text)["choices"]


def greet(text):
    return ask(f"greet {text}")


def take_turns(text):
    with gate:
        return ask(text)


"""
STAYS = {
    "a model": "return llm.create_completion(text)",
    "it is called itself": "return llm(text)",
    "in a helper": "return ask(text)",
    "in what a helper calls": "return greet(text)",
    "another library": "return str(hands.process(text))",
    "what keeps a cache of its own while it works": 'return speech.transcribe(text)["text"]',
    "what is done around it stays": "with open(text) as file:\n    return llm(file.read())",
}
MOVES = {
    "one of its own": (
        "with mp.solutions.hands.Hands() as own:\n    return str(own.process(text))",
        "run_in_threadpool(",
    ),
    "below a lock": ("async with lock:\n    return llm(text)", "return await run_in_threadpool(llm, text)"),
    "a helper that takes a lock": ("return take_turns(text)", "await run_in_threadpool(take_turns, text)"),
    "a helper below a lock": ("async with lock:\n    return ask(text)", "await run_in_threadpool(ask, text)"),
}


def route(body: str, word: str = "async def") -> str:
    return f'{HEAD}@app.get("/x")\n{word} h(text: str):\n' + textwrap.indent(body, "    ") + "\n"


@pytest.mark.parametrize("place", STAYS)
def test_a_shared_one_is_used_on_the_loop_as_it_was(place: str) -> None:
    done = migrate_main(route(STAYS[place]))
    text = done.texts["app/main.py"]
    named = ("llm", "ask", "hands", "read", "lambda", "speech")
    assert not any(f"run_in_threadpool({each}" in text for each in named)
    assert any("serves one thread at a time" in reason.text for reason in done.report.refusals)


@pytest.mark.parametrize("place", MOVES)
def test_one_that_no_other_thread_has_goes_to_a_thread(place: str) -> None:
    body, after = MOVES[place]
    assert after in migrate_main(route(body)).texts["app/main.py"]


BY_EACH = """

class Own:
    def __init__(self):
        self.llm = Llama("x.gguf")

    async def ask(self, text):
        return self.llm.create_completion(text)


"""


@pytest.mark.parametrize(("more", "goes"), [("", True), ("own = Own()\n", False)])
def test_one_of_an_object_that_each_request_makes_goes_to_a_thread(more: str, *, goes: bool) -> None:
    text = migrate_main(route("return await Own().ask(text)") + BY_EACH + more).texts["app/main.py"]
    assert ("await run_in_threadpool(self.llm.create_completion, text)" in text) is goes


def test_a_route_in_a_thread_goes_on_using_it_there() -> None:
    text = migrate_main(route(STAYS["in a helper"], "def")).texts["app/main.py"]
    assert "await run_in_threadpool(ask, text)" in text


CONNECTIONS = """
import asyncio
import queue
import sqlite3
import threading
from functools import lru_cache

import pika
import psycopg2
import pymysql
from fastapi import Depends, Request

app.state.conn = psycopg2.connect("dbname=x")
mine = pymysql.connect(host="x")
cursor = mine.cursor()
notes = sqlite3.connect("notes.db", check_same_thread=False)
gate = threading.Lock()


class Publisher:
    def __init__(self, channel=None):
        self.channel = channel or pika.BlockingConnection(pika.ConnectionParameters("x")).channel()

    def publish(self, text):
        self.channel.basic_publish(exchange="", routing_key="a", body=text)

    async def publish_soon(self, text):
        self.channel.basic_publish(exchange="", routing_key="a", body=text)


class Repository:
    def __init__(self, conn):
        self.conn = conn

    def names(self):
        return self.conn.execute("select name from users").fetchall()


publisher = Publisher()


def current():
    return mine


lazy = None


def made_when_asked():
    global lazy
    if lazy is None:
        lazy = sqlite3.connect("notes.db")
    return lazy


@lru_cache
def cached():
    return pymysql.connect(host="x")


def opened():
    conn = pymysql.connect(host="x")
    try:
        yield conn
    finally:
        conn.close()


def guarded(text):
    with gate:
        notes.execute("insert into notes values (?)", (text,))
        notes.commit()


local = threading.local()
waiting = queue.Queue()
waiting.put(pymysql.connect(host="x"))


def of_thread():
    if not hasattr(local, "conn"):
        local.conn = pymysql.connect(host="x")
    return local.conn


def taken(text):
    conn = waiting.get()
    try:
        conn.query(text)
    finally:
        waiting.put(conn)


def names_of(conn):
    return conn.execute("select name from users").fetchall()


"""
SHARED = {
    "a cursor": 'cursor.execute("select 1")',
    "a cursor of a shared connection": 'with mine.cursor() as own:\n    own.execute("select 1")',
    "under another name": 'conn = mine\nconn.query("select 1")',
    "what a function gives": 'current().query("select 1")',
    "what is made when it is first asked for": 'conn = made_when_asked()\nconn.execute("select 1")',
    "what was made in a thread": 'conn = await asyncio.to_thread(made_when_asked)\nconn.execute("select 1")',
    "what a cache keeps": 'cached().query("select 1")',
    "an object that keeps one": "publisher.publish(text)",
    "an object around one": "Repository(notes).names()",
    "handed to a helper": "names_of(notes)",
    "the application's": 'request.app.state.conn.cursor().execute("select 1")',
    "a dependency's": 'shared.query("select 1")',
}
OWN = {
    "a connection": 'conn = pymysql.connect(host="x")\nconn.query("select 1")',
    "an object": "Publisher().publish(text)",
    "an object around one": 'Repository(sqlite3.connect("notes.db")).names()',
    "handed to a helper": 'names_of(sqlite3.connect("notes.db"))',
    "below a lock of threads": "guarded(text)",
    "a dependency's": 'own.query("select 1")',
    "each thread's": "of_thread().query(text)",
    "one out of a queue": "taken(text)",
    "what only has its name": 'cursor = pymysql.connect(host="x").cursor()\ncursor.execute("select 1")',
}


def test_a_connection_that_requests_share_stays_on_the_loop_and_their_own_ones_do_not() -> None:
    """Threads would mix up their statements and transactions, which on the loop ran one after the other."""
    parameters = "text: str, request: Request, own=Depends(opened), shared=Depends(current)"
    bodies = [*SHARED.values(), *OWN.values()]
    routes = [
        f'@app.get("/{number}")\nasync def route_{number}({parameters}):\n' + textwrap.indent(body, "    ")
        for number, body in enumerate(bodies)
    ]
    done = migrate_main(CONNECTIONS + "\n\n\n".join(routes) + "\n")
    is_moved = [
        "run_in_threadpool(" in done.function("app/main.py", f"route_{n}") for n in range(len(bodies))
    ]
    names = [*(f"shared: {each}" for each in SHARED), *(f"own: {each}" for each in OWN)]
    assert [each for each, moved in zip(names, is_moved, strict=True) if moved] == names[len(SHARED) :]
    assert "run_in_threadpool(" not in done.function("app/main.py", "Publisher")
    assert not [each for each in done.report.refusals if each.code == "AF912"]
