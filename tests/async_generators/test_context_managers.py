"""Functions under `@contextmanager` that wait for something, and all who enter them."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import pytest
from small_projects import Migrated, migrate_main

HEAD = """
import contextlib
from contextlib import ExitStack, contextmanager

import requests

def tell(n):
    return requests.get(f"http://till/{n}").json()

@contextmanager
def held(n: int):
    till = tell(n)
    try:
        yield till
    finally:
        tell(-n)

@contextlib.contextmanager
def opened(n: int):
    yield requests.get(f"http://safe/{n}").json()

@contextmanager
def counted(n: int):
    yield n
"""
ENTERED = {
    "one": ("with held(n) as x:\n    return x", "async with held(n) as x:\n"),
    "without a name": ("with held(n):\n    return n", "async with held(n):\n"),
    "a tuple": ("with held(n) as (a, b):\n    return a", "async with held(n) as (a, b):\n"),
    "two": ("with held(n) as x, opened(x) as y:\n    return y", "async with held(n) as x, opened(x) as y:\n"),
    "one in the other": (
        "with held(n) as x:\n    with opened(x):\n        return x",
        "async with held(n) as x:\n        async with opened(x):\n",
    ),
    "in one that need not wait": (
        "with counted(n) as x:\n    with held(x):\n        return x",
        "with counted(n) as x:\n        async with held(x):\n",
    ),
    "something is awaited within": (
        "with held(n):\n    return tell(n)",
        "async with held(n):\n        return await tell(n)",
    ),
    "on an exit stack": (
        "with ExitStack() as stack:\n    return stack.enter_context(held(n))",
        "async with AsyncExitStack() as stack:\n        return await stack.enter_async_context(held(n))\n",
    ),
    "left early": ("with held(n) as x:\n    raise ValueError(x)", "async with held(n) as x:\n"),
}
ENTERED_OTHERWISE = {
    "on a stack that is handed on": (
        "with ExitStack() as stack:\n    stack.enter_context(held(n))\n    show(stack)\n    return n"
    ),
    "on a stack that outlives its `with`": (
        "with ExitStack() as stack:\n    x = stack.enter_context(held(n))\n    later = stack.pop_all()\nlater.close()\nreturn x"
    ),
    "on a stack of no `with`": "stack = ExitStack()\nx = stack.enter_context(held(n))\nstack.close()\nreturn x",
    "on a stack for an inner function": (
        "with ExitStack() as stack:\n    def go():\n        return stack.enter_context(held(n))\n    return go()"
    ),
    "on a stack that is bound again": (
        "with ExitStack() as stack:\n    stack.enter_context(held(n))\n    stack = n\nreturn stack"
    ),
    "on a stack beside one that is not async": (
        "with ExitStack() as stack, open('x') as f:\n    return stack.enter_context(held(n))"
    ),
    "as a decorator": "@held(n)\ndef go():\n    return n\nreturn go()",
    "by hand": "x = held(n)\nx.__enter__()\nx.__exit__(None, None, None)\nreturn n",
    "from a variable": "x = held(n)\nwith x as till:\n    return till",
    "beside one that is not async": "with held(n) as x, open('x') as f:\n    return f.read()",
    "either of two": "with held(n) if n else counted(n) as x:\n    return x",
    "in a lambda": "go = lambda: list(held(n).gen)\nreturn go()",
    "handed on": "both = [held(n)]\nreturn len(both)",
}
KEPT_SYNC = {
    "a script enters it": "if __name__ == '__main__':\n    with held(1):\n        pass\n",
    "a sync function enters it": "def script():\n    with held(1):\n        pass\n",
    "a class keeps it": "class Till:\n    make = held\n",
}


def handler(body: str, more: str = "") -> Migrated:
    lines = "\n".join(f"    {line}" for line in body.split("\n"))
    return migrate_main(
        f"{HEAD}\n{more}\ndef show(x):\n    return x\n\n@app.get('/')\ndef pay(n: int):\n{lines}\n"
    )


@pytest.mark.parametrize("how", ENTERED)
def test_it_turns_with_who_enters_it(how: str) -> None:
    body, expected = ENTERED[how]
    done = handler(body)
    assert {"app/main.py:held", "app/main.py:pay"} <= {*done.turned}
    assert expected in done.function("app/main.py", "pay")
    assert done.function("app/main.py", "held") == (
        "@asynccontextmanager\nasync def held(n: int):\n    till = await tell(n)\n    try:\n        yield till\n"
        "    finally:\n        await tell(-n)\n"
    )


@pytest.mark.parametrize("how", ENTERED_OTHERWISE)
def test_it_stays_for_who_enters_it_otherwise(how: str) -> None:
    done = handler(ENTERED_OTHERWISE[how])
    assert "app/main.py:held" not in done.turned
    assert done.function("app/main.py", "held").startswith("@contextmanager\ndef held(")


@pytest.mark.parametrize("who", KEPT_SYNC)
def test_it_stays_for_who_cannot_wait(who: str) -> None:
    done = handler("with held(n) as x:\n    return x", KEPT_SYNC[who])
    assert "app/main.py:held" not in done.turned
    assert "with held(n) as x:" in done.function("app/main.py", "pay")


def test_one_that_leaves_it_to_another() -> None:
    more = "@contextmanager\ndef lent(n):\n    tell(n)\n    yield from [n]\n"
    done = handler("with lent(n) as x:\n    return x", more)
    assert "app/main.py:lent" not in done.turned
    assert "another generator" in done.reason("app.main:lent").text


def test_one_that_holds_a_lock_for_others() -> None:
    more = "import threading\nlock = threading.Lock()\n@contextmanager\ndef locked(n):\n    x = tell(n)\n    with lock:\n        yield x\n"
    done = handler("with locked(n) as x:\n    return x", more)
    assert "app/main.py:locked" not in done.turned


def test_one_that_is_called_a_lock_is_none_of_threads() -> None:
    more = "@contextmanager\ndef locked(n):\n    requests.get('http://lock').json()\n    yield n\n"
    body = "with locked(n) as x:\n    return open(f'{x}.txt').read()"
    text = handler(body, more).function("app/main.py", "pay")
    assert "    async with locked(n) as x:\n        return await run_in_threadpool(" in text


def test_what_need_not_wait_stays() -> None:
    done = handler("with counted(n) as x:\n    return x")
    assert done.turned == ["app/main.py:pay"]


def test_what_only_works_with_files_is_entered_in_one_thread() -> None:
    more = "@contextmanager\ndef written(name):\n    with open(name, 'w') as f:\n        yield f\n"
    done = handler("with written('x') as f:\n    f.write('x')\nreturn n", more)
    assert done.turned == ["app/main.py:pay"]
    assert "await run_in_threadpool(" in done.function("app/main.py", "pay")
