"""A function that works with two sessions: one neither expires nor loads the objects of the other."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import FILL, MAIN, answers, app

LOG = """
def log(user: User):
    with SessionLocal() as other:
        other.add(User(name="log"))
        other.commit()
    return user.name
"""
KEEP = """
def keep(user: User):
    other = SessionLocal()
    user = other.merge(user)
    other.commit()
    return user.name
"""
HANDLER = "\n@router.get('/x')\ndef handler(db: Session = Depends(get_db)):\n"


@pytest.mark.parametrize(
    ("more", "body", "refreshes"),
    [
        ("", "user = db.get(User, 1)\nwith SessionLocal() as other:\n    other.add(User(name='x'))\n    other.commit()\nreturn user.name", []),
        ("", "user = db.get(User, 1)\nother: Session = SessionLocal()\nother.add(User(name='x'))\nother.commit()\nreturn user.name", []),
        ("", "user = db.get(User, 1)\nwith Session(engine) as other:\n    other.add(User(name='x'))\n    other.commit()\nreturn user.name", []),
        ("", "other = SessionLocal()\nuser = other.get(User, 1)\ndb.commit()\nreturn user.name", []),
        ("", "other = SessionLocal()\nuser = other.get(User, 1)\nother.commit()\nreturn user.name", ["other.refresh(user)"]),
        ("", "other = db\nuser = db.get(User, 1)\nother.commit()\nreturn user.name", ["other.refresh(user)"]),
        ("", "other = SessionLocal()\nusers = other.query(User).all()\nfor user in users[:1]:\n    name = user.name\nother.commit()\nreturn user.name", ["other.refresh(user)"]),
        (LOG, "return log(db.get(User, 1))", []),
        (KEEP, "return keep(db.get(User, 1))", ["other.refresh(user)"]),
    ],
)  # fmt: skip
def test_an_object_is_loaded_again_by_its_own_session(
    tmp_path: Path, more: str, body: str, refreshes: list[str]
) -> None:
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    done = app(tmp_path, more + HANDLER + lines, main=MAIN)
    assert done.obstacles == []
    written = done.texts["app/api.py"]
    assert [line.strip() for line in written.splitlines() if ".refresh(" in line] == [f"await {each}" for each in refreshes]  # fmt: skip
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before == after
    assert before[0][1:] == [200, '"ann"']
