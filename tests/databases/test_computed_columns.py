"""What the database computes when a row is written is gone from the object then: whatever has written it, it is
loaded again for who reads it. Without that the request answers 500."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, FILL, MAIN, MODELS, Outcome, answers, app

COMPUTED = MODELS.replace("import ForeignKey, String", "import ForeignKey, String, func").replace(
    "    notes: Mapped",
    "    count: Mapped[int] = mapped_column(default=0)\n"
    "    updated: Mapped[str | None] = mapped_column(String(20), onupdate=func.lower('NOW'))\n"
    "    notes: Mapped",
)
FILLED = FILL.replace(
    "(id integer primary key, name text)", "(id integer primary key, name text, count int, updated text)"
)
FILLED += "    db.execute(\"update users set count = id, updated = 'before'\")\n"
HELPERS = """
from sqlalchemy import case, func, update


def touch(db: Session, user: User) -> None:
    user.name = "touched"
    db.flush()


def touch_below(db: Session, user: User) -> None:
    touch(db, user)


def stored(db: Session, user: User) -> User:
    user.name = "stored"
    db.flush()
    return user


def shown(user: User) -> tuple[str, str | None]:
    return user.name, user.updated


def asked(db: Session, user: User) -> int:
    return db.query(User).filter(User.id == user.id).count()


class Users:
    def __init__(self, db: Session) -> None:
        self.db = db

    def rename(self, user: User) -> None:
        user.name = "renamed"
        self.db.flush()
"""
USER = "user = db.get(User, 1)\n"
READ = "return user.name, user.count, user.updated"
LOADED = {
    "a flush": f"{USER}user.name = 'x'\ndb.flush()\n{READ}",
    "a commit": f"{USER}user.name = 'x'\ndb.commit()\n{READ}",
    "a savepoint": f"{USER}with db.begin_nested():\n    user.name = 'x'\n{READ}",
    "a helper": f"{USER}touch(db, user)\n{READ}",
    "a helper below another": f"{USER}touch_below(db, user)\n{READ}",
    "a helper that gives it back": f"{USER}user = stored(db, user)\n{READ}",
    "a helper that gives it back, for nothing": f"{USER}stored(db, user)\n{READ}",
    "a method": f"{USER}Users(db).rename(user)\n{READ}",
    "an expression": f"{USER}user.count = User.count + 1\ndb.flush()\nreturn user.count",
    "an expression, committed": f"{USER}user.count = User.count + 1\ndb.commit()\nreturn user.count",
    "an expression on the other side": f"{USER}user.count = 5 - User.count\ndb.flush()\nreturn user.count",
    "a function": f"{USER}user.name = func.upper('x')\ndb.flush()\nreturn user.name",
    "a case": f"{USER}user.count = case((User.count > 0, 7), else_=8)\ndb.flush()\nreturn user.count",
    "an update": f"{USER}db.query(User).filter(User.id == 1).update({{'name': 'x'}})\n{READ}",
    "an update by a statement": f"{USER}db.execute(update(User).where(User.id == 1).values(name='x'))\n{READ}",
    "an update of a column": f"{USER}db.query(User).update({{User.count: User.count + 1}}, synchronize_session='fetch')\n{READ}",
    "several": "users = db.query(User).order_by(User.id).all()\nfor user in users:\n    user.name += 'x'\n"
    "db.flush()\nreturn [user.updated for user in users]",
}
LEFT = {
    "a flush, and nothing of it read": f"{USER}user.name = 'x'\ndb.flush()\nreturn user.name",
    "a savepoint": f"{USER}with db.begin_nested():\n    user.name = 'x'\nreturn user.name",
    "a helper": f"{USER}touch(db, user)\nreturn user.name",
    "a helper that asks": f"{USER}asked(db, user)\n{READ}",
    "a number": f"{USER}user.count = user.count + 1\ndb.flush()\nreturn user.count",
    "an expression of another": f"{USER}other = db.get(User, 2)\nother.count = User.count + 1\ndb.flush()\nreturn user.count",
    "an expression that is not read": f"{USER}user.count = User.count + 1\ndb.flush()\nreturn user.name",
    "an update that leaves the session": f"{USER}db.query(User).update({{'name': 'x'}}, synchronize_session=False)\n{READ}",
    "an update, and something set that is not written": f"{USER}user.name = 'mine'\n"
    "db.query(User).filter(User.id == 2).update({'name': 'x'})\nreturn shown(user)",
    "an update of another class": f"{USER}db.query(Note).update({{'title': 'x'}})\n{READ}",
    "an update before": f"db.query(User).update({{'name': 'x'}})\n{USER}{READ}",
}
SESSIONS = {"expires": DATABASE, "keeps": DATABASE.replace("autoflush=False", "expire_on_commit=False")}


def converted(folder: Path, body: str, database: str = DATABASE) -> Outcome:
    lines = "\n    ".join(body.splitlines())
    handler = f'\n\n@router.get("/x")\ndef x(db: Session = Depends(get_db)):\n    {lines}\n'
    return app(folder, HELPERS + handler, main=MAIN, models=COMPUTED, db=database)


@pytest.mark.parametrize("session", SESSIONS)
@pytest.mark.parametrize("what", LOADED)
def test_answers_are_the_same(tmp_path: Path, what: str, session: str) -> None:
    done = converted(tmp_path, LOADED[what], SESSIONS[session])
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILLED, ["/x", "/x"])
    assert [status for _, status, _ in before] == [200, 200], before
    assert before == after


@pytest.mark.parametrize("what", LEFT)
def test_what_is_there_is_not_loaded_again(tmp_path: Path, what: str) -> None:
    done = converted(tmp_path, LEFT[what])
    assert done.obstacles == []
    text = done.texts["app/api.py"]
    assert "refresh" not in text[text.index("async def x(") :]
    before, after = answers(tmp_path, done, FILLED, ["/x"])
    assert before[0][1] == 200, before
    assert before == after


ASKED = "others = db.query(User).filter(User.name == 'x').count()\n"
WRITTEN = {
    "a query": f"{USER}user.name = 'x'\n{ASKED}{READ}, others",
    "a query by a statement": f"{USER}user.name = 'x'\nothers = db.scalars(select(User)).all()\n{READ}, len(others)",
    "a query, by any name": f"{USER}setattr(user, 'name', 'x')\n{ASKED}{READ}, others",
    "a query, of an expression": f"{USER}user.count = User.count + 1\n{ASKED}return user.count",
    "two queries": f"{USER}user.name = 'x'\n{ASKED}{ASKED}{READ}",
}
UNWRITTEN = {
    "a query before": f"{USER}{ASKED}user.name = 'x'\n{READ}",
    "a query, and nothing of it read": f"{USER}user.name = 'x'\n{ASKED}return user.name",
    "a query, and another object": f"{USER}other = db.get(User, 2)\nother.name = 'x'\n{ASKED}{READ}",
    "a query, and nothing set": f"{USER}{ASKED}{READ}",
}
AUTOFLUSH = DATABASE.replace(", autoflush=False", "")


@pytest.mark.parametrize("what", WRITTEN)
def test_a_query_writes_what_was_set_before(tmp_path: Path, what: str) -> None:
    done = converted(tmp_path, WRITTEN[what], AUTOFLUSH)
    assert done.obstacles == []
    assert done.texts["app/api.py"].count("await db.refresh(user)") == 2  # and in `stored`
    before, after = answers(tmp_path, done, FILLED, ["/x"])
    assert before[0][1] == 200, before
    assert before == after


@pytest.mark.parametrize(
    ("body", "database"),
    [
        *((body, AUTOFLUSH) for body in UNWRITTEN.values()),
        *((body, DATABASE) for what, body in WRITTEN.items() if "expression" not in what),
    ],
)
def test_a_query_that_writes_nothing(tmp_path: Path, body: str, database: str) -> None:
    """Loaded again, what is not written yet would be lost."""
    done = converted(tmp_path, body, database)
    assert done.obstacles == []
    text = done.texts["app/api.py"]
    assert "refresh" not in text[text.index("async def x(") :]
    before, after = answers(tmp_path, done, FILLED, ["/x"])
    assert before[0][1] == 200, before
    assert before == after
