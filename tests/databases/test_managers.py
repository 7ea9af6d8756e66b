"""Classes that own a session between `__enter__` and `__exit__`."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, FILL, HEADER, MAIN, MODELS, answers, app, convert

UNIT = """
class UnitOfWork:
    def __init__(self, factory=SessionLocal):
        self.factory = factory

    def __enter__(self):
        self.session = self.factory()
        return self

    def __exit__(self, kind, error, traceback):
        if kind is not None:
            self.session.rollback()
        self.session.close()

    def names(self):
        return list(self.session.scalars(select(User.name)))
"""
USE = """
@router.get("/names")
def names():
    with UnitOfWork() as uow:
        return uow.names()
"""


def test_both_methods_turn_and_all_who_enter(tmp_path: Path) -> None:
    script = "from app.api import UnitOfWork\n\n\ndef main():\n    uow = UnitOfWork()\n    with uow:\n        print(uow.names())\n\n\nif __name__ == '__main__':\n    main()\n"
    done = app(tmp_path, UNIT + USE, script=script)
    assert done.obstacles == []
    text = done.texts["app/api.py"]
    assert "    async def __aenter__(self):\n        self.session = self.factory()\n" in text
    assert "    async def __aexit__(self, kind, error, traceback):\n" in text
    assert "            await self.session.rollback()\n        await self.session.close()\n" in text
    assert (
        "async def names():\n    async with UnitOfWork() as uow:\n        return await uow.names()\n" in text
    )
    assert "    async with uow:\n        print(await uow.names())\n" in done.texts["app/script.py"]
    assert "asyncio.run(main())" in done.texts["app/script.py"]


def test_a_subclass_turns_along(tmp_path: Path) -> None:
    more = "class Own(UnitOfWork):\n    def __exit__(self, *error):\n        print(error)\n        super().__exit__(*error)\n"
    text = app(tmp_path, UNIT + more + USE.replace("UnitOfWork()", "Own()")).texts["app/api.py"]
    assert "        print(error)\n        await super().__aexit__(*error)\n" in text


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("def f():\n    with open('x') as a, UnitOfWork() as b:\n        return a, b", "not async"),
        ("def f(uow: UnitOfWork):\n    uow.__enter__()", "entered by hand"),
        (
            "from contextlib import ExitStack\n\ndef f():\n    with ExitStack() as stack:\n        return stack.enter_context(UnitOfWork())",
            "entered by hand",
        ),
        ("class C:\n    with UnitOfWork() as uow:\n        names = uow.names()", "nothing can be awaited"),
        (
            "class C:\n    @property\n    def all(self):\n        with UnitOfWork() as uow:\n            return uow.names()",
            "is a property",
        ),
        (
            "def f():\n    with UnitOfWork() as uow:\n        yield uow\n\nx = list(f())",
            "nothing can be awaited",
        ),
    ],
)
def test_one_place_that_enters_it_otherwise(tmp_path: Path, more: str, words: str) -> None:
    done = app(tmp_path, f"{UNIT}\n{more}\n{USE}")
    assert any(words in text for text in done.obstacles), done.obstacles
    assert "AsyncSession" not in "".join(done.texts.values())


@pytest.mark.parametrize(
    "other",
    [
        "class Timer:\n    def __enter__(self):\n        return self\n    def __exit__(self, *error):\n        print(error)\n",
        "class Lock:\n    def __enter__(self):\n        return SessionLocal\n    def __exit__(self, *error):\n        pass\n",
    ],
)
def test_a_class_that_asks_no_session_is_entered_as_before(tmp_path: Path, other: str) -> None:
    name = other[6 : other.index(":")]
    use = f"\n@router.get('/t')\ndef t(db: Session = Depends(get_db)):\n    with {name}() as it:\n        return db.get(User, 1).name\n"
    text = app(tmp_path, other + use).texts["app/api.py"]
    assert f"    with {name}() as it:\n        return (await db.get(User, 1)).name\n" in text
    assert "__aenter__" not in text


SCOPES = """
from contextlib import contextmanager
from typing import Any, Generator
from sqlalchemy import create_engine
from sqlalchemy.engine import Engine
from sqlalchemy.orm import sessionmaker

URLS = {"one": "sqlite:///./app.db", "two": "sqlite:///./two.db"}
engines: dict[str, Engine] = {}


def engine_for(name: str) -> Engine:
    if name not in engines:
        engines[name] = create_engine(URLS[name])
    return engines[name]


make = sessionmaker()


@contextmanager
def scope(name: str) -> Generator[Session, Any, Session]:
    session = make(bind=engine_for(name))
    try:
        yield session
        session.commit()
    finally:
        session.close()


@router.get("/copy")
def copy():
    with scope("one") as old, scope("two") as new:
        names = [user.name for user in old.scalars(select(User))]
        new.add_all([User(name=name) for name in names])
        return names


@router.get("/two")
def two():
    with scope("two") as session:
        return [user.name for user in session.scalars(select(User))]
"""
TWO = (
    FILL
    + """
import os
if os.path.exists("two.db"):
    os.remove("two.db")
with sqlite3.connect("two.db") as db:
    db.execute("create table users (id integer primary key, name text)")
"""
)


def test_one_with_enters_several_sessions_of_engines_that_are_made_when_they_are_asked_for(
    tmp_path: Path,
) -> None:
    done = app(tmp_path, SCOPES, main=MAIN)
    assert done.obstacles == []
    assert '    async with scope("one") as old, scope("two") as new:\n' in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, TWO, ["/two", "/copy", "/two"])
    assert before == after
    assert [status for _, status, _ in before] == [200] * 3
    assert before[0] != before[2]


def test_one_with_enters_a_scope_and_something_else(tmp_path: Path) -> None:
    body = SCOPES.replace('scope("two") as new', 'open("x") as new')
    assert any("something that is not async" in text for text in app(tmp_path, body).obstacles)


STATED = """
import pytest
from sqlalchemy.exc import IntegrityError

from app.api import scope
from app.db import Base, engine
from app.models import User


def test_twice():
    Base.metadata.create_all(engine)
    with pytest.raises(IntegrityError), scope("one") as db:
        db.add_all([User(id=7, name="a"), User(id=7, name="b")])
        db.flush()
"""


def test_one_with_of_a_test_enters_a_scope_and_something_else(tmp_path: Path) -> None:
    """It becomes two, where it had kept the whole database sync."""
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MODELS, "app/main.py": MAIN}
    files |= {"app/api.py": HEADER + SCOPES, "tests/__init__.py": "", "tests/test_scope.py": STATED}
    done = convert(tmp_path, files)
    assert done.obstacles == []
    text = done.texts["tests/test_scope.py"]
    two = '    with pytest.raises(IntegrityError):\n        async with scope("one") as db:\n'
    assert f"{two}            db.add_all(" in text
    assert "            await db.flush()\n" in text
