"""Calls that hold a thread until a coroutine is done: those that become an `await`, and those that stay."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import json
from pathlib import Path

import forked
import pytest
from small_projects import Migrated, migrate_main

SERVICE = """\
import asyncio
import contextvars
import threading
import time

import unheard_of

_lock = threading.Lock()
_local = threading.local()
_user = contextvars.ContextVar("user")


async def fetch(x: int, scale: int = 1) -> int:
    await asyncio.sleep(0)
    return x + scale


async def sleeps(x: int) -> int:
    time.sleep(0.01)
    return await fetch(x)


async def comes_to_one_that_blocks(x: int) -> int:
    return loads(x)


async def sends(x: int) -> int:
    unheard_of.send(x)
    return await unheard_of.ask(x)


async def leaves_a_task(x: int) -> int:
    asyncio.create_task(fetch(x))
    return x


async def calls_one_that_leaves_a_task(x: int) -> int:
    return await leaves_a_task(x)


async def holds_a_lock(x: int) -> int:
    with _lock:
        time.sleep(0.01)
        return await fetch(x)


async def sets_a_variable(x: int) -> int:
    _user.set(x)
    return await fetch(x)


async def asks_its_thread(x: int) -> int:
    _local.x = x
    return await fetch(x)


async def stops_its_loop(x: int) -> int:
    asyncio.get_running_loop().stop()
    return x


async def numbers(x: int):
    yield x


def loads(x: int) -> int:
    time.sleep(0.01)
    return x
"""
HEAD = """
import asyncio

import anyio
import anyio.from_thread
import uvloop
from asgiref.sync import async_to_sync
from app import service
from app.service import fetch, loads


@app.get("/{x}")
def h(x: int):
"""


APP_OF_ITS_OWN = "from fastapi import FastAPI\nfrom app import service\napp = FastAPI()\n"


def migrated(body: str, tail: str = "", **others: str) -> Migrated:
    indented = "".join(f"    {line}\n" if line else "\n" for line in body.splitlines())
    return migrate_main(f"{HEAD}{indented}\n{tail}", service=SERVICE, **others)


def body_of(done: Migrated) -> str:
    lines = done.function("app/main.py", "h").splitlines()
    assert lines[1] == "async def h(x: int):"
    return "\n".join(line.removeprefix("    ") for line in lines[2:])


AWAITED = {
    "return asyncio.run(fetch(x))": "return await fetch(x)",
    "return asyncio.run(service.comes_to_one_that_blocks(x))": "return await service.comes_to_one_that_blocks(x)",
    "return uvloop.run(fetch(x))": "return await fetch(x)",
    "return anyio.run(fetch, x)": "return await fetch(x)",
    "return anyio.from_thread.run(fetch, x, 2)": "return await fetch(x, 2)",
    "return async_to_sync(fetch)(x, scale=2)": "return await fetch(x, scale=2)",
    "return asyncio.get_event_loop().run_until_complete(fetch(x))": "return await fetch(x)",
    "coro = fetch(x)\nreturn asyncio.run(coro)": "coro = fetch(x)\nreturn await coro",
    "return asyncio.run(asyncio.wait_for(fetch(x), 5))": "return await asyncio.wait_for(fetch(x), 5)",
    "return asyncio.run(fetch(loads(x)))": "return await fetch(await loads(x))",
    "return [asyncio.run(fetch(y)) for y in range(x)]": "return [await fetch(y) for y in range(x)]",
    "return asyncio.run(fetch(x)).bit_length()": "return (await fetch(x)).bit_length()",
    "return asyncio.run(service.sleeps(x))": "return await service.sleeps(x)",
    "return asyncio.run(service.sends(x))": "return await service.sends(x)",
    "async def both():\n    return await asyncio.gather(fetch(x), fetch(1))\n\nreturn asyncio.run(both())": (
        "async def both():\n    return await asyncio.gather(fetch(x), fetch(1))\n\nreturn await both()"
    ),
    # a loop of its own goes with what makes, sets and closes it
    "loop = asyncio.new_event_loop()\nasyncio.set_event_loop(loop)\ny = loop.run_until_complete(fetch(x))\nloop.close()\n"
    "return y": "y = await fetch(x)\nreturn y",
    "loop = asyncio.new_event_loop()\ntry:\n    return loop.run_until_complete(fetch(x))\nfinally:\n    loop.close()": (
        "return await fetch(x)"
    ),
    "loop = asyncio.new_event_loop()\ntry:\n    y = loop.run_until_complete(fetch(x))\nexcept ValueError:\n    y = 0\n"
    "finally:\n    loop.run_until_complete(loop.shutdown_asyncgens())\n    loop.close()\nreturn y": (
        "try:\n    y = await fetch(x)\nexcept ValueError:\n    y = 0\nreturn y"
    ),
    "loop = None\ntry:\n    loop = asyncio.new_event_loop()\n    y = loop.run_until_complete(fetch(x))\nfinally:\n    if loop:\n"
    "        loop.close()\n    print(x)\nreturn y": "try:\n    y = await fetch(x)\nfinally:\n    print(x)\nreturn y",
    "try:\n    loop = asyncio.get_event_loop()\nexcept RuntimeError:\n    loop = asyncio.new_event_loop()\n"
    "    asyncio.set_event_loop(loop)\nif loop.is_closed():\n    loop = asyncio.new_event_loop()\n"
    "return loop.run_until_complete(fetch(x))": "return await fetch(x)",
}


@pytest.mark.parametrize("body", AWAITED)
def test_what_a_bridge_runs_is_awaited(body: str) -> None:
    assert body_of(migrated(body)) == AWAITED[body]


IN_A_THREAD = {
    "something unknown": "return asyncio.run(unknown(x))",
    "a coroutine that somebody gives": "return asyncio.run(app.state.work)",
    "a keyword": "return asyncio.run(main=fetch(x))",
    "a loop that shows slow steps": "return asyncio.run(fetch(x), debug=True)",
    "arguments that are unpacked": "return anyio.from_thread.run(*[fetch, x])",
    "options of the backend": "return anyio.run(fetch, x, backend='trio')",
    "a wrapper that is kept": "call = async_to_sync(fetch)\nreturn call(x)",
    "no coroutine but a generator": "return asyncio.run(service.numbers(x))",
    "a task that is left over": "return asyncio.run(service.leaves_a_task(x))",
    "a task that is left over further below": "return asyncio.run(service.calls_one_that_leaves_a_task(x))",
    "what blocks and cannot be mended": "return asyncio.run(service.holds_a_lock(x))",
    "a context variable": "return asyncio.run(service.sets_a_variable(x))",
    "state of its thread": "return asyncio.run(service.asks_its_thread(x))",
    "a loop that the coroutine stops": "return asyncio.run(service.stops_its_loop(x))",
    "a bridge in a lambda": "return max([x, 1], key=lambda y: asyncio.run(fetch(y)))",
    "a bridge in a generator expression": "return any(asyncio.run(fetch(y)) for y in range(x))",
    "a loop that is asked": "loop = asyncio.new_event_loop()\ny = loop.run_until_complete(fetch(x))\nreturn y, loop.time()",
    "a loop that others get": "loop = asyncio.new_event_loop()\nprint(loop)\nreturn loop.run_until_complete(fetch(x))",
    "a loop that a function inside uses": (
        "loop = asyncio.new_event_loop()\ndef run(y):\n    return loop.run_until_complete(fetch(y))\nreturn run(x)"
    ),
    "a loop that is given": "def run(loop):\n    return loop.run_until_complete(fetch(x))\nreturn run(asyncio.new_event_loop())",
    "a loop of the application": "return app.state.loop.run_until_complete(fetch(x))",
    "one of two things that a loop runs": (
        "loop = asyncio.new_event_loop()\ny = loop.run_until_complete(fetch(x))\n"
        "return y, loop.run_until_complete(service.leaves_a_task(x))"
    ),
    "a comment on the loop": (
        "# one for each request\nloop = asyncio.new_event_loop()\nreturn loop.run_until_complete(fetch(x))"
    ),
    "a comment on its end": (
        "loop = asyncio.new_event_loop()\ntry:\n    return loop.run_until_complete(fetch(x))\n"
        "finally:\n    # the last thing\n    loop.close()"
    ),
    "other ways where a loop runs": (
        "try:\n    asyncio.get_running_loop()\nexcept RuntimeError:\n    return asyncio.run(fetch(x))\nreturn 'a loop runs'"
    ),
    "a lock that is held": "with service._lock:\n    return asyncio.run(fetch(x))",
}


@pytest.mark.parametrize("body", IN_A_THREAD.values(), ids=IN_A_THREAD)
def test_what_counts_on_a_loop_of_its_own_stays_in_a_thread(body: str) -> None:
    done = migrated(body)
    text = done.texts["app/main.py"]
    assert "await fetch(" not in text
    assert "await service." not in text


def test_with_nested_loops_nobody_knows_what_runs_where() -> None:
    done = migrated("return asyncio.run(fetch(x))", nested="import nest_asyncio\nnest_asyncio.apply()\n")
    assert body_of(done) == "return await run_in_threadpool(asyncio.run, fetch(x))"


def test_lines_inside_move_to_where_they_stand_now() -> None:
    done = migrated("y = asyncio.run(\n    fetch(\n        x,\n        scale=2,  # twice\n    )\n)\nreturn y")
    assert body_of(done) == "y = await fetch(\n    x,\n    scale=2,  # twice\n)\nreturn y"


def test_what_runs_at_once_on_the_loop_is_called() -> None:
    done = migrated(
        "done = asyncio.Event()\nanyio.from_thread.run_sync(done.set)\nreturn asyncio.run(fetch(x))"
    )
    assert body_of(done) == "done = asyncio.Event()\ndone.set()\nreturn await fetch(x)"


def test_a_function_of_the_project_is_not_called_on_the_loop_instead() -> None:
    done = migrated("return anyio.from_thread.run_sync(loads, x)")
    assert body_of(done) == "return await run_in_threadpool(anyio.from_thread.run_sync, loads, x)"


SENT = "return asyncio.run_coroutine_threadsafe(fetch(x), {loop}).result()"
KEPT = {
    "of the application": "\n@app.on_event('startup')\nasync def start():\n    app.state.loop = asyncio.get_running_loop()\n",
    "of the module": (
        "\nserver: asyncio.AbstractEventLoop | None = None\n\n@app.on_event('startup')\nasync def start():\n"
        "    global server\n    server = asyncio.get_running_loop()\n"
    ),
}


@pytest.mark.parametrize(
    ("loop", "kept"), [("app.state.loop", "of the application"), ("server", "of the module")]
)
def test_what_is_sent_to_the_loop_of_the_server_is_awaited_there(loop: str, kept: str) -> None:
    done = migrated(SENT.format(loop=loop) + "\n", tail=KEPT[kept])
    assert body_of(done) == "return await fetch(x)"


OTHER_LOOPS = {
    "a loop in a thread of its own": (SENT.format(loop="server"), "\nserver = asyncio.new_event_loop()\n"),
    "one of two loops": (
        SENT.format(loop="app.state.loop"),
        KEPT["of the application"] + "\ndef other():\n    app.state.loop = asyncio.new_event_loop()\n",
    ),
    "a loop of nobody knows whom": (SENT.format(loop="app.state.loop"), ""),
    "no longer than so": (
        "return asyncio.run_coroutine_threadsafe(fetch(x), app.state.loop).result(5)",
        KEPT["of the application"],
    ),
    "a future that is kept": (
        "future = asyncio.run_coroutine_threadsafe(fetch(x), app.state.loop)\nreturn future.result()",
        KEPT["of the application"],
    ),
}


@pytest.mark.parametrize(("body", "tail"), OTHER_LOOPS.values(), ids=OTHER_LOOPS)
def test_what_is_sent_elsewhere_is_waited_for_in_a_thread(body: str, tail: str) -> None:
    assert "await fetch(" not in migrated(body, tail=tail).texts["app/main.py"]


HELPER = "import asyncio\nfrom app.service import fetch\n\ndef total(x):\n    return asyncio.run(fetch(x))\n"
RUNNER = "\n\ndef run_async(coro):\n    return asyncio.run(coro)\n"


def test_a_helper_turns_and_its_callers_await_it() -> None:
    done = migrated("from app.helper import total\nreturn total(x)", helper=HELPER)
    assert "async def total(x):\n    return await fetch(x)\n" in done.texts["app/helper.py"]
    assert body_of(done).endswith("return await total(x)")


def test_a_helper_that_a_script_calls_as_well_stays() -> None:
    script = "from app.helper import total\nprint(total(1))\n"
    done = migrated("from app.helper import total\nreturn total(x)", helper=HELPER, script=script)
    assert done.texts["app/helper.py"] == HELPER
    assert body_of(done).endswith("return await run_in_threadpool(total, x)")


def test_what_nobody_knows_leaves_a_coroutine_that_comes_onto_the_loop() -> None:
    done = migrated("return asyncio.run(service.sends(x))")
    text = done.function("app/service.py", "sends")
    assert "    await run_in_threadpool(unheard_of.send, x)\n    return await unheard_of.ask(x)" in text


def test_it_stays_in_a_coroutine_that_runs_there_already() -> None:
    done = migrated(
        "return asyncio.run(service.sends(x))",
        other=APP_OF_ITS_OWN
        + "@app.get('/sent')\nasync def sent(x: int):\n    return await service.sends(x)\n",
    )
    assert "    unheard_of.send(x)\n" in done.function("app/service.py", "sends")


def test_the_coroutine_and_what_awaits_it_change_together() -> None:
    done = migrated("return asyncio.run(service.sleeps(x))")
    group = next(group for group in done.report.groups if "app.main:h" in group.functions)
    assert "app.service:sleeps" in group.functions


ASKED = """
import asyncio
import json
import sys

from fastapi.testclient import TestClient

sys.path.insert(0, sys.argv[1])
from app.main import app

with TestClient(app, raise_server_exceptions=False) as client:
    paths = ["/run/3", "/run/-3", "/loop/3", "/loop/-3", "/hop/3", "/inner/3", "/helped/3"]
    paths += ["/ran/3", "/ran/-3"]
    answers = [client.get(path) for path in paths]
    print(json.dumps([[answer.status_code, answer.text] for answer in answers]))
"""
ROUTES = """
import asyncio

import anyio.from_thread
from fastapi import HTTPException
from app.helper import run_async, total
from app.service import fetch

seen = []


@app.get("/run/{x}")
def run(x: int):
    seen.append(x)
    return {"x": asyncio.run(fetch(x)), "seen": seen}


@app.get("/loop/{x}")
def loop(x: int):
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        return [loop.run_until_complete(fetch(x)), loop.run_until_complete(fetch(x, scale=2))]
    except ValueError as error:
        raise HTTPException(418, str(error)) from error
    finally:
        loop.close()


@app.get("/hop/{x}")
def hop(x: int):
    return anyio.from_thread.run(fetch, x, 5)


@app.get("/inner/{x}")
def inner(x: int):
    async def both():
        return await asyncio.gather(fetch(x), fetch(x, 7))

    return asyncio.run(both())


@app.get("/helped/{x}")
def helped(x: int):
    return total(x)


@app.get("/ran/{x}")
def ran(x: int):
    return [run_async(fetch(x)), run_async(fetch(x, scale=3))]
"""
RAISING = """
import asyncio
import time

async def fetch(x: int, scale: int = 1) -> int:
    time.sleep(0.001)
    await asyncio.sleep(0.001)
    if x < 0:
        raise ValueError("negative")
    return x + scale
"""


def test_clients_get_the_same_answers(tmp_path: Path) -> None:
    done = migrate_main(ROUTES, service=RAISING, helper=HELPER + RUNNER)
    assert "app/helper.py:total" in done.turned
    bridges = ("asyncio.run(", "run_until_complete", "run_async")
    assert not any(word in done.texts["app/main.py"] for word in bridges)
    before, after = (_answers(tmp_path / name, texts) for name, texts in (("a", done.old), ("b", done.texts)))
    assert after == before
    assert [status for status, _ in before] == [200, 500, 200, 418, 200, 200, 200, 200, 500]


def _answers(root: Path, texts: dict[str, str]) -> list[tuple[int, str]]:
    for path, text in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    done = forked.run("-c", ASKED, str(root), cwd=root)
    assert done.returncode == 0, done.stderr
    return [(status, text) for status, text in json.loads(done.stdout)]


FAILS = (
    "import asyncio\n\n\nasync def fetch():\n    await asyncio.sleep(0)\n\n\n"
    '@app.get("/x")\nasync def x():\n    {body}\n    return {{"ran": True}}\n'
)
_TRIED = "try:\n        {}\n    except RuntimeError:\n        return {{'ran': False}}"


@pytest.mark.parametrize(
    "call",
    [
        "asyncio.run(fetch())",
        "asyncio.get_event_loop().run_until_complete(fetch())",
        "asyncio.new_event_loop().run_until_complete(fetch())",
    ],
)
def test_what_fails_in_an_async_function_fails_there_as_before(call: str) -> None:
    done = migrate_main(FAILS.format(body=_TRIED.format(call)))
    assert done.is_unchanged
    assert [left.code for left in done.report.refusals] == ["AF908"]
