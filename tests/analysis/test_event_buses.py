"""Who publishes an event runs what listens to it: they stand in lists, dictionaries, sets."""

from __future__ import annotations

import pytest
from small_projects import Migrated, migrate

MAIN = """
from fastapi import FastAPI

from app import listeners
from app.bus import publish

app = FastAPI()


@app.post("/orders")
async def order(name: str):
    publish("ordered", {"name": name})
    return {"ok": True}
"""
LISTENERS = """
import requests

from app.bus import on


@on("ordered")
def notify(event):
    requests.post("http://shop.test/hook", json=event)
"""
BUS = """
def on(kind):
    def register(func):
        {put}
        return func
    return register


def publish(kind, event) -> None:
    for handler in {taken}:
        handler(event)
"""
TYPED = """
from collections import defaultdict
from typing import Any, Protocol


class Handler(Protocol):
    def __call__(self, event: Any) -> None: ...


_known: dict[str, list[Handler]] = defaultdict(list)
"""


def run(head: str, put: str, taken: str, listeners: str = LISTENERS, main: str = MAIN) -> Migrated:
    bus = f"{head}\n\n{BUS.format(put=put, taken=taken)}"
    files = {"app/__init__.py": "", "app/main.py": main, "app/listeners.py": listeners, "app/bus.py": bus}
    return migrate(files)


@pytest.mark.parametrize(
    ("head", "put", "taken"),
    [
        ("_known = {}", "_known.setdefault(kind, []).append(func)", "_known.get(kind, [])"),
        ("_known = {}", "_known[kind] = [*_known.get(kind, []), func]", "tuple(_known[kind])"),
        ("_known = []", "_known.append((kind, func))", "[each for key, each in _known if key == kind]"),
        (TYPED, "_known[kind].append(func)", "_known[kind]"),
        (
            "from weakref import WeakSet\n\n_known = {}",
            "_known.setdefault(kind, WeakSet()).add(func)",
            "_known[kind]",
        ),
    ],
)
def test_the_listener_is_found_and_leaves_the_loop(head: str, put: str, taken: str) -> None:
    done = run(head, put, taken)
    assert done.chains == ["publish() -> notify() -> requests.post"]
    assert "await run_in_threadpool(publish, " in done.function("app/main.py", "order")


ASYNC = """
import inspect
from collections import defaultdict

_known = defaultdict(list)


def on(kind):
    def register(func):
        _known[kind].append(func)
        return func
    return register


async def publish(kind, event):
    for handler in _known[kind]:
        if inspect.iscoroutinefunction(handler):
            await handler(event)
        else:
            handler(event)
"""


def test_a_bus_for_both_awaits_the_one_and_hands_the_other_to_a_thread() -> None:
    main = MAIN.replace("    publish(", "    await publish(")
    files = {"app/__init__.py": "", "app/main.py": main, "app/listeners.py": LISTENERS, "app/bus.py": ASYNC}
    done = migrate(files)
    assert "            await handler(event)\n" in done.texts["app/bus.py"]
    assert "            await run_in_threadpool(handler, event)\n" in done.texts["app/bus.py"]
    assert [each.code for each in done.report.refusals] == [], "a `def` is not what is awaited"


def test_a_listener_that_gives_what_can_be_awaited_is_awaited() -> None:
    listeners = LISTENERS.replace(
        "    requests.post", "    return later(event)\n\n\nasync def later(event):\n    requests.post"
    )
    main = MAIN.replace("    publish(", "    await publish(")
    files = {"app/__init__.py": "", "app/main.py": main, "app/listeners.py": listeners, "app/bus.py": ASYNC}
    assert any(chain.endswith("later() -> requests.post") for chain in migrate(files).chains)


@pytest.mark.parametrize(
    "listener",
    [
        "@on('ordered')\ndef count(event):\n    return len(event)\n",
        "def notify(event):\n    import requests\n    requests.post('http://shop.test/hook')\n",
        "class Quiet:\n    def __call__(self, event):\n        return 1\n\n\non('ordered')(Quiet())\n",
    ],
)
def test_who_does_nothing_or_is_not_registered_changes_nothing(listener: str) -> None:
    listeners = f"from app.bus import on\n\n\n{listener}"
    done = run(TYPED, "_known[kind].append(func)", "_known[kind]", listeners)
    assert done.is_unchanged
    assert done.chains == []


APART = """
import asyncio
import inspect

known, waiting = [], []


def on(func):
    if inspect.iscoroutinefunction(func):
        waiting.append(func)
    else:
        known.append(func)
    return func


async def publish(event):
    for handler in known:
        handler(event)
    for handler in waiting:
        await handler(event)
"""


def test_what_is_kept_as_no_coroutine_function_is_not_awaited() -> None:
    main = MAIN.replace("    publish(", "    await publish(").replace('"ordered", ', "")
    listeners = "from app.bus import on\n\n\n@on\nasync def notify(event):\n    print(event)\n"
    files = {"app/__init__.py": "", "app/main.py": main, "app/listeners.py": listeners, "app/bus.py": APART}
    assert migrate(files).is_unchanged


def test_what_nobody_tells_apart_is_awaited() -> None:
    main = MAIN.replace("    publish(", "    await publish(").replace('"ordered", ', "")
    listeners = "from app.bus import on\n\n\n@on\nasync def notify(event):\n    print(event)\n"
    bus = "known = []\n\n\ndef on(func):\n    known.append(func)\n    return func\n\n\n" + (
        "async def publish(event):\n    for handler in known:\n        handler(event)\n"
    )
    files = {"app/__init__.py": "", "app/main.py": main, "app/listeners.py": listeners, "app/bus.py": bus}
    assert "        await handler(event)\n" in migrate(files).texts["app/bus.py"]
