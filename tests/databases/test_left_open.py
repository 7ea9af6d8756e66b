"""Sessions that nobody closes: an async one must be, or its connection is dropped."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import FILL, MAIN, answers, app

READ = """
import asyncio

from app import crud


def named(db: Session, id: int):
    return db.query(User).filter(User.id == id).first()


def given():
    db = SessionLocal()
    yield db


class Repo:
    def __init__(self, db: Session):
        self.db = db


async def later(db: Session):
    return db.query(User).count()


@router.get("/users/{id}")
def user(id: int):
BODY


@router.get("/count")
def count(db: Session = Depends(given)):
    return db.query(User).count()
"""
CLOSED = {
    "to the end of the function": """
    # the session of this route
    db = SessionLocal()  # not closed
    user = db.query(User).filter(User.id == id).first()
    if user is None:
        raise HTTPException(404, "no user")
    return user.name
""",
    "in a function that is handed it": """
    db = SessionLocal()
    user = named(db, id=id)
    return user.name if user else None
""",
    "with its type": """
    db: Session = SessionLocal()
    return db.query(User).filter(User.id == id).one().name
""",
    "made from its engine": """
    db = Session(engine)
    return [user.name for user in db.query(User).filter(User.id == id)]
""",
    "to the end of a block": """
    names = []
    for _ in range(2):
        db = SessionLocal()
        if not db.query(User).filter(User.id == id).first():
            continue
        names.append(db.query(User).count())
    return names
""",
    "inside a try": """
    try:
        db = SessionLocal()
        return db.query(User).filter(User.id == id).one().name
    except Exception as exc:
        return type(exc).__name__
""",
}


def program(tmp_path: Path, body: str):  # type: ignore[no-untyped-def]
    return app(tmp_path, READ.replace("BODY", body.strip("\n")), crud="", main=MAIN)


@pytest.mark.parametrize("name", CLOSED)
def test_it_is_entered_and_left(tmp_path: Path, name: str) -> None:
    done = program(tmp_path, CLOSED[name])
    assert done.obstacles == []
    text = done.texts["app/api.py"]
    assert "db = SessionLocal()" not in text
    assert "    async with SessionLocal() as db:\n        yield db\n" in text
    assert not [note for note in done.notes if "never closed" in note]
    before, after = answers(tmp_path, done, FILL, ["/users/1", "/users/2", "/users/99", "/count"])
    assert before == after


CONNECTED = {
    "read on": (
        "    connection = engine.connect()\n    return connection.scalar(select(User.name).limit(1))\n",
        "    async with engine.connect() as connection:\n        return await connection.scalar(",
    ),
    "only asked for": (
        "    connection = engine.connect()\n    return 'there'\n",
        "    async with engine.connect():\n        pass\n    return 'there'\n",
    ),
    "closed": (
        "    connection = engine.connect()\n    connection.close()\n",
        "    connection = await engine.connect()\n    await connection.close()\n",
    ),
}


@pytest.mark.parametrize("name", CONNECTED)
def test_so_is_a_connection(tmp_path: Path, name: str) -> None:
    body, becomes = CONNECTED[name]
    done = program(tmp_path, "    from sqlalchemy import select\n\n    from app.db import engine\n\n" + body)
    assert becomes in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, FILL, ["/users/1", "/users/99"])
    assert before == after


def test_comments_stay(tmp_path: Path) -> None:
    text = program(tmp_path, CLOSED["to the end of the function"]).texts["app/api.py"]
    assert "    # the session of this route\n    async with SessionLocal() as db:  # not closed\n" in text


TOLD = {
    "used outside of its block": """
    if id > 1:
        db = SessionLocal()
    else:
        db = SessionLocal()
    return db.query(User).filter(User.id == id).count()
""",
    "bound twice": """
    db = SessionLocal()
    first = db.query(User).count()
    db = SessionLocal()
    return first + db.query(User).count()
""",
    "used by a nested function": """
    db = SessionLocal()

    def found():
        return db.query(User).filter(User.id == id).count()

    return found()
""",
}


@pytest.mark.parametrize("name", TOLD)
def test_it_is_told_where_it_cannot_be_entered(tmp_path: Path, name: str) -> None:
    done = program(tmp_path, TOLD[name])
    assert "as db:\n        first" not in done.texts["app/api.py"]
    assert [note for note in done.notes if "is never closed" in note]


GIVEN_AWAY = {
    "closed": """
    db = SessionLocal()
    try:
        return db.query(User).filter(User.id == id).count()
    finally:
        db.close()
""",
    "entered": """
    db = SessionLocal()
    with db:
        return db.query(User).filter(User.id == id).count()
""",
    "used by a coroutine later": """
    db = SessionLocal()
    coroutine = later(db)
    return asyncio.run(coroutine)
""",
    "kept by an object": """
    db = SessionLocal()
    repo = Repo(db)
    return repo.db.query(User).filter(User.id == id).count()
""",
}


@pytest.mark.parametrize("name", GIVEN_AWAY)
def test_what_others_may_close_is_left_to_them(tmp_path: Path, name: str) -> None:
    done = program(tmp_path, GIVEN_AWAY[name])
    assert done.obstacles == []
    assert "    db = SessionLocal()\n" in done.texts["app/api.py"]
    assert not [note for note in done.notes if "never closed" in note]


BEHIND = {
    "used again": ("count = db.query(Note).count()\n    return [first, count]", True),
    "made again": (
        "with SessionLocal() as db:\n        count = db.query(Note).count()\n    return [first, count]",
        False,
    ),
    "closed": ("count = db.query(Note).count()\n    db.close()\n    return [first, count]", False),
    "not used": ("return [first]", False),
}


@pytest.mark.parametrize("name", BEHIND)
def test_it_is_told_of_one_that_is_used_behind_its_with(tmp_path: Path, name: str) -> None:
    rest, is_told = BEHIND[name]
    entered = "with SessionLocal() as db:\n        first = db.query(User).count()\n"
    head = f'\n@router.get("/x")\ndef x():\n    {entered}'
    done = app(tmp_path, f"{head}    {rest}\n", main=MAIN)
    assert done.obstacles == []
    assert bool([note for note in done.notes if "is used behind its `with`" in note]) is is_told


LONG = """
    db = SessionLocal()
    found = db.query(User).filter(User.id == id).first()
    named = {"name": found.name, "id": found.id, "kind": "user", "of": 1}
    return named
"""


def test_a_line_that_gets_too_long_below_the_with_is_wrapped(tmp_path: Path) -> None:
    """Nothing of the database had been written: a proof had missed the line, which no edit is about."""
    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\nline-length = 74\n")
    done = app(tmp_path, READ.replace("BODY", LONG.strip("\n")), main=MAIN)
    assert done.obstacles == []
    text = done.texts["app/api.py"]
    assert "    async with SessionLocal() as db:\n" in text
    assert '            "name": found.name,\n' in text
