"""Listeners and overrides are said of the twin as well; the tests of the project stay sync."""

from __future__ import annotations

import pytest
from shop import DB, FILES, MAIN, USERS, again, obstacles, shop

ONE = USERS.partition("\n\n@router.put")[0]
LISTENING = """

@event.listens_for(engine, "connect")
def tune(connection, record):
    connection.execute("PRAGMA foreign_keys=ON")
"""
TESTS = """
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

from app import crud
from app.db import Base, get_db
from app.main import app

engine = create_engine("sqlite:///./test.db")
Testing = sessionmaker(bind=engine)


@pytest.fixture
def session():
    Base.metadata.create_all(bind=engine)
    with Testing() as db:
        yield db


@pytest.fixture
def client(session):
    def fake():
        yield session

    app.dependency_overrides[get_db] = fake
    yield TestClient(app)
    app.dependency_overrides.pop(get_db)


def test_it(client, session):
    assert crud.get_user(session, 1) is None
    assert client.get("/users/1").status_code == 404
"""


def suite(tests: str = TESTS) -> dict[str, str]:
    return {**FILES, "app/users.py": ONE, "tests/test_it.py": tests}


def test_a_listener_listens_to_both_engines() -> None:
    db = DB.replace("import create_engine", "import create_engine, event") + LISTENING
    done = shop("app/users.py", users=ONE, db=db)
    assert (
        '@event.listens_for(engine, "connect")\n'
        '@event.listens_for(async_engine.sync_engine, "connect")\n'
        "def tune("
    ) in done.texts["app/db.py"]
    assert again(done.texts, "app/users.py").is_unchanged
    assert again(done.texts, "app/orders.py").texts["app/db.py"] == done.texts["app/db.py"]


def test_a_call_that_listens_is_made_for_both() -> None:
    main = MAIN.replace("import FastAPI", "import FastAPI\nfrom sqlalchemy import event")
    done = shop("app/users.py", users=ONE, main=main + '\nevent.listen(engine, "connect", print)\n')
    assert (
        '\nevent.listen(engine, "connect", print)\nevent.listen(async_engine.sync_engine, "connect", print)\n'
        in done.texts["app/main.py"]
    )
    assert again(done.texts, "app/orders.py").texts["app/main.py"] == done.texts["app/main.py"]


def test_the_override_of_a_provider_is_there_for_its_twin() -> None:
    done = again(suite(), "app/users.py")
    assert done.function("tests/test_it.py", "client") == (
        "@pytest.fixture\n"
        "def client(session):\n"
        "    def fake():\n"
        "        yield session\n\n"
        "    async def fake_async():\n"
        "        async with AsyncSession(async_engine) as async_session:\n"
        "            yield async_session\n\n"
        "    app.dependency_overrides[get_db] = fake\n"
        "    app.dependency_overrides[get_async_db] = fake_async\n"
        "    yield TestClient(app)\n"
        "    app.dependency_overrides.pop(get_db)\n"
        "    app.dependency_overrides.pop(get_async_db)\n"
    )


def test_the_tests_stay_sync_and_keep_what_they_call() -> None:
    done = again(suite(), "app/users.py")
    for name in ("session", "test_it"):
        assert done.function("tests/test_it.py", name) in TESTS
    assert "def get_user(db: Session" in done.texts["app/crud.py"]
    assert again(done.texts, "app/users.py").is_unchanged
    assert again(done.texts, "app/orders.py").texts["tests/test_it.py"] == done.texts["tests/test_it.py"]


def test_a_comment_that_names_the_twin_is_no_override_of_it() -> None:
    tests = TESTS.replace("    def fake():\n", "    # get_async_db is to come\n    def fake():\n")
    done = again(suite(tests), "app/users.py")
    assert "app.dependency_overrides[get_async_db] = fake_async\n" in done.texts["tests/test_it.py"]


def test_an_override_at_the_top_of_a_file_is_followed_once() -> None:
    tests = TESTS.replace(
        "@pytest.fixture\ndef session", "def fake():\n    yield Testing()\n\n\n@pytest.fixture\ndef session"
    )
    tests = tests.replace("    def fake():\n        yield session\n\n    app", "    app")
    tests = tests.replace("    app.dependency_overrides[get_db] = fake\n", "").replace(
        "    app.dependency_overrides.pop(get_db)\n", ""
    )
    tests = tests.replace(
        "\n\n@pytest.fixture\ndef session",
        "\n\napp.dependency_overrides[get_db] = fake\n\n\n@pytest.fixture\ndef session",
    )
    done = again(suite(tests), "app/users.py")
    assert done.texts["tests/test_it.py"].count("[get_async_db] = fake_async") == 1
    assert again(done.texts, "app/orders.py").texts["tests/test_it.py"] == done.texts["tests/test_it.py"]


def test_an_override_without_a_session_serves_both() -> None:
    users = ONE.replace("db: Session = Depends(get_db)):", "found=Depends(find)):")
    users = users.replace("    user = crud.get_user(db, user_id)\n", "").replace("user.name", "found.name")
    users = users.replace(
        "\n\n@router",
        "\n\ndef find(db: Session = Depends(get_db)):\n    return crud.get_user(db, 1)\n\n\n@router",
    )
    tests = "from app.main import app\nfrom app.users import find\n\n"
    tests += "app.dependency_overrides[find] = lambda: None\n"
    done = again({**suite(tests), "app/users.py": users}, "app/users.py")
    assert (
        "app.dependency_overrides[find] = lambda: None\napp.dependency_overrides[find_async] = lambda: None\n"
    ) in done.texts["tests/test_it.py"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "app.dependency_overrides[get_db] = fake",
            "app.dependency_overrides = {get_db: fake}",
            "get_db is overridden here, and the handlers would depend on its async twin",
        ),
        (
            "app.dependency_overrides[get_db] = fake",
            "fakes = {get_db: fake}\n    app.dependency_overrides.update(fakes)",
            "get_db is overridden here, and the handlers would depend on its async twin",
        ),
        (
            "app.dependency_overrides[get_db] = fake",
            "fakes = app.dependency_overrides\n    fakes[get_db] = fake",
            "get_db is overridden here, and the handlers would depend on its async twin",
        ),
        (
            "app.dependency_overrides[get_db] = fake",
            "for old, new in [(get_db, fake)]:\n        app.dependency_overrides[old] = new",
            "get_db is overridden here, and the handlers would depend on its async twin",
        ),
        (
            "app.dependency_overrides[get_db] = fake",
            "pytest.MonkeyPatch().setitem(\n        app.dependency_overrides, get_db, fake\n    )",
            "get_db is overridden here, and the handlers would depend on its async twin",
        ),
        (
            "app.dependency_overrides[get_db] = fake",
            "app.dependency_overrides[get_db] = make(fake)",
            "what get_db is overridden with here is not found",
        ),
        (
            "    def fake():\n",
            "    from app.db import get_db\n\n    def fake():\n",
            "get_db has an async twin, and is imported inside a function here",
        ),
        (
            "        yield session\n",
            "        yield find(session)\n",
            "fake_async gives the application something that is no session",
        ),
    ],
)
def test_an_override_that_cannot_be_followed(old: str, new: str, words: str) -> None:
    assert old in TESTS
    done = again(suite(TESTS.replace(old, new)), "app/users.py")
    assert done.is_unchanged
    assert any(words in each for each in obstacles(done)), obstacles(done)


def test_a_suite_without_an_engine_of_its_own() -> None:
    """Its sessions are those of the application, on the engine that stays sync."""
    tests = TESTS.replace(
        "from sqlalchemy import create_engine\nfrom sqlalchemy.orm import sessionmaker\n\n", ""
    )
    tests = tests.replace(
        'engine = create_engine("sqlite:///./test.db")\nTesting = sessionmaker(bind=engine)\n', ""
    )
    tests = tests.replace("import Base, get_db", "import Base, SessionLocal as Testing, engine, get_db")
    done = again(suite(tests), "app/users.py")
    assert done.is_unchanged
    assert any(
        "fake_async gives the application something that is no session" in each for each in obstacles(done)
    )


def test_an_override_that_gives_the_session_of_the_application_is_refused() -> None:
    """Its twin would be a session of the tests' engine, where it is one of the application's now."""
    db = DB.partition("def get_db")[0] + "def get_db():\n    return SessionLocal()\n"
    tests = TESTS.replace("def fake():\n        yield session", "def fake():\n        return get_db()")
    done = again({**suite(tests), "app/db.py": db}, "app/users.py")
    assert any("fake_async gives what the application itself makes" in text for text in obstacles(done))
    assert "async" not in done.texts["tests/test_it.py"]
