"""A function that works on several sessions loads what it reads of an object with the one that has it."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import FILL, MAIN, SCHEMAS, answers, app

ROUTE = """
@router.get("/x")
def x(db: Session = Depends(get_db)):
    {}
"""
OPENED_BELOW = """user = db.get(User, 1)
    db.commit()
    first = len(user.notes)
    with SessionLocal() as other:
        found = other.get(User, 1)
        return [first, len(found.notes)]
"""
BOTH_END_THEIR_WORK = OPENED_BELOW.replace("        return", "        other.commit()\n        return")
OPENED_ABOVE = """with SessionLocal() as other:
        found = other.get(User, 1)
        other.commit()
        second = len(found.notes)
    user = db.get(User, 1)
    db.commit()
    return [len(user.notes), second]
"""
MADE = """with SessionLocal() as other:
        found = User(name="x")
        other.add(found)
        other.commit()
        return [db.get(User, 1).name, len(found.notes)]
"""


@pytest.mark.parametrize("body", [OPENED_BELOW, BOTH_END_THEIR_WORK, OPENED_ABOVE, MADE])
def test_the_session_of_the_object(tmp_path: Path, body: str) -> None:
    """It was one of the function: a name that is bound further below, or a session without the object."""
    done = app(tmp_path, ROUTE.format(body), schemas=SCHEMAS, main=MAIN)
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert [status for _, status, _ in before] == [200]
    assert before == after


COUNT = """
def count(db: Session, user: User) -> int:
    with SessionLocal() as other:
        other.get(User, 1)
    db.commit()
    return len(user.notes)
"""


def test_an_object_that_is_handed_in_comes_from_the_session_that_is(tmp_path: Path) -> None:
    route = ROUTE.format("return count(db, db.get(User, 1))")
    done = app(tmp_path, COUNT + route, schemas=SCHEMAS, main=MAIN)
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert [status for _, status, _ in before] == [200]
    assert before == after
