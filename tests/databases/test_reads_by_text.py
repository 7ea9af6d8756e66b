"""Relationships that are read by a name in a text, or by a key function that has no name."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, FILL, HEADER, MAIN, answers, app, convert, squeezed

HANDLER = """
import json
from heapq import nlargest
from itertools import groupby
from operator import attrgetter

from pydantic import BaseModel, TypeAdapter, parse_obj_as

FIELDS: list[str] = ["title", "owner"]


class Named(BaseModel):
    name: str | None = None


class Whole(Named):
    notes: list[str] = []


class Row(BaseModel):
    model_config = {"from_attributes": True}
    id: int
    notes: list[object]


ROWS = TypeAdapter(list[Row])
IDS = TypeAdapter(list[Named])
LINE = "{note.title} of {note.owner.name}"


@router.get("/x")
def handler(q: str = "name", db: Session = Depends(get_db)):
"""


def handler(body: str) -> str:
    return HANDLER + "".join(f"    {line}\n" for line in body.split("\n"))


ENCODER = """
class Shown(json.JSONEncoder):
    def default(self, each):
        return {name: str(getattr(each, name)) for name in dir(each)}
""".strip()
OWNER, NOTES = "selectinload(Note.owner)", "selectinload(User.notes)"


@pytest.mark.parametrize(
    ("body", "loads"),
    [
        ("note = db.get(Note, 1)\nreturn getattr(note, 'owner').name", OWNER),
        ("return hasattr(db.get(Note, 1), 'owner')", OWNER),
        ("return [getattr(n, 'owner', None) is None for n in db.query(Note).all()]", OWNER),
        ("user = db.get(User, 1)\nreturn [str(getattr(user, f)) for f in ('name', 'notes')]", NOTES),
        ("note = db.get(Note, 1)\nfor name in FIELDS:\n    print(getattr(note, name))\nreturn 1", OWNER),
        (
            "user = db.get(User, 1)\nfor name, new in Whole(name='x').model_dump().items():\n    if getattr(user, name) != new: return name\nreturn ''",
            NOTES,
        ),
        ("return '{0.owner.name}: {0.title}'.format(db.get(Note, 1))", OWNER),
        ("return LINE.format(note=db.get(Note, 1))", OWNER),
        ("note = db.get(Note, 1)\nreturn '{1.owner} {0}'.format(1, note)", OWNER),
        ("return len(TypeAdapter(list[Row]).validate_python(db.query(User).all()))", NOTES),
        (
            "users = db.query(User).all()\nreturn len(ROWS.validate_python(users, from_attributes=True))",
            NOTES,
        ),
        ("return len(parse_obj_as(list[Row], db.query(User).all()))", NOTES),
        ("return len(nlargest(1, db.query(User).all(), lambda u: len(u.notes)))", NOTES),
        ("return [k for k, _ in groupby(db.query(User).all(), lambda u: len(u.notes))]", NOTES),
        (
            "return max(db.query(User).all(), key=lambda u: sum(len(n.owner.name) for n in u.notes)).name",
            NOTES,
        ),
        ("note = db.get(Note, 1)\nreturn getattr(note, 'title')", ""),
        ("return getattr(User, 'notes') is None", ""),
        (
            "user = db.get(User, 1)\nreturn {c.name: getattr(user, c.name) for c in User.__table__.columns}",
            "",
        ),
        ("user = db.get(User, 1)\nreturn {k: getattr(user, k) for k in User.__table__.columns.keys()}", ""),
        ("user = db.get(User, 1)\nreturn {k: getattr(user, k) for k in list(vars(user))}", ""),
        (
            "user, new = db.get(User, 1), Named(name='x')\nchanged = new.model_dump(exclude_unset=True)\nreturn [k for k, v in changed.items() if getattr(user, k) != v]",
            "",
        ),
        ("return getattr(User, q) is None", ""),
        ("return '{0.title} {owner}'.format(db.get(Note, 1), owner=q)", ""),
        ("note = db.get(Note, 1)\nreturn '{} {}'.format(note.title, note.owner_id)", ""),
        ("return q.format(note=db.get(Note, 1).title)", ""),
        ("return len(IDS.validate_python(db.query(User).all()))", ""),
        ("user = db.get(User, 1)\nreturn user.__getattribute__('name')", ""),
        (f"{ENCODER}\nreturn json.dumps([db.get(User, 1).name], cls=Shown)", ""),
        ("note = db.get(Note, 1)\nsetattr(note, 'title', 'x')\nreturn 1", ""),
        ("return [t for t in map(attrgetter('title'), db.query(Note).all())]", ""),
        ("return len(sorted(db.query(Note).all(), key=attrgetter('owner.name', 'title')))", OWNER),
        ("return list(map(attrgetter('owner.name'), db.query(Note).all()))", OWNER),
        ("return len(nlargest(1, db.query(User).all(), lambda u: u.name))", ""),
    ],
)
def test_what_is_read_is_loaded(tmp_path: Path, body: str, loads: str) -> None:
    done = app(tmp_path, handler(body))
    assert done.obstacles == []
    text = squeezed(done.texts["app/api.py"])
    assert loads in text
    assert ("selectinload(" in text) is bool(loads)


@pytest.mark.parametrize("name", ["owner", "owner.name"])
def test_what_an_attrgetter_with_a_name_would_load_is_refused(tmp_path: Path, name: str) -> None:
    body = f"by = attrgetter('{name}')\nreturn len(sorted(db.query(Note).all(), key=by))"
    done = app(tmp_path, handler(body))
    assert any("may read a relationship" in text for text in done.obstacles), done.obstacles
    assert "AsyncSession" not in "".join(done.texts.values())


@pytest.mark.parametrize(
    "body",
    [
        "user = db.get(User, 1)\nreturn str(getattr(user, q))",
        "user = db.get(User, 1)\nreturn [str(getattr(user, each)) for each in q.split(',')]",
        "user = db.get(User, 1)\nreturn str(user.__getattribute__(q))",
        "from functools import reduce\nreturn str(reduce(getattr, q.split('.'), db.get(User, 1)))",
        "user = db.get(User, 1)\nreturn [str(each) for each in map(lambda n: getattr(user, n), q.split())]",
        "from inspect import getmembers\nreturn str(getmembers(db.get(User, 1)))",
        "return q.format(user=db.get(User, 1))",
        "user = db.get(User, 1)\nreturn str(object.__getattribute__(user, q))",
        f"{ENCODER}\nreturn json.dumps([db.get(User, 1)], cls=Shown)",
        f"{ENCODER}\nreturn Shown().encode({{'user': db.get(User, 1)}})",
        "def shown(each):\n    return str(getattr(each, q))\nreturn json.dumps(db.get(User, 1), default=shown)",
        "user = db.get(User, 1)\nfields = ['name'] if q else q.split()\nreturn [hasattr(user, f) for f in fields]",
    ],
)
def test_a_name_that_may_be_any_is_refused(tmp_path: Path, body: str) -> None:
    """The relationship would be loaded where nothing can wait for it, and the request fail."""
    done = app(tmp_path, handler(body))
    assert any("may read notes, which loads when it is read" in text for text in done.obstacles)


MIXED = """
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship
from app.db import Base


class Shown:
    def to_dict(self, include: tuple = ()) -> dict:
        data = {column.name: getattr(self, column.name) for column in self.__table__.columns}
        for name in include:
            found = getattr(self, name)
            data[name] = [each.id for each in found] if isinstance(found, list) else found and found.id
        return data


class Owned:
    @declared_attr
    def owner_id(cls):
        return mapped_column(ForeignKey("users.id"))

    @declared_attr
    def owner(cls):
        return relationship("User")

    @property
    def owner_name(self) -> str:
        return self.owner.name


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Note(Owned, Base, Shown):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
"""
READING = """
@router.get("/made")
def made(db: Session = Depends(get_db)):
    note = Note(title="new", owner_id=2)
    db.add(note)
    db.commit()
    return [note.to_dict(include=("owner",)), note.owner.name]


@router.get("/all")
def every(db: Session = Depends(get_db)):
    return [note.to_dict() for note in db.query(Note).all()]


@router.get("/names")
def names(db: Session = Depends(get_db)):
    return [(note.owner.name, note.owner_name) for note in db.query(Note).all()]
"""


def test_what_a_mixin_has_and_what_it_may_read_by_any_name(tmp_path: Path) -> None:
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MIXED, "app/main.py": MAIN}
    done = convert(tmp_path, {**files, "app/api.py": HEADER + READING})
    assert done.obstacles == []
    text = done.texts["app/api.py"]
    assert "await db.run_sync(lambda _: note.to_dict(include=('owner',)))" in text.replace('"', "'")
    assert OWNER in text
    before, after = answers(tmp_path, done, FILL, ["/made", "/all", "/names"])
    assert before == after
    assert {status for _, status, _ in before} == {200}


VALIDATED = """
from pydantic import BaseModel, ConfigDict, model_validator


class NoteOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str
    owner_name: str
    beside: list[str] = []

    @model_validator(mode="before")
    @classmethod
    def flatten(cls, note):
        if isinstance(note, dict):
            return note
        beside = [each.title for each in note.owner.notes]
        return {"title": note.title, "owner_name": note.owner.name, "beside": beside}

    @model_validator(mode="after")
    def check(self):
        return self


@router.get("/x", response_model=list[NoteOut])
def handler(db: Session = Depends(get_db)):
    return db.query(Note).order_by(Note.id).all()
"""


def test_what_a_validator_reads_of_the_object_that_it_is_given(tmp_path: Path) -> None:
    done = app(tmp_path, VALIDATED, main=MAIN)
    assert done.obstacles == []
    assert f"{OWNER}.{NOTES}" in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before == after
    assert before[0][1] == 200


def test_a_name_that_may_be_any_of_a_class_without_relationships(tmp_path: Path) -> None:
    body = "word = db.get(Word, 1)\nreturn str(getattr(word, q))"
    word = "from app.db import Base\nfrom sqlalchemy import Column, Integer\n\nclass Word(Base):\n    __tablename__ = 'words'\n    id = Column(Integer, primary_key=True)\n"
    done = app(tmp_path, word + handler(body))
    assert done.obstacles == []


@pytest.mark.parametrize("asks", ["hasattr(user, q)", "getattr(user, q) != 'x'"])
def test_a_name_that_is_set_to_a_value_is_that_of_a_column(tmp_path: Path, asks: str) -> None:
    body = f"user = db.get(User, 1)\nif {asks}:\n    setattr(user, q, 'x')\nreturn user.name"
    done = app(tmp_path, handler(body))
    assert done.obstacles == []
    assert any("is taken to be about columns" in note for note in done.notes)


SET = """
from pydantic import BaseModel


class Named(BaseModel):
    name: str = "new"


class Whole(Named):
    notes: list[str] = []


class Owned(BaseModel):
    owner: None = None


@router.get("/set/{id}")
def change(id: int, db: Session = Depends(get_db)):
    user = db.get(User, id)
    note = db.query(Note).first()
    BODY
    db.commit()
    return user.name
"""
FIELDS = "for name, value in Whole().model_dump().items():\n        setattr(user, name, value)"


@pytest.mark.parametrize(
    "body",
    [
        FIELDS,
        "changes = Whole().model_dump()\n    for name in changes:\n        setattr(user, name, changes[name])",
    ],
)
def test_a_list_that_is_replaced_by_a_name_is_there_to_be_compared(tmp_path: Path, body: str) -> None:
    """Setting it loads the list that there was, where nothing can wait for it."""
    done = app(tmp_path, SET.replace("BODY", body), main=MAIN)
    assert done.obstacles == []
    assert NOTES in squeezed(done.texts["app/api.py"])
    before, after = answers(tmp_path, done, FILL, ["/set/1"])
    assert before == after == [["http://testserver/set/1", 200, '"new"']]


@pytest.mark.parametrize(
    "body",
    [
        FIELDS.replace("Whole", "Named"),
        FIELDS.replace("Whole", "Owned").replace("user", "note"),
        "setattr(user, 'name', 'new')",
        "for name, value in {'name': 'new'}.items():\n        setattr(user, name, value)",
        "for name, value in dict(db.info).items():\n        setattr(user, name, value)",
        FIELDS.replace("setattr(user, name", "setattr(Named(), 'name'"),
    ],
)
def test_columns_and_single_objects_that_are_set_by_a_name_load_nothing(tmp_path: Path, body: str) -> None:
    done = app(tmp_path, SET.replace("BODY", body), main=MAIN)
    assert done.obstacles == []
    assert "selectinload" not in done.texts["app/api.py"]
    assert "run_sync" not in done.texts["app/api.py"]
