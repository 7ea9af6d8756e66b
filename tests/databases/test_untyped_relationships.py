"""`relationship("Note")` says no type: what is read behind it is loaded all the same."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, FILL, HEADER, MAIN, Outcome, answers, convert, squeezed
from db_programs import MODELS as TYPED

MODELS = """
from sqlalchemy import Column, ForeignKey, Integer, String, Table
from sqlalchemy.orm import backref, relationship

from app.db import Base

marks = Table("marks", Base.metadata, Column("note_id", ForeignKey("notes.id")), Column("label_id", ForeignKey("labels.id")))


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    notes = relationship("Note", back_populates="owner")
    profile = relationship("Profile", uselist=False)


class Profile(Base):
    __tablename__ = "profiles"
    id = Column(Integer, ForeignKey("users.id"), primary_key=True)
    badges = relationship("Badge", backref="profile")


class Badge(Base):
    __tablename__ = "badges"
    id = Column(Integer, primary_key=True)
    profile_id = Column(Integer, ForeignKey(Profile.id))


class Note(Base):
    __tablename__ = "notes"
    id = Column(Integer, primary_key=True)
    title = Column(String)
    owner_id = Column(Integer, ForeignKey("users.id"))
    above_id = Column(Integer, ForeignKey("notes.id"))
    owner = relationship("User", back_populates="notes")
    labels = relationship("Label", secondary=marks, backref=backref("notes", lazy="select"))
    below = relationship("Note", backref=backref("above", remote_side=[id]))


class Label(Base):
    __tablename__ = "labels"
    id = Column(Integer, primary_key=True)
    word = Column(String)
"""
SCHEMAS = "from pydantic import BaseModel\n\n\nclass Label(BaseModel):\n    word: str\n"
ROUTE = "from app.models import Badge, Label, Profile\n\n@router.get('/x')\ndef handler(id: int = 1, db: Session = Depends(get_db)):\n"


def program(folder: Path, body: str, models: str = MODELS) -> Outcome:
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/models.py": models,
        "app/schemas.py": SCHEMAS,
        "app/api.py": HEADER + ROUTE + "".join(f"    {line}\n" for line in body.split("\n")),
    }
    return convert(folder, files)


LABELS = "selectinload(User.notes).selectinload(Note.labels)"


@pytest.mark.parametrize(
    ("body", "loads"),
    [
        ("user = db.query(User).one()\nfor note in user.notes:\n    for label in note.labels:\n        print(label.word)", LABELS),
        ("user = db.query(User).one()\nreturn [label.word for note in user.notes for label in note.labels]", LABELS),
        ("return [[label.word for label in note.labels] for user in db.query(User) for note in user.notes]", LABELS),
        ("user = db.query(User).one()\nreturn len(user.profile.badges)", "selectinload(User.profile).selectinload(Profile.badges)"),
        ("note = db.query(Note).one()\nreturn note.owner.profile.id", "selectinload(Note.owner).selectinload(User.profile)"),
        ("label = db.query(Label).one()\nreturn [note.owner.name for note in label.notes]", "selectinload(Label.notes).selectinload(Note.owner)"),
        ("badge = db.query(Badge).one()\nfor other in badge.profile.badges:\n    print(other.id)", "selectinload(Badge.profile).selectinload(Profile.badges)"),
        ("note = db.query(Note).one()\nfor each in note.below:\n    print(each.owner.name)", "selectinload(Note.below).selectinload(Note.owner)"),
        ("note = db.query(Note).one()\nreturn note.above.owner_id", "selectinload(Note.above)"),
    ],
)  # fmt: skip
def test_what_is_read_behind_a_relationship_is_loaded_with_it(tmp_path: Path, body: str, loads: str) -> None:
    done = program(tmp_path, body)
    assert done.obstacles == []
    assert squeezed(f".options({loads})") in squeezed(done.texts["app/api.py"])


def test_a_backref_leads_back_from_the_class_that_its_type_names(tmp_path: Path) -> None:
    """`labels: Mapped[list["Label"]] = relationship(backref="notes")` names none itself."""
    typed = MODELS.replace('labels = relationship("Label", ', 'labels: Mapped[list["Label"]] = relationship(')
    typed = typed.replace("import backref,", "import Mapped, backref,")
    body = "label = db.query(Label).one()\nfor note in list(label.notes):\n    note.labels.remove(label)\ndb.commit()"
    done = program(tmp_path, body, typed)
    assert done.obstacles == []
    assert ".options(selectinload(Label.notes).selectinload(Note.labels))" in squeezed(
        done.texts["app/api.py"]
    )


@pytest.mark.parametrize(
    "body",
    [
        "user = db.query(User).one()\nfirst = user.notes[0]\nreturn [label.word for label in first.labels]",
        "user = db.query(User).one()\nfor note in user.notes:\n    db.commit()\n    print([label.word for label in note.labels])",
    ],
)
def test_one_of_them_is_loaded_where_it_is_read(tmp_path: Path, body: str) -> None:
    done = program(tmp_path, body)
    assert done.obstacles == []
    text = done.texts["app/api.py"]
    assert "['labels']" in text.replace('"', "'") or ".labels))" in text


def test_columns_behind_a_relationship_need_nothing(tmp_path: Path) -> None:
    body = "user = db.query(User).options(selectinload(User.notes)).one()\nreturn [note.title for note in user.notes]"
    done = program(tmp_path, f"from sqlalchemy.orm import selectinload\n{body}")
    assert done.obstacles == []
    assert done.texts["app/api.py"].count("selectinload(") == 1


@pytest.mark.parametrize(
    "behind",
    [
        "User.notes = relationship('Note', back_populates='owner')\nNote.owner = relationship(User, back_populates='notes')",
        "User.notes = relationship('Note', backref='owner')",
    ],
)
def test_relationships_that_are_put_on_a_class_behind_it(tmp_path: Path, behind: str) -> None:
    """Nobody says them in the class; a query loads them all the same."""
    said = ('notes: Mapped[list["Note"]]', "owner: Mapped[User]")
    models = "\n".join(line for line in TYPED.split("\n") if not line.strip().startswith(said))
    routes = """
@router.get("/users/{id}")
def titles(id: int, db: Session = Depends(get_db)):
    return [note.title for note in db.query(User).filter(User.id == id).one().notes]


@router.get("/notes/{id}")
def owner(id: int, db: Session = Depends(get_db)):
    return db.query(Note).filter(Note.id == id).one().owner.name
"""
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/main.py": MAIN, "app/api.py": HEADER + routes}
    done = convert(tmp_path, {**files, "app/models.py": f"{models}\n\n{behind}\n"})
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL, ["/users/1", "/notes/3"])
    assert [text for _, _, text in before] == ['["one","two"]', '"bob"']
    assert before == after
