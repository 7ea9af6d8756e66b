"""Rows that ask for themselves: what a method of the base gives is of the class that it is called on."""

from __future__ import annotations

from pathlib import Path

from db_programs import DATABASE, FILL, HEADER, MAIN, MODELS, answers, convert

BASE = """
class Base(DeclarativeBase):
    @classmethod
    def every(cls, db: Session):
        return db.query(cls)

    @classmethod
    def find(cls, db: Session, id: int):
        return db.query(cls).filter(cls.id == id).first()

    def save(self, db: Session):
        db.add(self)
        db.commit()
        return self
"""
ROUTES = """
from pydantic import BaseModel, ConfigDict


class Row(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int


class UserOut(Row):
    name: str


class NoteOut(Row):
    title: str
    owner: UserOut


class Pages:
    def cut(self, query, size: int):
        return query.limit(size).all(), query.count()


pages = Pages()


def current(db: Session = Depends(get_db)):
    return Note.every(db).filter(Note.id == 3).first()


@router.get("/notes/{id}")
def show(id: int, db: Session = Depends(get_db)):
    return Note.find(db, id).title


@router.get("/notes")
def notes(note: Note = Depends(current), db: Session = Depends(get_db)):
    found, total = pages.cut(Note.every(db).filter(Note.owner_id != note.owner_id), 5)
    return [NoteOut.model_validate(note) for note in found], total


@router.get("/users")
def users(note: Note = Depends(current), db: Session = Depends(get_db)):
    found, total = pages.cut(User.every(db), 1)
    return [UserOut.model_validate(each) for each in found], total, note.title


@router.get("/change")
def change(db: Session = Depends(get_db)):
    note = Note.find(db, 1)
    note.title = "new"
    saved = note.save(db)
    return saved.title, saved.owner.name
"""


MORE = "\n\n".join(
    f"""@router.get("/count/{n}")
def count_{n}(db: Session = Depends(get_db)):
    return Note.every(db).filter(Note.id > {n}).count()
"""
    for n in range(7)
)
"""They share the query, and do not read the owner."""


def test_each_class_gives_its_own_rows(tmp_path: Path) -> None:
    database = DATABASE.replace("\nclass Base(DeclarativeBase):\n    pass\n", BASE)
    files = {
        "app/__init__.py": "",
        "app/main.py": MAIN,
        "app/db.py": database.replace("DeclarativeBase, s", "DeclarativeBase, Session, s"),
        "app/models.py": MODELS,
        "app/api.py": HEADER + ROUTES + MORE,
    }
    done = convert(tmp_path, files)
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL, ["/notes/1", "/notes", "/users", "/change", "/notes/1"])
    assert before == after
    assert {status for _, status, _ in after} == {200}
