"""Options that a query gets by name, or of a function, may load what they like: nothing is added to them."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import FILL, MAIN, SCHEMAS, answers, app

HEAD = """
from sqlalchemy.orm import joinedload, selectinload

from app.schemas import UserOut

WITH = [joinedload(User.notes)]


def with_notes():
    return joinedload(User.notes)


def load(db: Session, *options):
    return db.query(User).options(*options).all()


@router.get("/x", response_model=list[UserOut])
def x(db: Session = Depends(get_db)):
    BODY
"""
ELSEWHERE = [
    "return db.query(User).options(*WITH).all()",
    "return db.query(User).options(with_notes()).order_by(User.id).all()",
    "option = selectinload(User.notes)\n    return db.query(User).options(option).all()",
    "options = [joinedload(User.notes)]\n    return db.query(User).options(*options).all()",
    "return load(db, joinedload(User.notes))",
    "return load(db)",
]
HERE = [
    "return db.query(User).all()",
    "return db.query(User).options(selectinload(User.notes)).all()",
    "return db.query(User).options(joinedload(User.notes)).all()",
]


@pytest.mark.parametrize("body", ELSEWHERE)
def test_what_they_leave_out_is_loaded_behind_the_query(tmp_path: Path, body: str) -> None:
    """Two loaders for one relationship, one of each kind, are an error of SQLAlchemy."""
    done = app(tmp_path, HEAD.replace("BODY", body), main=MAIN, schemas=SCHEMAS)
    assert done.obstacles == []
    assert "selectinload(User.notes))." not in done.texts["app/api.py"].replace("\n", "")
    assert "await db.run_sync(lambda _: [each.notes for each in " in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before[0][1] == 200
    assert before == after


@pytest.mark.parametrize("body", HERE)
def test_what_the_query_says_is_known(tmp_path: Path, body: str) -> None:
    done = app(tmp_path, HEAD.replace("BODY", body), main=MAIN, schemas=SCHEMAS)
    assert done.obstacles == []
    assert "run_sync" not in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before == after
