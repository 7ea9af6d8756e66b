"""What a library makes of a sync session may load when a response model reads it: not on the loop."""

from __future__ import annotations

import pytest
from small_projects import Migrated, migrate

MAIN = """
from typing import Any

import acme
from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.schemas import Note

app = FastAPI()


def get_db():
    db = acme.session()
    try:
        yield db
    finally:
        db.close()


def find(db: Session, id: int):
    return acme.Notes(db).get(id)


@app.get("/notes/{id}", response_model=Note)
def show(id: int, db: Session = Depends(get_db)):
    return acme.get(db, id)
"""
SCHEMAS = """
from pydantic import BaseModel, ConfigDict


class Note(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str
"""
READ = [
    ("", ""),
    ("response_model=Note", "response_model=list[Note]"),
    (
        ", response_model=Note)\ndef show(id: int, db: Session = Depends(get_db)):",
        ")\ndef show(id: int, db: Session = Depends(get_db)) -> Note | None:",
    ),
    ("return acme.get(db, id)", "return acme.get(id, session=db)"),
    ("return acme.get(db, id)", "return find(db, id)"),
    (
        "return acme.get(db, id)",
        "note = acme.Notes(db).get(id)\n    if note is None:\n        return {}\n    return note",
    ),
]
NOT_READ = [
    (", response_model=Note", ""),
    ("response_model=Note", "response_model=dict[str, Any]"),
    ("response_model=Note", "status_code=204"),
    ("return acme.get(db, id)", "acme.get(db, id)\n    return {'title': 'x'}"),
    ("return acme.get(db, id)", "return acme.get(id)"),
    ("return acme.get(db, id)", "return Note(title=acme.get(db, id).title)"),
]


def changed(old: str, new: str) -> Migrated:
    assert old in MAIN
    texts = {"app/__init__.py": "", "app/schemas.py": SCHEMAS, "app/main.py": MAIN.replace(old, new)}
    return migrate(texts, ("app",))


@pytest.mark.parametrize(("old", "new"), READ)
def test_it_is_read_in_the_thread_as_before(old: str, new: str) -> None:
    done = changed(old, new)
    assert "async def show" not in done.texts["app/main.py"]
    assert "it may return objects of the sync database session" in done.reason("app.main:show").text


@pytest.mark.parametrize(("old", "new"), NOT_READ)
def test_what_no_model_reads_goes_to_a_thread(old: str, new: str) -> None:
    assert "async def show" in changed(old, new).texts["app/main.py"]


USED = """
@app.post("/sent/{id}")
def send(id: int, db: Session = Depends(get_db)):
    BODY


@app.get("/known")
def known(db: Session = Depends(get_db)):
    total: int = count(db)
    return {"total": total}


def count(db: Session) -> int:
    return acme.count(db)
"""


@pytest.mark.parametrize(
    ("body", "goes_whole"),
    [
        ("note, link = acme.get(db, id)\n    return {'to': note.owner.email}", True),
        ("note = find(db, id)\n    return {'to': note.owner.email}", True),
        ("return {'to': acme.Notes(db).get(id).owner.email}", True),
        ("acme.send(db, id)\n    return {'to': id}", False),
        ("return acme.get(db, id)", False),
        ("note = acme.get(id)\n    return {'to': note.title}", False),
    ],
)
def test_what_is_done_with_it_is_done_in_the_same_thread(body: str, goes_whole: bool) -> None:
    """`note.owner` may ask the database, and would do so on the loop."""
    texts = {
        "app/__init__.py": "",
        "app/schemas.py": SCHEMAS,
        "app/main.py": MAIN + USED.replace("BODY", body),
    }
    text = migrate(texts, ("app",)).texts["app/main.py"]
    assert ("run_in_threadpool(_send, id, db)" in text) is goes_whole, text
    assert "async def send(" in text
    assert "total: int = await run_in_threadpool(count, db)" in text
