"""What keeps a whole database sync: nothing of it changes, and the place is named."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, HEADER, MODELS, app, convert

USES = """
@router.get("/users")
def users(db: Session = Depends(get_db)):
    return [u.name for u in db.scalars(select(User)).all()]
"""


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("names = SessionLocal().scalars(select(User)).all()", "at import"),
        ("class Users:\n    names = SessionLocal().scalars(select(User)).all()", "class body"),
        ("load = lambda db: SessionLocal().get(User, 1)", "in a lambda"),
        ("class Own(Session):\n    pass", "of the project's own"),
        ("def f(thing):\n    thing.commit()", "nobody knows"),
        (
            "class One:\n    def run(self, db: Session):\n        return db.scalars(select(User)).all()\n\nclass Two:\n    def run(self, db: Session):\n        yield 3\n\ndef f(n: int, db: Session = Depends(get_db)):\n    return list((One() if n else Two()).run(db))",
            "runs One.run, or Two.run, which stays sync",
        ),
        (
            "import report\n\ndef f(db: Session = Depends(get_db)):\n    report.build(db)",
            "report.build is handed db",
        ),
        (
            "from functools import lru_cache\n\n@lru_cache\ndef f():\n    return SessionLocal().get(User, 1)",
            "lru_cache would keep a coroutine",
        ),
        (
            "class C:\n    @property\n    def user(self):\n        return SessionLocal().get(User, 1)",
            "is a property",
        ),
        (
            "class C:\n    def __init__(self):\n        self.user = SessionLocal().get(User, 1)",
            "called by the interpreter",
        ),
        ("def f(db: Session):\n    return any(db.get(User, i) for i in [1])", "cannot be awaited"),
        (
            "import report\n\ndef f(db: Session):\n    return db.query(\n        report.columns()\n    ).scalar()",
            "nobody knows whether it asks for objects or for columns",
        ),
        (
            "import requests\n\n@router.get('/f')\ndef f(n: int, db: Session = Depends(get_db)):\n    store = db if n else requests\n    return store.get(User, 1).name",
            "requests.get runs where the database is awaited, and may block",
        ),
        (
            "import requests\n\nclass Web:\n    def get(self, kind, key):\n        return requests.get('http://x').text\n\nsorted([1], key=Web().get)\n\n@router.get('/f')\ndef f(n: int, db: Session = Depends(get_db)):\n    store = db if n else Web()\n    return store.get(User, 1)",
            "Web.get runs where the database is awaited, and may block: requests.get (app/api.py:",
        ),
        ("def f(db: Session):\n    return db.get_bind().connect()", "no async form"),
        ("def f(db: Session):\n    return db.connection().connection", "another thing"),
        ("def f(db: Session):\n    return db.bind.pool", "another thing"),
        ("def f(db: Session):\n    list(map(db.delete, [User()]))", "db.delete is handed on"),
        ("def f(db: Session):\n    save = db.commit\n    save()", "db.commit is handed on"),
        ("import atexit\n\natexit.register(engine.dispose)", "engine.dispose is handed on"),
        (
            "def f(db: Session):\n    def rows():\n        for user in db.scalars(select(User)):\n            yield user\n        return 3\n\n    return list(rows())",
            "rows yields, and returns a value",
        ),
        (
            "import psycopg2\n\ndef f(db: Session):\n    try:\n        psycopg2.connect('x').close()\n        db.commit()\n    except psycopg2.Error:\n        pass",
            "errors of a driver that goes",
        ),
        (
            "import psycopg2\n\ndef f(db: Session):\n    try:\n        psycopg2.connect('x').close()\n        users(db)\n    except psycopg2.Error:\n        pass",
            "errors of a driver that goes",
        ),
        (
            "import psycopg2\n\ndef deep(db: Session):\n    psycopg2.connect('x').close()\n    return users(db)\n\ndef f(db: Session):\n    try:\n        deep(db)\n    except psycopg2.Error:\n        pass",
            "errors of a driver that goes",
        ),
        (
            "import psycopg2\n\ndef f(db: Session):\n    try:\n        db.commit()\n    except psycopg2.Error:\n        pass",
            "errors of a driver that goes",
        ),
        ("def f():\n    return engine.raw_connection()", "no async form"),
        ("def f():\n    return engine.connect().execute(select(User))", "without `with`"),
        ("def f():\n    return User.metadata.create_all()", "without an engine"),
        ("def f(thing):\n    User.metadata.create_all(thing)", "no engine of this database"),
        ("class Setup:\n    User.metadata.create_all(engine)", "create_all() runs where nothing can"),
        (
            "def f():\n    with engine.begin() as c:\n        return [x for x in (User.metadata.create_all(c) for _ in [1])]",
            "create_all() runs where nothing can be awaited",
        ),
        ("def f(db: Session):\n    return db.get(entity=User, ident=1)", "told the class by keyword"),
        ("def f(db: Session):\n    return [db.get_bind()]", "no async form"),
        ("def f(db: Session):\n    a = b = db.get_bind()\n    return a.url, b", "no async form"),
        (
            "handlers = {}\n\ndef f(db: Session):\n    return handlers['x'](db)",
            "handlers['x'] is handed db, and nobody knows",
        ),
        (
            "from sqlalchemy import event\nfrom sqlalchemy.orm import sessionmaker\n\nclass Own(Session): ...\n\ndef log(session): ...\n\nMaker = sessionmaker(engine, class_=Own)\nevent.listen(Maker, 'after_commit', log)",
            "events of Maker",
        ),
        (
            "import sqlite3\nfrom sqlalchemy import event\n\n@event.listens_for(engine, 'connect')\ndef pragma(c, record):\n    if sqlite3.Connection is type(c):\n        c.execute('PRAGMA foreign_keys=ON')",
            "sqlite3.Connection is type(c) looks for a connection of the sync driver",
        ),
        (
            "from sqlalchemy.orm import registry, relationship\n\nmapper_registry = registry()\n\nclass Word: ...\n\nmapper_registry.map_imperatively(Word, User.__table__, properties=dict(owner=relationship(User)))",
            "mapper_registry.map_imperatively maps a class whose relationships are not followed",
        ),
        (
            "from sqlalchemy import inspect\n\ndef f():\n    a = b = inspect(engine)\n    return a.get_table_names()",
            "inspect is handed engine",
        ),
        ('def f(db: Session) -> "Iterator[Session]":\n    yield db', "written in a string"),
        (
            "from contextlib import closing\n\ndef f():\n    with closing(SessionLocal()) as db:\n        db.commit()",
            "closing",
        ),
        (
            "import threading\n\nlock = threading.Lock()\n\ndef f(db: Session):\n    with lock:\n        return db.query(User).count()",
            "the database is asked while a lock of threads is held",
        ),
        ("from fastapi_sqlalchemy import db\n\ndef f():\n    db.session.commit()", "has no async sessions"),
    ],
)
def test_one_place_keeps_all_of_it_sync(tmp_path: Path, more: str, words: str) -> None:
    done = app(tmp_path, f"{more}\n{USES}")
    assert any(words in text for text in done.obstacles), done.obstacles
    assert "AsyncSession" not in "".join(done.texts.values())
    assert all(text.startswith("app/api.py:") for text in done.obstacles), "each has its place"


@pytest.mark.parametrize(
    "more",
    [
        "import chroma\n\ndef f():\n    return chroma.collection().query(texts=['x'], n_results=1)",
        "def f(repository):\n    repository.commit('message')",
        "def f(token):\n    token.refresh()",
        "def f(db: Session):\n    db.autoflush = False",
        "from fastapi import BackgroundTasks\n\ndef f(later: BackgroundTasks):\n    later.add_task(engine.dispose)",
        "def f(double: Session):\n    return double.commit.called",
        "def f(db: Session):\n    if db.bind is None or not db.bind:\n        raise ValueError",
        "def f(db: Session):\n    return 'x' if db.bind else 'y'",
    ],
)
def test_calls_that_no_session_takes_stand_in_nobodys_way(tmp_path: Path, more: str) -> None:
    done = app(tmp_path, f"{more}\n{USES}")
    assert done.obstacles == []
    assert "AsyncSession" in done.texts["app/api.py"]
    assert more in done.texts["app/api.py"].replace("AsyncSession", "Session")


def test_a_test_that_fails_on_a_name_stands_in_nobodys_way(tmp_path: Path) -> None:
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/models.py": MODELS,
        "app/api.py": HEADER + USES,
        "tests/test_it.py": "def test_it():\n    db = Testing()\n    db.commit()\n    session.refresh(db)\n",
    }
    assert convert(tmp_path / "one", files).obstacles == []
    files["tests/test_it.py"] += "\nglobals()['session'] = input()\n"
    assert any("nobody knows" in text for text in convert(tmp_path / "two", files).obstacles)


@pytest.mark.parametrize(
    ("engine", "words"),
    [
        ("create_engine('mssql+pyodbc://x')", "no async driver"),
        ("create_engine(os.environ['URL'])", "cannot be told"),
        ("create_engine('sqlite:///x.db', poolclass=SingletonThreadPool)", "connection for each thread"),
        ("create_engine('postgresql://h/x', creator=lambda: None)", "makes itself"),
        ("create_engine('sqlite:///x.db', **os.environ)", "`**`"),
    ],
)
def test_engines_without_a_rule(tmp_path: Path, engine: str, words: str) -> None:
    text = DATABASE.replace(
        'create_engine("sqlite:///./app.db", connect_args={"check_same_thread": False})', engine
    )
    text = "import os\nfrom sqlalchemy.pool import SingletonThreadPool\n" + text
    files = {"app/__init__.py": "", "app/db.py": text, "app/models.py": MODELS}
    api = "from fastapi import APIRouter, Depends\nfrom sqlalchemy import select\nfrom sqlalchemy.orm import Session\n"
    api += f"from app.db import get_db\nfrom app.models import User\nrouter = APIRouter()\n{USES}"
    done = convert(tmp_path, {**files, "app/api.py": api}, "fastapi\nsqlalchemy>=2\n")
    assert any(words in found for found in done.obstacles), done.obstacles
    assert done.texts == {}


@pytest.mark.parametrize(
    "text",
    [
        "from app.models import User\nclass Session:\n    def get(self, model, key): ...\n    def commit(self): ...\n",
        "import sqlite3\n\ndef get_db():\n    yield sqlite3.connect('x')\n",
    ],
)
def test_what_only_looks_like_a_database(tmp_path: Path, text: str) -> None:
    api = f"from fastapi import APIRouter\nrouter = APIRouter()\n{text}\n@router.get('/')\ndef read():\n    return 1\n"
    done = convert(tmp_path, {"app/__init__.py": "", "app/models.py": "class User: ...\n", "app/api.py": api})
    assert done.obstacles == []
    assert "AsyncSession" not in "".join(done.texts.values())


def test_already_async(tmp_path: Path) -> None:
    first = app(tmp_path / "one", USES)
    files = {"app/__init__.py": "", "app/models.py": MODELS, **first.texts}
    again = convert(tmp_path / "two", files)
    assert again.texts == {}
    assert again.obstacles == []


PARTS = """
    from sqlalchemy import Column, Text
    from sqlalchemy.orm import deferred

    text = deferred(Column(Text))
    data = mapped_column(Text, deferred=True)
"""
SHOWN = """
    @property
    def shown(self):
        return (self.data or "")[:5]
"""


def test_all_columns_by_name_are_read_with_those_that_are_loaded_late(tmp_path: Path) -> None:
    more = "\n@router.get('/x')\ndef x(db: Session = Depends(get_db)):\n    note = db.get(Note, 1)\n"
    more += "    return {c.name: getattr(note, c.name) for c in Note.__table__.columns}\n"
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MODELS + PARTS}
    done = convert(tmp_path, {**files, "app/api.py": HEADER + more})
    told = [text.partition(": ")[2].partition(" is a deferred column")[0] for text in done.obstacles]
    assert sorted(told) == ["data", "text"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("return [n.text for n in db.scalars(select(Note)).all()]", "text is a deferred column"),
        ("return [n.data for n in db.scalars(select(Note)).all()]", "data is a deferred column"),
        ("return [n.shown for n in db.scalars(select(Note)).all()]", "data is a deferred column"),
        ("return db.scalars(select(Note).options(load_only(Note.id))).all()", "load_only()"),
        ("return db.query(Note).options(defer(Note.title)).all()", "defer()"),
        ("return [n.title for n in db.scalars(select(Note)).all()]", ""),
        ("return db.scalars(select(Note).options(load_only(Note.id, raiseload=True))).all()", ""),
        ("return db.execute(select(Note).execution_options(populate_existing=True)).first()", ""),
    ],
)
def test_what_is_loaded_in_part(tmp_path: Path, body: str, words: str) -> None:
    more = "from sqlalchemy.orm import defer, load_only\n\n@router.get('/x')\ndef x(db: Session = Depends(get_db)):\n"
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MODELS + PARTS}
    files["app/models.py"] += SHOWN if "shown" in body else ""
    done = convert(tmp_path, {**files, "app/api.py": f"{HEADER}{more}    {body}\n"})
    assert [words in text for text in done.obstacles] == ([True] if words else [])
    assert ("AsyncSession" in "".join(done.texts.values())) is not bool(words)


@pytest.mark.parametrize(
    ("call", "becomes"),
    [
        ('db.execute("select 1")', 'db.execute(text("select 1"))'),
        ('db.scalar(f"select {1}")', 'db.scalar(text(f"select {1}"))'),
        ('db.execute("select :a", {"a": 1})', ""),
        ("db.execute(\"select '12:30'\")", ""),
        ("db.execute(select(User))", "db.execute(select(User))"),
    ],
)
def test_plain_sql_of_sqlalchemy_1(tmp_path: Path, call: str, becomes: str) -> None:
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MODELS}
    api = f"{HEADER}\n@router.get('/x')\ndef x(db: Session = Depends(get_db)):\n    {call}\n    return 1\n"
    done = convert(tmp_path, {**files, "app/api.py": api}, "fastapi\nsqlalchemy==1.4.41\n")
    assert bool(done.obstacles) is not bool(becomes)
    assert f"    await {becomes}\n" in done.texts.get("app/api.py", "    await \n")


@pytest.mark.parametrize(
    ("handed", "stays"),
    [("Request()", False), ("user", True), ("thing.user", True)],
)
def test_who_refreshes_what_is_no_object_of_the_project_is_no_session(
    tmp_path: Path, handed: str, stays: bool
) -> None:
    more = f"""
from google.auth.transport.requests import Request

def renew(thing, user: User):
    thing.refresh({handed})
"""
    done = app(tmp_path, f"{more}\n{USES}")
    assert any("thing.refresh: nobody knows" in text for text in done.obstacles) is stays


def test_what_has_several_lines_is_told_in_one(tmp_path: Path) -> None:
    more = "names = SessionLocal().scalars(\n    select(User.name)\n).all()\n\n\ndef find(thing):\n    return thing.load(\n        User\n    ).query(User)\n"
    done = app(tmp_path, f"{more}\n{USES}")
    assert sorted(text.partition(": ")[2] for text in done.obstacles) == [
        "SessionLocal().scalars(...) runs at import, where nothing can be awaited",
        "thing.load(...).query: nobody knows whether it works on this database",
    ]


@pytest.mark.parametrize("lazy", ["dynamic", "write_only"])
@pytest.mark.parametrize("read", ["user.notes.count()", "[n.title for n in user.notes]"])
def test_a_relationship_that_is_a_query_by_itself(tmp_path: Path, lazy: str, read: str) -> None:
    models = MODELS.replace('back_populates="owner"', f'back_populates="owner", lazy="{lazy}"')
    handler = f"\n@router.get('/x')\ndef x(db: Session = Depends(get_db)):\n    user = db.get(User, 1)\n    return {read}\n"
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": models}
    done = convert(tmp_path, {**files, "app/api.py": HEADER + handler})
    assert any(f"notes is a lazy='{lazy}' relationship" in text for text in done.obstacles), done.obstacles
    assert done.texts == {}


@pytest.mark.parametrize(
    "more",
    [
        "def f(db: Session):\n    db.commit",
        "import psycopg2\n\ndef make():\n    own = psycopg2.connect('x')\n    own.cursor().execute('create database x')\n\ndef made():\n    try:\n        make()\n    except psycopg2.Error as e:\n        print(e)",
    ],
)
def test_what_only_looks_as_if_it_would_break(tmp_path: Path, more: str) -> None:
    """A method that is named and not called does nothing; the driver's own connections stay what they are."""
    done = app(tmp_path, f"{USES}\n{more}\n")
    assert done.obstacles == []
    assert "await db.scalars(" in done.texts["app/api.py"]
