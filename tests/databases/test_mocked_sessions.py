"""A mock that a test hands the application for a session tells what `query()` gives: nobody would ask it."""

from __future__ import annotations

from pathlib import Path

import forked
import pytest
from small_projects import Migrated, migrate

DB = """
from sqlalchemy import Column, Integer, String, create_engine
from sqlalchemy.orm import declarative_base, sessionmaker

engine = create_engine("sqlite:///a.db")
SessionLocal = sessionmaker(bind=engine)
Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)


def get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()
"""
MAIN = """
from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy.orm import Session

from app.db import User, get_db

app = FastAPI()


@app.get("/users/{user_id}")
def get_user(user_id: int, db: Session = Depends(get_db)):
    user = db.query(User).filter(User.id == user_id).first()
    if user is None:
        raise HTTPException(404)
    return {"name": user.name}
"""
HEAD = """
from unittest.mock import AsyncMock, MagicMock, Mock

from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.db import get_db
from app.main import app

client = TestClient(app)
"""
READ = """

def test_get():
    assert client.get("/users/1").status_code == 404
"""


def migrated(override: str) -> Migrated:
    test = f"{HEAD}{override}{READ}"
    return migrate({"app/__init__.py": "", "app/db.py": DB, "app/main.py": MAIN, "tests/test_users.py": test})


@pytest.mark.parametrize("mock", ["MagicMock()", "MagicMock(spec=Session)", "Mock()"])
@pytest.mark.parametrize(
    "override",
    [
        "def override():\n    yield session\n\n\napp.dependency_overrides[get_db] = override\n",
        "def override():\n    return session\n\n\napp.dependency_overrides.update({get_db: override})\n",
        "app.dependency_overrides[get_db] = lambda: session\n",
        "app.dependency_overrides = {get_db: lambda: session}\n",
    ],
)
def test_a_mock_in_place_of_a_session_keeps_the_database_sync(mock: str, override: str) -> None:
    done = migrated(f"session = {mock}\nsession.query().filter().first.return_value = None\n\n\n{override}")
    assert done.is_unchanged
    assert any("a mock of a session" in reason.text for reason in done.report.refusals)


@pytest.mark.parametrize(
    "override",
    [
        "",
        "mailer = MagicMock()\n\n\ndef get_mailer():\n    return 1\n\n\n"
        "app.dependency_overrides[get_mailer] = lambda: mailer\n",
    ],
)
def test_mocks_of_other_things_keep_nothing(override: str) -> None:
    assert "create_async_engine" in migrated(override).texts["app/db.py"]


READY = """
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.db import engine


def ready(engine: Engine) -> None:
    with Session(engine) as session:
        session.execute(text("select 1"))


if __name__ == "__main__":
    ready(engine)
"""


TEST = """
from unittest.mock import MagicMock, patch

import pytest

from app.ready import ready


@pytest.fixture
def anyio_backend():
    return "asyncio"


def test_other():
    session = MagicMock()
    with patch("{other}", return_value=session):
        assert session.called is False


def test_ready():
    engine = MagicMock()
    session = MagicMock()
    session.configure_mock(**{{"execute.return_value": MagicMock(return_value=True)}})
    with patch("{patched}", return_value=session):
        ready(engine)
"""


@pytest.mark.parametrize(
    ("patched", "is_kept"),
    [("sqlalchemy.orm.Session", False), ("app.ready.Session", False), ("app.ready.text", True)],
)
def test_no_async_session_works_on_a_mock_of_an_engine(tmp_path: Path, patched: str, is_kept: bool) -> None:
    """`AsyncSession(MagicMock())` fails at the first answer; where the class is replaced, none is made, and
    that is what a patch of the library is meant for, though it comes too late."""
    files = {"app/__init__.py": "", "app/db.py": DB, "app/main.py": MAIN, "app/ready.py": READY}
    other = "sqlalchemy.orm.Session" if is_kept else "app.db.engine"
    test = TEST.format(patched=patched, other=other)
    done = migrate({**files, "tests/__init__.py": "", "tests/test_ready.py": test})
    assert any("a mock of an engine" in reason.text for reason in done.report.refusals) == is_kept
    assert done.is_unchanged == is_kept
    if not is_kept:
        assert 'patch("app.ready.AsyncSession"' in done.texts["tests/test_ready.py"]
        for path, text in {**files, **done.texts, "tests/__init__.py": ""}.items():
            (tmp_path / path).parent.mkdir(exist_ok=True)
            (tmp_path / path).write_text(text)
        run = forked.run("-m", "pytest", "-q", "tests", cwd=tmp_path, strict=False)
        assert "2 passed" in run.stdout, run.stdout
