"""What works only on the thread of the loop: another one raises, or the loop learns of it too late."""

from __future__ import annotations

import pytest
from small_projects import migrate_main

TEXT = """
import asyncio
from pathlib import Path

import anyio

limit = asyncio.BoundedSemaphore(2)
lock = asyncio.Lock()
queue: asyncio.LifoQueue[str] = asyncio.LifoQueue(3)
ready = asyncio.Event()
changed = asyncio.Condition()
slots = anyio.CapacityLimiter(3)


async def fetch(url: str) -> int:
    await asyncio.gather(asyncio.sleep(1))
    return len(url)


def log(task: asyncio.Task[int], loop: asyncio.AbstractEventLoop, writer: asyncio.StreamWriter):
    Path("log").write_text("begin")
    {line}


@app.get("/")
async def show(writer: asyncio.StreamWriter):
    task = asyncio.create_task(fetch("a"))
    log(task, asyncio.get_running_loop(), writer)
    return await task
"""
ON_THE_LOOP = [
    "return asyncio.gather(fetch('a'), fetch('b'))",
    "return asyncio.shield(fetch('a'))",
    "return asyncio.all_tasks()",
    "loop.call_at(loop.time() + 3, print)",
    "return loop.create_future()",
    "return loop.run_in_executor(None, len, 'a')",
    "loop.stop()",
    "task.cancel()",
    "task.add_done_callback(print)",
    "limit.release()",
    "lock.release()",
    "return queue.get_nowait()",
    "queue.task_done()",
    "changed.notify_all()",
    "ready.set()",
    "writer.write(b'a')",
    "loop.call_later(3, print).cancel()",
    "slots.release()",
    "from asyncio.tasks import create_task\n    create_task(fetch('a'))",
    "from asyncio import events\n    events.get_running_loop()",
]
ANYWHERE = [
    "return ready.is_set(), queue.qsize(), lock.locked(), task.done(), loop.is_closed()",
    "ready.clear()",
    "return fetch('a')",
    "return asyncio.Lock(), asyncio.Queue(), asyncio.Event()",
    "loop.call_soon_threadsafe(ready.set)",
    "asyncio.run_coroutine_threadsafe(fetch('a'), loop)",
]


@pytest.mark.parametrize("line", ON_THE_LOOP)
def test_a_helper_that_tells_the_loop_what_to_do_stays_on_it(line: str) -> None:
    done = migrate_main(TEXT.format(line=line))
    assert done.is_unchanged
    [left] = done.findings("AF203")
    assert "works with the event loop or its thread" in left.remedy_text


@pytest.mark.parametrize("line", ANYWHERE)
def test_one_that_only_looks_goes_to_a_thread(line: str) -> None:
    """As does one that makes a coroutine, which runs nowhere yet."""
    done = migrate_main(TEXT.format(line=line))
    assert "await run_in_threadpool(log, " in done.function("app/main.py", "show")


@pytest.mark.parametrize(
    "line",
    [
        "limit.release()",
        "changed.notify()",
        "task.cancel()",
        "ready.set()",
        "task = asyncio.create_task(fetch('b'))",
    ],
)
def test_no_thread_takes_it_along_in_a_loop(line: str) -> None:
    body = f"""
    for each in range(3):
        Path("log").write_text("begin")
        {line}
        Path("log").write_text("end")
"""
    text = TEXT.format(line="return 3").replace("\n    return await task", body)
    done = migrate_main(text.replace("    log(task,", "    print(task,"))
    show = done.function("app/main.py", "show")
    assert f"\n        {line}\n" in show
    assert show.count('await run_in_threadpool(Path("log").write_text, ') == 2


READ = """
from pathlib import Path


class Pages:
    def __aiter__(self):
        Path("log").read_text()
        return self

    async def __anext__(self):
        raise StopAsyncIteration

    def __aenter__(self):
        Path("log").read_text()
        return self.opened()

    def __aexit__(self, *error):
        return self.opened()

    async def opened(self):
        return 3


@app.get("/")
async def show():
    {body}
    return Path("log").read_text()
"""


@pytest.mark.parametrize(
    "body",
    [
        "found = [each async for each in Pages()]",
        "async for each in Pages():\n        print(each)",
        "async with Pages() as found:\n        print(found)",
        "pages = Pages()\n    async for each in pages:\n        print(each)",
    ],
)
def test_what_blocks_in_a_plain_method_of_what_is_read_on_the_loop_is_told(body: str) -> None:
    """A thread that makes the object does none of that, and had been said to do it."""
    done = migrate_main(READ.format(body=body))
    show = done.function("app/main.py", "show")
    assert f"    {body}\n" in show
    assert show.count("run_in_threadpool") == 1
    [left] = [found for found in done.findings("AF203") if "Pages" in str(found.chain)]
    assert left.remedy_text.endswith("blocks inside a coroutine that is awaited")


STARTED = """
import asyncio
import smtplib


async def send(to: str) -> None:
    await deliver(to)


async def deliver(to: str) -> None:
    with smtplib.SMTP("localhost") as server:
        server.sendmail("shop", to, "paid")


def notify(to: str) -> None:
    asyncio.create_task(send(to))
"""
PAY = """
from app.notices import notify


@app.post("/pay")
async def pay(to: str):
    notify(to)
    return {}
"""


def test_what_starts_a_coroutine_is_no_task_of_a_worker_which_has_no_loop_there() -> None:
    done = migrate_main(PAY, notices=STARTED.lstrip())
    assert "    notify(to)\n" in done.texts["app/main.py"]
