"""Awaits that are missing on known async clients and on coroutines of the project, and those that are not missing."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import textwrap

import pytest
from client_programs import migrate

HEAD = """\
import asyncio

import httpx
import redis.asyncio
from fastapi import APIRouter, BackgroundTasks, Depends
from openai import AsyncOpenAI
from sqlalchemy.ext.asyncio import AsyncSession

router = APIRouter()
client = httpx.AsyncClient()
cache = redis.asyncio.Redis()
ai = AsyncOpenAI()


async def load(key: str) -> dict:
    return {"key": key}


async def get_client():
    async with httpx.AsyncClient() as made:
        yield made


class Repository:
    def __init__(self, db: AsyncSession):
        self.db = db

    async def one(self, key: int):
        return await self.db.get(dict, key)


@router.get("/")
async def call(key: str, db: AsyncSession, own: httpx.AsyncClient = Depends(get_client)):
"""

MISSING = {
    "r = client.get(key)\nreturn r.json()": "r = await client.get(key)\nreturn r.json()",
    "return client.get(key).json()": "return (await client.get(key)).json()",
    "return own.get(key).text": "return (await own.get(key)).text",
    "client.get(key)": "await client.get(key)",
    "if client.get(key).status_code == 200:\n    return 1": "if (await client.get(key)).status_code == 200:\n    return 1",
    "return cache.get(key)": "return await cache.get(key)",
    "if not cache.exists(key):\n    return 1": "if not await cache.exists(key):\n    return 1",
    "if cache.get(key) is None:\n    return 1": "if await cache.get(key) is None:\n    return 1",
    "v = cache.get(key)\nif v is None:\n    return 1\nreturn v": (
        "v = await cache.get(key)\nif v is None:\n    return 1\nreturn v"
    ),
    "return {'v': cache.get(key)}": "return {'v': await cache.get(key)}",
    "return [cache.get(key), 1]": "return [await cache.get(key), 1]",
    "return f'{cache.get(key)}!'": "return f'{await cache.get(key)}!'",
    "return len(cache.keys())": "return len(await cache.keys())",
    "return cache.incr(key) + 1": "return await cache.incr(key) + 1",
    "n = cache.incr(key) if key else 0\nreturn n + 1": "n = await cache.incr(key) if key else 0\nreturn n + 1",
    "done = cache.delete(key)": "done = await cache.delete(key)",
    "v = cache.get(key)\ncache.set('copy', v)": "v = await cache.get(key)\nawait cache.set('copy', v)",
    "row = db.get(dict, key)\ndb.delete(row)\ndb.commit()": (
        "row = await db.get(dict, key)\nawait db.delete(row)\nawait db.commit()"
    ),
    "row = db.get(dict, key)\ndb.add(row)\nreturn row.id": "row = await db.get(dict, key)\ndb.add(row)\nreturn row.id",
    "for k in cache.scan_iter(key):\n    print(k)": "async for k in cache.scan_iter(key):\n    print(k)",
    "for k in cache.keys(key):\n    print(k)": "for k in await cache.keys(key):\n    print(k)",
    "with client.stream('GET', key) as r:\n    print(r)": "async with client.stream('GET', key) as r:\n    print(r)",
    "with cache.pipeline() as p:\n    p.incr(key)\n    p.execute()": None,
    "p = cache.pipeline()\np.incr(key)\nreturn p.execute()": "p = cache.pipeline()\np.incr(key)\nreturn await p.execute()",
    "row = db.get(dict, 1)\nreturn row.name": "row = await db.get(dict, 1)\nreturn row.name",
    "db.commit()": "await db.commit()",
    "db.add(key)\ndb.flush()": "db.add(key)\nawait db.flush()",
    "return db.execute(key).scalars().all()": "return (await db.execute(key)).scalars().all()",
    "x = ai.chat.completions.create(model=key, messages=[])\nreturn x.choices": (
        "x = await ai.chat.completions.create(model=key, messages=[])\nreturn x.choices"
    ),
    "load(key)": "await load(key)",
    "return load(key)['key']": "return (await load(key))['key']",
    "data = load(key)\nreturn data['key']": "data = await load(key)\nreturn data['key']",
    "return Repository(db).one(1)": "return await Repository(db).one(1)",
    "asyncio.sleep(1)": "await asyncio.sleep(1)",
    "a, b = cache.mget(key, 'b')\nreturn a": "a, b = await cache.mget(key, 'b')\nreturn a",
    "key and load(key)": "key and await load(key)",
    "load(key) if key else None": "await load(key) if key else None",
    "return key and cache.get(key)": "return key and await cache.get(key)",
    "if v := cache.get(key):\n    return v": "if v := await cache.get(key):\n    return v",
    "v: str = cache.get(key)\nreturn v.lower()": "v: str = await cache.get(key)\nreturn v.lower()",
    "return {'all': [cache.get(key)]}": "return {'all': [await cache.get(key)]}",
    "while cache.llen(key):\n    cache.lpop(key)": "while await cache.llen(key):\n    await cache.lpop(key)",
}

NOTHING_MISSING = [
    "return await client.get(key)",
    "return (await client.get(key)).json()",
    "return await asyncio.gather(client.get(key), client.get('b'))",
    "return await asyncio.gather(*[client.get(k) for k in key])",
    "return await asyncio.gather(*(load(k) for k in key))",
    "calls = [client.get(k) for k in key]\nreturn await asyncio.gather(*calls)",
    "calls = []\nfor k in key:\n    calls.append(client.get(k))\nreturn await asyncio.gather(*calls)",
    "calls = {k: load(k) for k in key}\nreturn {k: await c for k, c in calls.items()}",
    "a = client.get(key)\nb = client.get('b')\nreturn await asyncio.gather(a, b)",
    "a, b = load(key), load('b')\nreturn [await a, await b]",
    "task = asyncio.create_task(client.get(key))\nreturn await task",
    "asyncio.create_task(load(key))",
    "call = load(key)\ncall = await call\nreturn call['key']",
    "call = load(key)\nother = call\nreturn await other",
    "call = load(key)\ncalls = [call]\nreturn await asyncio.gather(*calls)",
    "async with asyncio.TaskGroup() as group:\n    group.create_task(load(key))",
    "call = client.get(key)\nreturn await call",
    "call = load(key)\nreturn await asyncio.wait_for(call, 3)",
    "return await asyncio.wait_for(cache.get(key), timeout=1)",
    "return await asyncio.shield(load(key))",
    "for call in asyncio.as_completed([load(key)]):\n    print(await call)",
    "pending = {load(key), load('b')}\nreturn await asyncio.wait(pending)",
    "call = load(key) if key else None\nif call is not None:\n    return await call",
    "call = load(key)\ncall.close()",
    "call = client.get(key)\nreturn asyncio.ensure_future(call)",
    "async with client.stream('GET', key) as r:\n    return r.status_code",
    "async with cache.pipeline() as pipe:\n    pipe.incr(key)\n    return await pipe.execute()",
    "async for k in cache.scan_iter(key):\n    print(k)",
    "return [k async for k in cache.scan_iter(key)]",
    "async with cache.lock(key):\n    return 1",
    "pipe = cache.pipeline()\npipe.incr(key)\nreturn await pipe.execute()",
    "db.add(key)\nawait db.commit()",
    "async with db.begin():\n    db.add(key)",
    "result = await db.execute(key)\nreturn result.scalars().all()",
    "r = await client.get(key)\nr.raise_for_status()\nreturn r.json()",
    "r = client.build_request('GET', key)\nreturn await client.send(r)",
    "keep(load(key))",
    "keep(first=load(key))",
    "holder.call = load(key)",
    "holder['call'] = load(key)",
    "run = lambda: load(key)\nreturn await run()",
    "def later():\n    return load(key)\n\nreturn await later()",
    "return await asyncio.gather(*map(load, key))",
    "loop = asyncio.get_running_loop()\nloop.run_in_executor(None, print, key)",
    "return str(client.headers)",
]


def whole(body: str) -> str:
    return HEAD + textwrap.indent(body, "    ") + "\n"


@pytest.mark.parametrize("body", [body for body, after in MISSING.items() if after is not None])
def test_an_await_is_missing(body: str) -> None:
    after = MISSING[body]
    assert after is not None
    assert migrate({"app/routes.py": whole(body)}).text == whole(after)


@pytest.mark.parametrize("body", NOTHING_MISSING)
def test_no_await_is_missing(body: str) -> None:
    assert migrate({"app/routes.py": whole(body)}).text == whole(body)


def test_a_helper_that_hands_the_coroutine_on_is_left_alone() -> None:
    text = whole("return await ask(key)") + "\n\ndef ask(key):\n    return client.get(key)\n"
    assert migrate({"app/routes.py": text}).text == text


def test_a_sync_route_on_an_async_client_turns() -> None:
    text = whole("return client.get(key).json()").replace("async def call", "def call")
    after = migrate({"app/routes.py": text}).text
    assert "async def call(" in after
    assert "    return (await client.get(key)).json()\n" in after


def test_a_class_of_the_project_with_the_same_methods_is_none() -> None:
    text = (
        whole("return own_client.get(key)")
        + "\n\nclass Client:\n    def get(self, key):\n        return key\n\n\nown_client = Client()\n"
    )
    assert migrate({"app/routes.py": text}).text == text


@pytest.mark.parametrize("given", ["process.wait()"])
def test_what_blocks_cannot_be_awaited_with_a_timeout(given: str) -> None:
    """It did nothing without an `await`, and raises a TypeError with one."""
    body = f"process = subprocess.Popen(key)\nasyncio.wait_for({given}, timeout=2)\nreturn 1"
    after = migrate({"app/routes.py": "import subprocess\n" + whole(body)}).text
    assert "await asyncio.wait_for" not in after


def test_a_coroutine_with_a_timeout_is_awaited() -> None:
    body = "asyncio.wait_for(load(key), timeout=2)\nreturn 1"
    assert migrate({"app/routes.py": whole(body)}).text == whole(f"await {body}")


@pytest.mark.parametrize(
    ("body", "is_missing"), [("return data", False), ("raise NotImplementedError", True), ("...", True)]
)
def test_what_is_a_coroutine_in_one_class_alone_is_awaited_by_nobody_else(
    body: str, is_missing: bool
) -> None:
    """`await step.run(x) if step.is_async else step.run(x)` worked for both."""
    text = f"""
from fastapi import APIRouter, Depends

router = APIRouter()


class Step:
    is_async = False

    def run(self, data):
        {body}


class AsyncStep(Step):
    is_async = True

    async def run(self, data):
        return data


@router.get("/")
async def show(step: Step = Depends()):
    result = await step.run({{}}) if step.is_async else step.run({{}})
    return list(result.values())
"""
    done = migrate({"app/routes.py": text}).text
    assert ("else await step.run" in done) is is_missing
