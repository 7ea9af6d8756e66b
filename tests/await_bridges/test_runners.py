"""Functions of the project that only run the coroutine that they are handed: callers that turn await it."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import pytest
from small_projects import Migrated, migrate_main

SERVICE = """\
import asyncio
import threading
import time

_lock = threading.Lock()


async def fetch(x: int, scale: int = 1) -> int:
    await asyncio.sleep(0)
    return x + scale


async def leaves_a_task(x: int) -> int:
    asyncio.create_task(fetch(x))
    return x


async def holds_a_lock(x: int) -> int:
    with _lock:
        time.sleep(0.01)
        return await fetch(x)


async def numbers(x: int):
    yield x
"""
HEAD = """
import asyncio

from app import service
from app.helpers import run_async
from app.service import fetch


@app.get("/{x}")
def h(x: int):
"""
IMPORTS = """\
import asyncio
import contextvars
import functools
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import uvloop

"""
PLAIN = "def run_async(coro):\n    return asyncio.run(coro)\n"


def migrated(body: str, helper: str = PLAIN, tail: str = "", **others: str) -> Migrated:
    indented = "".join(f"    {line}\n" for line in body.splitlines())
    main = f"{HEAD}{indented}\n{tail}"
    return migrate_main(main, service=SERVICE, helpers=f"{IMPORTS}{helper}", **others)


def body_of(done: Migrated) -> str:
    lines = done.function("app/main.py", "h").splitlines()
    assert lines[1] == "async def h(x: int):"
    return "\n".join(line.removeprefix("    ") for line in lines[2:])


RUNNERS = {
    "typed": "def run_async(coro: 'Coroutine[Any, Any, T]') -> 'T':\n    '''Run it.'''\n    return asyncio.run(coro)\n",
    "uvloop": "def run_async(coro, /):\n    return uvloop.run(coro)\n",
    "an import inside": "def run_async(coro):\n    import asyncio\n    return asyncio.run(coro)\n",
    "a result with a name": "def run_async(coro):\n    result = asyncio.run(coro)\n    return result\n",
    "the loop of its thread": "def run_async(coro):\n    return asyncio.get_event_loop().run_until_complete(coro)\n",
    "a loop made by hand": """\
def run_async(coro):
    # one loop for each call
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(coro)
    finally:
        loop.close()
        asyncio.set_event_loop(None)
""",
    "a loop that is closed at the end": """\
def run_async(coro):
    loop = asyncio.new_event_loop()
    result = loop.run_until_complete(coro)
    loop.close()
    return result
""",
    "a loop where there is none": """\
def run_async(coro):
    try:
        loop = asyncio.get_event_loop()
    except RuntimeError:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
    return loop.run_until_complete(coro)
""",
    "one way or another": """\
def run_async(coro):
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coro)
    return loop.run_until_complete(coro)
""",
    "a loop that is asked": """\
def run_async(coro):
    loop = asyncio.get_event_loop()
    if loop.is_running():
        return asyncio.run(coro)
    else:
        return loop.run_until_complete(coro)
""",
    "a thread where a loop runs": """\
def run_async(coro):
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coro)
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, coro).result()
""",
    "a thread with the variables of its caller": """\
def run_async(coro):
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coro)

    context = contextvars.copy_context()
    with ThreadPoolExecutor() as pool:
        return pool.submit(context.run, asyncio.run, coro).result()
""",
    "a thread where the loop is said to run": """\
def run_async(coro):
    import concurrent.futures

    loop = asyncio.get_event_loop()
    if loop.is_running():
        with concurrent.futures.ThreadPoolExecutor() as pool:
            return pool.submit(asyncio.run, coro).result()
    return loop.run_until_complete(coro)
""",
    "a runner that is run": "def run_async(coro):\n    return run(coro)\n\ndef run(work):\n    return asyncio.run(work)\n",
}


@pytest.mark.parametrize("helper", RUNNERS.values(), ids=RUNNERS)
def test_what_a_helper_only_runs_is_awaited(helper: str) -> None:
    done = migrated("return run_async(fetch(x))", helper)
    assert body_of(done) == "return await fetch(x)"
    assert done.texts["app/helpers.py"] == f"{IMPORTS}{helper}"
    assert "run_async" not in done.texts["app/main.py"]


IN_POOL = """\
other = ThreadPoolExecutor()

def run_async(coro):
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coro)
    with ThreadPoolExecutor() as pool:
        return {}
"""
OTHER_HELPERS = {
    "a timeout": "def run_async(coro):\n    return asyncio.run(asyncio.wait_for(coro, 5))\n",
    "a timeout that is given": "def run_async(coro, timeout=None):\n    return asyncio.run(asyncio.wait_for(coro, timeout))\n",
    "another parameter": "def run_async(coro, name=''):\n    return asyncio.run(coro)\n",
    "several coroutines": "def run_async(*coros):\n    return asyncio.run(coros[0])\n",
    "a keyword of the runner": "def run_async(coro):\n    return asyncio.run(coro, debug=True)\n",
    "another statement": "def run_async(coro):\n    print('run')\n    return asyncio.run(coro)\n",
    "an import with effects": "def run_async(coro):\n    import app.setup\n    return asyncio.run(coro)\n",
    "a pause": "def run_async(coro):\n    time.sleep(0.1)\n    return asyncio.run(coro)\n",
    "a lock": "_lock = threading.Lock()\n\ndef run_async(coro):\n    with _lock:\n        return asyncio.run(coro)\n",
    "errors that it handles": "def run_async(coro):\n    try:\n        return asyncio.run(coro)\n    except ValueError:\n        return None\n",
    "a second try": "def run_async(coro):\n    try:\n        return asyncio.run(coro)\n    except RuntimeError:\n        return asyncio.new_event_loop().run_until_complete(coro)\n",
    "work at the end": "def run_async(coro):\n    try:\n        return asyncio.run(coro)\n    finally:\n        print('done')\n",
    "a result that is dropped": "def run_async(coro):\n    asyncio.run(coro)\n",
    "a result that is changed": "def run_async(coro):\n    result = asyncio.run(coro)\n    result += 1\n    return result\n",
    "a part of the result": "def run_async(coro):\n    return asyncio.run(coro) or 3\n",
    "another coroutine": "async def other():\n    return 7\n\ndef run_async(coro):\n    coro.close()\n    return asyncio.run(other())\n",
    "a coroutine around it": "def run_async(coro):\n    async def main():\n        return await coro\n    return asyncio.run(main())\n",
    "a path on which it does not run": (
        "def run_async(coro):\n    try:\n        asyncio.get_running_loop()\n    except RuntimeError:\n        return asyncio.run(coro)\n    raise TypeError('a loop runs')\n"
    ),
    "a condition of its own": "def run_async(coro):\n    if coro is None:\n        return None\n    return asyncio.run(coro)\n",
    "a loop that stays": "_loop = asyncio.new_event_loop()\n\ndef run_async(coro):\n    return _loop.run_until_complete(coro)\n",
    "a loop that is kept": (
        "_loop = None\n\ndef run_async(coro):\n    global _loop\n    _loop = asyncio.new_event_loop()\n    return _loop.run_until_complete(coro)\n"
    ),
    "a loop that shows slow steps": (
        "def run_async(coro):\n    loop = asyncio.new_event_loop()\n    loop.set_debug(True)\n    return loop.run_until_complete(coro)\n"
    ),
    "a generator": "def run_async(coro):\n    yield asyncio.run(coro)\n",
    "a cache": "@functools.cache\ndef run_async(coro):\n    return asyncio.run(coro)\n",
    "a decorator": (
        "def twice(f):\n    def inner(*args):\n        return f(*args), 2\n    return inner\n\n@twice\ndef run_async(coro):\n    return asyncio.run(coro)\n"
    ),
    "one of two": (
        "def run_async(coro):\n    return asyncio.run(coro)\n\nif time.time() > 3:\n    def run_async(coro):\n        return 3\n"
    ),
    "itself": "def run_async(coro):\n    return run_async(coro)\n",
    "a pool in any case": (
        "def run_async(coro):\n    with ThreadPoolExecutor() as pool:\n        return pool.submit(asyncio.run, coro).result()\n"
    ),
    "a pool that is not waited for": IN_POOL.format("pool.submit(asyncio.run, coro)"),
    "a pool that is waited for a while": IN_POOL.format("pool.submit(asyncio.run, coro).result(5)"),
    "a pool that does something else": IN_POOL.format("pool.submit(print, coro).result()"),
    "a pool that does more": IN_POOL.replace("as pool", "as pool, open('log') as log").format(
        "pool.submit(asyncio.run, coro).result()"
    ),
    "a pool with an initializer": (
        IN_POOL.replace("Executor() as", "Executor(initializer=print) as").format(
            "pool.submit(asyncio.run, coro).result()"
        )
    ),
    "a pool that runs another function": IN_POOL.format(
        "pool.submit(time.sleep, asyncio.run, coro).result()"
    ),
    "another pool": IN_POOL.format("other.submit(asyncio.run, coro).result()"),
    "a thread": (
        "def run_async(coro):\n    thread = threading.Thread(target=asyncio.run, args=(coro,))\n    thread.start()\n    thread.join(5)\n"
    ),
}


@pytest.mark.parametrize("helper", OTHER_HELPERS.values(), ids=OTHER_HELPERS)
def test_a_helper_that_does_anything_else_is_called(helper: str) -> None:
    done = migrated("return run_async(fetch(x))", helper)
    assert "await fetch(" not in done.texts["app/main.py"]
    assert "run_async" in done.function("app/main.py", "h")


CALLS = {
    "a variable that is used twice": "coro = fetch(x)\nrun_async(coro)\nreturn run_async(coro)",
    "a variable with two values": "coro = fetch(x)\nif x:\n    coro = fetch(1)\nreturn run_async(coro)",
    "a variable that others see": "coro = fetch(x)\nprint(coro)\nreturn run_async(coro)",
    "a coroutine that somebody gives": "return run_async(app.state.work)",
    "something unknown": "return run_async(unknown(x))",
    "no coroutine": "return run_async(service.numbers(x))",
    "a keyword": "return run_async(coro=fetch(x))",
    "arguments that are unpacked": "return run_async(*[fetch(x)])",
    "a task that is left over": "return run_async(service.leaves_a_task(x))",
    "what blocks and cannot be mended": "return run_async(service.holds_a_lock(x))",
    "a lock that is held": "with service._lock:\n    return run_async(fetch(x))",
    "a lambda": "return max([x, 1], key=lambda y: run_async(fetch(y)))",
    "a generator expression": "return any(run_async(fetch(y)) for y in range(x))",
    "a helper that is handed on": "return list(map(run_async, [fetch(x)]))",
    "a helper that may be another": "run = run_async if x else str\nreturn run(fetch(x))",
    "a loop that the handler asks for": "try:\n    asyncio.get_running_loop()\nexcept RuntimeError:\n    return run_async(fetch(x))\nreturn 3",
}


@pytest.mark.parametrize("body", CALLS.values(), ids=CALLS)
def test_calls_of_it_that_stay_in_a_thread(body: str) -> None:
    text = migrated(body).texts["app/main.py"]
    assert "await fetch(" not in text
    assert "await service." not in text


def test_a_helper_that_a_test_replaces_is_called() -> None:
    test = "from unittest.mock import patch\n\ndef test_h():\n    with patch('app.main.run_async'):\n        pass\n"
    done = migrated("return run_async(fetch(x))", test_h=test)
    assert "await fetch(" not in done.texts["app/main.py"]


METHODS = """\
class Runner:
    def __init__(self):
        self.count = 0

    def run(self, coro):
        loop = asyncio.new_event_loop()
        try:
            return loop.run_until_complete(coro)
        finally:
            loop.close()

    @staticmethod
    def sync(coro):
        return asyncio.run(coro)

    def counted(self, coro):
        self.count += 1
        return asyncio.run(coro)


class Loud(Runner):
    def sync(self, coro):
        print("run")
        return asyncio.run(coro)


def run_async(coro):
    return asyncio.run(coro)


def make():
    return Runner()


runner = Runner()
"""
IMPORT = "from app.helpers import Runner, make, runner\n"


def test_a_method_that_no_class_overrides() -> None:
    done = migrated(f"{IMPORT}return runner.run(fetch(x))", METHODS)
    assert "return await fetch(x)" in done.function("app/main.py", "h")


@pytest.mark.parametrize("call", ["make().run(fetch(x))", "runner.counted(fetch(x))"])
def test_a_method_with_effects(call: str) -> None:
    done = migrated(f"{IMPORT}return {call}", METHODS)
    assert "await fetch(" not in done.texts["app/main.py"]


SERVICES = """\
from app.helpers import run_async
from app.service import fetch


def total(x):
    rows = [run_async(fetch(y)) for y in range(x)]
    return sum(rows)
"""


def test_a_service_that_calls_it_turns() -> None:
    done = migrated("from app.services import total\nreturn total(x)", services=SERVICES)
    assert (
        "async def total(x):\n    rows = [await fetch(y) for y in range(x)]\n"
        in done.texts["app/services.py"]
    )
    assert body_of(done).endswith("return await total(x)")


def test_a_service_that_a_script_calls_stays() -> None:
    script = "from app.services import total\nprint(total(1))\n"
    done = migrated("from app.services import total\nreturn total(x)", services=SERVICES, script=script)
    assert done.texts["app/services.py"] == SERVICES
    assert body_of(done).endswith("return await run_in_threadpool(total, x)")


def test_the_helper_stays_for_its_other_callers() -> None:
    script = "from app.helpers import run_async\nfrom app.service import fetch\nprint(run_async(fetch(1)))\n"
    done = migrated("return run_async(fetch(x))", script=script)
    assert body_of(done) == "return await fetch(x)"
    assert done.texts["app/script.py"] == script


def test_the_report_does_not_say_that_the_helper_becomes_async() -> None:
    (found,) = [row for row in migrated("return run_async(fetch(x))").report.findings if row.code == "AF210"]
    assert (found.message, found.remedy_text) == (
        "run_async blocks: it reaches asyncio.run",
        "await the coroutine",
    )


HANDED = {
    "around it": "def run_async(coro):\n    return asyncio.run(asyncio.wait_for(coro, 5))\n",
    "in a coroutine": "def run_async(coro):\n    async def main():\n        return await coro\n    return asyncio.run(main())\n",
    "one of several": "def run_async(*coros):\n    return asyncio.run(asyncio.gather(*coros))\n",
}


@pytest.mark.parametrize("helper", HANDED.values(), ids=HANDED)
def test_what_a_caller_hands_to_a_helper_is_not_brought_onto_the_loop_unseen(helper: str) -> None:
    done = migrated("return run_async(service.holds_a_lock(x))", helper)
    assert body_of(done) == "return await run_in_threadpool(run_async, service.holds_a_lock(x))"
    assert done.texts["app/helpers.py"] == f"{IMPORTS}{helper}"


MAKERS = """\
from app.service import holds_a_lock


def make(x):
    return holds_a_lock(x)


class Job:
    def __init__(self, x):
        self.work = holds_a_lock(x)
"""


@pytest.mark.parametrize(
    "body",
    [
        "work = make(x)\nreturn asyncio.run(work)",
        "return asyncio.run(asyncio.wait_for(make(x), 5))",
        "return asyncio.run(asyncio.wait_for(Job(x).work, 5))",
        "work = make(x)\nreturn run_async(work)",
        "job = Job(x)\nasync def main():\n    return await job.work\nreturn asyncio.run(main())",
    ],
)
def test_what_others_make_or_keep_is_not_brought_onto_the_loop_unseen(body: str) -> None:
    done = migrated(f"from app.makers import Job, make\n{body}", makers=MAKERS)
    assert "time.sleep(0.01)" in done.texts["app/service.py"]
    assert not any(f"await {what}" in body_of(done) for what in ("work", "asyncio", "make", "main"))


TIMED = "def run_async(coro):\n    return asyncio.run(asyncio.wait_for(coro, 5))\n"


@pytest.mark.parametrize("helper", [PLAIN, TIMED])
@pytest.mark.parametrize(
    "body",
    [
        "coro = fetch(x)\nprint(f'run {coro}')\nreturn run_async(coro)",
        "coro = fetch(x)\nif coro:\n    return run_async(coro)\nreturn 3",
        "coro = fetch(x)\nif coro is None:\n    return 3\nreturn run_async(coro=coro)",
    ],
)
def test_nothing_is_missing_where_a_helper_awaits_it_in_the_end(body: str, helper: str) -> None:
    assert "await fetch(" not in migrated(body, helper).texts["app/main.py"]


def test_nor_where_a_condition_binds_it() -> None:
    body = "if (coro := fetch(x)) is None:\n    return 3\nreturn run_async(coro)"
    assert "await fetch(" not in migrated(body, TIMED).texts["app/main.py"]


def test_a_helper_that_awaits_nothing_gets_the_result() -> None:
    done = migrated(
        "row = fetch(x)\nif row:\n    return run_async(row)\nreturn 3",
        "def run_async(row):\n    return row + 1\n",
    )
    assert body_of(done) == "row = await fetch(x)\nif row:\n    return run_async(row)\nreturn 3"
