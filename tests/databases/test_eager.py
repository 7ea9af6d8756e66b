"""One query for many classes: what it gives loads its relationships itself, or the database stays sync."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, FILL, HEADER, MAIN, MODELS, Outcome, answers, convert

BASE = """
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Base(Generic[T]):
    def __init__(self, model: type[T]):
        self.model = model

    def get(self, db: Session, id: int) -> T | None:
        return db.query(self.model).filter(self.model.id == id).first()

    def by_key(self, db: Session, id: int) -> T | None:
        return db.get(self.model, id)

    def list(self, db: Session) -> list[T]:
        return db.query(self.model).all()

    def plain(self, db: Session) -> list[T]:
        return db.query(self.model).options(lazyload("*")).all()

    def create(self, db: Session, values: dict[str, Any]) -> T:
        made = self.model(**values)
        db.add(made)
        db.commit()
        db.refresh(made)
        return made

    def change(self, db: Session, found: T, title: str) -> T:
        setattr(found, "title", title)
        db.commit()
        db.refresh(found)
        return found


users = Base(User)
notes = Base(Note)
"""
SCHEMAS = """
from pydantic import BaseModel, ConfigDict


class Named(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str


class NoteOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str
    owner: Named


class Titled(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str


class UserOut(Named):
    notes: list[Titled]
"""
OWNER = '    owner: Mapped[User] = relationship(back_populates="notes", lazy="selectin")\n'
USES = """

@router.get("/other")
def other(db: Session = Depends(get_db)):
    user = users.change(db, users.create(db, {}), "x")
    note = notes.create(db, {})
    print(users.get(db, 1), users.by_key(db, 2), users.list(db), users.plain(db))
    return user.name, note.title
"""


def project(folder: Path, body: str, model: str = "NoteOut", models: str = MODELS, more: str = "") -> Outcome:
    lines = "\n".join(f"    {line}" for line in body.split("\n"))
    handler = f"\n\n@router.get('/x', response_model={model})\ndef handler(id: int, db: Session = Depends(get_db)):\n{lines}\n"
    head = HEADER.replace("import Session\n", "import Session, lazyload\n")
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": models}
    return convert(folder, {**files, "app/api.py": head + BASE + SCHEMAS + handler + USES + more})


@pytest.mark.parametrize(
    ("body", "model"),
    [
        ("return notes.list(db)", "list[NoteOut]"),
        ("return notes.get(db, id)", "NoteOut"),
        ("return notes.create(db, {'title': 'x'})", "NoteOut"),
        ("return notes.change(db, notes.get(db, id), 'x')", "NoteOut"),
        ("return [note for note in notes.list(db)]", "list[NoteOut]"),
    ],
)
def test_what_one_method_asks_for_loads_by_itself(tmp_path: Path, body: str, model: str) -> None:
    done = project(tmp_path, body, model)
    assert done.obstacles == []
    assert OWNER in done.texts["app/models.py"]
    assert (
        'notes: Mapped[list["Note"]] = relationship(back_populates="owner")\n' in done.texts["app/models.py"]
    )
    assert "selectinload" not in done.texts["app/api.py"]
    assert '["owner"]' not in done.texts["app/api.py"]
    assert any("every query for Note loads its owner as well" in note for note in done.notes)


def test_what_loads_by_itself_is_not_loaded_above_as_well(tmp_path: Path) -> None:
    more = "\n@router.get('/again')\ndef again(db: Session = Depends(get_db)):\n    note = notes.get(db, 1)\n    return note.owner.name, db.query(Note).first().owner.name\n"
    done = project(tmp_path, "return notes.list(db)", "list[NoteOut]", more=more)
    assert OWNER in done.texts["app/models.py"]
    assert "selectinload" not in done.texts["app/api.py"]
    assert '["owner"]' not in done.texts["app/api.py"]


@pytest.mark.parametrize(
    "body",
    [
        "note = notes.get(db, id)\nreturn note",
        "return db.query(Note).first()",
        "note = notes.create(db, {})\nreturn note",
    ],
)
def test_what_can_be_loaded_where_it_is_read_leaves_the_model_alone(tmp_path: Path, body: str) -> None:
    done = project(tmp_path, body)
    assert done.obstacles == []
    assert "app/models.py" not in done.texts


def test_a_method_for_many_classes_does_not_refresh_what_one_of_them_has(tmp_path: Path) -> None:
    """`refresh(found, ["owner"])` raises for a User."""
    text = project(tmp_path, "return notes.change(db, notes.get(db, id), 'x')").texts["app/api.py"]
    assert "        await db.refresh(found)\n        return found\n" in text


LAYERS = """

class Repository(Generic[T]):
    def __init__(self, model: type[T], db: Session):
        self.model = model
        self.db = db

    def find(self, id: int) -> T | None:
        return self.db.query(self.model).filter(self.model.id == id).first()


class Users(Repository[User]):
    def __init__(self, db: Session):
        super().__init__(User, db)

    def find(self, id: int) -> User | None:
        return self.db.query(User).filter(User.id == id).one_or_none()


class Notes(Repository[Note]):
    def __init__(self, db: Session):
        super().__init__(Note, db)

    def find(self, id: int) -> Note | None:
        return self.db.query(Note).filter(Note.id == id).one_or_none()


class Service(Generic[T]):
    def __init__(self, repository: Repository):
        self.repository = repository

    def find(self, id: int) -> T | None:
        return self.repository.find(id)


class NoteService(Service[Note]):
    pass


class UserService(Service[User]):
    pass
"""


def test_each_of_the_methods_that_may_be_called_loads_what_is_read(tmp_path: Path) -> None:
    """A service calls whatever repository it was given; those for other classes give nothing of this one."""
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MODELS, "app/main.py": MAIN}
    routes = """

@router.get("/notes/{id}", response_model=NoteOut)
def note(id: int, db: Session = Depends(get_db)):
    found = NoteService(Notes(db)).find(id)
    if found is None:
        raise HTTPException(404)
    return found


@router.get("/users/{id}")
def user(id: int, db: Session = Depends(get_db)):
    found = UserService(Users(db)).find(id)
    return found.name if found else None
"""
    head = BASE[: BASE.index("class Base")]
    done = convert(tmp_path, {**files, "app/api.py": HEADER + head + LAYERS + SCHEMAS + routes})
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL, ["/notes/1", "/notes/99", "/users/1"])
    assert [status for _, status, _ in before] == [200, 404, 200]
    assert before == after


BACKREF = MODELS.replace('back_populates="notes"', 'backref="notes"').replace(
    '    notes: Mapped[list["Note"]] = relationship(back_populates="owner")\n', ""
)


@pytest.mark.parametrize(
    ("body", "model", "models"),
    [
        ("return notes.plain(db)", "list[NoteOut]", MODELS),
        ("print(notes.get(db, id))\nreturn notes.by_key(db, id)", "NoteOut", MODELS),
        ("return notes.list(db)", "list[NoteOut]", MODELS.replace('"notes")', '"notes", lazy="select")')),
        ("return users.list(db)", "list[UserOut]", MODELS.replace('"notes")', '"notes", lazy="joined")')),
        ("return users.list(db)", "list[UserOut]", BACKREF),
    ],
    ids=["options", "held already", "said otherwise", "in a circle", "backref"],
)
def test_what_cannot_load_by_itself_is_read_where_it_is_sent(
    tmp_path: Path, body: str, model: str, models: str
) -> None:
    done = project(tmp_path, body, model, models)
    assert done.obstacles == []
    assert "app/models.py" not in done.texts
    assert "await db.run_sync(lambda _: " in done.texts["app/api.py"]


SQLMODELS = """
from sqlalchemy.orm import relationship
from sqlmodel import Field, Relationship, SQLModel


class User(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str
    notes: list["Note"] = Relationship(back_populates="owner")


class Note(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    title: str
    owner_id: int = Field(foreign_key="user.id")
    owner: User = Relationship(back_populates="notes")
"""


@pytest.mark.parametrize(
    ("written", "becomes"),
    [
        (
            'Relationship(back_populates="notes")',
            'Relationship(back_populates="notes", sa_relationship_kwargs={"lazy": "selectin"})',
        ),
        (
            'Relationship(sa_relationship_kwargs={"uselist": False})',
            'Relationship(sa_relationship_kwargs={"lazy": "selectin", "uselist": False})',
        ),
    ],
)
def test_sqlmodel_hands_the_argument_on(tmp_path: Path, written: str, becomes: str) -> None:
    models = SQLMODELS.replace('Relationship(back_populates="notes")', written)
    done = project(tmp_path, "return notes.list(db)", "list[NoteOut]", models)
    assert done.obstacles == []
    assert becomes in done.added("app/models.py")


@pytest.mark.parametrize(
    "written",
    [
        'Relationship(sa_relationship_kwargs={"lazy": "select"})',
        "Relationship(sa_relationship_kwargs={**{}})",
        'Relationship(sa_relationship=relationship("User", back_populates="notes"))',
    ],
)
def test_sqlmodel_takes_no_second_word_about_it(tmp_path: Path, written: str) -> None:
    models = SQLMODELS.replace('Relationship(back_populates="notes")', written)
    done = project(tmp_path, "return notes.list(db)", "list[NoteOut]", models)
    assert "app/models.py" not in done.texts
    assert "    await db.run_sync(lambda _: [each.owner for each in items])\n" in done.texts["app/api.py"]


@pytest.mark.parametrize(
    ("written", "becomes"),
    [
        ('relationship("User")', 'relationship("User", lazy="selectin")'),
        ("relationship()", 'relationship(lazy="selectin")'),
        (
            'relationship(\n        back_populates="notes", innerjoin=True\n    )',
            'relationship(\n        back_populates="notes", innerjoin=True, lazy="selectin"\n    )',
        ),
        (
            'relationship(\n        back_populates="notes",\n    )',
            'relationship(\n        back_populates="notes",\n        lazy="selectin",\n    )',
        ),
    ],
)
def test_the_argument_stands_where_a_person_would_put_it(tmp_path: Path, written: str, becomes: str) -> None:
    models = MODELS.replace('relationship(back_populates="notes")', written)
    assert (
        becomes in project(tmp_path, "return notes.list(db)", "list[NoteOut]", models).texts["app/models.py"]
    )


@pytest.mark.parametrize(
    "change",
    [
        "db.add(User(name='x'))",
        "db.add(json.loads('x'))",
        "db.delete(db.get(User, 2))",
        "db.get(Note, 1).owner_id = 2",
        "setattr(db.get(Note, 1), 'owner_id', 2)",
        "db.query(Note).update({'owner_id': 2})",
        "db.execute(sqlalchemy.update(Note).values(owner_id=2))",
        "db.execute(sqlalchemy.text('delete from notes'))",
        "db.execute(Note.__table__.delete())",
        "db.connection().exec_driver_sql('delete from notes')",
    ],
)
def test_what_the_same_request_changes_is_not_loaded_before(tmp_path: Path, change: str) -> None:
    done = project(
        tmp_path, f"print(notes.get(db, 1))\nimport json, sqlalchemy\n{change}\nreturn notes.get(db, id)"
    )
    assert "app/models.py" not in done.texts
    assert "    await db.run_sync(lambda _: note.owner)\n    return note\n" in done.texts[
        "app/api.py"
    ].replace("        ", "    ")


def test_what_a_dependency_changes_is_not_loaded_before(tmp_path: Path) -> None:
    more = "\ndef made(db: Session = Depends(get_db)):\n    db.add(User(name='x'))\n\n\n@router.get('/all', response_model=list[NoteOut])\ndef every(made=Depends(made), db: Session = Depends(get_db)):\n    return notes.list(db)\n"
    done = project(tmp_path, "return None", more=more)
    assert "app/models.py" not in done.texts
    assert "    await db.run_sync(lambda _: [each.owner for each in items])\n" in done.texts["app/api.py"]


@pytest.mark.parametrize("change", ["db.get(Note, 1).title = 'x'", "db.commit()", "[].append(id)"])
def test_what_changes_no_relationship_is_no_matter(tmp_path: Path, change: str) -> None:
    done = project(tmp_path, f"{change}\nreturn notes.list(db)", "list[NoteOut]")
    assert done.obstacles == []
    assert OWNER in done.texts["app/models.py"]


def test_what_a_request_makes_of_another_class_is_no_matter(tmp_path: Path) -> None:
    """An entry of a log leads to no note and no user."""
    more = (
        "\nfrom sqlalchemy.orm import Mapped, mapped_column\nfrom app.db import Base\n\n\n"
        "class Entry(Base):\n    __tablename__ = 'entries'\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
    )
    done = project(tmp_path, "db.add(Entry())\nreturn notes.list(db)", "list[NoteOut]", more=more)
    assert done.obstacles == []
    assert OWNER in done.texts["app/models.py"]


def test_what_one_request_changes_is_no_matter_to_another(tmp_path: Path) -> None:
    more = "\n@router.post('/new')\ndef new(db: Session = Depends(get_db)):\n    db.add(User(name='x'))\n    return {}\n"
    done = project(tmp_path, "return notes.list(db)", "list[NoteOut]", more=more)
    assert done.obstacles == []
    assert OWNER in done.texts["app/models.py"]


@pytest.mark.parametrize(
    "sent",
    ["notes.list(db)", "{'all': notes.list(db)}", "[note for note in notes.list(db)]", "db.get(Note, id)"],
)
def test_what_would_be_sent_as_well_is_not_loaded(tmp_path: Path, sent: str) -> None:
    """FastAPI sends all that is loaded of an object for which there is no response model."""
    more = f"\n@router.get('/raw')\ndef raw(id: int, db: Session = Depends(get_db)):\n    return {sent}\n"
    done = project(tmp_path, "return notes.list(db)", "list[NoteOut]", more=more)
    assert [text.partition(": ")[2] for text in done.obstacles] == [
        "this is sent without a response model: owner would be sent as well"
    ]


@pytest.mark.parametrize(
    "sent", ["db.query(User).all()", "[note.title for note in notes.list(db)]", "len(notes.list(db))"]
)
def test_what_is_not_sent_may_be_loaded(tmp_path: Path, sent: str) -> None:
    more = f"\n@router.get('/raw')\ndef raw(db: Session = Depends(get_db)):\n    return {sent}\n"
    assert project(tmp_path, "return notes.list(db)", "list[NoteOut]", more=more).obstacles == []
