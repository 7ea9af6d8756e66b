"""Classes that are entered and wait meanwhile, and all who enter them."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import pytest
from small_projects import Migrated, migrate, migrate_main

HEAD = """
import contextlib
import time

import requests

class Lock:
    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self):
        while not requests.post(f"http://locks/{self.name}").json():
            time.sleep(0.1)
        return self

    def __exit__(self, *error):
        requests.delete(f"http://locks/{self.name}").raise_for_status()

class Timer:
    def __enter__(self):
        self.start = time.monotonic()
        return self

    def __exit__(self, *error):
        print(time.monotonic() - self.start)
"""
ENTERED = {
    "one": ("with Lock('a') as lock:\n    return lock.name", "async with Lock('a') as lock:\n"),
    "from a variable": ("lock = Lock('a')\nwith lock:\n    return n", "async with lock:\n"),
    "two": ("with Lock('a'), Lock('b') as b:\n    return b.name", "async with Lock('a'), Lock('b') as b:\n"),
    "in one that does not wait": (
        "with Timer():\n    with Lock('a'):\n        return n",
        "with Timer():\n        async with Lock('a'):\n",
    ),
    "by a helper that gives it": (
        "def lock() -> Lock:\n    return Lock('a')\nwith lock():\n    return n",
        "async with lock():\n",
    ),
}
KEPT_SYNC = {
    # more of the program: words of the reason
    "by hand": (
        "def go():\n    lock = Lock('b')\n    lock.__enter__()\n    lock.__exit__()\n",
        "also called by go",
    ),
    "on an exit stack": (
        "def go():\n    with contextlib.ExitStack() as stack:\n        stack.enter_context(Lock('b'))\n",
        "also runs in go",
    ),
    "on a stack that is handed on": (
        "@app.get('/b')\ndef go():\n    with contextlib.ExitStack() as stack:\n"
        "        stack.enter_context(Lock('b'))\n        print(stack)\n",
        "not seen whole",
    ),
    "on what is no stack": (
        "class Scope:\n    async def __aenter__(self):\n        return self\n"
        "    async def __aexit__(self, *error):\n        pass\n"
        "    def enter_context(self, entered):\n        self.last = entered\n"
        "@app.get('/b')\nasync def go():\n    async with Scope() as scope:\n"
        "        scope.enter_context(Lock('b'))\n",
        "by hand",
    ),
    "pushed on a stack": (
        "def go():\n    with contextlib.ExitStack() as stack:\n        stack.push(Lock('b'))\n",
        "by hand",
    ),
    "beside one that is not async": (
        "@app.get('/b')\ndef go():\n    with Lock('b'), Timer():\n        pass\n",
        "not async",
    ),
    "a sync function": ("def go():\n    with Lock('b'):\n        pass\n", "stays synchronous"),
    "a script": ("if __name__ == '__main__':\n    with Lock('b'):\n        pass\n", "nothing can be awaited"),
    "an object that nobody knows": ("def go(lock):\n    with lock:\n        pass\n", "unknown object"),
    "what a helper hands on": (
        "def given(lock):\n    return lock\ndef go(lock):\n    with given(lock):\n        pass\n",
        "unknown object",
    ),
    "either of two": (
        "@app.get('/b')\ndef go(n: int):\n    with Lock('b') if n else Timer():\n        pass\n",
        "not async",
    ),
    "under a lock of threads": (
        "import threading\nheld = threading.Lock()\n@app.get('/b')\ndef go():\n    with held:\n        with Lock('b'):\n            pass\n",
        "a lock of threads",
    ),
    "a class that has both": (
        "class Both(Lock):\n    async def __aenter__(self):\n        return self\n    async def __aexit__(self, *error):\n        pass\n",
        "an async counterpart",
    ),
}


def handler(body: str, more: str = "") -> Migrated:
    lines = "\n".join(f"    {line}" for line in body.split("\n"))
    return migrate_main(f"{HEAD}\n{more}\n@app.get('/')\ndef pay(n: int):\n{lines}\n")


@pytest.mark.parametrize("how", ENTERED)
def test_it_turns_with_who_enters_it(how: str) -> None:
    body, expected = ENTERED[how]
    done = handler(body)
    assert expected in done.function("app/main.py", "pay")
    text = done.function("app/main.py", "Lock")
    assert "    async def __aenter__(self):\n        while not (await http_client()" in text
    assert "            await asyncio.sleep(0.1)\n        return self\n" in text
    assert "    async def __aexit__(self, *error):\n        (await http_client()" in text
    assert "    def __enter__(self):" in done.function("app/main.py", "Timer")


@pytest.mark.parametrize("who", KEPT_SYNC)
def test_it_stays_for_who_enters_it_otherwise(who: str) -> None:
    more, words = KEPT_SYNC[who]
    done = handler("with Lock('a') as lock:\n    return lock.name", more)
    assert "    def __enter__(self):\n" in done.function("app/main.py", "Lock")
    assert "    with Lock('a') as lock:\n" in done.function("app/main.py", "pay")
    assert words in done.reason("app.main:Lock.__enter__").text


def test_one_without_a_way_out_of_its_own() -> None:
    head = "import requests\nfrom somewhere import Leaves\n\nclass Lock(Leaves):\n    def __enter__(self):\n        return requests.get('http://x').json()\n"
    done = migrate_main(f"{head}\n@app.get('/')\ndef pay():\n    with Lock() as x:\n        return x\n")
    assert "    def __enter__(self):" in done.texts["app/main.py"]


def test_a_class_below_turns_along() -> None:
    more = "class Told(Lock):\n    def __exit__(self, *error):\n        print(error)\n        return super().__exit__(*error)\n"
    done = handler("with Told('a'):\n    return n", more)
    assert done.function("app/main.py", "Told") == (
        "class Told(Lock):\n    async def __aexit__(self, *error):\n        print(error)\n"
        "        return await super().__aexit__(*error)\n"
    )


def test_a_test_that_enters_it_keeps_it() -> None:
    main = f"from fastapi import FastAPI\n\napp = FastAPI()\n{HEAD}\n@app.get('/')\ndef pay():\n    with Lock('a'):\n        return 1\n"
    test = "from app.main import Lock\n\n\ndef test_it():\n    with Lock('b'):\n        pass\n"
    done = migrate({"app/__init__.py": "", "app/main.py": main, "tests/test_main.py": test})
    assert "    def __enter__(self):" in done.function("app/main.py", "Lock")
    assert done.texts["tests/test_main.py"] == test


def test_what_only_takes_the_time_stays() -> None:
    done = handler("with Timer() as timer:\n    return timer.start")
    assert done.turned == ["app/main.py:pay"]
