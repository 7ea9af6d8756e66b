"""What a response goes through in threads blocks nobody; what the handler takes out of it before does."""

from __future__ import annotations

import sys

import pytest
from small_projects import migrate_main

MAIN = """
import httpx
import requests
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()

def rows():
    requests.get("https://x.example", cert=object())
    yield "1"

def load(row):
    return requests.get("https://x.example", cert=row).text

def framed(parts):
    yield "head"
    yield from parts

@app.get("/tile")
def tile(url: str):
    {body}
"""
ASK = "answer = requests.get(url, stream=True, cert=object())\n    "
OLD = "answer = httpx.get(url, cert=object())\n    "
STREAMED = [
    ASK + "return StreamingResponse(answer.iter_content(8), media_type=answer.headers['Content-Type'])",
    ASK + "lines = answer.iter_lines()\n    return StreamingResponse(content=lines)",
    OLD + "return StreamingResponse(answer.iter_bytes())",
    "return StreamingResponse(rows())",
    "found = rows()\n    return StreamingResponse(found)",
    "return StreamingResponse(framed(rows()))",
    "found = rows()\n    return StreamingResponse(framed(parts=found))",
    "found = rows()\n    both = framed(found)\n    return StreamingResponse(framed(both))",
    "return StreamingResponse(row + '!' for row in rows())",
    "return StreamingResponse((one for row in rows() for one in [load(row), *[load(x) for x in row]]))",
    "parts = (load(x) for x in url)\n    return StreamingResponse(framed(parts))",
]
ON_LOOP = [
    "return StreamingResponse((load(x) for x in url)), [*(load(x) for x in url)], (load(x) for x in url)",
    "parts = (load(x) for x in url)\n    first = next(parts)\n    return StreamingResponse(parts)",
    "return StreamingResponse(again for again in (parts := (load(x) for x in url))), next(parts)",
    "return (load(x) for x in url)",
]
BEGUN_BEFORE = [
    "first = next(parts)",
    "parts.__next__()",
    "list(parts)",
    "for part in parts:\n        print(part)",
]
READ_BEFORE = [
    "parts = rows()\n    first = next(parts)\n    return StreamingResponse(parts)",
    "parts = rows()\n    return StreamingResponse(parts), list(parts)",
    "for first in (parts := rows()):\n        break\n    return StreamingResponse(parts)",
    "first = next(parts := rows())\n    return StreamingResponse(parts)",
    "parts = rows()\n    both = framed(parts)\n    first = next(both)\n    return StreamingResponse(parts)",
]
TAKEN_TWICE = [
    "first, *rest = parts = rows()\n    return StreamingResponse(parts)",
    "parts = again = rows()\n    first = next(again)\n    return StreamingResponse(parts)",
    "found = StreamingResponse(parts := rows())\n    first = next(parts)\n    return found",
]


@pytest.mark.parametrize("body", STREAMED)
def test_a_response_reads_in_threads(body: str) -> None:
    done = migrate_main(MAIN.format(body=body))
    assert "app/main.py:tile" in done.turned
    last = body.rpartition("\n")[2].strip()
    assert last in done.function("app/main.py", "tile")


def test_what_makes_the_items_of_a_generator_expression_stays_plain() -> None:
    text = (
        MAIN.format(body="return StreamingResponse(page(x) for x in url)")
        + """
def page(url: str):
    return requests.get(url, timeout=5).text

@app.get("/page")
def show(url: str):
    return page(url)
"""
    )
    assert "await run_in_threadpool(page, url)" in migrate_main(text).function("app/main.py", "show")


@pytest.mark.parametrize("body", ON_LOOP)
def test_a_generator_expression_that_others_read_is_not_read_on_the_loop(body: str) -> None:
    done = migrate_main(MAIN.format(body=body))
    assert "app/main.py:tile" not in done.turned or "(_tile, url)" in done.function("app/main.py", "tile")


OF_NO_3_10 = pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 does not compile it")


@pytest.mark.parametrize(
    "items",
    [
        "(load(x) async for x in ask())",
        pytest.param("([await ask() for y in x] + [load(x)] for x in 'ab')", marks=OF_NO_3_10),
    ],
)
def test_items_that_an_async_generator_expression_makes_are_made_on_the_loop(items: str) -> None:
    text = (
        MAIN.format(body="return 1")
        + f"""
async def ask():
    yield 1

@app.get("/items")
async def items():
    return StreamingResponse({items})
"""
    )
    assert migrate_main(text).chains == ["load() -> requests.get"]


@pytest.mark.parametrize("begun", BEGUN_BEFORE)
def test_what_is_taken_out_before_is_taken_out_in_a_thread(begun: str) -> None:
    body = f"{ASK}parts = answer.iter_content()\n    {begun}\n    return StreamingResponse(parts)"
    done = migrate_main(MAIN.format(body=body))
    assert "app/main.py:tile" in done.turned
    function = done.function("app/main.py", "tile")
    inner, _, outer = function.partition("    parts = await run_in_threadpool(read_parts)\n")
    assert begun.partition("\n")[0] in inner.partition("def read_parts():")[2]
    assert outer.strip() == "return StreamingResponse(parts)"


@pytest.mark.parametrize("body", READ_BEFORE)
def test_what_is_taken_out_before_is_not_read_on_the_loop(body: str) -> None:
    assert "app/main.py:tile" not in migrate_main(MAIN.format(body=body)).turned


@pytest.mark.parametrize("body", TAKEN_TWICE)
def test_what_has_another_name_is_read_in_the_thread_that_takes_it(body: str) -> None:
    function = migrate_main(MAIN.format(body=body)).function("app/main.py", "tile")
    assert function.count("await run_in_threadpool(") == 1
    _, _, on_loop = function.partition("await run_in_threadpool(")
    assert "parts" not in on_loop


def test_generators_that_are_given_each_other_have_no_end() -> None:
    loop = "parts = framed(both)\n    both = framed(parts)\n    return StreamingResponse(rows())"
    assert "app/main.py:tile" in migrate_main(MAIN.format(body=loop)).turned
