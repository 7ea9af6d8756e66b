"""What is loaded for a statement in the middle of a block is loaded above it when the block becomes a task.

It went with the statement, and what the task is sent was read with nothing to load it: MissingGreenlet.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import DATABASE, HEAD, MAIN, OUTBOX, ROUTES, Migrated, migrate

ORDERS = """\
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base, User


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = relationship()
    items: Mapped[list["Item"]] = relationship()

    @property
    def count(self) -> int:
        return len(self.items)


class Item(Base):
    __tablename__ = "items"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
"""
HANDLER = """\
from fastapi import Depends
from sqlalchemy.orm import Session

from app.db import User, get_db
from app.orders import Item, Order


@router.post("/orders")
def make(count: int, db: Session = Depends(get_db)):
    order = Order(user=db.query(User).filter_by(id=1).one())
    for _ in range(count):
        order.items.append(Item())
    db.add(order)
    db.commit()
    confirm(db, order)
    return {{"id": order.id}}


def confirm(db: Session, order: Order):
{body}
"""
ASK = """
from sqlalchemy import create_engine

from app import db
from app.main import app

engine = create_engine("sqlite:///users.db")
db.Base.metadata.create_all(engine)
with engine.begin() as connection:
    connection.exec_driver_sql("insert into users values (1, 'ann@example.com')")

from fastapi.testclient import TestClient

with TestClient(app) as client:
    print(client.post("/orders", params={"count": 2}).text, client.post("/orders", params={"count": 0}).text)
"""


def _project(folder: Path, body: str) -> Migrated:
    files = {
        "app/__init__.py": "",
        "app/api/__init__.py": "",
        "app/main.py": MAIN,
        "app/db.py": DATABASE,
        "app/orders.py": ORDERS,
        "requirements.txt": "fastapi\nsqlalchemy\naiosqlite\ngreenlet\n",
    }
    return migrate(folder, {**files, ROUTES: HEAD + HANDLER.format(body=body)})


MAILED = ["mail ann@example.com 2 items", "mail ann@example.com 0 items", '{"id":1} {"id":2}']


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            """\
    msg = EmailMessage()
    msg["To"] = order.user.email
    msg["Subject"] = f"{order.count} items"
    with smtplib.SMTP("localhost") as smtp:
        smtp.send_message(msg)
""",
            """\
    await db.run_sync(lambda _: order.user)
    await db.run_sync(lambda _: order.items)
    await send_confirm_email_task.kiq(order.user.email, order.count)
""",
        ),
        (
            """\
    try:
        with smtplib.SMTP("localhost") as smtp:
            msg = EmailMessage()
            msg["To"] = order.user.email
            msg["Subject"] = f"{order.count} items"
            smtp.send_message(msg)
    except OSError:
        print("no mail")
""",
            """\
    await db.run_sync(lambda _: (order.user, order.items))
    await send_confirm_email_task.kiq(order.user.email, order.count)
""",
        ),
    ],
    ids=["between others", "in a with"],
)
def test_what_is_sent_is_loaded(tmp_path: Path, body: str, expected: str) -> None:
    done = _project(tmp_path, body)
    assert done.body("confirm") == f"async def confirm(db: AsyncSession, order: Order):\n{expected}"
    assert done.runs(OUTBOX + ASK, TASKIQ_IN_PLACE="1").splitlines() == MAILED


def test_a_condition_inside_the_block_keeps_it(tmp_path: Path) -> None:
    body = """\
    msg = EmailMessage()
    msg["To"] = "ann@example.com"
    if order.id:
        msg["Subject"] = f"{order.count} items"
    with smtplib.SMTP("localhost") as smtp:
        smtp.send_message(msg)
"""
    done = _project(tmp_path, body)
    assert "kiq" not in done.body("confirm")
    assert done.runs(OUTBOX + ASK, TASKIQ_IN_PLACE="1").splitlines() == MAILED


def test_a_condition_inside_a_with_is_no_obstacle(tmp_path: Path) -> None:
    body = """\
    with smtplib.SMTP("localhost") as smtp:
        msg = EmailMessage()
        msg["To"] = order.user.email
        if order.id:
            msg["Subject"] = f"{order.count} items"
        smtp.send_message(msg)
"""
    done = _project(tmp_path, body)
    assert "await db.run_sync(lambda _: (order.user, order.items))" in done.body("confirm")
    assert done.runs(OUTBOX + ASK, TASKIQ_IN_PLACE="1").splitlines() == MAILED


def test_what_may_be_absent_is_not_loaded_above(tmp_path: Path) -> None:
    body = """\
    with smtplib.SMTP("localhost") as smtp:
        msg = EmailMessage()
        msg["Subject"] = f"{order.count} items" if order else ""
        smtp.send_message(msg)
"""
    done = _project(tmp_path, body)
    assert ROUTES not in done.after  # as a task of `make`, it would no longer keep the database sync
    (waits,) = (each for each in done.report.refusals if "keeps the database sync" in each.text)
    assert waits in {row.reason for row in done.report.handlers}
