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
