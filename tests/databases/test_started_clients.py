"""What was done at import is done at the start: a TestClient that nobody entered is entered, so that it is done."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import forked
import pytest
from db_programs import HEADER, MODELS, Outcome, convert

DATABASE = """
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

engine = create_engine("sqlite:///./own.db")
SessionLocal = sessionmaker(bind=engine)


class Base(DeclarativeBase):
    pass


def get_db():
    with SessionLocal() as db:
        yield db
"""
HANDLER = (
    '\n@router.get("/users")\ndef users(db: Session = Depends(get_db)):\n    return db.query(User).count()\n'
)
MAIN = "from fastapi import FastAPI\nfrom app.api import router\nfrom app.db import Base, engine\n\nBase.metadata.create_all(engine)\napp = FastAPI()\napp.include_router(router)\n"
HEAD = "import pytest\nfrom fastapi.testclient import TestClient\nfrom app.main import app\n\n"
NONE: Mapping[str, str] = {}
ASKS = "assert client.get('/users').json() == 0\n"


def suite(
    folder: Path, tests: str, main: str = MAIN, name: str = "test_users", more: Mapping[str, str] = NONE
) -> Outcome:
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/models.py": MODELS,
        "app/api.py": HEADER + HANDLER,
        "app/main.py": main,
        f"tests/{name}.py": HEAD + tests,
        **more,
    }
    return convert(folder, files)


ENTERED = {
    "of the module": (
        f"client = TestClient(app)\n\n\ndef test_users():\n    {ASKS}",
        '@pytest.fixture(scope="module", autouse=True)\ndef started_application() -> Iterator[None]:\n    with client:\n        yield\n',
    ),
    "given by a fixture": (
        f"@pytest.fixture\ndef client():\n    # one for each\n    return TestClient(app)\n\n\ndef test_users(client):\n    {ASKS}",
        "def client():\n    # one for each\n    with TestClient(app) as client:\n        yield client\n",
    ),
    "yielded by a fixture": (
        f"@pytest.fixture(name='client')\ndef made():\n    yield TestClient(app, base_url='http://a')\n    print('done')\n\n\ndef test_users(client):\n    {ASKS}",
        "    with TestClient(app, base_url='http://a') as client:\n        yield client\n    print('done')\n",
    ),
    "with a type": (
        f"@pytest.fixture\ndef client() -> TestClient:\n    return TestClient(app)\n\n\ndef test_users(client):\n    {ASKS}",
        "def client() -> Iterator[TestClient]:\n    with TestClient(app) as client:\n",
    ),
    "made and given by a fixture": (
        f"@pytest.fixture\ndef client():\n    made = TestClient(app)\n    made.headers['x'] = 'y'\n    return made\n\n\ndef test_users(client):\n    {ASKS}",
        "    with TestClient(app) as made:\n        made.headers['x'] = 'y'\n        yield made\n",
    ),
    "of one test": (
        f"def test_users():\n    client = TestClient(app)\n    {ASKS}",
        f"    with TestClient(app) as client:\n        {ASKS}",
    ),
}


@pytest.mark.parametrize("name", ENTERED)
def test_a_client_is_entered(tmp_path: Path, name: str) -> None:
    tests, entered = ENTERED[name]
    done = suite(tmp_path, tests)
    assert done.obstacles == []
    assert entered.replace('"', "'") in done.texts["tests/test_users.py"].replace('"', "'")
    assert not any("has to be entered" in note for note in done.notes)


def test_their_tests_pass(tmp_path: Path) -> None:
    more = {"tests/test_given.py": HEAD + ENTERED["given by a fixture"][0]}
    done = suite(tmp_path, ENTERED["of the module"][0], more=more)
    assert "with TestClient(app) as client" in done.texts["tests/test_given.py"]
    for path, text in done.texts.items():
        (tmp_path / path).write_text(text)
    result = forked.run("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests", cwd=tmp_path)
    assert "2 passed" in result.stdout, result.stdout + result.stderr


def test_a_client_of_all_tests_is_entered_once(tmp_path: Path) -> None:
    done = suite(tmp_path, "client = TestClient(app)\n", name="conftest")
    assert '@pytest.fixture(scope="session", autouse=True)\n' in done.texts["tests/conftest.py"]


LIFESPAN = "from contextlib import asynccontextmanager\n\n\n@asynccontextmanager\nasync def lifespan(app):\n    connect()\n    yield\n\n\n"
LEFT = {
    "entered already": (f"def test_users():\n    with TestClient(app) as client:\n        {ASKS}", MAIN),
    "entered below": (
        f"client = TestClient(app)\n\n\ndef test_users():\n    with client:\n        {ASKS}",
        MAIN,
    ),
    "kept by a class": (
        "class TestUsers:\n    def setup_method(self):\n        self.client = TestClient(app)\n",
        MAIN,
    ),
    "made by a function": (
        f"def make():\n    return TestClient(app)\n\n\ndef test_users():\n    client = make()\n    {ASKS}",
        MAIN,
    ),
    "of unittest, which knows no fixtures": (
        f"import unittest\n\nclient = TestClient(app)\n\n\nclass TestUsers(unittest.TestCase):\n    def test_it(self):\n        {ASKS}",
        MAIN,
    ),
    "asked at import": (
        "client = TestClient(app)\nbefore = client.get('/users').json()\n\n\ndef test_users():\n    assert before == 0\n",
        MAIN,
    ),
    "given by two returns": (
        "@pytest.fixture\ndef client(x):\n    if x:\n        return None\n    return TestClient(app)\n",
        MAIN,
    ),
    "the start does more": (
        f"client = TestClient(app)\n\n\ndef test_users():\n    {ASKS}",
        LIFESPAN + MAIN.replace("FastAPI()", "FastAPI(lifespan=lifespan)"),
    ),
    "nothing moved to the start": (
        f"client = TestClient(app)\n\n\ndef test_users():\n    {ASKS}",
        MAIN.replace("Base.metadata.create_all(engine)\n", ""),
    ),
}


@pytest.mark.parametrize("name", LEFT)
def test_other_clients_stay_as_they_are(tmp_path: Path, name: str) -> None:
    tests, main = LEFT[name]
    done = suite(tmp_path, tests, main)
    assert done.obstacles == []
    assert "tests/test_users.py" not in done.texts or done.texts["tests/test_users.py"] == HEAD + tests
    is_told = any("has to be entered" in note for note in done.notes)
    assert is_told is (name not in ("entered already", "nothing moved to the start"))


@pytest.mark.parametrize(
    ("requirements", "tests", "closes"),
    [
        ("sqlalchemy==1.4.29\npsycopg2==2.9\n", "def test_users(client):\n    pass\n", True),
        ("sqlalchemy==2.0.45\npsycopg2==2.9\n", "def test_users(client):\n    pass\n", False),
        ("sqlalchemy==1.4.29\npsycopg2==2.9\n", "", False),
    ],
)
def test_connections_of_the_start_are_closed_where_each_client_has_a_loop(
    tmp_path: Path, requirements: str, tests: str, closes: bool
) -> None:
    """With asyncpg, the second `with TestClient(app)` had got those of the first: attached to a different loop."""
    client = "@pytest.fixture\ndef client():\n    return TestClient(app)\n\n\n"
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE.replace("sqlite:///./own.db", "postgresql://h/x"),
        "app/models.py": MODELS,
        "app/api.py": HEADER + HANDLER,
        "app/main.py": MAIN,
        "tests/test_users.py": HEAD + client + tests if tests else "",
    }
    done = convert(tmp_path, files, f"fastapi\n{requirements}")
    assert done.obstacles == []
    text = done.texts["app/main.py"]
    assert ("(Base.metadata.create_all)\n    await engine.dispose()\n" in text) == closes, text
