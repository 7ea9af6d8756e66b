"""Suites of unittest that work on the application's database: another base class awaits what turns."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import forked
import pytest
from db_programs import DATABASE, HEADER, MAIN, MODELS, REQUIREMENTS, Outcome, convert

API = """
def add(db: Session, name: str):
    db.add(User(name=name))
    db.commit()


@router.post("/users")
def make(name: str, db: Session = Depends(get_db)):
    add(db, name)


@router.get("/users")
def users(db: Session = Depends(get_db)):
    return [user.name for user in db.query(User).all()]
"""
HEAD = """import unittest
from unittest.mock import patch
from fastapi.testclient import TestClient
from app.api import add, make
from app.db import Base, SessionLocal, engine
from app.main import app
from app.models import User
"""
SUITE = """

def setUpModule():
    Base.metadata.drop_all(bind=engine)
    clean()


def clean():
    with SessionLocal() as db:
        db.rollback()


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        Base.metadata.create_all(bind=engine)
        cls.client = TestClient(app)

    @classmethod
    def tearDownClass(cls):
        Base.metadata.drop_all(bind=engine)
        engine.dispose()

    def setUp(self):
        self.db = SessionLocal()
        self.user = User(name="first", notes=[])
        self.db.add(self.user)
        self.db.commit()

    def tearDown(self):
        self.db.query(User).delete()
        self.db.commit()
        self.db.close()

    def add(self, name):
        add(self.db, name)

    def count(self):
        return self.db.query(User).count()


class TestUsers(Case):
    def test_it_is_made(self):
        self.client.post("/users?name=second")
        self.assertEqual(self.count(), {count})
        with self.assertRaises(AttributeError):
            add(None, "x")
        self.add("third")

    def test_what_each_test_has(self):
        self.assertEqual(self.user.name, "first")
        self.assertEqual(len(self.user.notes), 0)

    @patch("app.api.users")
    def test_with_a_patch(self, users):
        self.assertIn("first", self.client.get("/users").json())
        self.assertEqual(self.count(), {count} - 1)

    def test_without_the_database(self):
        self.assertEqual(1 + 1, 2)


class TestOthers(unittest.TestCase):
    def test_nothing(self):
        self.assertTrue(True)


if __name__ == "__main__":
    unittest.main()
"""


def suite(folder: Path, text: str, database: str = DATABASE, more: str = "") -> Outcome:
    files = {
        "app/__init__.py": "",
        "app/db.py": database,
        "app/models.py": MODELS,
        "app/main.py": MAIN,
        "app/api.py": HEADER + API,
        "tests/__init__.py": "",
        "tests/test_users.py": text,
    }
    return convert(folder, files, REQUIREMENTS + more)


def says(folder: Path) -> list[str]:
    """How many tests were run, which of them failed, and the last word."""
    run = forked.run("-m", "unittest", "tests.test_users", cwd=folder)
    words = ("Ran", "OK", "FAIL", "ERROR")
    return [line.partition(" in ")[0] for line in run.stderr.splitlines() if line.startswith(words)]


@pytest.mark.parametrize(
    ("head", "base"),
    [
        (HEAD, "unittest.IsolatedAsyncioTestCase"),
        (
            HEAD.replace("import unittest\n", "import unittest\nfrom unittest import TestCase\n"),
            "IsolatedAsyncioTestCase",
        ),
    ],
)
@pytest.mark.parametrize(("count", "is_right"), [("2", "OK"), ("7", "FAILED (failures=2)")])
def test_its_tests_are_run(tmp_path: Path, head: str, base: str, count: str, is_right: str) -> None:
    """One that nobody awaits would pass, whatever it finds."""
    old = "TestCase" if "import TestCase" in head else "unittest.TestCase"
    text = head + SUITE.replace("unittest.TestCase", old).replace("{count}", count)
    done = suite(tmp_path, text)
    assert done.obstacles == []
    new = done.added("tests/test_users.py")
    assert f"class Case({base}):" in new
    assert f"class TestOthers({old}):" in new, "it has nothing to await"
    assert "async def asyncSetUp(self):" in new
    assert "async def asyncTearDown(self):" in new
    assert "        await self.db.commit()\n        await self.db.refresh(self.user)\n\n" in new
    assert "        asyncio.run(make_tables())\n" in new
    assert "        asyncio.run(drop_tables())\n        asyncio.run(engine.dispose())\n" in new
    before = says(tmp_path)
    for path, written in done.texts.items():
        (tmp_path / path).write_text(written)
    (tmp_path / "app.db").unlink()
    assert says(tmp_path) == before
    assert before[-2:] == ["Ran 5 tests", is_right]


PLAIN = "\n\nclass Case(unittest.TestCase):\n"
TEST = "    def test_it(self):\n        with SessionLocal() as db:\n            self.assertEqual(db.query(User).count(), 0)\n"


@pytest.mark.parametrize(
    "text",
    [
        f"{PLAIN}    def setUp(self):\n        SessionLocal().rollback()\n\n\nclass Other(Case):\n    def setUp(self):\n        super().setUp()\n\n{TEST}",
        f"{PLAIN}    @classmethod\n    def setUpClass(cls):\n        db = SessionLocal()\n        db.rollback()\n\n{TEST}",
        f"{PLAIN}    def run(self, result=None):\n        SessionLocal().rollback()\n        return super().run(result)\n\n{TEST}",
        f"{PLAIN}    def id(self):\n        return SessionLocal().query(User).count()\n\n{TEST}",
        f"{PLAIN}    def setUp(self):\n        self.db = SessionLocal()\n        self.addCleanup(self.db.close)\n\n{TEST}",
        f"{PLAIN}    def test_it(self):\n        with SessionLocal() as db:\n            self.assertRaises(ValueError, add, db, 'x')\n",
        f"{PLAIN}    @unittest.expectedFailure\n{TEST}",
        f"import pytest\n{PLAIN}    @pytest.fixture(autouse=True)\n    def rows(self):\n        SessionLocal().rollback()\n\n{TEST}",
        f"from somewhere import Base\n\n\nclass Case(Base, unittest.TestCase):\n{TEST}",
        f"from django.test import TestCase\n\n\nclass Case(TestCase):\n{TEST}",
    ],
)
def test_what_unittest_would_not_await_is_an_obstacle(tmp_path: Path, text: str) -> None:
    done = suite(tmp_path, HEAD + text)
    assert done.obstacles, done.texts.get("tests/test_users.py")
    assert all("tests/test_users.py" in each for each in done.obstacles)
    assert "AsyncSession" not in "".join(done.texts.values())


def test_a_loop_for_each_test_is_not_for_connections_that_belong_to_one(tmp_path: Path) -> None:
    database = DATABASE.replace(
        '"sqlite:///./app.db", connect_args={"check_same_thread": False}', '"postgresql+asyncpg://h/d"'
    )
    done = suite(tmp_path, HEAD + PLAIN + TEST, database, "asyncpg\n")
    assert any("unittest has a loop for each test" in each for each in done.obstacles)


def test_a_method_of_that_name_in_another_class_keeps_it(tmp_path: Path) -> None:
    text = "\n\nclass Machine:\n    def setUp(self):\n        with SessionLocal() as db:\n            db.rollback()\n\n\ndef test_it():\n    Machine().setUp()\n"
    done = suite(tmp_path, HEAD + text)
    assert done.obstacles == []
    assert "    async def setUp(self):\n" in done.added("tests/test_users.py")
    assert "    await Machine().setUp()\n" in done.added("tests/test_users.py")
