"""Transactions and connections that are made in one statement and entered in another; generators that nobody
steps through."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import FILL, MAIN, answers, app

ROUTES = """
@router.get("/begun")
def begun(db: Session = Depends(get_db)):
    tx = db.begin()
    with tx:
        db.add(User(name="new"))
    return db.query(User).count()


@router.get("/chosen")
def chosen(db: Session = Depends(get_db)):
    count = db.query(User).count()
    tx = db.begin_nested() if db.in_transaction() else db.begin()
    with tx:
        db.add(User(name="new"))
    with db.begin_nested() if db.in_transaction() else db.begin():
        db.add(User(name="new"))
    db.commit()
    return [count, db.query(User).count()]


@router.get("/undone")
def undone(db: Session = Depends(get_db)):
    try:
        tx = db.begin()
        with tx:
            db.add(User(name="new"))
            raise ValueError
    except ValueError:
        pass
    return db.query(User).count()


@router.get("/connected")
def connected():
    connection = engine.connect()
    with connection as entered:
        return entered.execute(select(User.name)).scalars().all()


@router.get("/by-hand")
def by_hand(db: Session = Depends(get_db)):
    tx = db.begin()
    db.add(User(name="new"))
    tx.commit()
    return db.query(User).count()


def fill():
    with SessionLocal() as db:
        db.add(User(name="filled"))
        db.commit()
        yield db


@router.get("/idle")
def idle(db: Session = Depends(get_db)):
    fill()
    return db.query(User).count()
"""


def test_they_begin_where_they_are_entered(tmp_path: Path) -> None:
    """`tx = await db.begin()` had begun before, and `async with tx` raised: the request answered 500."""
    done = app(tmp_path, ROUTES, main=MAIN)
    assert done.obstacles == []
    urls = ["/begun", "/chosen", "/undone", "/connected", "/by-hand", "/idle"]
    before, after = answers(tmp_path, done, FILL, urls)
    assert [status for _, status, _ in before] == [200] * len(urls)
    assert after == before


UNDONE = """
@router.get("/savepoint")
def savepoint(db: Session = Depends(get_db)):
    user, other = db.get(User, 1), db.get(User, 2)
    note = Note(title="new", owner_id=1)
    try:
        with db.begin_nested():
            user.name += "!"
            db.add(note)
            db.flush()
            raise ValueError(other.name)
    except ValueError as error:
        return [user.name, other.name, note.title, str(error)]


@router.get("/root")
def root(db: Session = Depends(get_db)):
    user = None
    try:
        with db.begin():
            user = db.get(User, 1)
            user.name += "!"
            raise ValueError
    except ValueError:
        pass
    return user.name if user else None


@router.get("/by-hand")
def by_hand(db: Session = Depends(get_db)):
    user = db.get(User, 1)
    point = db.begin_nested()
    user.name += "!"
    point.rollback()
    before = user.name
    point = db.begin_nested()
    user.name += "?"
    point.commit()
    return [before, user.name]


@router.get("/committed")
def committed(db: Session = Depends(get_db)):
    tx = db.begin()
    user = db.get(User, 1)
    user.name += "?"
    tx.commit()
    return user.name
"""


def test_what_a_transaction_changed_is_loaded_where_it_was_undone(tmp_path: Path) -> None:
    """`user.name` in the handler was read of an expired object: the request answered 500."""
    done = app(tmp_path, UNDONE, main=MAIN)
    assert done.obstacles == []
    assert "        await db.refresh(user)\n        return [user.name" in done.texts["app/api.py"]
    urls = ["/savepoint", "/root", "/by-hand", "/committed"]
    before, after = answers(tmp_path, done, FILL, urls)
    assert [status for _, status, _ in before] == [200] * len(urls)
    assert after == before


@pytest.mark.parametrize(
    "body",
    [
        "tx = db.begin()\ncount = db.query(User).count()\nwith tx:\n    db.add(User(name='x'))\nreturn count",
        "tx = db.begin()\nif id:\n    with tx:\n        db.add(User(name='x'))\nreturn 1",
        "c = engine.connect()\nwith c:\n    return c.execute(select(User.id)).scalar()",
        "return engine.connect().execute(select(User.id)).scalar()",
    ],
)
def test_where_it_would_begin_at_another_time_it_stays_sync(tmp_path: Path, body: str) -> None:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    done = app(tmp_path, f"\n@router.get('/x')\ndef x(id: int, db: Session = Depends(get_db)):\n{lines}")
    assert any("is used without `with`" in text for text in done.obstacles), done.obstacles
    assert "app/db.py" not in done.texts
