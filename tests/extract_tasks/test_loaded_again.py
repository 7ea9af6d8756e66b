"""Objects of the database cross the queue as their primary keys; the task loads them in its own session."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import HEAD, LEFT, PACKAGES, ROUTES, Migrated, migrate, source

DATABASE = """\
from sqlalchemy import ForeignKey, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, sessionmaker

engine = create_engine("sqlite:///users.db")
SessionLocal = sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class Keyed:
    id: Mapped[int] = mapped_column(primary_key=True)


class User(Keyed, Base):
    __tablename__ = "users"

    email: Mapped[str]
    orders: Mapped[list["Order"]] = relationship()


class Order(Base):
    __tablename__ = "orders"

    number: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


class Seat(Base):
    __tablename__ = "seats"

    row: Mapped[int] = mapped_column(primary_key=True)
    column: Mapped[int] = mapped_column(primary_key=True)


def get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()
"""
LETTERS = """\
from app.db import Order, Seat, User
from app.mail import send_welcome


def send_letter(user: User, lang: str = "en") -> None:
    send_welcome(user.email, f"{len(user.orders)} orders", lang=lang)


def send_receipt(user: User, order: Order) -> None:
    send_welcome(user.email, order.number)


def send_seat(seat: Seat) -> None:
    send_welcome("hall@example.com", f"{seat.row}/{seat.column}")


def send_all(users: list[User]) -> None:
    for user in users:
        send_welcome(user.email, "all")
"""
IMPORTS = """\
from fastapi import BackgroundTasks, Depends, HTTPException
from sqlalchemy import text, update
import requests
from sqlalchemy.orm import Session

from app.db import Order, Seat, User, get_db
from app.letters import send_all, send_letter, send_receipt, send_seat


def get_user(db: Session = Depends(get_db)) -> User:
    return db.get(User, 1)


def find_user(db: Session) -> User | None:
    return db.get(User, 1)


def delete_user(db: Session, user: User) -> None:
    db.delete(user)
    db.commit()


def put(db: Session, user: User, data: dict) -> None:
    for key, value in data.items():
        setattr(user, key, value)
    db.commit()


def drop(db: Session, user_id: int) -> None:
    db.query(User).filter(User.id == user_id).delete()
    db.commit()


def drop_file(key) -> None:
    requests.delete(f"http://files/{key}")
    requests.delete(key)


def note(db: Session, text: str) -> None:
    db.add(Order(number=text))
    db.query(Seat).delete()
    db.commit()


"""
MOVED = {
    "asked": (
        """
        user = db.query(User).filter(User.id == 1).first()
        if user is None:
            raise HTTPException(404)
        send_letter(user, lang="de")
        return {}
        """,
        'background.add_task(send_letter_task.kiq, user.id, lang="de")',
    ),
    "others_change_behind": (
        """
        background.add_task(send_letter, me)
        note(db, me.email)
        db.execute(update(Order).values(number=me.email))
        return {}
        """,
        "background.add_task(send_letter_task.kiq, me.id)",
    ),
    "something_else_is_deleted_behind": (
        """
        background.add_task(send_letter, me)
        drop_file(me.email)
        return {}
        """,
        "background.add_task(send_letter_task.kiq, me.id)",
    ),
    "if_it_is_there": (
        """
        user = find_user(db)
        if user:
            background.add_task(send_letter, user, "de")
        return {}
        """,
        'background.add_task(send_letter_task.kiq, user.id, "de")',
    ),
    "made": (
        """
        order = Order(number="o-1", user_id=1)
        db.add(order)
        db.commit()
        background.add_task(send_receipt, me, order=order)
        return {}
        """,
        "background.add_task(send_receipt_task.kiq, me.id, order_number=order.number)",
    ),
    "got_or_made": (
        """
        user = db.query(User).filter(User.id == 1).first()
        if user is None:
            user = User(email="new@example.com")
            db.add(user)
            db.commit()
        background.add_task(send_letter, user)
        return {}
        """,
        "background.add_task(send_letter_task.kiq, user.id)",
    ),
    "got_or_made_and_saved_below": (
        """
        user = find_user(db)
        if not user:
            user = User(email="new@example.com")
            db.add(user)
        db.commit()
        send_letter(user)
        return {}
        """,
        "background.add_task(send_letter_task.kiq, user.id)",
    ),
    "changed": (
        """
        me.email = "new@example.com"
        db.commit()
        background.add_task(send_letter, me)
        return {}
        """,
        "background.add_task(send_letter_task.kiq, me.id)",
    ),
    "are_many": (
        """
        users = db.query(User).all()
        background.add_task(send_all, users)
        return {}
        """,
        "background.add_task(send_all_task.kiq, [user.id for user in users])",
    ),
    "is_made_in_the_task": (
        """
        db.get(User, 2)
        order = Order(number="o-1", user_id=1)
        background.add_task(send_receipt, me, order)
        return {}
        """,
        "background.add_task(send_is_made_in_the_task_email_task.kiq, me.id)",
    ),
    "is_one_of_many": (
        """
        users = db.query(User).all()
        user = next((each for each in users if each.id == 1), None)
        background.add_task(send_letter, user)
        return {}
        """,
        "background.add_task(send_is_one_of_many_email_task.kiq, [each.id for each in users])",
    ),
    "is_not_there_and_made": (
        """
        user = db.query(User).filter_by(email="new@example.com").first()
        if user:
            return {"id": user.id}
        user = User(email="new@example.com", name="New")
        db.add(user)
        db.commit()
        background.add_task(send_letter, user)
        return {}
        """,
        "background.add_task(send_letter_task.kiq, user.id)",
    ),
    "is_wrapped": (
        """
        db.get(User, 2)
        background.add_task(lambda: send_letter(me))
        return {}
        """,
        "background.add_task(send_is_wrapped_email_task.kiq, me.id)",
    ),
}
STAYED = {
    "is_not_saved": (
        """
        db.get(User, 2)
        order = Order(number="o-1", user_id=1)
        background.add_task(send_receipt, me, order)
        return {"number": order.number}
        """,
        "send_receipt stays: order is not saved yet",
    ),
    "is_changed_before": (
        """
        me.email = "new@example.com"
        background.add_task(send_letter, me)
        return {}
        """,
        "send_letter stays: me is changed, and the change is not committed yet",
    ),
    "is_changed_behind": (
        """
        background.add_task(send_letter, me)
        me.email = "new@example.com"
        return {}
        """,
        "send_letter stays: me is changed after the slow work",
    ),
    "is_changed_behind_by_setattr": (
        """
        background.add_task(send_letter, me)
        setattr(me, "email", "new@example.com")
        return {}
        """,
        "send_letter stays: me is changed after the slow work",
    ),
    "is_changed_behind_by_another_name": (
        """
        background.add_task(send_letter, me)
        user = me
        user.email = "new@example.com"
        return {}
        """,
        "send_letter stays: me is changed after the slow work",
    ),
    "is_changed_behind_in_a_part": (
        """
        background.add_task(send_letter, me)
        for order in me.orders:
            order.number = "new"
        return {}
        """,
        "send_letter stays: me is changed after the slow work",
    ),
    "is_changed_behind_by_a_function": (
        """
        background.add_task(send_letter, me)
        put(db, me, {"email": "new@example.com"})
        return {}
        """,
        "send_letter stays: me may be changed or removed afterwards: put()",
    ),
    "is_dropped_behind": (
        """
        background.add_task(send_letter, me)
        drop(db, me.id)
        return {}
        """,
        "send_letter stays: me may be changed or removed afterwards: drop()",
    ),
    "is_updated_behind": (
        """
        background.add_task(send_letter, me)
        db.execute(update(User).where(User.id == me.id).values(email="new@example.com"))
        return {}
        """,
        "send_letter stays: me may be changed or removed afterwards: db.execute()",
    ),
    "is_updated_behind_as_text": (
        """
        background.add_task(send_letter, me)
        db.execute(text("update users set email = ''"))
        return {}
        """,
        "send_letter stays: me may be changed or removed afterwards: db.execute()",
    ),
    "is_deleted": (
        """
        delete_user(db, me)
        background.add_task(send_letter, me)
        return {}
        """,
        "send_letter stays: me may be gone when the task runs: delete_user()",
    ),
    "is_one_of_two": (
        """
        user = me
        if user.id == 1:
            user = db.get(User, 2)
        background.add_task(send_letter, user)
        return {}
        """,
        "send_letter stays: user is set more than once",
    ),
    "is_set_in_a_loop": (
        """
        user = me
        for number in (1, 2):
            background.add_task(send_letter, user)
            user = db.query(User).filter_by(id=number).one()
        return {}
        """,
        "send_letter stays: user is set more than once",
    ),
    "is_set_where_it_is_not_sent": (
        """
        user = me
        if user.id == 1:
            user = db.query(User).filter_by(id=2).one()
        else:
            background.add_task(send_letter, user)
        return {}
        """,
        "send_letter stays: user is set more than once",
    ),
    "made_and_saved_elsewhere": (
        """
        user = db.query(User).first()
        if user is None:
            user = User(email="new@example.com")
            db.add(user)
        else:
            db.commit()
        background.add_task(send_letter, user)
        return {}
        """,
        "send_letter stays: user is set more than once",
    ),
    "made_and_perhaps_saved": (
        """
        user = db.query(User).first()
        if user is None:
            user = User(email="new@example.com")
            db.add(user)
            if me.email:
                db.commit()
        background.add_task(send_letter, user)
        return {}
        """,
        "send_letter stays: user is set more than once",
    ),
    "got_or_made_and_saved_too_late": (
        """
        user = db.query(User).first()
        if user is None:
            user = User(email="new@example.com")
            db.add(user)
        background.add_task(send_letter, user)
        db.commit()
        return {}
        """,
        "send_letter stays: user is set more than once",
    ),
    "got_or_else": (
        """
        user = db.query(User).first()
        if user is None:
            user = me
        background.add_task(send_letter, user)
        return {}
        """,
        "send_letter stays: user is set more than once",
    ),
    "may_be_missing": (
        """
        user = db.query(User).first()
        background.add_task(send_letter, user)
        return {}
        """,
        "send_letter stays: user may be None, which has no key",
    ),
    "may_be_missing_here": (
        """
        user = find_user(db)
        if user is None:
            background.add_task(send_letter, user)
        return {}
        """,
        "send_letter stays: user may be None, which has no key",
    ),
    "may_be_missing_in_a_cache": (
        """
        cache = {user.id: user for user in db.query(User).all()}
        user = cache.pop(1, None)
        background.add_task(send_letter, user)
        return {}
        """,
        "send_letter stays: user may be None, which has no key",
    ),
    "has_two_keys": (
        """
        seat = db.get(Seat, (1, 2))
        background.add_task(send_seat, seat)
        return {}
        """,
        "send_seat stays: seat belongs to its database session",
    ),
}
ONE = {"asked": MOVED["asked"]}


def _project(
    folder: Path, cases: dict[str, tuple[str, str]], database: str = DATABASE, config: str = LEFT
) -> Migrated:
    takes = "background: BackgroundTasks, me: User = Depends(get_user), db: Session = Depends(get_db)"
    routes = [
        f'@router.post("/{name}")\ndef {name}({takes}):\n'
        + "".join(f"    {line}".rstrip() + "\n" for line in source(body).splitlines())
        for name, (body, _) in cases.items()
    ]
    files = {"app/db.py": database, "app/letters.py": LETTERS, "pyproject.toml": config}
    return migrate(folder, {**PACKAGES, ROUTES: HEAD + IMPORTS + "\n\n".join(routes), **files})


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Migrated:
    return _project(tmp_path_factory.mktemp("moved"), MOVED)


@pytest.fixture(scope="module")
def stayed(tmp_path_factory: pytest.TempPathFactory) -> Migrated:
    return _project(tmp_path_factory.mktemp("stayed"), STAYED)


@pytest.mark.parametrize("route", MOVED)
def test_the_key_is_passed(moved: Migrated, route: str) -> None:
    assert MOVED[route][1] in moved.body(route)


def test_the_task_loads_them_in_a_session_of_its_own(moved: Migrated) -> None:
    assert moved.tasks == source(
        """
        @broker.task
        def send_letter_task(user_id: int, lang: str = "en") -> None:
            with SessionLocal() as session:
                user = session.get(User, user_id)
                if user is None:
                    return
                send_letter(user, lang)


        @broker.task
        def send_receipt_task(user_id: int, order_number: str) -> None:
            with SessionLocal() as session:
                user = session.get(User, user_id)
                if user is None:
                    return
                order = session.get(Order, order_number)
                if order is None:
                    return
                send_receipt(user, order)


        @broker.task
        def send_all_task(user_ids: list[int]) -> None:
            with SessionLocal() as session:
                found = session.query(User).filter(User.id.in_(user_ids))
                users_by_id = {each.id: each for each in found}
                users = [users_by_id[key] for key in user_ids if key in users_by_id]
                send_all(users)


        @broker.task
        def send_is_made_in_the_task_email_task(me_id: int) -> None:
            with SessionLocal() as session:
                me = session.get(User, me_id)
                if me is None:
                    return
                order = Order(number="o-1", user_id=1)
                send_receipt(me, order)


        @broker.task
        def send_is_one_of_many_email_task(user_ids: list[int]) -> None:
            with SessionLocal() as session:
                found = session.query(User).filter(User.id.in_(user_ids))
                users_by_id = {each.id: each for each in found}
                users = [users_by_id[key] for key in user_ids if key in users_by_id]
                user = next((each for each in users if each.id == 1), None)
                send_letter(user)


        @broker.task
        def send_is_wrapped_email_task(me_id: int) -> None:
            with SessionLocal() as session:
                me = session.get(User, me_id)
                if me is None:
                    return
                send_letter(me)
        """
    )
    told = "user is loaded again by its key when the task runs; where it is gone by then, nothing is done"
    assert told in moved.behaviour


def test_the_letter_is_written_with_what_the_database_holds_by_then(moved: Migrated) -> None:
    printed = moved.runs(
        """
        import app.letters
        from app.db import Base, Order, SessionLocal, User, engine
        from app.domain.tasks import send_all_task, send_letter_task, send_receipt_task

        sent = []
        app.letters.send_welcome = lambda *given, **named: sent.append((given, named))
        Base.metadata.create_all(engine)
        with SessionLocal() as db:
            db.add(User(email="ann@example.com", orders=[Order(number="o-1")]))
            db.add(User(id=7, email="bob@example.com"))
            db.commit()
        send_letter_task(1, lang="de")
        send_receipt_task(1, "o-1")
        send_letter_task(2)
        send_all_task([7, 5, 1])
        print(sent)
        """
    )
    letter = "(('ann@example.com', '1 orders'), {'lang': 'de'})"
    others = (("ann", "o-1"), ("bob", "all"), ("ann", "all"))
    rest = [f"(('{to}@example.com', '{text}'), {{}})" for to, text in others]
    assert printed == f"[{', '.join([letter, *rest])}]\n"


@pytest.mark.parametrize("route", STAYED)
def test_what_may_not_be_found_as_it_is_stays(stayed: Migrated, route: str) -> None:
    assert ".kiq" not in stayed.body(route)
    assert f"app.letters:{STAYED[route][1]}" in (*stayed.behind, *stayed.stays)


UNKNOWN = {
    "two makers of sessions": DATABASE.replace(
        "\n\nclass Base", "\nReports = sessionmaker(engine)\n\n\nclass Base", 1
    ),
    "an annotated maker, and one without": DATABASE.replace(
        "SessionLocal = sessionmaker(engine)",
        "SessionLocal: sessionmaker = sessionmaker(engine)\nReports = sessionmaker(engine)",
    ),
    "a second maker under another name": DATABASE.replace(
        "\n\nclass Base",
        "\nfrom sqlalchemy.orm import sessionmaker as maker\n\nmakers = [maker(engine)]\n\n\nclass Base",
        1,
    ),
    "two engines": DATABASE.replace(
        "SessionLocal =", 'reports = create_engine("sqlite:///reports.db")\nSessionLocal ='
    ),
    "a maker that gets its engine later": DATABASE.replace("sessionmaker(engine)", "sessionmaker()")
    + "\n\ndef start():\n    SessionLocal.configure(bind=engine)\n",
    "a database in memory": DATABASE.replace("sqlite:///users.db", "sqlite://"),
}


@pytest.mark.parametrize("database", UNKNOWN)
def test_what_nobody_could_load_stays(tmp_path: Path, database: str) -> None:
    done = _project(tmp_path, ONE, UNKNOWN[database])
    assert not done.tasks
    assert done.stays == ("app.letters:send_letter stays: user belongs to its database session",)


def test_a_key_is_not_read_on_the_loop(tmp_path: Path) -> None:
    """The session may ask the database for it."""
    body = """

        @router.post("/h")
        async def h(background: BackgroundTasks, me: User = Depends(get_user)):
            background.add_task(send_letter, me)
            return {}
    """
    files = {"app/db.py": DATABASE, "app/letters.py": LETTERS, "pyproject.toml": LEFT}
    done = migrate(tmp_path, {**PACKAGES, ROUTES: HEAD + IMPORTS + source(body), **files})
    assert not done.tasks
    assert "app.letters:send_letter stays: me belongs to its database session" in done.behind


def test_an_async_database_has_what_is_read_loaded_at_once(tmp_path: Path) -> None:
    done = _project(tmp_path, ONE, config="")
    assert "options=[selectinload(User.orders)]" in done.tasks
    assert "await asyncio.to_thread(send_letter, user, lang)" in done.tasks


OVERRIDES = """\
from app import deps
from app.main import app

app.dependency_overrides[deps.{}] = lambda: None
"""


@pytest.mark.parametrize("replaced", ["get_other", "get_name"])
def test_tests_that_give_handlers_another_session(tmp_path: Path, replaced: str) -> None:
    """The task would look for the object in the application's own database."""
    deps = "from app.db import SessionLocal\n\n\ndef get_other():\n    with SessionLocal() as db:\n"
    deps += "        yield db\n\n\ndef get_name() -> str:\n    return 'Ann'\n"
    routes = IMPORTS.replace("\n\n\n", "\nfrom app.deps import get_name, get_other\n\n\n", 1)
    given = "db: Session = Depends(get_other), name: str = Depends(get_name)"
    body = "    user = db.get(User, 1)\n    if user is None:\n        return {}\n    send_letter(user)\n"
    done = migrate(
        tmp_path,
        {
            **PACKAGES,
            "pyproject.toml": LEFT,
            "app/db.py": DATABASE,
            "app/letters.py": LETTERS,
            "app/deps.py": deps,
            "tests/test_routes.py": OVERRIDES.format(replaced),
            ROUTES: f"{HEAD}{routes}@router.post('/h')\ndef h({given}):\n{body}    return {{'name': name}}\n",
        },
    )
    assert ("session.get(User, user_id)" in done.tasks) is (replaced == "get_name")
