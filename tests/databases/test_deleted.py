"""What is deleted and sent all the same loads nothing more: the session does not have it any longer."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import FILL, MAIN, answers, app

PROGRAM = """
from pydantic import BaseModel, ConfigDict


class NoteOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    notes: list[NoteOut]


def find(db: Session, id: int):
    return db.get(User, id)


def save(db: Session, id: int):
    user = find(db, id)
    if user:
        user.name += "!"
        db.commit()
        db.refresh(user)
    return user


def remove(db: Session, id: int):
    user = find(db, id)
    if not user:
        return None
    for note in db.scalars(select(Note).where(Note.owner_id == id)).all():
        db.delete(note)
    db.delete(user)
    db.commit()
    return user


def change(id: int, db: Session):
    return remove(db, id) if id > 1 else save(db, id)


@router.get("/x", response_model=UserOut)
def x(id: int, db: Session = Depends(get_db)):
    user = CALL
    if user is None:
        raise HTTPException(404)
    return user
"""


@pytest.mark.parametrize(
    ("call", "is_asked"), [("remove(db, id)", True), ("change(id, db)", True), ("save(db, id)", False)]
)
def test_what_may_be_gone_is_asked_for_first(tmp_path: Path, call: str, is_asked: bool) -> None:
    done = app(tmp_path, PROGRAM.replace("CALL", call), main=MAIN)
    assert done.obstacles == []
    text = done.texts["app/api.py"]
    route = text[text.index("async def x(") :]
    assert ("    if user in db:\n        await db.refresh(user," in route) == is_asked, route
    before, after = answers(tmp_path, done, FILL, ["/x?id=1", "/x?id=2", "/x?id=9"])
    assert before == after
    assert [status for _, status, _ in before] == [200, 200, 404]
