"""Dependencies that return a session, which FastAPI does not close."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, FILL, HEADER, MAIN, MODELS, Outcome, answers, convert

OWN = DATABASE.replace("DeclarativeBase, sessionmaker", "DeclarativeBase, Session, sessionmaker")
WHOLE = OWN[: OWN.index("def get_db")]
HANDLERS = """
import builtins


@router.get("/users")
def users(db: Session = Depends(get_db)):
    return [user.name for user in db.query(User).order_by(User.id).all()]


@router.get("/opened")
def opened():
    return len(builtins.opened)
"""
COUNT = """
import builtins
from sqlalchemy import event
from sqlalchemy.pool import Pool

builtins.opened = set()
event.listen(Pool, "connect", lambda connection, record: builtins.opened.add(id(connection)))
"""
TOLD = "is never closed: its connection is dropped with a warning"


def program(folder: Path, provider: str, handlers: str = HANDLERS) -> Outcome:
    files = {
        "app/__init__.py": "",
        "app/db.py": WHOLE + provider,
        "app/models.py": MODELS,
        "app/api.py": HEADER + handlers,
        "app/main.py": MAIN,
    }
    return convert(folder, files)


@pytest.mark.parametrize(
    ("provider", "becomes"),
    [
        (
            "def get_db() -> Session:\n    '''One.'''\n    db = SessionLocal()\n    return db\n",
            "async def get_db() -> AsyncIterator[AsyncSession]:\n    '''One.'''\n"
            "    async with SessionLocal() as db:\n        yield db\n",
        ),
        (
            "def get_db():\n    return SessionLocal()\n",
            "async def get_db():\n    async with SessionLocal() as session:\n        yield session\n",
        ),
        (
            "def get_db():\n    session = Session(engine)\n    return session\n",
            "async def get_db():\n    async with AsyncSession(engine) as session:\n        yield session\n",
        ),
    ],
)
def test_it_yields_and_closes_it(tmp_path: Path, provider: str, becomes: str) -> None:
    done = program(tmp_path, provider)
    assert done.obstacles == []
    assert done.texts["app/db.py"].endswith(becomes)
    assert not any(TOLD in note for note in done.notes)
    before, after = answers(tmp_path, done, FILL + COUNT, ["/users", "/users", "/users", "/opened"])
    assert after[:-1] == before[:-1]
    assert after[-1][2] == "1", after  # the same connection each time


@pytest.mark.parametrize(
    ("provider", "handlers"),
    [
        # who calls it closes it, or uses it beyond the request
        ("def get_db():\n    return SessionLocal()\n", HANDLERS + "\n\ndef fill():\n    get_db().close()\n"),
        (
            "def get_db():\n    return SessionLocal()\n",
            HANDLERS.replace("users(", "users(tasks: BackgroundTasks, ").replace(
                "    return [user", "    tasks.add_task(print, db)\n    return [user"
            ),
        ),
        # more than a session comes out of it
        ("def get_db(x: int = 0):\n    if x:\n        return None\n    return SessionLocal()\n", HANDLERS),
        ("def get_db() -> 'Session':\n    return SessionLocal()\n", HANDLERS),
    ],
)  # fmt: skip
def test_it_goes_on_returning_it(tmp_path: Path, provider: str, handlers: str) -> None:
    done = program(tmp_path, provider, "from fastapi import BackgroundTasks\n" + handlers)
    assert "yield" not in done.added("app/db.py")


KEEPER = """
class Users:
    def __init__(self):
        self.db = SessionLocal()

    def names(self):
        return [user.name for user in self.db.query(User).all()]
"""
USE = '\n\n@router.get("/users")\ndef users(users: Users = Depends(Users)):\n    return users.names()\n'


@pytest.mark.parametrize(
    ("more", "is_told"), [("", True), ("\n    def close(self):\n        self.db.close()\n", False)]
)
def test_what_an_object_keeps_open_is_told(tmp_path: Path, more: str, *, is_told: bool) -> None:
    done = program(tmp_path, OWN[OWN.index("def get_db") :], KEEPER + more + USE)
    assert done.obstacles == []
    assert any(TOLD in note for note in done.notes) is is_told
