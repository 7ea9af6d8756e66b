"""What runs before the first request holds up nobody; what it leaves running beside the requests does."""

from __future__ import annotations

import pytest
from small_projects import APP, Migrated, migrate

HEAD = (
    APP.replace("app = FastAPI()", "")
    + """
import asyncio
import time
from contextlib import asynccontextmanager

import requests

found = {}


"""
)
POLL = """
async def poll():
    while True:
        time.sleep(1)


"""
LIFESPAN = """
@asynccontextmanager
async def lifespan(app):
    {start}
    yield
    {stop}


app = FastAPI(lifespan=lifespan)
"""


def started(start: str, stop: str = "pass", more: str = "") -> Migrated:
    text = (
        HEAD
        + (POLL if "poll()" in start + stop + more else "")
        + more
        + LIFESPAN.format(start=start, stop=stop)
    )
    return migrate({"app/__init__.py": "", "app/main.py": text}, ["app"])


LEFT_RUNNING = {
    "a task": "asyncio.create_task(poll())",
    "a task that is kept": "app.state.poll = asyncio.create_task(poll(), name='poll')",
    "a future": "asyncio.ensure_future(poll())",
    "of the loop": "asyncio.get_running_loop().create_task(poll())",
    "several": "found['tasks'] = [asyncio.create_task(each) for each in (poll(), poll())]",
    "by a method": "Poller().start()",
    "by a helper": "await begin()",
}
STARTERS = """
class Poller:
    def start(self):
        self.task = asyncio.create_task(poll())


async def begin():
    asyncio.create_task(poll())


"""
WAITING = """
class Loaded:
    async def __aenter__(self):
        time.sleep(1)

    async def __aexit__(self, *error):
        pass


async def steps():
    time.sleep(1)
    yield


"""


@pytest.mark.parametrize("form", LEFT_RUNNING)
def test_what_is_left_running_stops_the_requests(form: str) -> None:
    done = started(LEFT_RUNNING[form], more=STARTERS)
    assert "await asyncio.sleep(1)" in done.function("app/main.py", "poll")
    assert [finding.code for finding in done.report.findings] == ["AF202"]


WAITED_FOR = {
    "awaited": "await poll()",
    "gathered": "await asyncio.gather(poll(), poll())",
    "with a limit": "await asyncio.wait_for(poll(), 3)",
    "as a task": "await asyncio.create_task(poll())",
    "entered, and step by step": "async with Loaded():\n        async for _ in steps():\n            pass",
    "in itself": "time.sleep(1)\n    found.update(requests.get('http://config').json())",
    "from a file": "with open('x') as f:\n        found['x'] = f.read()",
}


@pytest.mark.parametrize("form", WAITED_FOR)
@pytest.mark.parametrize("when", ["start", "stop"])
def test_what_is_over_before_the_first_request_stays(form: str, when: str) -> None:
    more = WAITING if "Loaded" in WAITED_FOR[form] else ""
    done = started(**{"start": "pass", when: WAITED_FOR[form]}, more=more)
    assert done.is_unchanged
    assert not done.report.findings


def test_what_is_left_running_brings_what_the_start_waits_for_too() -> None:
    more = "async def load():\n    time.sleep(2)\n\n\nasync def again():\n    await load()\n\n\n"
    done = started("await load()\n    asyncio.create_task(again())", more=more)
    assert "await asyncio.sleep(2)" in done.function("app/main.py", "load")


HANDLERS = """
store = redis.Redis()
app = FastAPI()


@app.on_event("startup")
def begin():
    time.sleep(1)
    requests.get("http://config")


async def load():
    found["x"] = 1


@app.on_event("startup")
def fill():
    load()


@app.on_event("shutdown")
def check():
    store.ping()


@app.get("/x")
def x():
    return store.get("x")
"""


def test_handlers_of_events_turn_for_coroutines_and_the_clients_of_requests_alone() -> None:
    done = migrate({"app/__init__.py": "", "app/main.py": f"{HEAD}\nimport redis\n{HANDLERS}"}, ["app"])
    assert "def begin():\n    time.sleep(1)\n    requests.get(" in done.texts["app/main.py"]
    assert "async def fill():\n    await load()\n" in done.texts["app/main.py"]
    assert "async def check():\n    await store().ping()\n" in done.texts["app/main.py"]
    assert not any(finding.home.name == "begin" for finding in done.report.findings)


COMMAND = """
import asyncio
import sys
import time

{more}

async def main(name):
    {first}
    time.sleep(1)


async def fetch(name):
    await asyncio.sleep(1)


def command():
    {run}


@app.get("/x")
async def x():
    time.sleep(1)
"""
RUN_TO_THE_END = {
    "run": "asyncio.run(main(sys.argv[1]))",
    "on a loop": "asyncio.new_event_loop().run_until_complete(main(sys.argv[1]))",
}
BESIDE_OTHERS = {
    "it starts others": ("asyncio.create_task(fetch(name))", RUN_TO_THE_END["run"]),
    "it runs several": ("await asyncio.gather(fetch(name), fetch(name))", RUN_TO_THE_END["run"]),
    "somebody else starts it": (
        "pass",
        "asyncio.run(main(sys.argv[1]))\n\n\nasync def again(name):\n    await main(name)",
    ),
    "it is handed on": ("pass", "asyncio.run(main(sys.argv[1]))\n\n\nCOMMANDS = [main]"),
}


def commanded(first: str, run: str) -> Migrated:
    text = COMMAND.format(more=APP, first=first, run=run)
    return migrate({"app/__init__.py": "", "app/main.py": text}, ["app"])


@pytest.mark.parametrize("form", RUN_TO_THE_END)
def test_what_a_command_runs_from_its_start_to_its_end_holds_up_nobody(form: str) -> None:
    done = commanded("await fetch(name)", RUN_TO_THE_END[form])
    assert "    time.sleep(1)\n" in done.function("app/main.py", "main")
    assert "    await asyncio.sleep(1)\n" in done.function("app/main.py", "x")


@pytest.mark.parametrize("form", BESIDE_OTHERS)
def test_what_runs_beside_others_holds_them_up(form: str) -> None:
    done = commanded(*BESIDE_OTHERS[form])
    assert "    await asyncio.sleep(1)\n" in done.function("app/main.py", "main")
