"""What the event loop calls by itself: a callback that blocks is told, and stays."""

from __future__ import annotations

import pytest
from small_projects import Migrated, migrate_main

PROGRAM = """
import asyncio
import functools
import signal
import time
from concurrent.futures import ThreadPoolExecutor

pool = ThreadPoolExecutor()


class Cache:
    def refresh(self, *names):
        time.sleep(0.1)

    def __call__(self, *names):
        self.refresh(*names)


cache = Cache()


def refresh(*names):
    time.sleep(0.1)


def count(*names):
    print(len(names))


async def load():
    return 1


@app.get("/")
async def read():
    loop = asyncio.get_running_loop()
    {line}
    return 1
"""
TOLD = {
    "loop.call_later(5, refresh, 'a')": "refresh runs on the event loop for call_later(), ",
    "loop.call_soon(refresh)": "refresh runs on the event loop for call_soon(), ",
    "loop.call_at(loop.time() + 5, callback=cache.refresh)": "Cache.refresh runs on the event loop for call",
    "loop.call_soon(cache)": "Cache.__call__ runs on the event loop for call_soon(), ",
    "loop.call_soon(functools.partial(refresh, 'a'))": "refresh runs on the event loop for call_soon(), ",
    "loop.add_signal_handler(signal.SIGHUP, refresh)": "refresh runs on the event loop for add_sig",
    "loop.call_later(5, lambda: refresh('a'))": "read.<lambda> runs on the event loop for call_later(), ",
    "asyncio.create_task(load()).add_done_callback(refresh)": "refresh runs on the event loop for add_done_",
    "asyncio.get_event_loop().call_later(5, refresh)": "refresh runs on the event loop for call_later(), ",
}
FINE = [
    "loop.call_later(5, count, refresh)",
    "loop.run_in_executor(None, refresh)",
    "pool.submit(count).add_done_callback(refresh)",
    "loop.call_soon(print, cache)",
    "asyncio.create_task(load()).add_done_callback(count)",
    "stranger.call_later(5, refresh)",
]


def told(done: Migrated) -> list[str]:
    return [each.remedy_text for each in done.report.findings if "runs on the event loop" in each.remedy_text]


def migrated(line: str) -> Migrated:
    unknown = "from elsewhere import stranger\n" if "stranger" in line else ""
    return migrate_main(unknown + PROGRAM.replace("{line}", line))


@pytest.mark.parametrize("line", TOLD)
def test_a_callback_that_blocks_is_told(line: str) -> None:
    done = migrated(line)
    assert done.is_unchanged
    assert any(TOLD[line] in text for text in told(done)), told(done)


@pytest.mark.parametrize("line", FINE)
def test_what_no_request_waits_for_is_not(line: str) -> None:
    assert told(migrated(line)) == []


def test_a_callback_of_what_no_request_comes_to_is_not() -> None:
    done = migrate_main(
        PROGRAM.replace("{line}", "pass") + "\n\ndef start(loop):\n    loop.call_soon(refresh)\n"
    )
    assert told(done) == []
