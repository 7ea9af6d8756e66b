"""Overrides of the provider in tests that have a database of their own: each form gives async sessions."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, HEADER, MAIN, MODELS, REQUIREMENTS, Outcome, convert

USES = "\n@router.get('/users')\ndef users(db: Session = Depends(get_db)):\n    return [u.name for u in db.scalars(select(User)).all()]\n"
TOP = """
from collections.abc import Iterator

from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

from app.db import get_db
from app.main import app

engine = create_engine("sqlite:///./test.db")
Testing = sessionmaker(bind=engine)
session = Testing()

"""
ASKS = "\n\ndef test_it():\n    assert TestClient(app).get('/users').status_code == 200\n"
SET = "\n\napp.dependency_overrides[get_db] = override\n"


def converted(folder: Path, override: str) -> Outcome:
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MODELS, "app/main.py": MAIN}
    files |= {"app/api.py": HEADER + USES, "tests/__init__.py": "", "tests/test_it.py": TOP + override + ASKS}
    done = convert(folder, files, f"{REQUIREMENTS}pytest\nhttpx\n")
    assert done.obstacles == []
    return done


ENTERED = "    async with AsyncSession(async_engine) as async_session:\n        yield async_session\n"


@pytest.mark.parametrize(
    ("override", "becomes"),
    [
        ("def override() -> Session:\n    return session" + SET, "async def override() -> AsyncSession:\n" + ENTERED),
        ("def override() -> Iterator[Session]:\n    yield session" + SET, "async def override() -> AsyncIterator[AsyncSession]:\n" + ENTERED),
        ("def override():\n    with Session(engine) as db:\n        yield db" + SET, "async def override():\n" + ENTERED),
        ("async def override():\n    yield session" + SET, "async def override():\n" + ENTERED),
        ("def override():\n    def later():\n        return 3\n\n    yield session" + SET, "        return 3\n\n" + ENTERED),
        (
            "app.dependency_overrides[get_db] = lambda: session\ndel app.dependency_overrides[get_db]\n",
            "= lambda: AsyncSession(sync_session_class=lambda **_: session)\ndel app.dependency_overrides[get_db]\n",
        ),
    ],
)  # fmt: skip
def test_the_application_gets_an_async_session(tmp_path: Path, override: str, becomes: str) -> None:
    text = converted(tmp_path, override).texts["tests/test_it.py"]
    assert becomes in text
    assert '\nengine = create_engine("sqlite:///./test.db")\n' in text, "the tests keep their own"


def test_an_override_that_gives_async_sessions_stays(tmp_path: Path) -> None:
    theirs = "from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine\n\nmade = create_async_engine('sqlite+aiosqlite://')\n\n\nasync def override():\n    async with AsyncSession(made) as other:\n        yield other"
    assert "tests/test_it.py" not in converted(tmp_path, theirs + SET).texts


UNIT = """
from collections.abc import Callable

from app.db import SessionLocal
from app.models import User
from sqlalchemy import select
from sqlalchemy.orm import Session


class Unit:
    def __init__(self, factory: Callable[[], Session] = SessionLocal) -> None:
        self.factory = factory

    def __enter__(self) -> "Unit":
        self.session = self.factory()
        return self

    def __exit__(self, *error: object) -> None:
        self.session.commit()
        self.session.close()

    def names(self) -> list[str]:
        return [user.name for user in self.session.scalars(select(User)).all()]


def get_unit() -> Unit:
    return Unit()
"""
OF_UNITS = """
from app.unit import Unit, get_unit
from fastapi import APIRouter, Depends

router = APIRouter()


@router.get('/users')
def users(unit: Unit = Depends(get_unit)):
    with unit:
        return unit.names()
"""
HANDS_OVER = """
import pytest
from app.db import Base
from app.main import app
from app.unit import Unit, get_unit
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import StaticPool

engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
Base.metadata.create_all(engine)
Testing = sessionmaker(engine)


def count(factory) -> int:
    return 0 if factory else 1


app.dependency_overrides[get_unit] = lambda: Unit(%s)


def test_it():
    assert TestClient(app).get('/users').json() == []
    assert count(Testing) == 0
"""


@pytest.mark.parametrize("given", ["Testing", "factory=Testing", "sessionmaker(engine)"])
def test_the_application_makes_async_views_with_the_factory_of_a_test(tmp_path: Path, given: str) -> None:
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MODELS, "app/main.py": MAIN}
    files |= {
        "app/unit.py": UNIT,
        "app/api.py": OF_UNITS,
        "tests/__init__.py": "",
        "tests/test_it.py": HANDS_OVER % given,
    }
    done = convert(tmp_path, files, f"{REQUIREMENTS}pytest\nhttpx\n")
    assert done.obstacles == []
    made = f"lambda: AsyncSession(sync_session_class=lambda **_: {given.removeprefix('factory=')}())"
    assert made in " ".join(done.texts["tests/test_it.py"].split()).replace("( ", "(")
    assert "count(Testing)" in done.texts["tests/test_it.py"], "a function of the tests has theirs"
