"""The client of a streamed response goes away: what cleans up behind the stream must still be done.

Starlette cancels the scope of the stream, and in it an `await` raises at once: where `remove()` took a file
away, `await run_in_threadpool(remove)` would leave it.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import textwrap
import threading
import types
from collections.abc import MutableMapping
from typing import Any

import pytest
from small_projects import Migrated, definition, migrate_main

HEAD = """
import asyncio
import os
import time
from contextlib import asynccontextmanager

import anyio
import requests
from fastapi import Depends
from fastapi.responses import StreamingResponse

seen = []


def remove(name):
    time.sleep(0)
    seen.append(name)


def fetched(name):
    try:
        return requests.get(name).text
    finally:
        os.remove(name)


async def discard(name):
    remove(name)


@app.get("/lines")
async def lines():
    return StreamingResponse(steps("a"))

"""
STREAM = """
async def steps(name):
    try:
        while True:
            yield "line"
            await asyncio.sleep(0)
    {clause}
        {line}
        {end}
"""


def migrated(text: str) -> Migrated:
    return migrate_main(HEAD + text)


def stream(clause: str, line: str, end: str = "pass") -> Migrated:
    return migrated(STREAM.format(clause=clause, line=line, end=end))


def broken_off(text: str) -> list[str]:
    """What was cleaned up when the client of /lines went away after some lines."""
    module = types.ModuleType("program_that_streams")
    sys.modules[module.__name__] = module
    try:
        exec(compile(text, "main.py", "exec"), module.__dict__)
        asyncio.run(_leave(module.app))
        for thread in threading.enumerate():
            if thread.name == "AnyIO worker thread":
                thread.join(10)  # until then it may hold the generator that it stepped through
        gc.collect()  # of a sync generator nobody else tells that it is left
    finally:
        del sys.modules[module.__name__]
    return list(module.seen)


async def _leave(app: Any) -> None:
    sent = asyncio.Event()
    asked = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> MutableMapping[str, Any]:
        for message in asked:
            return message
        await sent.wait()
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message.get("body"):
            sent.set()

    scope = {"type": "http", "method": "GET", "path": "/lines", "query_string": b"", "headers": []}
    await app({**scope, "asgi": {"version": "3.0", "spec_version": "2.3"}}, receive, send)


@pytest.mark.parametrize("clause", ["finally:", "except BaseException:", "except:"])
@pytest.mark.parametrize("line", ["remove(name)", "await discard(name)"])
def test_what_cleans_up_is_still_done(clause: str, line: str) -> None:
    done = stream(clause, line, "pass" if clause == "finally:" else "raise")
    assert broken_off(done.old["app/main.py"]) == ["a"]
    assert broken_off(done.texts["app/main.py"]) == ["a"]


@pytest.mark.parametrize(
    "clause",
    [
        "finally:",
        "except asyncio.CancelledError:",
        "except (OSError, asyncio.CancelledError):",
        "except GeneratorExit:",
    ],
)
def test_it_is_left_on_the_loop_with_the_reason(clause: str) -> None:
    done = stream(clause, "remove(name)", "pass" if clause == "finally:" else "raise")
    assert done.function("app/main.py", "steps") == old(done, "steps")
    left = [finding for finding in done.report.findings if "remove" in finding.message]
    assert any("a stream is broken off" in str(finding) for finding in left)


def old(done: Migrated, name: str) -> str:
    return definition(done.old["app/main.py"], name)


def test_what_goes_through_a_client_is_not_awaited_there() -> None:
    done = stream("finally:", "requests.delete(name)")
    assert "requests.delete(name)" in done.function("app/main.py", "steps")


def test_no_task_is_queued_there() -> None:
    done = stream("finally:", 'requests.post("http://hook", json={"name": name})')
    assert "kiq" not in done.texts["app/main.py"]


def test_what_the_stream_calls_cleans_up_in_one_thread_or_where_it_was() -> None:
    done = migrated("async def steps(name):\n    yield fetched(name)\n")
    assert "yield await run_in_threadpool(fetched, name)" in done.texts["app/main.py"]
    assert done.function("app/main.py", "fetched") == old(done, "fetched")


def test_what_a_coroutine_cleans_up_goes_with_its_own_try_or_stays() -> None:
    done = migrated(
        """
async def measured(name):
    for _ in range(2):
        try:
            os.stat(name)
        finally:
            os.remove(name)
    try:
        await asyncio.sleep(0)
    finally:
        remove(name)


async def asked(name):
    for _ in range(2):
        try:
            requests.get(name)
        finally:
            os.remove(name)
    try:
        os.stat(name)
    finally:
        os.remove(name)


async def steps(name):
    while True:
        yield "line"
        await measured(name)
        await asked(name)
"""
    )
    measured = done.function("app/main.py", "measured")
    assert "os.remove(name)\n\n    await run_in_threadpool(remove_file)\n    try:" in measured
    assert "finally:\n        remove(name)\n" in measured
    asked = done.function("app/main.py", "asked")
    assert "await http_client().get(name)\n        finally:\n            os.remove(name)\n" in asked
    assert "await run_in_threadpool(os.stat, name)\n    finally:\n        os.remove(name)\n" in asked


def test_a_function_that_is_called_there_stays_for_other_callers_too() -> None:
    text = STREAM.format(clause="finally:", line="await discard(name)", end="pass")
    done = migrated(f'{text}\n\n@app.get("/other")\nasync def other():\n    await discard("b")\n')
    assert done.function("app/main.py", "discard") == old(done, "discard")


def test_methods_of_classes_stream_too() -> None:
    done = migrated(
        """
async def steps(name):
    yield "line"


class Feed:
    @classmethod
    async def of_class(cls, name):
        try:
            yield "line"
        finally:
            remove(name)

    @staticmethod
    async def plain(name):
        try:
            yield "line"
        finally:
            remove(name)


@app.get("/class")
async def of_class():
    return StreamingResponse(Feed.of_class("a"))


@app.get("/plain")
async def plain():
    return StreamingResponse(Feed.plain("a"))
"""
    )
    assert done.function("app/main.py", "Feed") == old(done, "Feed")


def test_a_task_of_its_own_is_not_broken_off() -> None:
    done = stream("finally:", "asyncio.create_task(discard(name))")
    assert "await remove(name)" in done.function("app/main.py", "discard")


UNTOUCHED = {
    "an error is no break": ("except OSError:", "remove(name)", "raise"),
    "an error of any kind is none": ("except Exception:", "remove(name)", "raise"),
    "the end of the stream": ("except OSError:", "pass", "remove(name)"),
    "what is shielded": (
        "finally:",
        "with anyio.CancelScope(shield=True):\n            remove(name)",
        "pass",
    ),
}


@pytest.mark.parametrize("case", UNTOUCHED)
def test_elsewhere_it_is_awaited(case: str) -> None:
    done = stream(*UNTOUCHED[case])
    assert "await remove(name)" in done.function("app/main.py", "steps")


FRAMEWORKS = {
    "a dependency": """
        async def folder():
            try:
                yield "a"
            finally:
                remove("a")


        @app.get("/other")
        async def other(name: str = Depends(folder)):
            return name
        """,
    "a context manager": """
        @asynccontextmanager
        async def folder():
            try:
                yield "a"
            finally:
                remove("a")


        @app.get("/other")
        async def other():
            async with folder() as name:
                return name
        """,
    "a handler": """
        @app.get("/other")
        async def other():
            try:
                await asyncio.sleep(0)
            finally:
                remove("a")
        """,
}


@pytest.mark.parametrize("case", FRAMEWORKS)
def test_what_no_stream_breaks_off_is_awaited(case: str) -> None:
    done = migrated('async def steps(name):\n    yield "line"\n\n' + textwrap.dedent(FRAMEWORKS[case]))
    assert 'await remove("a")' in done.texts["app/main.py"]


def test_a_generator_that_runs_in_threads_stays_as_it_is() -> None:
    done = migrated('def steps(name):\n    try:\n        yield "line"\n    finally:\n        remove(name)\n')
    assert done.function("app/main.py", "steps") == old(done, "steps")


READ_IN_THREADS = """
def steps(name):
    try:
        while True:
            yield "line"
            time.sleep(0)
    {clause}
        {line}
        {end}
"""
READ_ON_THE_LOOP = """

@app.get("/all")
def everything():
    return [line for line in steps("b")]
"""
SHIELD = "with anyio.CancelScope(shield=True):"


@pytest.mark.parametrize("line", ["remove(name)", "{name: remove(name) for name in [name]}", "apart(name)"])
def test_what_is_awaited_for_the_first_time_is_shielded(line: str) -> None:
    """The generator, which threads went through, becomes an async one."""
    apart = "def apart(name):\n    os.listdir('/')\n"
    line = line.replace("apart(name)", "seen.append(name)\n        apart(name)")
    steps = READ_IN_THREADS.format(clause="finally:", line=line, end="pass")
    done = migrated(f"{apart}\n\n{steps}{READ_ON_THE_LOOP}")
    text = done.function("app/main.py", "steps")
    assert "async def steps(name):" in text
    assert SHIELD in text.partition("finally:")[2]
    assert broken_off(done.old["app/main.py"]) == ["a"]
    assert broken_off(done.texts["app/main.py"]) == ["a"]


def test_where_nothing_waits_there_is_no_shield() -> None:
    steps = READ_IN_THREADS.format(clause="finally:", line="seen.append(name)", end="pass")
    done = migrated(steps + READ_ON_THE_LOOP)
    text = done.function("app/main.py", "steps")
    assert "await asyncio.sleep(0)" in text
    assert "CancelScope" not in text
    assert broken_off(done.texts["app/main.py"]) == ["a"]


def test_each_of_several_is_shielded_with_its_comments() -> None:
    done = migrated(
        """
def steps(name):
    try:
        try:
            while True:
                yield "line"
                time.sleep(0)
        finally:  # the file
            # goes first
            remove(name)
    except OSError:
        seen.append("error")
    finally:
        remove("z")
        # and that is all
"""
        + READ_ON_THE_LOOP
    )
    text = done.function("app/main.py", "steps")
    assert f"finally:  # the file\n            {SHIELD}\n                # goes first\n" in text
    assert text.count(SHIELD) == 2
    assert "            # and that is all" in done.texts["app/main.py"]
    assert broken_off(done.old["app/main.py"]) == ["a", "z"]
    assert broken_off(done.texts["app/main.py"]) == ["a", "z"]


@pytest.mark.parametrize(
    ("clause", "line", "end"),
    [
        ("except GeneratorExit:", "remove(name)", "raise"),
        ("except:", "remove(name)", "raise"),
        ("finally:", "remove(name)", "yield 'end'"),
    ],
)
def test_what_else_runs_at_the_end_keeps_the_generator_in_threads(clause: str, line: str, end: str) -> None:
    done = migrated(READ_IN_THREADS.format(clause=clause, line=line, end=end) + READ_ON_THE_LOOP)
    assert done.function("app/main.py", "steps") == old(done, "steps")


def test_a_generator_that_reads_one_which_cleans_up_stays_in_threads() -> None:
    inner = READ_IN_THREADS.format(clause="finally:", line="remove(name)", end="pass")
    outer = "\n\ndef steps(name):\n    for each in inner(name):\n        yield each\n"
    done = migrated(inner.replace("steps", "inner") + outer + READ_ON_THE_LOOP)
    assert done.function("app/main.py", "steps") == old(done, "steps")
    assert done.function("app/main.py", "inner") == old(done, "inner")
