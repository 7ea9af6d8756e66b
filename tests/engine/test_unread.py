"""A file that cannot be read may use whatever it names: nothing of that becomes async behind its back."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from async_fix.codemods.engine import pipeline
from async_fix.codemods.engine.settings.config import load_config
from small_projects import migrate

HELPER = """
import requests


def ask(x):
    return requests.get(f"http://x/{x}").json()


class Bank:
    def charge(self, x):
        return requests.get(f"http://bank/{x}").json()
"""
MAIN = """
from fastapi import FastAPI

from app.helper import Bank, ask

app = FastAPI()


@app.get("/")
def h(x: int):
    return ask(x)


@app.get("/b")
def b(x: int):
    return Bank().charge(x)
"""
USERS = {
    "Python 2": "from app.helper import Bank, ask\nprint ask(1)\nprint Bank().charge(2)\n",
    "half written": "from app.helper import Bank, ask\nask(1)\nBank().charge(\n",
    "a module": "from app import helper\nprint helper.ask(1)\nprint helper.Bank().charge(1)\n",
    "a name that is handed on": "from app.reexports import *\nprint ask(1), Bank().charge(1)\n",
}
OTHERS = {
    "names of its own": "print hello(1)\n",
    "another module's": "from other import ask, charge\nprint ask(1), charge(1)\n",
}


def texts(old: str) -> dict[str, str]:
    files = {"app/__init__.py": "", "app/helper.py": HELPER, "app/main.py": MAIN, "scripts/old.py": old}
    return dict(migrate(files).texts)


@pytest.mark.parametrize("name", USERS)
def test_what_it_may_call_stays_sync(name: str) -> None:
    after = texts(USERS[name])
    assert "async def" not in after["app/helper.py"]
    assert "await run_in_threadpool(ask, x)" in after["app/main.py"]
    assert after["scripts/old.py"] == USERS[name]


@pytest.mark.parametrize("name", OTHERS)
def test_what_it_does_not_name_changes(name: str) -> None:
    after = texts(OTHERS[name])
    assert "async def ask" in after["app/helper.py"]
    assert "async def charge" in after["app/helper.py"]


@pytest.mark.parametrize(
    "data", [b"from app.helper import ask\nask('\xff')\n", b"from app.helper import ask\nask('\0')\n"]
)
def test_bytes_that_are_no_source(tmp_path: Path, data: bytes) -> None:
    for path, text in {"app/__init__.py": "", "app/helper.py": HELPER, "app/main.py": MAIN}.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "old.py").write_bytes(data)
    report = pipeline.apply(pipeline.start([tmp_path / "app"], load_config(tmp_path)))
    after = {file.path: (file.new or b"").decode() for file in report.files}
    assert "async def charge" in after["app/helper.py"]
    assert "async def ask" not in after["app/helper.py"]


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="this Python reads it")
def test_a_file_of_a_later_python_is_told_from_a_broken_one() -> None:
    later = "try:\n    x = 1\nexcept KeyError, ValueError:\n    pass\n"
    files = {"app/__init__.py": "", "app/main.py": MAIN, "app/helper.py": HELPER}
    found = migrate({**files, "app/later.py": later, "app/broken.py": "def f(:\n"})
    broken, newer = map(str, found.report.problems)
    assert broken.startswith("app/broken.py:1: syntax error: ")
    assert "later Python" not in broken
    assert newer.startswith("app/later.py:3: syntax error: ")
    assert newer.endswith(
        " reads it: run async-fix under that; not changed, and what it imports counts as used)"
    )


def test_a_file_that_is_too_large_to_be_read() -> None:
    """The tree of such a file would take gigabytes: it is not parsed to learn what is wrong, either."""
    large = "from app.helper import ask\n" + "ROW = ask(1)\n" * 400_000 + " ROW = 1\n"
    files = {"app/__init__.py": "", "app/helper.py": HELPER, "app/main.py": MAIN, "app/data.py": large}
    found = migrate(files)
    assert [str(problem) for problem in found.report.problems] == [
        "app/data.py: has 5,200,036 characters, and no more than 4,000,000 are read"
        " (not changed, and what it imports counts as used)"
    ]
    assert "async def charge" in found.texts["app/helper.py"]
    assert "async def ask" not in found.texts["app/helper.py"]


DATABASE = """
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

engine = create_engine("sqlite:///./app.db")
SessionLocal = sessionmaker(bind=engine)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)


def get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()
"""
ROUTES = """
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from app.db import User, get_db

app = FastAPI()


@app.get("/")
def h(x: int, db: Session = Depends(get_db)):
    return {"found": db.get(User, x) is not None}
"""


@pytest.mark.parametrize(
    ("old", "stays"),
    [
        ("from app.db import SessionLocal\nprint SessionLocal()\n", True),
        ("print 'hello'\n", False),
        ("from app.db import SessionLocal\n    print(SessionLocal())\n", False),  # no Python runs that
    ],
)
def test_a_database_that_it_may_use(old: str, stays: bool) -> None:
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/main.py": ROUTES,
        "old.py": old,
        "requirements.txt": "fastapi\nsqlalchemy>=2\naiosqlite\ngreenlet\n",
    }
    found = migrate(files)
    assert (
        "create_engine" in found.texts["app/db.py"] and "create_async" not in found.texts["app/db.py"]
    ) == stays
    assert any("old.py, which cannot be read" in reason.text for reason in found.report.refusals) == stays
