"""Work that looks at the database with a session of its own, and what has been changed before it: a task may
run before that is committed, and would find what was there before, or nothing."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest
from projects import PACKAGES, ROUTES, Migrated, migrate

ORDERS = """\
from collections.abc import AsyncIterator

from sqlalchemy import JSON
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine("sqlite+aiosqlite:///orders.db")
SessionLocal = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
    status: Mapped[str]
    tags: Mapped[list] = mapped_column(JSON, default=list)


async def get_db() -> AsyncIterator[AsyncSession]:
    async with SessionLocal() as db:
        yield db
        await db.commit()
"""
CRUD = """\
from contextlib import asynccontextmanager

from fastapi import Depends
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Order, SessionLocal, get_db


async def add(db: AsyncSession, email: str) -> Order:
    order = Order(email=email, status="new")
    db.add(order)
    await db.flush()
    return order


async def save(db: AsyncSession, email: str) -> Order:
    order = await add(db, email)
    await db.commit()
    return order


async def save_new(db: AsyncSession, email: str) -> Order | None:
    found = await find(db, email)
    if found is not None:
        return found
    return await save(db, email)


async def save_unless(db: AsyncSession, email: str, quiet: bool) -> Order:
    order = await add(db, email)
    if quiet:
        return order
    await db.commit()
    return order


async def save_apart(email: str) -> None:
    async with SessionLocal() as db:
        db.add(Order(email=email, status="new"))
        await db.commit()


async def find(db: AsyncSession, email: str) -> Order | None:
    return (await db.execute(select(Order).where(Order.email == email))).scalars().first()


async def pay_all(db: AsyncSession) -> None:
    statement = update(Order).values(status="paid")
    await db.execute(statement)


async def finish(db: AsyncSession) -> None:
    await db.commit()


def ship(order: Order) -> None:
    order.status = "shipped"


class Orders:
    def __init__(self, db: AsyncSession) -> None:
        self.db = db

    async def __aenter__(self) -> "Orders":
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.db.commit()

    async def add(self, email: str) -> Order:
        order = Order(email=email, status="new")
        self.db.add(order)
        await self.db.flush()
        return order


@asynccontextmanager
async def saving(db: AsyncSession):
    yield
    await db.commit()


async def seen(number: int, db: AsyncSession = Depends(get_db)) -> Order:
    order = await db.get_one(Order, number)
    order.status = "seen"
    return order


async def known(number: int, db: AsyncSession = Depends(get_db)) -> Order:
    return await db.get_one(Order, number)
"""
WORK = """\
from email.message import EmailMessage

import aiosmtplib

from app.db import Order, SessionLocal


async def letter(number: int) -> EmailMessage:
    async with SessionLocal() as db:
        order = await db.get_one(Order, number)
        message = EmailMessage()
        message["To"] = order.email
        return message


async def send_receipt(number: int) -> None:
    await aiosmtplib.send(await letter(number))


def thanks(to: str) -> EmailMessage:
    if not to:
        raise ValueError("nobody to thank")
    message = EmailMessage()
    message["To"] = to
    return message


async def send_thanks(to: str) -> None:
    await aiosmtplib.send(thanks(to))
"""
IMPORTS = """\
from fastapi import APIRouter, BackgroundTasks, Depends
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app import crud
from app.db import Order, SessionLocal, get_db
from app.work import send_receipt, send_thanks

router = APIRouter()
"""
FILES = {**PACKAGES, "app/db.py": ORDERS, "app/crud.py": CRUD, "app/work.py": WORK}
RECEIPT = "await send_receipt(number)"
GIVEN = "number: int, email: str, loud: bool, db: AsyncSession = Depends(get_db)"
OPEN = {
    "an attribute is set": "order = await db.get_one(Order, number)\norder.status = 'paid'\n{}",
    "an attribute is set by its name": (
        "order = await db.get_one(Order, number)\nsetattr(order, 'status', email)\n{}"
    ),
    "a list of it grows": "order = await db.get_one(Order, number)\norder.tags.append(email)\n{}",
    "a function sets it": "order = await db.get_one(Order, number)\ncrud.ship(order)\n{}",
    "a function adds it": "order = await crud.add(db, email)\n{}",
    "a method adds it": "order = await crud.Orders(db).add(email)\n{}",
    "a function that commits in most cases": "await crud.save_unless(db, email, loud)\n{}",
    "rows are updated": "await db.execute(update(Order).values(status='paid'))\n{}",
    "rows are deleted": "await db.execute(delete(Order).where(Order.id != number))\n{}",
    "rows are updated by a text": "await db.execute(text(\"UPDATE orders SET status = 'paid'\"))\n{}",
    "rows are updated in a part of a query": (
        "await db.execute(text(\"WITH paid AS (UPDATE orders SET status = 'paid' RETURNING 1)\"\n"
        "    \" SELECT count(*) FROM paid\"))\n{}"
    ),
    "a function updates rows": "await crud.pay_all(db)\n{}",
    "a commit in one case": "await crud.add(db, email)\nif loud:\n    await db.commit()\n{}",
    "a commit that may fail and is left": (
        "await crud.add(db, email)\ntry:\n    print(email.encode('ascii'))\n    await db.commit()\n"
        "except ValueError:\n    print(email)\n{}"
    ),
    "a change behind the commit": (
        "order = await crud.save(db, email)\nawait db.commit()\norder.status = 'paid'\n{}"
    ),
    "a commit of another session": "await crud.add(db, email)\nawait crud.save_apart(email)\n{}",
    "a commit of another session here": (
        "await crud.add(db, email)\nasync with SessionLocal() as other:\n"
        "    other.add(Order(email=email, status='new'))\n    await other.commit()\n{}"
    ),
    "a change below a file": (
        "order = await db.get_one(Order, number)\nwith open(email) as file:\n"
        "    order.status = file.name\n{}"
    ),
    "a change in a function that a thread runs": (
        "order = await db.get_one(Order, number)\n\ndef work():\n    order.status = email\n    return 1\n\n"
        "await run_in_threadpool(work)\n{}"
    ),
    "in the round before": (
        "for each in (await db.scalars(select(Order))).all():\n"
        "    {}\n    each.status = 'paid'\nawait db.commit()"
    ),
    "in a transaction that goes on": (
        "async with crud.saving(db):\n    await crud.add(db, email)\n    {}"
    ),
}  # fmt: skip
CLOSED = {
    "nothing is changed": "order = await crud.find(db, email)\nif order is None:\n    return None\n{}",
    "a query of several lines": (
        "query = select(Order)\nif loud:\n    query = query.where(Order.id == number)\n"
        "found = (await db.execute(query)).scalars().all()\nprint(len(found))\n{}"
    ),
    "a query with a part": (
        "await db.execute(text(\"WITH paid AS (SELECT 1 FROM orders) SELECT count(*) FROM paid\"))\n{}"
    ),
    "committed": "await crud.add(db, email)\nawait db.commit()\n{}",
    "a list of it that grew is committed": (
        "order = await db.get_one(Order, number)\norder.tags.append(email)\nawait db.commit()\n{}"
    ),
    "committed by a function": "await crud.add(db, email)\nawait crud.finish(db)\n{}",
    "a function that commits": "await crud.save(db, email)\n{}",
    "a function that commits what it has changed": "await crud.save_new(db, email)\n{}",
    "a session of its own": "await crud.save_apart(email)\n{}",
    "taken back": "await crud.add(db, email)\nawait db.rollback()\n{}",
    "in another case, which leaves": (
        "if loud:\n    await crud.add(db, email)\n    return {{}}\n{}"
    ),
    "in the other case": "if loud:\n    await crud.add(db, email)\nelse:\n    {}",
    "committed in each case": (
        "match number:\n    case 1:\n        await crud.save(db, email)\n        {}\n"
        "    case _:\n        await db.commit()"
    ),
    "committed below each question": (
        "if loud:\n    await crud.save(db, email)\n    {}\nelif number:\n    await db.commit()"
    ),
    "changed and committed in one case": (
        "order = await db.get_one(Order, number)\nif loud:\n    order.status = 'paid'\n"
        "    await db.commit()\n{}"
    ),
    "a commit before whose failure it leaves": (
        "await crud.add(db, email)\ntry:\n    await db.commit()\nexcept ValueError:\n"
        "    await db.rollback()\n    raise\n{}"
    ),
    "in a transaction that has ended": (
        "async with crud.Orders(db) as orders:\n    await orders.add(email)\n{}"
    ),
    "in a block that commits": "async with crud.saving(db):\n    await crud.add(db, email)\n{}",
    "in the transaction of another session": (
        "async with SessionLocal.begin() as own:\n    own.add(Order(email=email, status='new'))\n{}"
    ),
    "of something else": (
        "class Page:\n    pass\n\n\npage = Page()\npage.title = email\nprint(page.title)\n{}"
    ),
}  # fmt: skip


def _project(folder: Path, body: str, work: str = RECEIPT, given: str = GIVEN) -> Migrated:
    handler = f"@router.post('/h')\nasync def h({given}):\n{indent(body.format(work), '    ')}\n"
    return migrate(folder, {**FILES, ROUTES: f"{IMPORTS}\n\n{handler}    return {{'ok': True}}\n"})


@pytest.mark.parametrize("change", OPEN)
def test_what_looks_for_a_change_that_may_not_be_committed_stays(tmp_path: Path, change: str) -> None:
    done = _project(tmp_path, OPEN[change])
    assert done.tasks == ""
    assert RECEIPT in done.body("h")


@pytest.mark.parametrize("change", CLOSED)
def test_what_looks_for_nothing_that_is_not_committed_moves(tmp_path: Path, change: str) -> None:
    done = _project(tmp_path, CLOSED[change])
    assert "await send_receipt_task.kiq(number)" in done.body("h")


@pytest.mark.parametrize("change", ["an attribute is set", "a function adds it", "rows are updated"])
def test_what_looks_for_nothing_need_not_wait(tmp_path: Path, change: str) -> None:
    done = _project(tmp_path, OPEN[change], work="await send_thanks(email)")
    assert "await send_thanks_task.kiq(email)" in done.body("h")


def test_a_dependency_has_changed_it(tmp_path: Path) -> None:
    given = "number: int, order: Order = Depends(crud.{})"
    done = _project(tmp_path / "a", "{}", given=given.format("seen"))
    assert done.tasks == ""
    assert "await send_receipt_task.kiq(number)" in _project(
        tmp_path / "b", "{}", given=given.format("known")
    ).body("h")


def test_a_change_of_who_calls_it(tmp_path: Path) -> None:
    """The task would be queued in `tell()`."""
    tell = "\n\n\nasync def tell(number: int) -> None:\n    print(number)\n    await send_receipt(number)\n"
    files = {**FILES, "app/work.py": WORK + tell}
    changes = {"a": "order.status = 'paid'", "b": "print(order.status)"}
    made = {}
    for folder, change in changes.items():
        body = f"    order = await db.get_one(Order, number)\n    {change}\n    await tell(number)\n"
        imports = IMPORTS.replace("import send_receipt", "import tell, send_receipt")
        routes = f"{imports}\n\n@router.post('/h')\nasync def h({GIVEN}):\n{body}    return {{}}\n"
        made[folder] = migrate(tmp_path / folder, {**files, ROUTES: routes}).tasks
    assert made["a"] == ""
    assert made["b"]


def test_work_behind_the_response_stays_there(tmp_path: Path) -> None:
    """Whether it runs before the dependency commits is a matter of the version of FastAPI."""
    given = f"background: BackgroundTasks, {GIVEN}"
    queued = "background.add_task(send_receipt, number)"
    done = _project(tmp_path, "await crud.add(db, email)\n{}", work=queued, given=given)
    assert done.tasks == ""
    assert queued in done.body("h")
    (reason,) = done.behind
    assert "crud.add(...) may not be committed yet when the task looks at the database" in reason
