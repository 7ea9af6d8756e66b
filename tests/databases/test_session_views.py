"""What the application asks of an async view of a test's own session: the suite passes before and after."""

from __future__ import annotations

from pathlib import Path

import forked
import pytest
from db_programs import DATABASE, HEADER, MAIN, MODELS, convert

HANDLERS = """
from sqlalchemy import text

NEWEST = text("select max(id) from users")


@router.get("/ready")
def ready(db: Session = Depends(get_db)):
    db.execute(text("select 1"))
    return [row[0] for row in db.execute(NEWEST)] + [user.name for user in db.scalars(select(User))]
"""
TESTS = """
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import StaticPool

from app.db import Base, get_db
from app.main import app
from app.models import User

engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)


@pytest.fixture
def session():
    Base.metadata.create_all(engine)
    with sessionmaker(bind=engine)() as session:
        session.add(User(name="ann"))
        session.commit()
        yield session


@pytest.fixture
def client(session: Session):
    def override()RETURNS:
        return session

    app.dependency_overrides[get_db] = override
    return TestClient(app)


def test_ready(client):
    assert client.get("/ready").json() == [1, "ann"]
"""


@pytest.mark.parametrize(
    ("returns", "handlers", "view"),
    [
        ("", HANDLERS, "return AwaitedSession(sync_session_class=cast(Any, lambda **_: session))"),
        (" -> Session", HANDLERS, "async def execute(self, *args: Any, **kwargs: Any) -> Any:"),
        ("", HANDLERS.replace("db.execute(", "db.scalars("), "return AwaitedSession("),
        ("", HANDLERS.replace("db.execute(", "db.scalar("), "return AsyncSession(sync_session_class="),
    ],
)
def test_rows_of_a_text_come_through_a_view(tmp_path: Path, returns: str, handlers: str, view: str) -> None:
    """`AsyncSession.execute` closes the cursor behind them by an `await`."""
    handlers = handlers.replace("row[0] for row in db.scalars", "row for row in db.scalars")
    handlers = handlers.replace("[row[0] for row in db.scalar(NEWEST)]", "[db.scalar(NEWEST)]")
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/models.py": MODELS,
        "app/api.py": HEADER + handlers,
        "app/main.py": MAIN,
        "tests/__init__.py": "",
        "tests/test_ready.py": TESTS.replace("RETURNS", returns),
    }
    done = convert(tmp_path, files)
    assert done.obstacles == []
    for path, text in done.texts.items():
        (tmp_path / path).write_text(text)
    assert view in done.texts["tests/test_ready.py"]
    run = forked.run("-m", "pytest", "-q", "tests", cwd=tmp_path, strict=False)
    assert "1 passed" in run.stdout, run.stdout
