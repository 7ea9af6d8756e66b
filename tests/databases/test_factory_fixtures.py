"""A fixture that gives a function: tests call it by the name of the fixture, and await it with the database.

https://docs.pytest.org/en/stable/how-to/fixtures.html#factories-as-fixtures
"""

from __future__ import annotations

from pathlib import Path

import forked
import pytest
from db_programs import DATABASE, FIND_USER, HEADER, MAIN, MODELS, Outcome, convert

CONFTEST = """
import pytest
from app.db import Base, SessionLocal, engine
from app.models import User


@pytest.fixture
def db():
    Base.metadata.create_all(engine)
    with SessionLocal() as session:
        yield session
    Base.metadata.drop_all(engine)


@pytest.fixture(NAMED)
def make_user(db):
    def make(name="ann"):
        user = User(name=name)
        db.add(user)
        db.commit()
        return user.id

    GIVES make
"""
TESTS = """
from app.api import find


def test_alone(make_user):
    assert make_user() == 1


def test_with_the_session(db, make_user):
    assert find(db, make_user("bob")).name == "bob"


def test_many(make_user):
    assert [make_user(name) for name in "ab"] == [1, 2]
"""


def _converted(folder: Path, conftest: str, tests: str) -> Outcome:
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/models.py": MODELS,
        "app/api.py": HEADER + FIND_USER,
        "app/main.py": MAIN,
        "tests/conftest.py": conftest,
        "tests/test_users.py": tests,
    }
    return convert(folder, files)


@pytest.mark.parametrize(
    ("named", "gives", "name"), [("", "return", "make_user"), ("name='user_of'", "yield", "user_of")]
)
def test_whoever_asks_for_the_fixture_awaits_what_it_gives(
    tmp_path: Path, named: str, gives: str, name: str
) -> None:
    conftest = CONFTEST.replace("NAMED", named).replace("GIVES", gives)
    done = _converted(tmp_path, conftest, TESTS.replace("make_user", name))
    assert done.obstacles == []
    assert "    async def make(name=" in done.texts["tests/conftest.py"]
    for path, text in done.texts.items():
        (tmp_path / path).write_text(text)
    ran = forked.run(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio", "tests", cwd=tmp_path
    )
    assert "3 passed" in ran.stdout, ran.stdout


@pytest.mark.parametrize(
    "test",
    [
        "def test_it(make_user):\n    assert [*map(make_user, 'ab')] == [1, 2]\n",
        "def test_it(request):\n    assert request.getfixturevalue('make_user')() == 1\n",
        "def test_it(make_user):\n    again = make_user\n    assert again() == 1\n",
        "import pytest\n\n@pytest.fixture\ndef maker(make_user):\n    return make_user\n\n"
        "def test_it(maker):\n    assert maker() == 1\n",
        "def test_it(make_user):\n    assert sorted('ba', key=lambda name: make_user(name)) == ['b', 'a']\n",
    ],
    ids=["handed on", "by its name", "another name", "given again", "in a lambda"],
)
def test_who_does_more_than_call_it_keeps_it(tmp_path: Path, test: str) -> None:
    done = _converted(tmp_path, CONFTEST.replace("NAMED", "").replace("GIVES", "return"), test)
    assert done.obstacles
    assert "tests/conftest.py" not in done.texts
