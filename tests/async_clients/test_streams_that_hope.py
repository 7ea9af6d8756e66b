"""Streams run in threads, and turn for a client that others need async; not for one that stays after all."""

from __future__ import annotations

from async_fix.codemods.engine.prove.failure import within
from async_fix.codemods.model import FunctionId
from small_projects import migrate_main

LLM = """
from fastapi import WebSocket
from fastapi.responses import StreamingResponse
from openai import OpenAI


class Llm:
    def __init__(self):
        self.client = OpenAI()

    def ask(self, text):
        return self.client.chat.completions.create(model="m", messages=[]).id

    def stream(self, text):
        for chunk in self.client.chat.completions.create(model="m", messages=[], stream=True):
            yield chunk.id


llm = Llm()


@app.get("/chat")
def chat():
    return StreamingResponse(llm.stream("q"))


@app.get("/sse")
def sse():
    def events():
        for word in llm.stream("q"):
            yield f"data: {word}"

    return StreamingResponse(events())


@app.get("/asked")
def asked():
    return [*map(llm.ask, ["three"])]


@app.websocket("/ws")
async def ws(socket: WebSocket):
    for word in llm.stream("text"):
        await socket.send_text(word)
"""


def test_a_stream_does_not_turn_for_a_client_that_stays() -> None:
    """It would go through the same generator in threads, one by one, as its response does; and what had
    turned for nothing was found by the second run, and cost all changes of the file."""
    outcome = migrate_main(LLM)
    assert "    def events():\n        for word in llm.stream" in outcome.function("app/main.py", "sse")
    assert "async for word in iterate_in_threadpool(llm.stream" in outcome.function("app/main.py", "ws")
    assert {"app/main.py:chat", "app/main.py:sse", "app/main.py:asked"} <= set(outcome.turned)


def test_a_failure_in_an_inner_function_is_that_of_what_holds_it() -> None:
    inner = FunctionId("app.main:sse.<locals>.events.<locals>.one")
    assert within(inner, {FunctionId("app.main:sse")})
    assert within(inner, {inner})
    assert not within(inner, {FunctionId("app.main:ss"), FunctionId("app.main:sse.<locals>.other")})
