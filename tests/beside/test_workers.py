"""What cannot await keeps the sync database, and the application goes async beside it."""

from __future__ import annotations

from pathlib import Path

import forked
import pytest
from shop import obstacles
from small_projects import Migrated
from workshop import FILES, WORKER, workshop

TALK = """
from fastapi.testclient import TestClient

from app.db import SessionLocal
from app.main import app
from app.models import Order, User
from app.worker import work

with TestClient(app) as client:
    with SessionLocal() as db:
        db.add_all([User(id=1, name="Ann"), Order(id=7, owner_id=1)])
        db.commit()
    print(client.get("/users/1").json(), client.get("/orders/7?user_id=1").json())
    print(client.put("/users/1?name=Bob").json(), client.post("/orders/7/work").json())
    print(client.get("/users/1").json(), work.apply(args=[7]).get(), work(7))
    print(client.get("/users/1").json(), work.apply(args=[8]).state)
"""
TEST_OF_API = """
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

from app.db import get_db
from app.main import app

engine = create_engine("sqlite:///./test.db")
TestingSession = sessionmaker(bind=engine)


def testing_db():
    with TestingSession() as db:
        yield db


app.dependency_overrides[get_db] = testing_db


def test_read():
    assert TestClient(app).get("/users/1").status_code == 200
"""


@pytest.fixture(scope="module")
def done() -> Migrated:
    return workshop()


def test_a_task_and_its_engine_stay_and_handlers_get_their_own(done: Migrated) -> None:
    assert {path for path, text in done.texts.items() if text != done.old[path]} == {
        "app/crud.py",
        "app/db.py",
        "app/main.py",
        "app/orders.py",
        "app/users.py",
    }
    text = done.texts["app/db.py"]
    assert 'engine = create_engine("sqlite:///./app.db")\n# async twin of engine\nasync_engine' in text
    assert "SessionLocal = sessionmaker(bind=engine)\n# async twin of SessionLocal\n" in text
    assert "async def get_db():\n    db = AsyncSessionLocal()\n" in text
    assert "get_async_db" not in text, "nobody else has it"


def test_only_what_the_worker_runs_as_well_is_there_twice(done: Migrated) -> None:
    text = done.texts["app/crud.py"]
    assert "def get_order(db: Session, " in text
    assert "async def get_order_async(db: AsyncSession, " in text
    assert text.count("get_user(") == text.count("async def get_user(db: AsyncSession, ") == 1
    assert "crud.get_user(db, user_id)" in done.function("app/users.py", "read_user")
    assert "await get_order_async(db, order_id)" in done.function("app/orders.py", "read_order")


def test_tables_are_made_where_they_were(done: Migrated) -> None:
    assert "\nBase.metadata.create_all(bind=engine)\napp = FastAPI()\n" in done.texts["app/main.py"]


def test_it_is_told(done: Migrated) -> None:
    notes = [str(note) for group in done.report.groups for note in group.notes]
    assert [
        note
        for note in notes
        if "app/worker.py:11: work cannot be async, and the sync engine stays for it" in note
    ]
    assert obstacles(done) == []


def test_the_same_run_again_changes_nothing(done: Migrated) -> None:
    assert workshop(done.texts).is_unchanged


def test_the_worker_and_the_application_do_what_they_did(done: Migrated, tmp_path: Path) -> None:
    said = []
    for name, texts in (("before", done.old), ("after", done.texts)):
        for path, text in texts.items():
            (tmp_path / name / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / path).write_text(text)
        ran = forked.run("-c", TALK, cwd=tmp_path / name)
        assert ran.returncode == 0, ran.stderr
        said.append(ran.stdout)
    assert said[0] == said[1]
    assert "{'name': 'Bob!'} Bob!! Bob!!!\n{'name': 'Bob!!!'} FAILURE" in said[0]


CLICK = """
import click

from app import crud
from app.db import SessionLocal


@click.command()
@click.argument("order_id", type=int)
def work(order_id):
    with SessionLocal() as db:
        click.echo(crud.get_order(db, order_id).id)
"""
NEXT = """
from celery import shared_task

from app import crud
from app.db import get_db


@shared_task
def work(order_id: int) -> int:
    db = next(get_db())
    try:
        return crud.get_order(db, order_id).id
    finally:
        db.close()
"""
BOUND = """
from celery import Celery, Task

from app import crud
from app.db import SessionLocal

celery = Celery("work")


class DatabaseTask(Task):
    _db = None

    @property
    def db(self):
        if self._db is None:
            self._db = SessionLocal()
        return self._db


@celery.task(bind=True, base=DatabaseTask)
def work(self, order_id: int) -> int:
    db = self.db
    order = crud.get_order(db, order_id)
    db.commit()
    return order.id
"""
THREAD = """
from threading import Thread

from app import crud
from app.db import SessionLocal


def run() -> None:
    with SessionLocal() as db:
        print(crud.get_order(db, 1).id)


class _Work:
    def delay(self, order_id: int) -> None:
        Thread(target=run, daemon=True).start()


work = _Work()
"""
POLLER = """
from threading import Thread

from app import crud
from app.db import SessionLocal


class Poller(Thread):
    def __init__(self, order_id: int) -> None:
        super().__init__(daemon=True)
        self.order_id = order_id

    def run(self) -> None:
        self.work_once()

    def work_once(self) -> None:
        with SessionLocal() as db:
            print(crud.get_order(db, self.order_id).id)

    @classmethod
    def delay(cls, order_id: int) -> None:
        cls(order_id).start()


work = Poller
"""
CALLED_BACK = """
import pika

from app import crud
from app.db import SessionLocal


def run(channel, method, properties, body) -> None:
    with SessionLocal() as db:
        print(crud.get_order(db, int(body)).id)
    channel.basic_ack(delivery_tag=method.delivery_tag)


def main() -> None:
    channel = pika.BlockingConnection().channel()
    channel.basic_consume(queue="orders", on_message_callback=run)
    channel.start_consuming()


if __name__ == "__main__":
    main()
"""


@pytest.mark.parametrize(
    ("worker", "kept"),
    [
        (CLICK, "def work(order_id):\n    with SessionLocal() as db:\n"),
        (NEXT, "    db = next(get_db())\n"),
        (BOUND, "    db = self.db\n    order = crud.get_order(db, order_id)\n"),
        (THREAD, "def run() -> None:\n    with SessionLocal() as db:\n"),
        (POLLER, "def work_once(self) -> None:\n        with SessionLocal() as db:\n"),
        (CALLED_BACK, "body) -> None:\n    with SessionLocal() as db:\n"),
    ],
)
def test_others_that_cannot_await_stay_as_well(worker: str, kept: str) -> None:
    main = FILES["app/main.py"]
    if worker in (CLICK, CALLED_BACK):
        main = main.replace("work.delay(", "print(").replace("from app.worker import work\n", "")
    done = workshop(worker=worker, main=main)
    assert kept in done.texts["app/worker.py"]
    assert "async def read_order(" in done.texts["app/orders.py"]
    assert "def get_order(db: Session, " in done.texts["app/crud.py"]
    assert obstacles(done) == []


def test_what_listens_to_the_engine_listens_to_both() -> None:
    more = (
        FILES["app/db.py"].replace("import create_engine", "import create_engine, event")
        + '\n\n@event.listens_for(engine, "connect")\ndef tune(connection, record):\n'
        '    connection.execute("PRAGMA foreign_keys=ON")\n'
    )
    text = workshop(db=more).texts["app/db.py"]
    assert '@event.listens_for(engine, "connect")\n' in text
    assert '@event.listens_for(async_engine.sync_engine, "connect")\n' in text


def test_migrations_and_scripts_that_need_no_more_keep_the_engine_of_the_worker() -> None:
    more = {
        "alembic/env.py": "from alembic import context\nfrom app.db import Base, engine\n\n"
        "with engine.connect() as connection:\n"
        "    context.configure(connection=connection, target_metadata=Base.metadata)\n"
        "    with context.begin_transaction():\n        context.run_migrations()\n",
        "create_tables.py": "from app.db import Base, engine\n\n\ndef main() -> None:\n"
        "    Base.metadata.create_all(bind=engine)\n\n\nif __name__ == '__main__':\n    main()\n",
    }
    done = workshop(more)
    assert "async def read_order(" in done.texts["app/orders.py"]
    assert {path: done.texts[path] for path in more} == more


def test_tests_with_an_engine_of_their_own_hand_the_application_an_async_one() -> None:
    patched = TEST_OF_API + (
        "\n\ndef test_work(monkeypatch):\n"
        '    monkeypatch.setattr("app.worker.SessionLocal", TestingSession)\n'
        "    from app.worker import work\n\n    work(1)\n"
    )
    done = workshop({"tests/test_api.py": patched})
    text = done.texts["tests/test_api.py"]
    assert "TestingSession = sessionmaker(bind=engine)\n" in text
    assert "create_async_engine(" in text
    assert '    monkeypatch.setattr("app.worker.SessionLocal", TestingSession)\n' in text


# what must not change -----------------------------------------------------------------------------------

IN_MEMORY = FILES["app/db.py"].replace("sqlite:///./app.db", "sqlite://")
STATEFUL = (
    FILES["app/crud.py"]
    .replace("def get_order(", "seen = {}\n\n\ndef get_order(")
    .replace(
        "    return db.query(Order)", "    global seen\n    seen = {order_id: db}\n    return db.query(Order)"
    )
)
SET_UP = (
    FILES["app/main.py"] + "\nfrom app.db import SessionLocal\n\nSessionLocal.configure(autoflush=False)\n"
)
PATCHED = (
    "from app.db import SessionLocal\nfrom app.worker import work\n\n\n"
    "def test_work(monkeypatch):\n    db = SessionLocal()\n"
    '    monkeypatch.setattr("app.worker.SessionLocal", lambda: db)\n    work(1)\n'
)
HANDED = (
    "from threading import Thread\n\nfrom app import crud\nfrom app.db import SessionLocal\n\n\n"
    "def run(db) -> None:\n    print(crud.get_order(db, 1).id)\n    SessionLocal().commit()\n\n\n"
    "def start(db) -> None:\n    Thread(target=run, args=(db,)).start()\n\n\nwork = None\n"
)
MADE_WITH = (
    POLLER.replace("order_id: int) -> None:\n        super", "order_id: int, make) -> None:\n        super")
    .replace("with SessionLocal() as", "with self.make() as")
    .replace("self.order_id = order_id", "self.order_id, self.make = order_id, make")
    .replace("cls(order_id)", "cls(order_id, SessionLocal)")
)
WORKED_ON = POLLER.replace("cls(order_id).start()", "cls(order_id).work_once()")
PASSED_ON = (
    "from functools import partial\n\nimport pika\n\n"
    "from app import crud\nfrom app.db import SessionLocal\n\n\n"
    "def run(db, *message) -> None:\n    print(crud.get_order(db, 1).id)\n    SessionLocal().commit()\n\n\n"
    "def start(channel: pika.channel.Channel) -> None:\n    db = SessionLocal()\n"
    "    channel.basic_consume('orders', {call})\n\n\nwork = None\n"
)
GIVING = (
    "from functools import lru_cache\n\nfrom app import crud\nfrom app.db import SessionLocal\n\n\n"
    "@lru_cache\ndef session():\n    SessionLocal().commit()\n    return SessionLocal()\n\n\n"
    "def main() -> None:\n    print(crud.get_user(session(), 1))\n\n\nwork = None\n\n"
    "if __name__ == '__main__':\n    main()\n"
)


@pytest.mark.parametrize(
    ("more", "changed", "words"),
    [
        ({}, {"db": IN_MEMORY}, "its database lives in its own memory"),
        ({}, {"crud": STATEFUL}, "binds names of the module"),
        ({}, {"main": SET_UP}, "SessionLocal is set up here for all"),
        ({"tests/test_work.py": PATCHED}, {}, "app.worker.SessionLocal is replaced by something"),
        ({}, {"worker": HANDED}, "run is handed on as a plain function"),
        ({}, {"worker": MADE_WITH}, "Poller.run may override a method of threading.Thread"),
        ({}, {"worker": WORKED_ON}, "Poller.work_once may override a method of threading.Thread"),
        ({}, {"worker": PASSED_ON.format(call="partial(run, db)")}, "partial is handed db"),
        (
            {},
            {"worker": PASSED_ON.format(call="run, arguments=[db]")},
            "run is handed on as a plain function",
        ),
        ({}, {"worker": PASSED_ON.format(call="run, **load()")}, "run is handed on as a plain function"),
        ({}, {"worker": GIVING}, "session: functools.lru_cache would keep a coroutine"),
        ({}, {"users": FILES["app/users.py"] + "\n\ndef raw(db: Session):\n    db.get_bind()\n"}, "get_bind"),
    ],
)
def test_what_cannot_be_there_twice_keeps_all_of_it_sync(
    more: dict[str, str], changed: dict[str, str], words: str
) -> None:
    done = workshop(more, **changed)
    assert any(words in text for text in obstacles(done)), obstacles(done)
    assert "AsyncSession" not in "".join(done.texts.values())


def test_an_application_without_such_a_worker_goes_as_a_whole() -> None:
    worker = WORKER.replace('@celery.task(name="shop.work")\n', "")
    main = FILES["app/main.py"].replace("work.delay(order_id)", "work(order_id)")
    done = workshop(worker=worker, main=main)
    assert "SessionLocal = async_sessionmaker(bind=engine)" in done.texts["app/db.py"]
    assert "sync twin" not in "".join(done.texts.values())
    assert "engine = create_async_engine(" in done.texts["app/db.py"]


def test_a_task_without_the_session_needs_no_second_engine() -> None:
    worker = WORKER[: WORKER.index("    with SessionLocal")] + '    return "done"\n'
    done = workshop(worker=worker)
    assert "engine = create_async_engine(" in done.texts["app/db.py"]
    assert "SessionLocal = async_sessionmaker(bind=engine)" in done.texts["app/db.py"]
    assert "sync twin" not in "".join(done.texts.values())


def test_a_file_that_cannot_be_read_is_looked_at_by_nobody() -> None:
    """Its obstacle stands in no module of the program: the run had ended with an internal error."""
    done = workshop({"test_old.py": "from app.crud import get_user\n\ndef test():\n    print get_user()\n"})
    assert any("test_old.py, which cannot be read" in text for text in obstacles(done)), obstacles(done)


LETTERS = """
import smtplib

from app.models import Order


def send_letter(order: Order) -> None:
    with smtplib.SMTP("localhost") as smtp:
        smtp.sendmail("shop", order.owner.name, f"order {order.id}")
"""
SENDING = """
from app.letters import send_letter
from app.models import Order


@router.post("/orders/{order_id}/letter")
def letter(order_id: int, db: Session = Depends(get_db)):
    order = db.get(Order, order_id)
    if order is None:
        return {}
    send_letter(order)
    return {"id": order.id}
"""
MAILED = """
import smtplib
from unittest.mock import patch

from fastapi.testclient import TestClient

from app.db import SessionLocal
from app.main import app
from app.models import Order, User

with patch("smtplib.SMTP") as smtp, TestClient(app) as client:
    with SessionLocal() as db:
        db.add_all([User(id=1, name="Ann"), Order(id=7, owner_id=1)])
        db.commit()
    print(client.post("/orders/7/letter").json(), client.post("/orders/9/letter").json())
    print(smtp.return_value.__enter__.return_value.sendmail.call_args_list)
"""


def test_a_task_loads_with_the_session_that_stays_for_workers(tmp_path: Path) -> None:
    done = workshop({"app/letters.py": LETTERS}, users=FILES["app/users.py"].rstrip() + "\n\n" + SENDING)
    assert "await send_letter_task.kiq(order.id)" in done.function("app/users.py", "letter")
    task = "    with SessionLocal() as session:\n        order = session.get(Order, order_id)\n"
    assert task in done.texts["app/domain/tasks.py"]
    said = []
    for name, files in (("old", done.old), ("new", done.texts)):
        for path, text in files.items():
            (tmp_path / name / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / path).write_text(text)
        ran = forked.run("-c", MAILED, cwd=tmp_path / name, environment={"TASKIQ_IN_PLACE": "1"})
        said.append(ran.stdout or ran.stderr)
    assert said == ["{'id': 7} {}\n[call('shop', 'Ann', 'order 7')]\n"] * 2
