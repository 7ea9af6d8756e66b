"""What a block makes of objects of the database, and of lists of them: its task loads them again by their
keys, where nothing but columns are read."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from projects import HEAD, PACKAGES, ROUTES, Migrated, migrate, source

DATABASE = """\
from sqlalchemy import ForeignKey, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, sessionmaker

engine = create_engine("sqlite:///shop.db")
SessionLocal = sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
    orders: Mapped[list["Order"]] = relationship(back_populates="user")


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    total: Mapped[int] = mapped_column(default=5)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = relationship(back_populates="orders")


def get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()
"""
BILLS = """\
import pdfkit

from app.db import Order, User


def build_bill(user: User, orders: list[Order]) -> bytes:
    if not orders:
        return b""
    lines = [line(number, order) for number, order in enumerate(sorted(orders, key=lambda o: o.total))]
    return pdfkit.from_string(f"{user.email} {len(orders)} {orders[0].id} {lines}", False)


def line(number: int, order: Order) -> str:
    return f"{number}: {order.total}"


def build_dump(orders: list[Order]) -> bytes:
    return pdfkit.from_string(str(orders), False)


def build_marked(orders: list[Order]) -> bytes:
    for order in orders:
        order.total += 1
    return pdfkit.from_string("marked", False)


def send_bills(orders: list[Order], to: str) -> None:
    pdfkit.from_string("".join(str(order.total) for order in orders), "/tmp/" + to)
"""
HEADER = """\
from email.message import EmailMessage
import smtplib

from fastapi import BackgroundTasks, Depends
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.bills import build_bill, build_dump, build_marked, send_bills
from app.db import Order, User, get_db
from app.mail import send_welcome


def get_user(db: Session = Depends(get_db)) -> User:
    return db.get(User, 1)


"""
ORDERS = "orders = db.scalars(select(Order).where(Order.user_id == me.id).order_by(Order.id.desc())).all()\n"
SENT = "send_welcome(me.email, pdf.decode())\nreturn {}"
MOVED = {
    "objects_and_a_list": (
        f"{ORDERS}pdf = build_bill(me, orders)\n{SENT}",
        "await send_email_task.kiq(me.id, [order.id for order in orders])",
    ),
    "statements": (
        f"""{ORDERS}
message = EmailMessage()
message["To"] = me.email
message.set_content(", ".join(str(order.total) for order in orders))
with smtplib.SMTP("localhost") as smtp:
    smtp.send_message(message)
return {{}}
""",
        "await send_statements_email_task.kiq(me.email, [order.id for order in orders])",
    ),
    "one_call": (
        f"{ORDERS}send_bills(orders, to=me.email)\nreturn {{}}",
        "await send_bills_task.kiq([order.id for order in orders], to=me.email)",
    ),
    "behind": (
        f"{ORDERS}background.add_task(send_bills, orders, me.email)\nreturn {{}}",
        "background.add_task(send_bills_task.kiq, [order.id for order in orders], me.email)",
    ),
    "after_a_commit": (
        f"{ORDERS}for order in orders:\n    order.total = 7\ndb.commit()\n"
        f"pdf = build_bill(me, orders)\n{SENT}",
        "await send_email_task.kiq(me.id, [each.id for each in orders])",
    ),
    "own_names": (
        f"order_ids = 3\nme_id = 4\n{ORDERS}pdf = build_bill(me, orders)\n"
        "send_welcome(me.email, f'{order_ids} {me_id} {pdf.decode()}')\nreturn {}",
        "await send_own_names_email_task.kiq(me.id, [order.id for order in orders], order_ids, me_id)",
    ),
}
MOVED["bound_anew"] = (
    "text = me.email\n" + ORDERS + "pdf = build_bill(me, orders)\ntext = f'{text}!'\n"
    "send_welcome(text, pdf.decode())\nreturn {}",
    "await send_bound_anew_email_task.kiq(me.id, [order.id for order in orders], text)",
)
STAYED = {
    "does something else with them": f"{ORDERS}pdf = build_dump(orders)\n{SENT}",
    "changes them": f"{ORDERS}pdf = build_marked(orders)\n{SENT}",
    "changed and not committed": (
        f"{ORDERS}for order in orders:\n    order.total = 7\npdf = build_bill(me, orders)\n{SENT}"
    ),
    "changed behind": (
        f"{ORDERS}pdf = build_bill(me, orders)\nsend_welcome(me.email, pdf.decode())\n"
        "for order in orders:\n    order.total = 7\ndb.commit()\nreturn {}"
    ),
    "added and not committed": (
        f"db.add(Order(user_id=me.id))\n{ORDERS}pdf = build_bill(me, orders)\n{SENT}"
    ),
    "put together": f"{ORDERS}orders = [Order(user_id=me.id)]\npdf = build_bill(me, orders)\n{SENT}",
    "something is put in": (
        f"{ORDERS}orders.append(Order(user_id=me.id))\npdf = build_bill(me, orders)\n{SENT}"
    ),
    "deleted": (
        f"{ORDERS}pdf = build_bill(me, orders)\nsend_welcome(me.email, pdf.decode())\n"
        "for order in orders:\n    db.delete(order)\ndb.commit()\nreturn {}"
    ),
    "perhaps none": (f"{ORDERS}if not orders:\n    orders = None\npdf = build_bill(me, orders)\n{SENT}"),
    "nobody knows of what": "orders = find()\npdf = build_bill(me, orders)\n" + SENT,
}
SERVED = """
    import json, sqlite3, sys, types
    from pathlib import Path

    Path("shop.db").unlink(missing_ok=True)
    with sqlite3.connect("shop.db") as db:
        db.execute("create table users (id integer primary key, email text)")
        db.execute("create table orders (id integer primary key, total integer, user_id integer)")
        db.execute("insert into users values (1, 'ann@example.com')")
        db.executemany("insert into orders values (?, ?, 1)", [(1, 30), (2, 20), (3, 25)])

    done = []
    pdfkit = types.ModuleType("pdfkit")
    pdfkit.from_string = lambda text, to: done.append(text) or text.encode()
    sys.modules["pdfkit"] = pdfkit

    class SMTP:
        def __init__(self, host): pass
        def __enter__(self): return self
        def __exit__(self, *error): pass
        def send_message(self, message): done.append(message["To"] + message.get_content())

    import smtplib
    smtplib.SMTP = SMTP

    import app.bills
    import app.mail
    app.mail.send_welcome = lambda *given: done.append([*given])
    from app.main import app as served
    from fastapi.testclient import TestClient

    answers = []
    with TestClient(served) as client:
        for url in {urls!r}:
            answers.append(client.post("/" + url).status_code)
    print(json.dumps([answers, sorted(done, key=str)]))
"""


def _project(folder: Path, cases: dict[str, str]) -> Migrated:
    takes = "background: BackgroundTasks, me: User = Depends(get_user), db: Session = Depends(get_db)"
    routes = [
        f'@router.post("/{name}")\ndef {name}({takes}):\n'
        + "".join(f"    {line}".rstrip() + "\n" for line in body.splitlines())
        for name, body in cases.items()
    ]
    files = {
        "app/db.py": DATABASE,
        "app/bills.py": BILLS,
        "requirements.txt": "fastapi\nsqlalchemy>=2\naiosqlite\ngreenlet\npdfkit\n",
    }
    find = "def find():\n    return eval('[]')\n\n\n"
    return migrate(folder, {**PACKAGES, ROUTES: HEAD + HEADER + find + "\n\n".join(routes), **files})


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Migrated:
    return _project(tmp_path_factory.mktemp("moved"), {name: body for name, (body, _) in MOVED.items()})


@pytest.mark.parametrize("route", MOVED)
def test_the_keys_are_passed(moved: Migrated, route: str) -> None:
    assert MOVED[route][1] in moved.body(route)


def test_the_task_loads_them_in_their_order_and_works_in_a_thread(moved: Migrated) -> None:
    assert (
        source(
            """
        @broker.task
        async def send_email_task(me_id: int, order_ids: list[int]) -> None:
            async with SessionLocal() as session:
                me = await session.get(User, me_id)
                if me is None:
                    return
                found = await session.scalars(select(Order).where(Order.id.in_(order_ids)))
                orders_by_id = {each.id: each for each in found}
                orders = [orders_by_id[key] for key in order_ids if key in orders_by_id]

            def send_email_in_thread() -> None:
                pdf = build_bill(me, orders)
                send_welcome(me.email, pdf.decode())

            await asyncio.to_thread(send_email_in_thread)
        """
        )
        in moved.tasks
    )
    told = "what orders holds is loaded again by its keys when the task runs, without what is gone by then"
    assert told in moved.behaviour


def test_the_same_is_sent(moved: Migrated, tmp_path: Path) -> None:
    for path, text in moved.before.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    before = replace(moved, folder=tmp_path)
    printed = json.loads(moved.runs(SERVED.format(urls=[*MOVED])))
    assert printed == json.loads(before.runs(SERVED.format(urls=[*MOVED])))
    assert printed[0] == [200] * len(MOVED)
    assert len(printed[1]) == 11


@pytest.mark.parametrize("case", STAYED)
def test_what_may_not_be_found_as_it_was_stays(tmp_path: Path, case: str) -> None:
    done = _project(tmp_path, {"bill": STAYED[case]})
    assert "create_async_engine" in done.after["app/db.py"]
    assert "build_bill" not in done.tasks
    assert "order_ids" not in done.tasks
