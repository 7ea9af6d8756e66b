"""What is sent as it is holds no more than it did: what is loaded for others, or at times, is not sent."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import FILL, MAIN, SCHEMAS, answers, app

HELPERS = """
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse

def find(db: Session):
    return db.query(Note).all()

def wrap(notes):
    return {"notes": notes}

def owner_of(note):
    return note.owner.name if note.title == "two" else ""
"""
OTHER = """
@router.get("/other")
def other(db: Session = Depends(get_db)):
    return [note.owner.name for note in find(db)]
"""
ROUTE = '\n@router.get("/x")\ndef x(flag: int = 0, db: Session = Depends(get_db)):\n    {}\n'
SENT = {
    "in a dictionary with a name": "answer = {'notes': find(db)}\n    return answer",
    "put into a dictionary": "answer = {}\n    answer['notes'] = find(db)\n    return answer",
    "by dict()": "return dict(notes=find(db))",
    "by a helper": "return wrap(find(db))",
    "encoded": "return JSONResponse(jsonable_encoder(find(db)))",
    "encoded inside": "return JSONResponse(content={'notes': jsonable_encoder(find(db))})",
    "encoded before": "data = jsonable_encoder(find(db))\n    return JSONResponse(content=data)",
    "each by itself": "return [{'note': note} for note in find(db)]",
    "by key": "return {note.id: note for note in find(db)}",
    "in a list that grows": "out = []\n    for note in find(db):\n        out.append({'note': note})\n    return out",
    "or nothing": "notes = find(db)\n    return notes if notes else []",
    "as attributes": "return [{k: v for k, v in vars(n).items() if k[0] != '_'} for n in find(db)]",
    "as __dict__": "return [{k: v for k, v in n.__dict__.items() if k[0] != '_'} for n in find(db)]",
}
AT_TIMES = {
    "in a branch": "note = db.get(Note, 1)\n    if flag:\n        print(note.owner.name)\n    return note",
    "in the other": "note = db.get(Note, 1)\n    if not flag:\n        return note\n    return note.owner.name",
    "by choice": "note = db.get(Note, 1)\n    return {'note': note, 'by': note.owner.name if flag else None}",
    "by and": "note = db.get(Note, 1)\n    by = flag and note.owner.name\n    return {'note': note, 'by': by}",
    "of some in a loop": "notes = find(db)\n    for note in notes:\n        if note.title == 'one':\n"
    "            print(note.owner.name)\n    return notes",
    "of some": "notes = find(db)\n    some = [note.owner.name for note in notes if note.title == 'one']\n"
    "    return {'notes': notes, 'some': some}",
    "by a helper": "note = db.get(Note, 1)\n    by = owner_of(note)\n    return {'note': note, 'by': by}",
    "of another of that name": "note = db.query(Note).filter(Note.id == 2).one()\n    print(note.owner.name)\n"
    "    note = db.get(Note, 1)\n    return note",
    "always": "notes = find(db)\n    return {'notes': notes, 'by': [note.owner.name for note in notes]}",
    "always in a loop": "notes = find(db)\n    for note in notes:\n        print(note.owner.name)\n    return notes",
}


@pytest.mark.parametrize("how", SENT)
def test_what_another_reads_is_loaded_for_that_one(tmp_path: Path, how: str) -> None:
    check(tmp_path, OTHER + ROUTE.format(SENT[how]))


@pytest.mark.parametrize("how", AT_TIMES)
def test_what_is_read_at_times_is_loaded_then(tmp_path: Path, how: str) -> None:
    check(tmp_path, ROUTE.format(AT_TIMES[how]))


def check(folder: Path, handlers: str) -> None:
    done = app(folder, HELPERS + handlers, main=MAIN)
    assert done.obstacles == []
    before, after = answers(folder, done, FILL, ["/x", "/x?flag=1"])
    assert [status for _, status, _ in before] == [200, 200]
    assert [sorted(text) for _, _, text in before] == [sorted(text) for _, _, text in after]


def test_what_is_read_of_all_is_loaded_by_the_query(tmp_path: Path) -> None:
    done = app(tmp_path, HELPERS + ROUTE.format(AT_TIMES["always"]), main=MAIN)
    assert "selectinload(Note.owner)" in done.texts["app/api.py"]
    assert "run_sync" not in done.texts["app/api.py"]


ME = """
def current_user(db: Session = Depends(get_db)) -> User:
    user = db.query(User).filter(User.id == 1).first()
    if user is None:
        raise HTTPException(401)
    return user

@router.get("/mine")
def mine(me: User = Depends(current_user)):
    return [note.title for note in me.notes]

@router.get("/ours")
def ours(db: Session = Depends(get_db), me: User = Depends(current_user)):
    return len(me.notes) + db.query(Note).count()
"""
EVERYBODY = {
    "a query of its own": "db.query(User).all()",
    "one by its key": "{'user': db.get(User, 1)}",
    "the user itself": "me",
}


@pytest.mark.parametrize("how", EVERYBODY)
def test_the_user_of_a_dependency_is_one_of_all_users(tmp_path: Path, how: str) -> None:
    """`notes` had stood in `GET /users`, with the one user who asks, as other routes read them."""
    route = '\n@router.get("/users")\ndef users(db: Session = Depends(get_db), me: User = Depends(current_user)):\n'
    done = app(tmp_path, f"{ME}{route}    return {EVERYBODY[how]}\n", main=MAIN)
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL, ["/users", "/mine", "/ours"])
    assert [(status, sorted(text)) for _, status, text in before] == [
        (status, sorted(text)) for _, status, text in after
    ]


OTHERS = {
    "with a response model": '@router.get("/users", response_model=list[UserOut])\n'
    "def users(db: Session = Depends(get_db), me: User = Depends(current_user)):\n    return db.query(User).all()\n",
    "without that dependency": '@router.get("/users")\ndef users(db: Session = Depends(get_db)):\n    return db.query(User).all()\n',
    "of other classes": '@router.get("/users")\ndef users(db: Session = Depends(get_db), me: User = Depends(current_user)):\n'
    "    return db.query(Note).all()\n",
    "as text": '@router.get("/users")\ndef users(db: Session = Depends(get_db), me: User = Depends(current_user)):\n'
    "    return [user.name for user in db.query(User).all()]\n",
}


@pytest.mark.parametrize("how", OTHERS)
def test_what_nobody_else_sends_is_loaded_with_the_user(tmp_path: Path, how: str) -> None:
    done = app(tmp_path, f"from app.schemas import UserOut\n{ME}\n{OTHERS[how]}", schemas=SCHEMAS, main=MAIN)
    text = done.texts["app/api.py"]
    assert done.obstacles == []
    assert "select(User).options(selectinload(User.notes)).filter(User.id == 1)" in text
    assert "refresh" not in text
    assert "awaitable_attrs" not in text


CRUD = """
from typing import Generic, Type, TypeVar

from fastapi.encoders import jsonable_encoder

from app.db import Base
from app.schemas import UserOut

T = TypeVar("T", bound=Base)


class Crud(Generic[T]):
    def __init__(self, model: Type[T]):
        self.model = model

    def get(self, db: Session, id: int) -> T:
        return db.query(self.model).filter(self.model.id == id).first()

    def update(self, db: Session, row: T, changes: dict) -> T:
        data = ENCODED
        for field in data:
            if field in changes:
                setattr(row, field, changes[field])
        MORE
        db.commit()
        db.refresh(row)
        return row


users, notes = Crud(User), Crud(Note)


@router.get("/users/{id}", response_model=UserOut)
def read(id: int, db: Session = Depends(get_db)):
    return users.get(db, id)


@router.get("/notes/{id}")
def title(id: int, db: Session = Depends(get_db)):
    return notes.get(db, id).title


@router.get("/rename", response_model=UserOut)
def rename(db: Session = Depends(get_db)):
    return users.update(db, users.get(db, 1), {"name": "eve", "notes": 1})
"""


def test_what_is_encoded_for_its_keys_leaves_out_what_is_loaded_from_now_on(tmp_path: Path) -> None:
    """The repositories of a much copied template had kept each such database sync."""
    handlers = CRUD.replace("ENCODED", "jsonable_encoder(row)").replace("        MORE\n", "")
    done = app(tmp_path, handlers, schemas=SCHEMAS, main=MAIN)
    assert done.obstacles == []
    assert 'data = jsonable_encoder(row, exclude={"notes"})' in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, FILL, ["/users/1", "/notes/1", "/rename", "/users/1"])
    assert before == after
    assert {status for _, status, _ in before} == {200}


@pytest.mark.parametrize(
    ("encoded", "more"),
    [
        ("vars(row)", ""),
        ("jsonable_encoder([row])[0]", ""),
        ("jsonable_encoder(row, exclude_none=True)", ""),
        ("jsonable_encoder(row)", "print(data)"),
        ("jsonable_encoder(row)", "data['notes'] = 1"),
    ],
)
def test_what_is_encoded_for_more_keeps_it_sync(tmp_path: Path, encoded: str, more: str) -> None:
    handlers = CRUD.replace("ENCODED", encoded).replace("MORE", more)
    done = app(tmp_path, handlers, schemas=SCHEMAS, main=MAIN)
    assert any("notes would be sent as well" in text for text in done.obstacles), done.obstacles
