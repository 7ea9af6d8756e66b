"""What is awaited in an argument of slow work is asked first, and the task is queued with the answer.

The run that made it awaitable had left the work in a thread, and the next one had made a task of it.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import Migrated, handler

HEAD = """
import requests
from fastapi import BackgroundTasks, File, HTTPException, UploadFile

from app.mail import send_welcome


def name_of(number: int) -> str:
    return requests.get(f"https://names.example/{number}", timeout=3).text


def template(name: str) -> str:
    with open(name) as file:
        return file.read()


class Here:
    @property
    def admin(self) -> str:
        return template("admin.txt")


here = Here()


def names_of(*numbers: int) -> list[str]:
    return [name_of(number) for number in numbers]


@router.post("/join")
def join(number: int, files: list[UploadFile], background: BackgroundTasks, file: UploadFile = File()):
    %s
    return {}
"""
ASKED = {
    'send_welcome("ann@x.example", name_of(number))': 'kiq("ann@x.example", await name_of(number))',
    'send_welcome("ann@x.example", name=name_of(number))': 'kiq("ann@x.example", name=await name_of(number))',
    'send_welcome("ann@x.example", f"{name_of(1)}!")': 'kiq("ann@x.example", f"{await name_of(1)}!")',
    "send_welcome(name_of(1), names_of(2)[0])": "kiq(await name_of(1), (await names_of(2))[0])",
    'send_welcome("ann@x.example", file.file.read().decode())': (
        'kiq("ann@x.example", (await file.read()).decode())'
    ),
    'send_welcome("ann@x.example", str(len(file.file.read())))': (
        'kiq("ann@x.example", str(len(await file.read())))'
    ),
    "send_welcome(file.file.read().decode(), name_of(number))": (
        "kiq((await file.read()).decode(), await name_of(number))"
    ),
}
ASKED_IN_THREADS = {
    'send_welcome("ann@x.example", template("a.txt"))': (
        'kiq("ann@x.example", await run_in_threadpool(template, "a.txt"))'
    ),
    'send_welcome("ann@x.example", template("a").format(n=name_of(1)))': (
        'kiq("ann@x.example", (await run_in_threadpool(template, "a")).format(n=await name_of(1)))'
    ),
    'if number:\n        send_welcome("ann@x.example", lang=template("a.txt"), name="Ann")': (
        'kiq("ann@x.example", lang=await run_in_threadpool(template, "a.txt"), name="Ann")'
    ),
}
STAYS = [
    'send_welcome("ann@x.example", file.file.readline().decode())',
    "[send_welcome('ann@x.example', name_of(n)) for n in range(number)]",
    'send_welcome("ann@x.example", name_of(number) if send_welcome("a", "b") else "c")',
]


def _project(folder: Path, body: str) -> Migrated:
    return handler(folder, HEAD % body)


@pytest.mark.parametrize("call", ASKED_IN_THREADS)
def test_what_blocks_is_done_in_a_thread_before(tmp_path: Path, call: str) -> None:
    done = _project(tmp_path, call)
    assert f"await send_welcome_task.{ASKED_IN_THREADS[call]}" in done.body("join"), done.body("join")


@pytest.mark.parametrize("call", ASKED)
def test_it_is_awaited_where_the_task_is_queued(tmp_path: Path, call: str) -> None:
    done = _project(tmp_path, call)
    assert f"await send_welcome_task.{ASKED[call]}" in done.body("join"), done.body("join")
    assert "    send_welcome(to, name, lang=lang)\n" in done.tasks


@pytest.mark.parametrize("call", STAYS)
def test_what_nobody_awaits_keeps_the_work_in_a_thread(tmp_path: Path, call: str) -> None:
    assert "run_in_threadpool" in _project(tmp_path, call).body("join")


@pytest.mark.parametrize("value", ["here.admin", 'f"{here.admin}!"', "[here.admin][0]"])
def test_a_property_that_reads_a_file_is_read_by_the_worker(tmp_path: Path, value: str) -> None:
    """Nothing in the handler would wait for it in an argument."""
    done = _project(tmp_path, f'send_welcome({value}, "Ann")')
    assert "here.admin" not in done.body("join")
    assert f'send_welcome({value}, "Ann")' in done.tasks


def test_an_error_of_what_is_asked_still_reaches_the_client(tmp_path: Path) -> None:
    """That of the mail decides what the client is told, too: nothing of it moves."""
    body = """try:
        send_welcome("ann@x.example", name_of(number))
    except requests.RequestException as error:
        raise HTTPException(502) from error
"""
    done = _project(tmp_path, body)
    assert "HTTPException(502)" in done.body("join")
    assert "await run_in_threadpool(send_welcome, " in done.body("join")


def test_behind_the_response(tmp_path: Path) -> None:
    body = 'background.add_task(send_welcome, "ann@x.example", name_of(number))'
    done = _project(tmp_path, body)
    assert "await name_of(number)" in done.body("join")
