"""Objects that serve one thread at a time: on the loop requests took turns with them."""

from __future__ import annotations

import textwrap

import pytest
from small_projects import migrate_main

HEAD = """
import asyncio

import mediapipe as mp
from llama_cpp import Llama

llm = Llama("x.gguf")
hands = mp.solutions.hands.Hands()
lock = asyncio.Lock()


def ask(text):
    return llm.create_completion(text)["choices"]


"""
STAYS = {
    "a model": "return llm.create_completion(text)",
    "it is called itself": "return llm(text)",
    "in a helper": "return ask(text)",
    "another library": "return str(hands.process(text))",
    "what is done around it stays": "with open(text) as file:\n    return llm(file.read())",
}
MOVES = {
    "one of its own": (
        "with mp.solutions.hands.Hands() as own:\n    return str(own.process(text))",
        "run_in_threadpool(",
    ),
    "below a lock": ("async with lock:\n    return llm(text)", "return await run_in_threadpool(llm, text)"),
    "a helper below a lock": ("async with lock:\n    return ask(text)", "await run_in_threadpool(ask, text)"),
}


def route(body: str, word: str = "async def") -> str:
    return f'{HEAD}@app.get("/x")\n{word} h(text: str):\n' + textwrap.indent(body, "    ") + "\n"


@pytest.mark.parametrize("place", STAYS)
def test_a_shared_one_is_used_on_the_loop_as_it_was(place: str) -> None:
    done = migrate_main(route(STAYS[place]))
    text = done.texts["app/main.py"]
    assert not any(f"run_in_threadpool({each}" in text for each in ("llm", "ask", "hands", "read", "lambda"))
    assert any("serves one thread at a time" in reason.text for reason in done.report.refusals)


@pytest.mark.parametrize("place", MOVES)
def test_one_that_no_other_thread_has_goes_to_a_thread(place: str) -> None:
    body, after = MOVES[place]
    assert after in migrate_main(route(body)).texts["app/main.py"]


def test_a_route_in_a_thread_goes_on_using_it_there() -> None:
    text = migrate_main(route(STAYS["in a helper"], "def")).texts["app/main.py"]
    assert "await run_in_threadpool(ask, text)" in text
