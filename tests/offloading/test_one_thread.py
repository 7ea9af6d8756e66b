"""State of one thread, of the context, of the running loop: it goes as one unit of work or not at all."""

from __future__ import annotations

import asyncio
import textwrap
from pathlib import Path
from typing import Any

import pytest
from hop_programs import becomes, is_refused, offload
from small_projects import definition, migrate_main

LOCAL = "import threading\n\nlocal = threading.local()\n\n\n"


def test_what_binds_context_is_not_offloaded() -> None:
    becomes(
        """
        def h(a):
            tenant.set(a)
            save(a)
            return tenant.get()
        """,
        """
        async def h(a):
            tenant.set(a)
            await run_in_threadpool(save, a)
            return tenant.get()
        """,
    )


@pytest.mark.parametrize(
    "line",
    [
        "tenant.set(load(x))",
        "current().set(load(x))",
        "tenant.reset(load(x))",
        "bind_contextvars(user=load(x))",
        "clear_contextvars()",
    ],
)
def test_a_loop_that_binds_context_stays(line: str) -> None:
    done = offload(
        f"async def h(xs):\n    for x in xs:\n        {line}\n        save(x)\n    await ask(xs)\n"
    )
    assert "def save" not in done.text
    assert "await run_in_threadpool(save, x)" in done.text
    assert f"await run_in_threadpool({line.split('(')[0]}" not in done.text


@pytest.mark.parametrize(
    "lines",
    [
        "client.document(a).set(load(a))",
        "found = client.document(a)\n    found.set(load(a))",
        "found = client.document(a)\n    found.reset(load(a))",
    ],
)
def test_what_the_function_made_itself_is_no_context_variable(lines: str) -> None:
    done = offload(
        f"async def h(a):\n    {lines}\n    return await ask(a)\n", blocking=["load", "set", "reset"]
    )
    assert "await run_in_threadpool(" in done.text


@pytest.mark.parametrize(
    "lines",
    [
        "found = ContextVar('a')\n    found.set(load(a))",
        "found = tenant\n    found.set(load(a))",
        "found = current()\n    found.set(load(a))",
        "current().set(load(a))",
        "state.tenant.set(load(a))",
    ],
)
def test_what_may_be_a_context_variable_is_set_where_it_was(lines: str) -> None:
    done = offload(f"async def h(a):\n    {lines}\n    return await ask(a)\n", blocking=["load"])
    assert ".set(await run_in_threadpool(load, a))" in done.text


def test_a_call_that_changes_the_context_of_its_caller_is_refused() -> None:
    is_refused(
        "async def h(a):\n    bind_contextvars(user=a)\n    return await ask(a)\n",
        "changes context variables, which a thread would lose",
        blocking=["bind_contextvars"],
    )


def test_thread_local_state_goes_with_the_whole_body() -> None:
    done = offload(LOCAL + "def h(a):\n    local.user = a\n    save(a)\n    return load(local.user)\n")
    assert done.whole_body
    assert "def _h(a):\n    local.user = a\n    save(a)\n    return load(local.user)\n" in done.text


def test_thread_local_state_beside_an_await_is_refused() -> None:
    is_refused(
        LOCAL + "async def h(a):\n    local.user = await ask(a)\n    save(a)\n", "local is thread-local state"
    )


def test_stop_iteration_cannot_leave_a_thread() -> None:
    is_refused(
        "async def h(it):\n    await ask(it)\n    row = next(it)\n    return row\n",
        "raises StopIteration, which cannot leave a thread",
        blocking={"next": "builtins.next"},
    )


def test_a_loop_over_next_goes_with_what_catches_it() -> None:
    becomes(
        """
        async def h(it):
            await ask(it)
            while True:
                try:
                    row = next(it)
                except StopIteration:
                    break
                save(row)
        """,
        """
        async def h(it):
            await ask(it)

            def save_rows():
                while True:
                    try:
                        row = next(it)
                    except StopIteration:
                        break
                    save(row)

            await run_in_threadpool(save_rows)
        """,
        blocking={"next": "builtins.next"},
    )


def test_next_with_a_default_is_a_call_like_others() -> None:
    becomes(
        "async def h(it):\n    await ask(it)\n    return next(it, None)\n",
        "async def h(it):\n    await ask(it)\n    return await run_in_threadpool(next, it, None)\n",
        blocking={"next": "builtins.next"},
    )


@pytest.mark.parametrize(
    "manager", ["lock", "self.lock", "semaphore", "torch.no_grad()", "warnings.catch_warnings()"]
)
def test_a_lock_is_not_held_over_an_await(manager: str) -> None:
    is_refused(
        f"async def h(self, a):\n    with {manager}:\n        save(a)\n        await ask(a)\n",
        f"{manager} belongs to one thread, and the `with` holds something that is awaited",
    )


def test_a_lock_goes_with_what_it_guards() -> None:
    becomes(
        """
        async def h(a):
            with lock:
                save(a)
            await ask(a)
        """,
        """
        async def h(a):
            def save_a():
                with lock:
                    save(a)

            await run_in_threadpool(save_a)
            await ask(a)
        """,
    )


RELEASED = """
import threading
import time
from contextlib import contextmanager

import pika
import strangers

lock = threading.RLock()
seen = []


@app.get("/a")
async def whatever_happens(n: int):
    lock.acquire()
    try:
        seen.append(n)
    finally:
        lock.release()
    time.sleep(1)
    lock.acquire()
    seen.append(n)
    lock.release()


@app.get("/b")
async def on_one_way_only(n: int):
    lock.acquire()
    if n > 3:
        lock.release()
        return n
    time.sleep(1)
    if n:
        lock.release()


@app.get("/c")
async def once_of_two_times(n: int):
    lock.acquire()
    lock.acquire()
    lock.release()
    time.sleep(1)
    lock.release()


@app.get("/d")
async def another_one(other: threading.Lock, n: int):
    lock.acquire()
    other.release()
    time.sleep(1)


class Alone:
    def __enter__(self):
        lock.acquire()

    def __exit__(self, *error):
        lock.release()


@contextmanager
def block(n):
    seen.append(n)
    yield


@app.get("/e")
async def by_an_object(n: int):
    with Alone():
        time.sleep(1)


@app.get("/f")
async def of_a_stranger(n: int):
    with strangers.lock(n):
        time.sleep(1)


@app.get("/g")
async def of_no_lock(n: int):
    with block(n):
        time.sleep(1)


@app.get("/h")
async def of_no_lock_of_a_library(n: int):
    with pika.BlockingConnection(pika.ConnectionParameters("x")):
        time.sleep(1)
"""


def test_a_lock_holds_until_it_is_given_back_for_certain() -> None:
    done = migrate_main(RELEASED)
    assert done.function("app/main.py", "whatever_happens").count("await asyncio.sleep(1)") == 1
    for name in ("on_one_way_only", "once_of_two_times", "another_one"):
        assert "await" not in done.function("app/main.py", name)
    for name in ("by_an_object", "of_a_stranger"):
        assert "asyncio.sleep" not in done.function("app/main.py", name)
    for name in ("of_no_lock", "of_no_lock_of_a_library"):
        assert "await asyncio.sleep(1)" in done.function("app/main.py", name)


GIVEN_BACK = """
import shutil
import threading
import time

lock = threading.RLock()


def copied(source, target):
    lock.acquire()
    shutil.copy(source, target)
    lock.release()


@app.get("/")
def beside_what_is_awaited(source: str, target: str):
    copied(source, target)
    time.sleep(0)


@app.get("/a")
async def in_a_row(source: str, target: str, n: int):
    lock.acquire()
    shutil.copy(source, target)
    lock.release()
    return n


@app.get("/b")
async def in_the_end(source: str, target: str, n: int):
    lock.acquire()
    try:
        shutil.copy(source, target)
    finally:
        lock.release()
    return n


@app.get("/c")
async def on_two_ways(source: str, target: str, n: int):
    lock.acquire()
    shutil.copy(source, target)
    if n > 3:
        lock.release()
        return 3
    shutil.copy(target, source)
    lock.release()
    return n
"""


def test_the_thread_that_takes_a_lock_gives_it_back(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    text = migrate_main(GIVEN_BACK).texts["app/main.py"]
    assert text.count("await run_in_threadpool(") == 3
    assert "await run_in_threadpool(copied, source, target)\n    await asyncio.sleep(0)\n" in text
    names: dict[str, Any] = {}
    exec(text, names)
    for name in ("in_a_row", "in_the_end", "on_two_ways"):
        for n in (1, 5):
            given = (str(tmp_path / "a"), str(tmp_path / "b"), n)
            assert asyncio.run(names[name](*given)) == min(n, 3 if name == "on_two_ways" else n)
    assert "await" not in definition(text, "on_two_ways")


def test_an_event_loop_of_its_own_goes_with_the_whole_body() -> None:
    done = offload("def h(a):\n    save(a)\n    return asyncio.run(ask(a))\n")
    assert done.whole_body
    is_refused(
        "def h(a):\n    save(a)\n    return asyncio.run(ask(h))\n",
        "an event loop of its own cannot run inside another one",
    )


def test_objects_of_the_running_loop_stay_on_it() -> None:
    done = offload(
        """
        async def h(queue, rows):
            for row in rows:
                save(row)
                queue.put_nowait(row)
            await queue.join()
        """
    )
    assert "def save" not in done.text
    assert "await run_in_threadpool(save, row)\n        queue.put_nowait(row)\n" in done.text


def test_generators_stay_generators() -> None:
    is_refused(
        "def h(path):\n    yield from rows(path)\n", "`yield from` is not possible in an async function"
    )
    is_refused(
        "def h(path):\n    if path.exists():\n        return 1\n    yield load(path)\n",
        "an async generator cannot return a value",
    )


def test_a_function_that_looks_at_its_variables_keeps_them() -> None:
    done = offload(
        "async def h(path):\n    with open(path) as f:\n        data = f.read()\n    return locals()\n"
    )
    assert "def read" not in done.text
    done = offload(
        "async def h(path, code):\n    with open(path) as f:\n        data = f.read()\n    exec(data, {})\n"
    )
    assert "def read_data" in done.text


@pytest.mark.parametrize(
    "name",
    [
        "put_nowait",
        "set_result",
        "set_exception",
        "call_soon",
        "create_task",
        "start_soon",
        "cancel",
        "add_done_callback",
        "notify_all",
        "task_done",
        "get_nowait",
        "ensure_future",
        "call_later",
        "call_at",
        "notify",
    ],
)
def test_methods_of_the_running_loop_stay_on_it(name: str) -> None:
    done = offload(
        f"async def h(q, xs):\n    for x in xs:\n        save(x)\n        q.{name}(x)\n    await ask(q)\n"
    )
    assert f"await run_in_threadpool(save, x)\n        q.{name}(x)\n" in done.text


def test_an_event_that_is_set_stays_on_the_loop() -> None:
    done = offload(
        "async def h(event, xs):\n    for x in xs:\n        save(x)\n        event.set()\n    await ask(x)\n"
    )
    assert "await run_in_threadpool(save, x)\n        event.set()\n" in done.text


@pytest.mark.parametrize(
    "name",
    [
        "bind_contextvars",
        "unbind_contextvars",
        "clear_contextvars",
        "reset_contextvars",
        "set_tag",
        "set_user",
        "set_context",
        "sentry_sdk.set_tag",
    ],
)
def test_what_is_set_in_the_context_stays_out_of_the_thread(name: str) -> None:
    done = offload(
        f"async def h(xs):\n    for x in xs:\n        {name}(id=x)\n        save(x)\n    await ask(xs)\n"
    )
    assert f"        {name}(id=x)\n        await run_in_threadpool(save, x)\n" in done.text


@pytest.mark.parametrize(
    "manager",
    [
        "mutex",
        "Condition()",
        "torch.inference_mode()",
        "torch.autocast('cuda')",
        "torch.enable_grad()",
        "RLock()",
    ],
)
def test_managers_that_belong_to_one_thread(manager: str) -> None:
    source = f"async def h(self, a):\n    with {manager}:\n        save(a)\n        await ask(a)\n"
    is_refused(source, f"{manager} belongs to one thread, and the `with` holds something that is awaited")


@pytest.mark.parametrize(
    "call",
    [
        "loop.run_until_complete(ask(h))",
        "async_to_sync(ask)(h)",
        "loop.run_forever()",
        "anyio.run(ask, h)",
        "trio.run(ask, h)",
    ],
)
def test_loops_of_its_own_by_any_name(call: str) -> None:
    is_refused(
        f"def h(a):\n    save(a)\n    return {call}, h\n",
        "an event loop of its own cannot run inside another one",
    )


def test_another_run_is_no_loop() -> None:
    assert "run_in_threadpool(save, a)" in offload("def h(a):\n    save(a)\n    return job.run(h)\n").text


def test_stop_iteration_that_is_caught_after_other_statements_of_the_try() -> None:
    """The block that would move begins inside of the `try`; what it raises could not leave the thread."""
    done = offload(
        """
        async def h(it):
            try:
                await ask(it)
                row = next(it)
                save(row)
            except StopIteration:
                row = None
            return row
        """
    )
    assert "            row = next(it)\n" not in done.text
    assert "        row = next(it)\n        await run_in_threadpool(save, row)\n" in done.text


ON_THE_LOOP = """
import asyncio
import os
import subprocess

from fastapi import Depends
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

make = sessionmaker(create_engine(os.environ["DB"]))

def get_db():
    with make() as db:
        yield db

def later():
    asyncio.get_running_loop().call_later(1, print)

def note():
    later()

def plain():
    return 1

@app.get("/run")
async def run(q: str, db: Session = Depends(get_db)):
    {body}
"""
RUN = "subprocess.run([q])"


def test_what_asks_for_the_loop_is_not_carried_off_by_the_loop_around_it() -> None:
    body = f"for each in range(3):\n        {RUN}\n        {{}}()\n    return q"
    done = migrate_main(ON_THE_LOOP.format(body=body.format("note"))).function("app/main.py", "run")
    assert "        await run_in_threadpool(subprocess.run, [q])\n        note()\n" in done
    done = migrate_main(ON_THE_LOOP.format(body=body.format("plain"))).function("app/main.py", "run")
    assert "            subprocess.run([q])\n            plain()\n" in done


def test_what_goes_along_is_not_said_to_stay() -> None:
    body = f"for each in range(3):\n        {RUN}\n        db.commit()\n    db.rollback()\n    return q"
    done = migrate_main(ON_THE_LOOP.format(body=body))
    assert "            subprocess.run([q])\n            db.commit()\n" in done.texts["app/main.py"]
    said = [reason.text for reason in done.report.refusals if reason.code == "AF908"]
    assert any("rollback" in each for each in said)
    assert not any("commit" in each for each in said)


WAITS = {
    "a future": ("future = pool.submit(work, text)\nreturn future.result()", "future.result"),
    "a thread": ("thread = Thread(target=work, args=(text,))\nthread.start()\nthread.join()", "thread.join"),
    "an event": ("return ready.wait(3)", "ready.wait"),
    "a condition": ("with changed:\n    changed.wait(3)", "run_wait"),
    "a pool": ("with ThreadPoolExecutor() as own:\n    return list(own.map(work, text))", "run_work"),
    "no more than a lock": ("with gate:\n    seen[text] = 1", ""),
}


def test_what_waits_for_a_thread_is_no_lock_that_is_held_for_a_moment() -> None:
    """A lock is left on the loop, as it was; a future may take as long as the work that it stands for."""
    routes = "\n\n\n".join(
        f'@app.get("/{number}")\nasync def route_{number}(text: str):\n' + textwrap.indent(body, "    ")
        for number, (body, _) in enumerate(WAITS.values())
    )
    head = (
        "import time\nfrom concurrent.futures import ThreadPoolExecutor\n"
        "from threading import Condition, Event, Lock, Thread\n\npool = ThreadPoolExecutor()\n"
        "ready, changed, gate, seen = Event(), Condition(), Lock(), {}\n\n\n"
        "def work(text):\n    time.sleep(1)\n\n\n"
    )
    done = migrate_main(head + routes + "\n")
    for number, (_, callee) in enumerate(WAITS.values()):
        text = done.function("app/main.py", f"route_{number}")
        assert (f"await run_in_threadpool({callee}" in text) if callee else ("threadpool" not in text)


def test_a_handler_of_signals_is_set_in_the_main_thread() -> None:
    """`signal.signal` raises a ValueError in any other."""
    set_here = "signal.signal(signal.SIGALRM, print)\n"
    done = migrate_main(
        "import signal\nimport subprocess\n\n\ndef limited(text):\n    " + set_here + "    signal.alarm(3)\n"
        "    return subprocess.run([text]).returncode\n\n\n"
        '@app.get("/helper")\nasync def helper(text: str):\n    return limited(text)\n\n\n'
        '@app.get("/inside")\nasync def inside(text: str):\n    with open(text) as file:\n        '
        + set_here
        + "        return file.read()\n"
    )
    for name in ("helper", "inside"):
        text = done.function("app/main.py", name)
        assert not ("threadpool(" in text and "limited" in text)
        assert "def read" not in text


@pytest.mark.parametrize(
    "body",
    [
        "return asyncio.get_event_loop().run_until_complete(slow(x))",
        "loop = asyncio.get_running_loop()\ny = loop.run_until_complete(slow(x))\nreturn y",
        "loop = asyncio.get_event_loop()\nreturn [loop.run_until_complete(slow(each)) for each in (x, x)]",
    ],
)
def test_the_loop_that_runs_is_not_run_by_a_thread(body: str) -> None:
    """It fails there as it does here, but for `nest_asyncio`, where two threads would run one loop."""
    head = "import asyncio\n\nasync def slow(x):\n    return x\n\n@app.get('/{x}')\nasync def show(x: int):\n"
    done = migrate_main(head + textwrap.indent(body, "    "))
    assert done.is_unchanged
    [left] = done.report.refusals
    assert "runs the event loop that runs already; await the coroutine" in left.text
