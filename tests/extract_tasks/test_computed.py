"""Long computing whose result nobody reads, and requests of a function that looks at no answer, move."""

from __future__ import annotations

from pathlib import Path

from projects import handler, source

WORK = """\
import threading

import requests

totals = {}


def crunch(n: int) -> int:
    total = 0
    for i in range(n):
        for j in range(n):
            total += i * j
    return total


def checked(n: int) -> int:
    if crunch(n) % 2:
        raise ValueError(n)
    return n


def kept(n: int) -> None:
    totals[n] = crunch(n)


def track(event: str) -> None:
    requests.post("https://stats.example.com", json={"event": event}, timeout=3)


def ask(event: str) -> None:
    requests.post("https://stats.example.com", json={"event": event}).raise_for_status()


def in_a_script() -> None:
    threading.Thread(target=track, args=("start",)).start()
"""
HEAD = """
import requests
from fastapi import BackgroundTasks
from app.work import ask, checked, crunch, kept, track


"""
MOVES = {
    "crunch(n)": "await crunch_task.kiq(n)",
    "background.add_task(crunch, n)": "await crunch_task.kiq(n)",
    "track(to)": "await track_task.kiq(to)",
    "background.add_task(track, to)": "await track_task.kiq(to)",
}
INNER = """
def tell():
    requests.post("https://stats.example.com", json={"event": to})

background.add_task(tell)
"""
STAYS = [
    "to = str(crunch(n))",
    "checked(n)",
    "kept(n)",
    "ask(to)",
    "background.add_task(requests.post, to)",
    "background.add_task(ask, to)",
]


def test_what_nobody_reads_moves(tmp_path: Path) -> None:
    bodies = [*MOVES, INNER, *STAYS]
    lines = ["".join(f"    {line}\n" for line in source(body).splitlines()) for body in bodies]
    options = "n: int, to: str, background: BackgroundTasks"
    routes = (
        f'@router.post("/h{i}")\nasync def h{i}({options}):\n{line}    return {{"to": to}}\n\n\n'
        for i, line in enumerate(lines)
    )
    done = handler(tmp_path, HEAD + "".join(routes), work=WORK)
    for i, queued in enumerate([*MOVES.values(), "await send_h4_request_task.kiq(to)"]):
        assert f"    {queued}\n" in done.body(f"h{i}")
    for i in range(len(MOVES) + 1, len(bodies)):
        assert "kiq" not in done.body(f"h{i}"), bodies[i]
    assert done.tasks.count("@broker.task") == 3


IN_THREADS = """
from contextlib import asynccontextmanager
from fastapi import FastAPI
from app.work import checked, crunch


@router.get("/read")
def read(n: int):
    return {"total": crunch(n)}


@router.get("/own")
def own(n: int):
    total = 0
    for i in range(1_000_000):
        total += i * n
    return {"total": total}


@router.get("/moves")
def moves(n: int):
    crunch(n)
    return {}


@asynccontextmanager
async def lifespan(app: FastAPI):
    checked(1_000)
    yield
"""


def test_what_requests_wait_for_is_told(tmp_path: Path) -> None:
    done = handler(tmp_path, IN_THREADS, work=WORK)
    assert "await run_in_threadpool(crunch, n)" in done.body("read")
    assert "await crunch_task.kiq(n)" in done.body("moves")
    assert sorted(text.partition(" may ")[0] for text in done.stays) == [
        "app.api.routes:own stays in a thread: it",
        "app.work:crunch stays in a thread: it",
    ]
