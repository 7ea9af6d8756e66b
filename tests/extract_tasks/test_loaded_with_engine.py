"""Where a project has no `sessionmaker`, a task loads objects by `Session(engine)`, as the project does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from projects import HEAD, LEFT, PACKAGES, ROUTES, Migrated, migrate, source

DATABASE = """\
from typing import ClassVar

from sqlmodel import Field, Relationship, Session, SQLModel, create_engine

engine = create_engine("sqlite:///users.db")


class Team(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str
    users: list["User"] = Relationship(back_populates="team")


class User(SQLModel, table=True):
    greeting: ClassVar[str] = "Hello"

    id: int | None = Field(default=None, primary_key=True)
    email: str
    name: str = "Ann"
    team_id: int | None = Field(default=None, foreign_key="team.id")
    team: Team | None = Relationship(back_populates="users")


def get_session():
    with Session(engine) as session:
        yield session
"""
ORM = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

engine = create_engine("sqlite:///users.db")


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
    name: Mapped[str]


def get_session():
    with Session(engine, expire_on_commit=False) as session:
        yield session
"""
LETTERS = """\
from app.db import User
from app.mail import send_welcome


def send_letter(user: User) -> None:
    send_welcome(user.email, user.name)
"""
DUMPED = LETTERS.replace("user.name", "vars(user)['name']")
IMPORTS = """\
from fastapi import Depends
from sqlalchemy.orm import Session

from app.db import User, get_session
from app.letters import send_letter


"""
SENDS = """\
@router.post("/welcome/{user_id}")
def welcome(user_id: int, session: Session = Depends(get_session)):
    user = session.get(User, user_id)
    if user is None:
        return {}
    send_letter(user)
    return {"id": user.id}
"""
SERVED = """
    import json, sqlite3
    from pathlib import Path

    Path("users.db").unlink(missing_ok=True)
    with sqlite3.connect("users.db") as db:
        db.execute("create table team (id integer primary key, name text)")
        db.execute("create table user (id integer primary key, email text, name text, team_id integer)")
        db.execute("insert into user values (1, 'ann@example.com', 'Ann', null)")

    import app.letters

    sent = []
    app.letters.send_welcome = lambda *given: sent.append(given)
    from app.main import app as served
    from fastapi.testclient import TestClient

    with TestClient(served) as client:
        answers = [client.post(f"/welcome/{each}").json() for each in (1, 2)]
    print(json.dumps([answers, sent]))
"""


def _project(folder: Path, database: str = DATABASE, letters: str = LETTERS, **more: str) -> Migrated:
    imports = IMPORTS.replace("sqlalchemy.orm", "sqlmodel") if database != ORM else IMPORTS
    files = {
        "app/db.py": database,
        "app/letters.py": letters,
        "requirements.txt": "fastapi\nsqlmodel\naiosqlite\ngreenlet\n",
        **more,
    }
    return migrate(folder, {**PACKAGES, ROUTES: HEAD + imports + SENDS, **files})


COMMITS_LATER = DATABASE.replace("yield session", "yield session\n        session.commit()")
ASYNC = """
    @broker.task
    async def send_letter_task(user_id: {key}) -> None:
        async with AsyncSession(engine) as session:
            user = await session.get(User, user_id)
            if user is None:
                return
        await asyncio.to_thread(send_letter, user)
"""


@pytest.mark.parametrize(
    ("database", "key", "imported"),
    [
        (DATABASE, "int | None", "from sqlmodel.ext.asyncio.session import AsyncSession\n"),
        (ORM, "int", "from sqlalchemy.ext.asyncio import AsyncSession\n"),
        (COMMITS_LATER, "int | None", "from sqlmodel.ext.asyncio.session import AsyncSession\n"),
    ],
)
def test_the_task_opens_the_session_that_the_project_opens(
    tmp_path: Path, database: str, key: str, imported: str
) -> None:
    done = _project(tmp_path, database)
    assert "await send_letter_task.kiq(user.id)" in done.body("welcome")
    assert done.tasks == source(ASYNC.format(key=key))
    assert imported in done.imports + "\n"
    assert json.loads(done.runs(SERVED)) == [[{"id": 1}, {}], [["ann@example.com", "Ann"]]]


def test_a_database_that_stays_sync_is_opened_sync(tmp_path: Path) -> None:
    done = _project(tmp_path, **{"pyproject.toml": LEFT})
    assert done.tasks == source(
        """
        @broker.task
        def send_letter_task(user_id: int | None) -> None:
            with Session(engine) as session:
                user = session.get(User, user_id)
                if user is None:
                    return
                send_letter(user)
        """
    )
    assert json.loads(done.runs(SERVED)) == [[{"id": 1}, {}], [["ann@example.com", "Ann"]]]


OTHERS = """\
from sqlmodel import Session, create_engine

other = create_engine("sqlite:///audit.db")
"""


MADE_BY_A_FUNCTION = DATABASE.replace(
    'engine = create_engine("sqlite:///users.db")',
    "def connect():\n    return create_engine('sqlite:///users.db')\n\n\nengine = connect()",
)


@pytest.mark.parametrize(
    ("database", "letters", "more"),
    [
        pytest.param(DATABASE, DUMPED, {}, id="does more than read it"),
        pytest.param(DATABASE, LETTERS, {"app/audit.py": OTHERS}, id="another engine"),
        pytest.param(DATABASE.replace("users.db", ""), LETTERS, {}, id="in memory"),
        pytest.param(DATABASE.replace("Session(engine)", "Session()"), LETTERS, {}, id="bound elsewhere"),
        pytest.param(MADE_BY_A_FUNCTION, LETTERS, {}, id="made by a function"),
    ],
)
def test_the_letter_queues_its_fields_where_nothing_can_be_loaded_again_for_sure(
    tmp_path: Path, database: str, letters: str, more: dict[str, str]
) -> None:
    done = _project(tmp_path, database, letters, **more)
    assert done.tasks == source(
        """
        @broker.task
        def send_welcome_task(to: str, name: str, *, lang: str = "en") -> None:
            send_welcome(to, name, lang=lang)
        """
    )
    assert "kiq" not in done.body("welcome")
    name = "vars(user)['name']" if letters == DUMPED else "user.name"
    assert f"await send_welcome_task.kiq(user.email, {name})" in done.body("send_letter", "app/letters.py")
