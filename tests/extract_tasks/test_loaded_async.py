"""Objects of a database that goes async cross the queue as keys where the task reads nothing but columns."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from projects import HEAD, PACKAGES, ROUTES, Migrated, migrate, source

DATABASE = """\
from sqlalchemy import ForeignKey, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, sessionmaker

engine = create_engine("sqlite:///users.db")
SessionLocal = sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
    name: Mapped[str] = mapped_column(default="Ann")
    orders: Mapped[list["Order"]] = relationship(back_populates="user")


class Order(Base):
    __tablename__ = "orders"

    number: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = relationship(back_populates="orders")


def get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()
"""
LETTERS = {
    "letter": """
        def send_letter(user: User, lang: str = "en") -> None:
            send_welcome(user.email, user.name, lang=lang)
    """,
    "by_name": """
        def send_by_name(user: User) -> None:
            send_welcome(address(user), user.name)


        def address(user: User) -> str:
            return user.email
    """,
}
IMPORTS = """\
from fastapi import BackgroundTasks, Depends
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import Order, User, get_db
from app.letters import {}


def get_user(db: Session = Depends(get_db)) -> User:
    return db.get(User, 1)


"""
MOVED = {
    "asked": (
        """
        user = db.get(User, 1)
        if user is None:
            return {}
        send_letter(user, lang="de")
        return {}
        """,
        'await send_letter_task.kiq(user.id, lang="de")',
    ),
    "given": ("send_letter(me)\nreturn {}", "await send_letter_task.kiq(me.id)"),
    "behind": (
        "background.add_task(send_letter, me)\nreturn {}",
        "background.add_task(send_letter_task.kiq, me.id)",
    ),
    "made": (
        """
        user = User(email="bob@example.com", name="Bob")
        db.add(user)
        db.commit()
        send_letter(user)
        return {}
        """,
        "await send_letter_task.kiq(user.id)",
    ),
}
STAYED = {
    "is_not_committed": ("letter", "me.name = 'Eve'\nsend_letter(me)\ndb.commit()\nreturn {}"),
}
SERVED = """
    import json, sqlite3
    from pathlib import Path

    Path("users.db").unlink(missing_ok=True)
    with sqlite3.connect("users.db") as db:
        db.execute("create table users (id integer primary key, email text, name text)")
        db.execute("create table orders (number text primary key, user_id integer)")
        db.execute("insert into users values (1, 'ann@example.com', 'Ann')")
        db.execute("insert into orders values ('o-1', 1)")

    import app.letters

    sent = []
    app.letters.send_welcome = lambda *given, **named: sent.append([*given, named])
    from app.main import app as served
    from fastapi.testclient import TestClient

    with TestClient(served) as client:
        statuses = [client.post("/" + url).status_code for url in {urls!r}]
    print(json.dumps([statuses, sorted(sent, key=str)]))
"""


def _project(folder: Path, letters: str, cases: dict[str, str]) -> Migrated:
    takes = "background: BackgroundTasks, me: User = Depends(get_user), db: Session = Depends(get_db)"
    routes = [
        f'@router.post("/{name}")\ndef {name}({takes}):\n'
        + "".join(f"    {line}\n" for line in source(body).splitlines())
        for name, body in cases.items()
    ]
    head = "from app.db import Order, User\nfrom app.mail import send_welcome\n\n\n"
    files = {
        "app/db.py": DATABASE,
        "app/letters.py": head + source(LETTERS[letters]),
        "requirements.txt": "fastapi\nsqlalchemy>=2\naiosqlite\ngreenlet\n",
    }
    imports = IMPORTS.format(f"send_{letters}")
    return migrate(folder, {**PACKAGES, ROUTES: HEAD + imports + "\n\n".join(routes), **files})


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Migrated:
    routes = {name: body for name, (body, _) in MOVED.items()}
    return _project(tmp_path_factory.mktemp("moved"), "letter", routes)


@pytest.mark.parametrize("route", MOVED)
def test_the_key_is_passed(moved: Migrated, route: str) -> None:
    assert MOVED[route][1] in moved.body(route)


def test_the_task_opens_an_async_session_and_blocks_in_a_thread(moved: Migrated) -> None:
    assert moved.tasks == source(
        """
        @broker.task
        async def send_letter_task(user_id: int, lang: str = "en") -> None:
            async with SessionLocal() as session:
                user = await session.get(User, user_id)
                if user is None:
                    return
            await asyncio.to_thread(send_letter, user, lang)
        """
    )


def test_the_same_letters_are_sent(moved: Migrated) -> None:
    printed = moved.runs(SERVED.format(urls=[*MOVED]))
    letters = [["ann@example.com", "Ann", {"lang": lang}] for lang in ("de", "en", "en")]
    assert json.loads(printed) == [[200] * 4, [*letters, ["bob@example.com", "Bob", {"lang": "en"}]]]


@pytest.mark.parametrize("route", STAYED)
def test_what_would_be_loaded_when_it_is_read_stays(tmp_path: Path, route: str) -> None:
    letters, body = STAYED[route]
    done = _project(tmp_path, letters, {route: body})
    assert "create_async_engine" in done.after["app/db.py"]
    assert ".kiq" not in done.body(route)


def test_a_module_that_turns_with_the_database_and_sends_is_imported_late(tmp_path: Path) -> None:
    """It will import the tasks, whatever its functions do besides."""
    service = """
        from sqlalchemy.orm import Session

        from app.db import User
        from app.mail import send_welcome


        def tell(user: User) -> None:
            send_welcome(user.email, user.name)


        def rename(db: Session, key: int, name: str) -> None:
            user = db.get(User, key)
            if user is None:
                return
            user.name = name
            db.commit()
            tell(user)
    """
    route = """
        from fastapi import APIRouter, Depends
        from sqlalchemy.orm import Session

        from app.db import get_db
        from app.service import rename

        router = APIRouter()


        @router.post("/rename")
        def change(db: Session = Depends(get_db)):
            rename(db, 1, "Eve")
            return {}
    """
    files = {
        **PACKAGES,
        "app/db.py": DATABASE,
        "app/service.py": source(service),
        "requirements.txt": "fastapi\nsqlalchemy>=2\naiosqlite\ngreenlet\n",
    }
    done = migrate(tmp_path, {**files, ROUTES: source(route)})
    assert "await tell_task.kiq(user.id)" in done.body("rename", "app/service.py")
    assert done.tasks.count("    from app.service import tell\n") == 1
    letters = [["ann@example.com", "Eve", {}]]
    served = SERVED.replace("app.letters", "app.service").format(urls=["rename"])
    assert json.loads(done.runs(served)) == [[200], letters]


def test_a_module_is_imported_late_that_queues_a_part_of_what_it_is_given(tmp_path: Path) -> None:
    """`send_receipt` is given an order, and its own statements move; `send_letter` moves whole."""
    letters = """
        import smtplib

        from app.db import Order, User
        from app.mail import send_welcome


        def send_letter(user: User) -> None:
            send_welcome(user.email, user.name)


        def send_receipt(order: Order) -> None:
            print(order)
            with smtplib.SMTP("localhost") as smtp:
                smtp.sendmail("a@example.com", order.user.email, order.number)
    """
    routes = """
        @router.post("/letter")
        def letter(db: Session = Depends(get_db)):
            user = db.get(User, 1)
            if user is not None:
                send_letter(user)
            return {}


        @router.post("/receipt")
        def receipt(db: Session = Depends(get_db)):
            order = db.get(Order, "o-1")
            if order is not None:
                send_receipt(order)
            return {}
    """
    files = {
        **PACKAGES,
        "app/db.py": DATABASE,
        "app/letters.py": source(letters),
        "requirements.txt": "fastapi\nsqlalchemy>=2\naiosqlite\ngreenlet\n",
    }
    imports = IMPORTS.format("send_letter, send_receipt")
    done = migrate(tmp_path, {**files, ROUTES: HEAD + imports + source(routes)})
    assert "await send_receipt_email_task.kiq(order.user.email, order.number)" in done.after["app/letters.py"]
    assert done.tasks.count("    from app.letters import send_letter\n") == 1


def test_what_the_database_awaits_is_no_part_of_a_task(tmp_path: Path) -> None:
    """It would be given what stood there before: a relationship that nothing has loaded."""
    routes = """
        from fastapi import APIRouter, Depends
        from sqlalchemy.orm import Session

        from app.db import Order, get_db
        from app.mail import send_welcome

        router = APIRouter()
        ORDERS: dict[str, Order] = {}


        def get_order(db: Session = Depends(get_db)) -> Order:
            if "o-1" not in ORDERS:
                ORDERS["o-1"] = db.get(Order, "o-1")
            return db.merge(ORDERS["o-1"])


        @router.post("/remind")
        def remind(order: Order = Depends(get_order)):
            send_welcome(order.user.email, order.number)
            return {}
    """
    files = {
        "app/db.py": DATABASE,
        "requirements.txt": "fastapi\nsqlalchemy>=2\naiosqlite\ngreenlet\n",
    }
    done = migrate(tmp_path, {**PACKAGES, **files, ROUTES: source(routes)})
    assert "await order.awaitable_attrs.user" in done.body("remind")
    served = SERVED.replace("app.letters", "app.mail").format(urls=["remind", "remind"])
    assert json.loads(done.runs(served)) == [[200, 200], [["ann@example.com", "o-1", {"lang": "en"}]] * 2]
