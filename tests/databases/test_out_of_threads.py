"""Work on sessions that async functions have sent to threads turns with the database, and is awaited."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import FILL, MAIN, answers, app

HELPERS = """
import asyncio
import functools
import time

from contextvars import ContextVar

import anyio
from fastapi.concurrency import run_in_threadpool

SEEN = ContextVar("SEEN", default=0)


class Users:
    def __init__(self, db: Session):
        self.db = db

    def named(self, id: int):
        return self.db.get(User, id).name


def find(db: Session, id: int, end: str = ""):
    return db.get(User, id).name + end


def count():
    with SessionLocal() as db:
        return db.query(Note).count()


def slow(db: Session, id: int):
    time.sleep(0.001)
    return db.get(User, id).name


def marked(db: Session, id: int):
    SEEN.set(id)
    return find(db, id)


def sized(path: str):
    return len(open(path).read())
"""
HANDLER = """

@router.get("/look/{id}")
async def show(id: int, db: Session = Depends(get_db)):
    CALL
    return {"found": found}
"""
FORMS = [
    ("found = await run_in_threadpool(find, db, id)", "found = await find(db, id)"),
    ("found = await run_in_threadpool(find, db, end='!', id=id)", "found = await find(db, end='!', id=id)"),
    (
        "found = await run_in_threadpool(\n        find,\n        db,\n        id,\n    )",
        "found = await find(db, id)",
    ),
    ("found = (await asyncio.to_thread(find, db, id)).upper()", "found = (await find(db, id)).upper()"),
    ("found = await anyio.to_thread.run_sync(find, db, id)", "found = await find(db, id)"),
    (
        "loop = asyncio.get_running_loop()\n    found = await loop.run_in_executor(None, find, db, id)",
        "(get_db)):\n    found = await find(db, id)",
    ),
    (
        "# that of the server\n    loop = asyncio.get_running_loop()\n"
        "    found = await loop.run_in_executor(None, find, db, id)",
        "    # that of the server\n    loop = asyncio.get_running_loop()\n    found = await find(db, id)",
    ),
    (
        "found = await asyncio.to_thread(functools.partial(find, db, id=id))",
        "found = await find(db, id=id)",
    ),
    ("found = await run_in_threadpool(lambda: find(db, id))", "found = await find(db, id)"),
    ("found = await run_in_threadpool(Users(db).named, id)", "found = await Users(db).named(id)"),
    ("found = await run_in_threadpool(count)", "found = await count()"),
    ("args = (db, id)\n    found = await run_in_threadpool(find, *args)", "found = await find(*args)"),
    (
        "found = [await run_in_threadpool(find, db, each) for each in (id, 2)]",
        "found = [await find(db, each) for each in (id, 2)]",
    ),
    ("found = find(db, id)\n    await run_in_threadpool(db.commit)", "await db.commit()"),
    (
        "found = await asyncio.to_thread(db.query(User.name).filter(User.id == id).scalar)",
        "found = (await db.execute(select(User.name).filter(User.id == id))).scalar_one_or_none()",
    ),
    (
        "def work():\n        found = db.get(User, id)\n        return found.name\n\n"
        "    found = await run_in_threadpool(work)",
        "async def work():\n        found = await db.get(User, id)\n        return found.name\n\n"
        "    found = await work()",
    ),
    # what else takes its time goes to a thread from there
    ("found = await run_in_threadpool(slow, db, id)", "found = await slow(db, id)"),
]


@pytest.mark.parametrize(("call", "line"), FORMS)
def test_it_is_awaited(tmp_path: Path, call: str, line: str) -> None:
    done = app(tmp_path, HELPERS + HANDLER.replace("CALL", call), main=MAIN)
    assert done.obstacles == []
    text = done.texts["app/api.py"]
    assert line in text
    assert "await asyncio.sleep(0.001)" in text
    assert ("import run_in_threadpool" in text) is (
        "run_in_threadpool" not in call
    )  # it was of no use before
    assert "create_engine" not in done.texts["app/db.py"].replace("create_async_engine", "")
    before, after = answers(tmp_path, done, FILL, ["/look/1"])
    assert before == after
    assert [status for _, status, _ in before] == [200]
    assert app(tmp_path, done.texts["app/api.py"], **_modules(done.texts)).texts == {}


def _modules(texts: dict[str, str]) -> dict[str, str]:
    kept = {path[4:-3]: text for path, text in texts.items() if path.startswith("app/")}
    return {name: text for name, text in kept.items() if name not in ("api", "__init__")} | {"main": MAIN}


STAYS = [
    # a comment would be lost
    "found = await run_in_threadpool(\n        find,\n        db,  # that of the request\n        id,\n    )",
    "found = await asyncio.wait_for(asyncio.to_thread(find, db, id), 3)",
    "found = (await asyncio.gather(asyncio.to_thread(find, db, id)))[0]",
    "found = await anyio.to_thread.run_sync(find, db, id, abandon_on_cancel=True)",
    "found = await asyncio.get_running_loop().run_in_executor(POOL, find, db, id)",
    "found = await run_in_threadpool(lambda: find(db, acme.number()))",
    "found = await run_in_threadpool(lambda n=id: find(db, n))",
    "found = await run_in_threadpool(acme.find, db, id)",
    # what a thread sets, nobody else sees
    "found = [await run_in_threadpool(marked, db, id), SEEN.get()]",
    "found = await run_in_threadpool(find if id else acme.find, db, id)",
]


@pytest.mark.parametrize("call", STAYS)
def test_it_keeps_the_database_sync(tmp_path: Path, call: str) -> None:
    head = "import acme\nfrom concurrent.futures import ThreadPoolExecutor\n\nPOOL = ThreadPoolExecutor(2)\n"
    done = app(tmp_path, head + HELPERS + HANDLER.replace("CALL", call), main=MAIN)
    assert done.obstacles
    assert "app/api.py" not in done.texts or call in done.texts["app/api.py"]


def test_what_does_not_work_on_a_session_stays_in_its_thread(tmp_path: Path) -> None:
    call = "found = [find(db, id), await run_in_threadpool(sized, 'app/db.py') > 9]"
    done = app(tmp_path, HELPERS + HANDLER.replace("CALL", call), main=MAIN)
    assert done.obstacles == []
    assert "await run_in_threadpool(sized, 'app/db.py')" in done.texts["app/api.py"]


def test_where_the_database_stays_sync_all_stays_in_threads(tmp_path: Path) -> None:
    call = "found = await run_in_threadpool(find, db, id)\n    acme.keep(db)"
    done = app(tmp_path, "import acme\n" + HELPERS + HANDLER.replace("CALL", call), main=MAIN)
    assert [text for text in done.obstacles if "acme.keep is handed db" in text], done.obstacles
    assert not [text for text in done.obstacles if "run_in_threadpool" in text], done.obstacles
    assert "app/api.py" not in done.texts or call in done.texts["app/api.py"]
