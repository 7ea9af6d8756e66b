"""A `def` of which the caller awaits what it gives: as `async def` it would give that to nobody."""

from __future__ import annotations

import pytest
from small_projects import migrate_main

BEGIN = """
import asyncio
from contextlib import asynccontextmanager

import httpx
import requests
from starlette.concurrency import run_in_threadpool

client = httpx.AsyncClient()


async def fetch(url: str) -> int:
    return (await client.get(url)).status_code


def begun(url: str, *given):
    requests.get("http://login/").raise_for_status()
    {body}
"""
ROUTE = """

@app.get("/")
async def show():
    {line}
"""
GIVEN = {
    "a coroutine": "return fetch(url)",
    "a coroutine with a name": "found = fetch(url)\n    return found",
    "one of a library": "return client.get(url)",
    "a future": "return asyncio.gather(fetch(url), fetch(url))",
    "a task": "return asyncio.create_task(fetch(url))",
    "the work of a thread": "return run_in_threadpool(len, url)",
    "what the caller gave": "return given[0]",
    "one of two": "return fetch(url) if url else asyncio.sleep(1)",
}


@pytest.mark.parametrize("given", GIVEN)
@pytest.mark.parametrize("line", ["return await begun('a', fetch('b'))", "await begun('a', fetch('b'))"])
def test_what_gives_something_to_await_stays_a_def(given: str, line: str) -> None:
    done = migrate_main(BEGIN.format(body=GIVEN[given]) + ROUTE.format(line=line))
    assert done.is_unchanged
    assert done.reason("app.main:begun").code == "AF909"
    assert done.findings("AF201")


def test_so_does_the_one_around_it() -> None:
    """Which would give what the inner one gives."""
    around = "\n\ndef around(url: str):\n    return begun(url)\n"
    route = ROUTE.format(line="return await around('a')")
    assert migrate_main(BEGIN.format(body=GIVEN["a coroutine"]) + around + route).is_unchanged


@pytest.mark.parametrize(
    ("body", "line", "new"),
    [
        ("return fetch(url)", "found = begun('a')\n    return await found", "found = await begun('a')"),
        (
            "return fetch(url)",
            "return await asyncio.wait_for(begun('a'), 3)",
            "wait_for(await begun('a'), 3)",
        ),
        ("return 3", "return begun('a')", "return await begun('a')"),
        (
            "@asynccontextmanager\n    async def opened():\n        yield 3\n    return opened()",
            "async with begun('a') as found:\n        return found",
            "async with await begun('a') as found:",
        ),
        (
            "async def numbers():\n        yield 3\n    return numbers()",
            "return [each async for each in begun('a')]",
            "async for each in await begun('a')]",
        ),
    ],
)
def test_what_is_awaited_elsewhere_turns(body: str, line: str, new: str) -> None:
    done = migrate_main(BEGIN.format(body=body) + ROUTE.format(line=line))
    assert "app/main.py:begun" in done.turned
    assert new in done.function("app/main.py", "show")


def test_one_of_a_family_keeps_the_others() -> None:
    """That it blocks where another one is awaited is told."""
    family = """

class Shop:
    def price(self, late: bool):
        raise NotImplementedError


class Near(Shop):
    async def price(self, late: bool):
        return 3


class Far(Shop):
    def price(self, late: bool):
        requests.get("http://far/").raise_for_status()
        return fetch("a")


def shop(late: bool) -> Shop:
    return Far() if late else Near()
"""
    route = ROUTE.format(line="return await shop(True).price(True)")
    done = migrate_main(BEGIN.format(body="return 3") + family + route)
    assert done.is_unchanged
    [left] = done.findings("AF201")
    assert left.remedy_text.endswith("Far.price blocks inside a coroutine that is awaited")


NOTIFY = """
import asyncio
import requests

async def fetch(url: str) -> None:
    print(url)

def notify(url: str):
    requests.post("http://hooks/", json={{"url": url}})
    return {given}

@app.post("/")
{kind} order(url: str):
    {line}
    return 1
"""


@pytest.mark.parametrize("given", ["fetch(url)", "asyncio.gather(fetch(url))"])
def test_no_task_runs_what_gives_something_to_await(given: str) -> None:
    """Nobody would await it in the worker."""
    assert migrate_main(NOTIFY.format(given=given, kind="async def", line="await notify(url)")).is_unchanged


@pytest.mark.parametrize(
    ("kind", "line", "new"),
    [
        ("async def", "asyncio.create_task(notify(url))", "asyncio.create_task(await notify(url))"),
        ("async def", "asyncio.ensure_future(notify(url))", "asyncio.ensure_future(await notify(url))"),
        ("def", "asyncio.run(notify(url))", "await run_in_threadpool(asyncio.run, await notify(url))"),
    ],
)
def test_nor_what_gives_a_coroutine_that_something_else_runs(kind: str, line: str, new: str) -> None:
    done = migrate_main(NOTIFY.format(given="fetch(url)", kind=kind, line=line))
    assert f"    {new}\n" in done.function("app/main.py", "order")
    assert " notify(" not in done.texts["app/domain/tasks.py"]  # only the request is for the worker
