"""Tests that hand the application their own session: what it commits expires what the tests hold."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import forked
import pytest
from db_programs import DATABASE, HEADER, MAIN, MODELS, Outcome, convert

HANDLERS = """
def add(db: Session, name: str):
    user = User(name=name)
    db.add(user)
    db.commit()
    db.refresh(user)
    return user


@router.post("/users/{name}")
def create(name: str, db: Session = Depends(get_db)):
    return add(db, name).id


@router.put("/users/{id}/{name}")
def rename(id: int, name: str, db: Session = Depends(get_db)):
    db.get(User, id).name = name
    db.commit()


@router.delete("/users/{id}")
def remove(id: int, db: Session = Depends(get_db)):
    db.delete(db.get(User, id))
    db.commit()


@router.get("/users")
def users(db: Session = Depends(get_db)):
    return [user.name for user in db.scalars(select(User)).all()]
"""
CONFTEST = """
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import StaticPool

from app.api import add
from app.db import Base, get_db
from app.main import app

engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
Testing = sessionmaker(bind=engine)


@pytest.fixture
def db():
    Base.metadata.create_all(engine)
    session = Testing()
    yield session
    session.close()
    Base.metadata.drop_all(engine)


@pytest.fixture
def client(db):
    def override():
        yield GIVEN

    app.dependency_overrides[get_db] = override
    with TestClient(app) as client:
        yield client
    app.dependency_overrides.clear()


@pytest.fixture
def user(db):
    return add(db, "ann")

"""
TESTS = """
from app.api import add


def rename(client, id, name):
    assert client.put(f"/users/{id}/{name}").status_code == 200


def test_of_its_own(client, db):
    ann = add(db, "ann")
    client.post("/users/bob")
    assert ann.name == "ann"


def test_changed(client, db, user):
    client.put(f"/users/{user.id}/eve")
    assert user.name == "eve"


def test_changed_by_a_helper(client, db, user):
    rename(client, user.id, "eve")
    assert user.name == "eve"


def test_removed(client, db, user):
    client.delete(f"/users/{user.id}")
    assert user.name == "ann"


def test_read(client, db, user):
    assert client.get("/users").json() == [user.name]
"""
SYNC = """

def test_without_the_session(client, user):
    client.post("/users/bob")
    assert user.name == "ann"
"""


BESIDE = """
import pytest


@pytest.fixture
def other(db):
    return add(db, "bob")


def test_two_fixtures(db, user, other):
    assert (user.name, other.name) == ("ann", "bob")
"""
KEPT = """
import pytest


@pytest.fixture
def named(db):
    user = add(db, "ann")
    return lambda: user.name


def test_what_a_fixture_keeps(db, named):
    add(db, "bob")
    assert named() == "ann"
"""


def project(
    folder: Path, tests: str, given: str = "db", files: Mapping[str, str] = MappingProxyType({})
) -> Outcome:
    every = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/models.py": MODELS,
        "app/api.py": HEADER + HANDLERS,
        "app/main.py": MAIN,
        "tests/__init__.py": "",
        "tests/conftest.py": CONFTEST.replace("GIVEN", given),
        "tests/test_users.py": tests,
    }
    return convert(folder, {**every, **files})


def passed(folder: Path) -> str:
    return forked.run("-m", "pytest", "-q", "tests", cwd=folder, strict=False).stdout


@pytest.mark.parametrize(
    ("tests", "number"), [(TESTS, 5), (TESTS + SYNC, 6), (TESTS + BESIDE, 6), (TESTS + KEPT, 6)]
)
def test_the_suite_passes_before_and_after(tmp_path: Path, tests: str, number: int) -> None:
    done = project(tmp_path, tests)
    assert done.obstacles == []
    assert f"{number} passed" in passed(tmp_path)
    for path, text in done.texts.items():
        (tmp_path / path).write_text(text)
    assert f"{number} passed" in passed(tmp_path)


def test_what_is_loaded_again_is_what_is_read(tmp_path: Path) -> None:
    done = project(tmp_path, TESTS)
    text = done.texts["tests/test_users.py"]
    assert '    client.post("/users/bob")\n    await db.refresh(ann)\n' in text
    assert "    if user in db:\n        await db.refresh(user)\n" in text
    assert text.count("refresh(") == 4
    assert "expire_on_commit" not in "".join(done.texts.values())


def test_a_test_that_stays_sync_gets_objects_that_do_not_expire(tmp_path: Path) -> None:
    done = project(tmp_path, TESTS + SYNC)
    assert "async_sessionmaker(bind=engine, expire_on_commit=False)" in done.texts["tests/conftest.py"]
    assert "expire_on_commit" not in done.added("app/db.py")


WITHOUT_THE_DATABASE = """
def test_the_next_request(client, user):
    client.post("/users/bob")
    assert client.put(f"/users/{user.id}/eve").status_code == 200
    assert client.get("/users").json() == ["eve", "bob"]
"""


@pytest.mark.parametrize("tests", [TESTS, "def test_nothing():\n    pass\n"], ids=["beside others", "alone"])
def test_a_file_that_names_nothing_of_the_database_reads_objects_as_well(tmp_path: Path, tests: str) -> None:
    files = {"tests/test_requests.py": WITHOUT_THE_DATABASE}
    done = project(tmp_path, tests, files=files)
    assert done.obstacles == []
    assert "tests/test_requests.py" not in done.texts
    assert "async_sessionmaker(bind=engine, expire_on_commit=False)" in done.texts["tests/conftest.py"]
    number = tests.count("def test_") + 1
    assert f"{number} passed" in passed(tmp_path)
    for path, text in done.texts.items():
        (tmp_path / path).write_text(text)
    assert f"{number} passed" in passed(tmp_path)


def test_a_file_that_reads_nothing_behind_a_request_changes_nothing(tmp_path: Path) -> None:
    quiet = "def test_it(client, user):\n    assert client.put(f'/users/{user.id}/eve').status_code == 200\n"
    done = project(tmp_path, TESTS, files={"tests/test_requests.py": quiet})
    assert "expire_on_commit" not in "".join(done.texts.values())


def test_sessions_of_the_application_alone_expire_nothing_of_the_tests(tmp_path: Path) -> None:
    done = project(tmp_path, TESTS, given="Testing()")
    assert done.obstacles == []
    assert "refresh" not in done.texts["tests/test_users.py"]
