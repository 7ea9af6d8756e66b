"""Tests that use the application's own sessions before it has started: their tables are there."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import forked
import pytest
from db_programs import DATABASE, HEADER, MODELS, REQUIREMENTS, Outcome, convert

HANDLERS = """
def find(db: Session, name: str):
    return db.query(User).filter(User.name == name).first()

@router.get("/users/{name}")
def read(name: str, db: Session = Depends(get_db)):
    return {"id": find(db, name).id}
"""
MAKES = "# there from the start\nif engine.name == 'sqlite':\n    Base.metadata.create_all(bind=engine)\n"
APP = "from fastapi import FastAPI\nfrom app.api import router\nfrom app.db import Base, engine\n\n{makes}\napp = FastAPI()\napp.include_router(router)\n"
CONFTEST = """import pytest
from fastapi.testclient import TestClient
from app.api import find
from app.db import SessionLocal
from app.main import app
from app.models import User


@pytest.fixture(scope="session", autouse=True)
def a_user():
    with SessionLocal() as db:
        if find(db, "a") is None:
            db.add(User(name="a"))
            db.commit()


@pytest.fixture
def client():
    with TestClient(app) as client:
        yield client
"""
TESTS = "from app.api import find\nfrom app.db import SessionLocal\n\n\ndef test_find():\n    with SessionLocal() as db:\n        assert find(db, 'a').id == 1\n\n\ndef test_read(client):\n    assert client.get('/users/a').json() == {'id': 1}\n"


def suite(
    folder: Path,
    makes: str = MAKES,
    conftest: str = CONFTEST,
    tests: str = TESTS,
    database: str = DATABASE,
    requirements: str = REQUIREMENTS,
) -> Outcome:
    files = {
        "app/__init__.py": "",
        "app/db.py": database,
        "app/models.py": MODELS,
        "app/api.py": HEADER + HANDLERS,
        "app/main.py": APP.format(makes=makes),
        "tests/conftest.py": conftest,
        "tests/test_it.py": tests,
    }
    return convert(folder, files, requirements)


def run(folder: Path, done: Outcome) -> str:
    for path, text in done.texts.items():
        (folder / path).write_text(text)
    ran = forked.run("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests", cwd=folder, strict=False)
    return ran.stdout[-3000:]


def test_the_suite_passes_on_an_empty_database(tmp_path: Path) -> None:
    done = suite(tmp_path)
    assert done.obstacles == []
    assert "2 passed" in run(tmp_path, done)
    text = done.texts["tests/conftest.py"]
    makes = "async def make_tables() -> None:\n    # there from the start\n    if engine.name == 'sqlite':\n        async with engine.begin() as connection:\n            await connection.run_sync(Base.metadata.create_all)\n\n\nasyncio.run(make_tables())\n\n\n@pytest.fixture"
    assert makes in text
    assert "from app.db import Base, SessionLocal, engine\n" in text


@pytest.mark.parametrize("conftest", ["", "import pytest\n\n\n@pytest.fixture\ndef one():\n    return 1\n"])
def test_a_conftest_that_does_not_import_the_application_makes_none(tmp_path: Path, conftest: str) -> None:
    tests = TESTS[: TESTS.index("\n\n\ndef test_read")].replace(".id == 1", " is None")
    done = suite(tmp_path, conftest=conftest, tests=f"from app.main import app\n{tests}\n")
    assert done.obstacles == []
    assert "make_tables" not in done.texts["tests/conftest.py"]
    assert "asyncio.run(make_tables())\n" in done.texts["tests/test_it.py"]
    if conftest:
        assert "1 passed" in run(tmp_path, done)


def test_connections_that_another_loop_cannot_use_are_closed(tmp_path: Path) -> None:
    database = DATABASE.replace("sqlite:///./app.db", "postgresql+asyncpg://a@b/c").replace(
        ', connect_args={"check_same_thread": False}', ""
    )
    database = database.replace("+asyncpg", "")
    done = suite(tmp_path, database=database, requirements="fastapi\nsqlalchemy>=1.4,<2\nasyncpg\nhttpx\n")
    assert done.obstacles == []
    assert "(Base.metadata.create_all)\n    await engine.dispose()\n\n\n" in done.texts["tests/conftest.py"]


@pytest.mark.parametrize(
    "more",
    [
        {"conftest": CONFTEST.replace("    with SessionLocal", "    Base.metadata.create_all(engine)\n    with SessionLocal").replace("import SessionLocal", "import Base, SessionLocal, engine")},
        {"makes": ""},
        {"conftest": "from fastapi.testclient import TestClient\nfrom app.main import app\n\nclient = TestClient(app)\n", "tests": "from tests.conftest import client\n\n\ndef test_it():\n    assert client.get('/users/a').status_code == 500\n"},
    ],
    ids=["made by the tests", "made elsewhere", "asked through the application"],
)  # fmt: skip
def test_tables_that_are_there_are_not_made_again(tmp_path: Path, more: dict[str, str]) -> None:
    done = suite(tmp_path, **more)
    assert done.obstacles == []
    assert "asyncio.run" not in done.texts.get("tests/conftest.py", "")


def test_tables_that_are_emptied_at_the_start_cannot_be_made_before(tmp_path: Path) -> None:
    done = suite(
        tmp_path, makes="Base.metadata.drop_all(bind=engine)\nBase.metadata.create_all(bind=engine)\n"
    )
    assert any(
        "tests use tables that were made when app/main.py was imported" in text for text in done.obstacles
    )
    assert done.texts == {}
