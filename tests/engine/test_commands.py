"""What scripts, containers, pipelines and notebooks run stays sync: they await nothing."""

from __future__ import annotations

import json

import pytest
from small_projects import migrate


def notebook(*sources: str | list[str], kind: str = "code") -> str:
    cells = [{"cell_type": kind, "source": source} for source in sources]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4})


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
RUNNERS = {
    "a script of the package": ("pyproject.toml", '[project.scripts]\nask = "app.helper:ask"\n'),
    "a line of a Makefile": ("Makefile", 'x:\n\tpython -c "from app.helper import ask; ask(1)"\n'),
    "a module of another folder": ("x.sh", 'python -c "from backend.app.helper import ask; ask(1)"\n'),
    "a package that hands it on": ("x.sh", 'python -c "from app import ask; ask(1)"\n'),
    "by its module": ("x.sh", 'python -c "from app import helper; helper.ask(1)"\n'),
    "a notebook": ("notes/try.ipynb", notebook(["from app.helper import ask\n", "ask(1)"])),
}


@pytest.mark.parametrize("name", RUNNERS)
def test_what_a_command_calls_stays_sync(name: str) -> None:
    path, text = RUNNERS[name]
    package = "from app.helper import ask\n" if name == "a package that hands it on" else ""
    found = migrate({"app/__init__.py": package, "app/helper.py": HELPER, "app/main.py": MAIN, path: text})
    assert found.turned == ["app/helper.py:Bank.charge", "app/main.py:b", "app/main.py:h"]
    assert "await run_in_threadpool(ask, x)" in found.texts["app/main.py"]
    where = "the project's metadata" if path == "pyproject.toml" else path
    assert found.reason("app.helper:ask").text == f"ask may be run by {where}, where nothing would await it"


def test_methods_of_a_class_that_a_command_names_stay_sync() -> None:
    files = {"app/__init__.py": "", "app/helper.py": HELPER, "app/main.py": MAIN}
    found = migrate({**files, "x.sh": 'python -c "from app.helper import Bank; Bank().charge(1)"\n'})
    assert found.turned == ["app/helper.py:ask", "app/main.py:b", "app/main.py:h"]


OTHERS = {
    "the application": ("Procfile", "web: uvicorn app.main:app\n"),
    "the module alone": ("x.sh", "python -m app.helper\n"),
    "a module of the function's name": ("x.sh", "python -m app.ask\n"),
    "another module's": ("x.sh", 'python -c "from app.other import ask; ask(1)"\n'),
    "the module of another package": ("x.sh", 'python -c "from lib.myhelper import ask; ask(1)"\n'),
    "words": ("notes.ipynb", notebook("from app.helper import ask", kind="markdown")),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_no_command_calls_turns(name: str) -> None:
    path, text = OTHERS[name]
    found = migrate({"app/__init__.py": "", "app/helper.py": HELPER, "app/main.py": MAIN, path: text})
    assert len(found.turned) == 4


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


def count():
    with SessionLocal() as db:
        return len(db.query(User).all())
"""
ROUTES = """
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from app.db import User, count, get_db

app = FastAPI()


@app.get("/")
def h(x: int, db: Session = Depends(get_db)):
    return {"found": db.get(User, x) is not None, "of": count()}
"""


@pytest.mark.parametrize(
    ("command", "stays"),
    [
        ("from app.db import Base, engine; Base.metadata.create_all(engine)", True),
        ("from app.db import SessionLocal; SessionLocal().commit()", True),
        ("from app.db import count; print(count())", True),
        ("from app.db import User; print(User.__table__)", False),
        ("from app.main import app; print(app.routes)", False),
    ],
)
def test_a_database_that_a_command_uses_stays_sync(command: str, stays: bool) -> None:
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/main.py": ROUTES,
        "requirements.txt": "fastapi\nsqlalchemy>=2\naiosqlite\ngreenlet\n",
        "entrypoint.sh": f'python -c "{command}"\nexec uvicorn app.main:app\n',
    }
    found = migrate(files)
    assert ("create_async_engine" not in found.texts["app/db.py"]) == stays
    assert any("entrypoint.sh" in reason.text for reason in found.report.refusals) == stays


SEED = """
from app.db import SessionLocal, User


def main():
    with SessionLocal() as db:
        db.add(User(id=1))
        db.commit()
"""


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("x.sh", 'python -c "from app.seed import main; main()"\n'),
        (
            "pyproject.toml",
            '[project]\nname = "x"\nversion = "1"\n[project.scripts]\nseed = "app.seed:main"\n',
        ),
    ],
)
def test_a_command_keeps_its_engine_and_the_application_gets_another(path: str, text: str) -> None:
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/main.py": ROUTES,
        "app/seed.py": SEED,
        "requirements.txt": "fastapi\nsqlalchemy>=2\naiosqlite\ngreenlet\n",
        path: text,
    }
    found = migrate(files)
    assert found.texts["app/seed.py"] == SEED.lstrip()
    assert found.turned == ["app/db.py:count", "app/db.py:get_db", "app/main.py:h"]
    engines = 'engine = create_engine("sqlite', 'async_engine = create_async_engine("sqlite'
    assert all(engine in found.texts["app/db.py"] for engine in engines)
