"""Relationships of what a method gives that serves many classes, read where its caller has the object."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, FILL, HEADER, MAIN, MODELS, Outcome, answers, convert

REPOSITORIES = """
from typing import Generic, TypeVar

from fastapi import Depends
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import get_db
from app.models import Note, User

M = TypeVar("M")


class Repository(Generic[M]):
    model: type[M]

    def __init__(self, db: Session = Depends(get_db)):
        self.db = db

    def get(self, id: int) -> M | None:
        return self.db.get(self.model, id)

    def list(self, size: int) -> tuple[list[M], int]:
        found = self.db.scalars(select(self.model).limit(size)).all()
        return list(found), len(found)

    def page(self) -> dict:
        found = self.db.scalars(select(self.model)).all()
        return {"items": found, "total": len(found)}

    def every(self) -> list[M]:
        return list(self.db.scalars(select(self.model)).all())

    def add(self, made: M) -> M:
        self.db.add(made)
        self.db.commit()
        self.db.refresh(made)
        return made

    def keep(self, *made: M) -> None:
        for each in made:
            self.db.add(each)
        self.db.commit()


class Notes(Repository[Note]):
    model = Note


class Users(Repository[User]):
    model = User


class Service:
    def __init__(self, notes: Notes = Depends(), users: Users = Depends()):
        self.notes = notes
        self.users = users

    def made(self, title: str) -> Note:
        note = Note(title=title, owner=self.users.get(1))
        return self.notes.add(note)

    def first(self) -> Note:
        try:
            note = Note(title="x")
            return self.notes.add(note)
        finally:
            print(note)
"""
SCHEMAS = """
from typing import Generic, TypeVar
from pydantic import BaseModel, ConfigDict

T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    items: list[T]
    total: int = 0


class Titled(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    notes: list[Titled]


class NoteOut(Titled):
    owner: UserOut
"""


LAZY = MODELS.replace('"notes")', '"notes", lazy="select")').replace('"owner")', '"owner", lazy="select")')


def project(folder: Path, body: str, model: str = "NoteOut", more: str = "") -> Outcome:
    lines = "\n".join(f"    {line}" for line in body.split("\n"))
    handler = f"\n\n@router.post('/x', response_model={model})\ndef handler(id: int, service: Service = Depends()):\n{lines}\n"
    head = f"{HEADER}from app.repositories import Service\n{SCHEMAS}"
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": LAZY}
    return convert(
        folder, {**files, "app/repositories.py": REPOSITORIES, "app/api.py": head + handler + more}
    )


READ = "await service.notes.db.run_sync(lambda _: "
ALL = "note.owner and note.owner.notes"


@pytest.mark.parametrize(
    ("body", "model", "becomes"),
    [
        (
            "note = service.notes.get(id)\nprint(note.title)\nreturn note",
            "NoteOut",
            f"    {READ}{ALL})\n    return note\n",
        ),
        (
            "note = Note(title='x', owner_id=id)\nservice.notes.keep(note)\nreturn note",
            "NoteOut",
            f"    await service.notes.keep(note)\n    {READ}{ALL})\n    return note\n",
        ),
        (
            "return service.notes.get(id)",
            "NoteOut | None",
            f"    note = await service.notes.get(id)\n    if note is not None:\n        {READ}{ALL})\n    return note\n",
        ),
        (
            "items, total = service.notes.list(id)\nreturn {'items': items, 'total': total}",
            "Page[NoteOut]",
            f"    {READ}[each.owner and each.owner.notes for each in items])\n    return {{",
        ),
        (
            "items, total = service.notes.list(id)\nreturn Page(items=items)",
            "Page[NoteOut]",
            f"    {READ}[each.owner and each.owner.notes for each in items])\n    return Page",
        ),
        (
            "for user in service.users.list(id)[0]:\n    print([note.owner for note in user.notes])\nreturn None",
            "None",
            "await service.users.db.run_sync(lambda _, user: [note.owner for note in user.notes], user)",
        ),
        (
            "return {'total': 1, 'items': [service.notes.get(id)]}",
            "Page[NoteOut | None]",
            f"    if note is not None:\n        {READ}{ALL})\n    return {{'total': 1, 'items': [note]}}\n",
        ),
        (
            "return [note for note in service.notes.every()]",
            "list[NoteOut]",
            f"    {READ}[each.owner and each.owner.notes for each in items])\n    return [note for note in items]\n",
        ),
    ],
)
def test_it_is_read_by_the_session_behind_the_method(
    tmp_path: Path, body: str, model: str, becomes: str
) -> None:
    done = project(tmp_path, body, model)
    assert done.obstacles == []
    assert becomes in done.texts["app/api.py"]
    assert "app/models.py" not in done.texts


def test_a_method_for_one_class_reads_it_for_its_callers(tmp_path: Path) -> None:
    done = project(tmp_path, "return service.made('x')")
    assert done.obstacles == []
    text = done.texts["app/repositories.py"]
    read = f"        await self.notes.db.run_sync(lambda _: {ALL})\n"
    assert f"        note = await self.notes.add(note)\n{read}        return note\n" in text
    assert "    return await service.made('x')\n" in done.texts["app/api.py"]


def test_a_name_that_is_read_later_keeps_its_value(tmp_path: Path) -> None:
    text = project(tmp_path, "return service.first()").texts["app/repositories.py"]
    assert "            note_2 = await self.notes.add(note)\n" in text
    assert "            return note_2\n        finally:\n            print(note)\n" in text


@pytest.mark.parametrize(
    ("body", "model"),
    [
        ("return service.notes.get(id)", "Titled | None"),
        ("items, total = service.notes.list(id)\nreturn {'items': items, 'total': total}", "Page[Titled]"),
        ("items, total = service.users.list(id)\nreturn {'total': total}", "Page[UserOut]"),
    ],
)
def test_what_nobody_reads_is_left_alone(tmp_path: Path, body: str, model: str) -> None:
    done = project(tmp_path, body, model)
    assert done.obstacles == []
    assert "run_sync" not in "".join(done.texts.values())


@pytest.mark.parametrize(
    "body",
    [
        "return service.users.get(print(id)) and service.notes.get(id)",
        "return [print(id), service.notes.get(id)][1]",
        "return (lambda: service.notes.get(id))()",
        "return {'total': print(id), 'items': [service.notes.get(id)]}['items'][0]",
        "return {print(id): service.notes.get(id)}[None]",
        "return [note for n in range(2) for note in service.notes.every()][0]",
        "return [note for n in range(2) if (note := service.notes.get(n))][0]",
        "return [service.notes.get(n) for n in range(2)][0]",
    ],
)
def test_what_does_not_come_first_is_not_moved_up(tmp_path: Path, body: str) -> None:
    done = project(tmp_path, body)
    assert any("is loaded when it is read" in text for text in done.obstacles), done.obstacles


@pytest.mark.parametrize("sent", ["service.made('x')", "[service.made('x')]"])
def test_what_would_be_sent_as_well_keeps_the_database(tmp_path: Path, sent: str) -> None:
    """The method reads it for another caller, and FastAPI sends all that is there."""
    raw = f"\n\n@router.get('/raw')\ndef raw(service: Service = Depends()):\n    return {sent}\n"
    done = project(tmp_path, "return service.made('x')", more=raw)
    assert any("owner would be sent as well" in text for text in done.obstacles), done.obstacles


def test_what_is_read_twice_of_one_object_is_loaded_once(tmp_path: Path) -> None:
    """Above what goes to a thread, where nothing can be awaited."""
    body = (
        "note = service.made('x')\nprint(note.owner.name)\nos.unlink('a')\nshutil.rmtree('b')\n"
        "print(len(note.owner.notes))\nreturn note"
    )
    done = project(tmp_path, f"import os, shutil\n{body}")
    assert done.obstacles == []
    text = done.texts["app/api.py"]
    assert text.count("run_sync(") == 1
    load, thread = text.index("run_sync("), text.index("run_in_threadpool(")
    assert load < thread


def test_what_is_read_again_after_a_change_is_loaded_again(tmp_path: Path) -> None:
    body = (
        "note = service.made('x')\nprint(note.owner.name)\nos.unlink('a')\nnote = service.made('y')\n"
        "os.unlink('b')\nshutil.rmtree('c')\nreturn note"
    )
    done = project(tmp_path, f"import os, shutil\n{body}")
    text = done.texts["app/api.py"]
    assert done.obstacles == []
    assert text.count("run_sync(") == 2


BRANCHES = [
    ("if note.owner.name:\n    print(note.owner.notes)", 2),
    (
        "if note.owner.name:\n    if note.title:\n        print(1)\n    else:\n        print(note.owner.name)",
        1,
    ),
    ("if note.owner.name:\n    service.made('y')\n    print(note.owner.name)", 2),
    ("if note.owner.name and service.made('y'):\n    print(note.owner.name)", 2),
    (
        "if note.owner.name:\n    for n in (1, 2):\n        print(note.owner.name)\n        service.made('y')",
        2,
    ),
    ("if note.owner.name:\n    note = service.made('z')\n    print(note.owner.name)", 2),
    ("if note.title:\n    print(note.owner.name)\nelse:\n    print(note.owner.name)", 2),
]


@pytest.mark.parametrize(("body", "loads"), BRANCHES)
def test_what_is_read_above_an_if_is_there_in_its_branches(tmp_path: Path, body: str, loads: int) -> None:
    done = project(tmp_path, f"note = service.made('x')\n{body}\nreturn None", "None")
    assert done.obstacles == []
    assert done.texts["app/api.py"].count("run_sync(") == loads


def test_a_base_class_without_a_model_of_its_own_makes_those_of_the_classes_below(tmp_path: Path) -> None:
    """`model = None` stands for what others put in its place: a call of None raises."""
    repositories = REPOSITORIES.replace("    model: type[M]\n", "    model = None\n").replace(
        "    def add(",
        "    def make(self, **values):\n        return self.add(self.model(**values))\n\n    def add(",
    )
    handler = (
        "\n\n@router.post('/x')\ndef handler(title: str, users: Users = Depends()):\n"
        "    return users.make(name=title).name\n"
    )
    head = f"{HEADER}from app.repositories import Users\n"
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": LAZY}
    done = convert(tmp_path, {**files, "app/repositories.py": repositories, "app/api.py": head + handler})
    assert done.obstacles == []
    assert "return (await users.make(name=title)).name" in done.texts["app/api.py"]


def test_what_serves_many_classes_loads_what_one_of_them_has_for_none(tmp_path: Path) -> None:
    more = "\n\n@router.get('/users', response_model=Page[UserOut])\ndef users(service: Service = Depends()):\n    return service.users.page()\n"
    done = project(tmp_path, "return service.notes.page()", "Page[NoteOut]", more)
    assert any(
        "the relationship owner.notes is loaded when it is read here" in each for each in done.obstacles
    )
    assert "each.owner" not in "".join(done.texts.values())


PARTS = """

class Part(Base):
    __tablename__ = "parts"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    owner: Mapped[User] = relationship(lazy="select")
"""
WRAPPER = """
class Wrapper:
    def __init__(self, model):
        self.model = model

    def add(self, db: Session, **values):
        made = self.model(**values)
        db.add(made)
        db.commit()
        db.refresh(made)
        return made


notes, parts = Wrapper(Note), Wrapper(Part)


class Owner(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str


class Owned(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    owner: Owner


@router.get("/notes", response_model=Owned)
def add_note(db: Session = Depends(get_db)):
    return notes.add(db, title="new", owner_id=1)


@router.get("/parts", response_model=Owned)
def add_part(db: Session = Depends(get_db)):
    return parts.add(db, owner_id=2)
"""


def test_an_object_that_may_be_of_several_classes_is_asked_once(tmp_path: Path) -> None:
    """It had been given the name of each class in turn, and asked for the same under each of them."""
    head = f"from pydantic import BaseModel, ConfigDict\n{HEADER}from app.models import Part\n"
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/main.py": MAIN, "app/models.py": LAZY + PARTS}
    done = convert(tmp_path, {**files, "app/api.py": f"{head}\n{WRAPPER}"})
    assert done.obstacles == []
    text = done.texts["app/api.py"]
    asked = "    await db.run_sync(lambda _: item.owner)\n    return item\n"
    assert f'    item = await notes.add(db, title="new", owner_id=1)\n{asked}' in text
    assert f"    item = await parts.add(db, owner_id=2)\n{asked}" in text
    fill = f"{FILL}    db.execute('create table parts (id integer primary key, owner_id int)')\n"
    before, after = answers(tmp_path, done, fill, ["/notes", "/parts"])
    assert [each[1] for each in before] == [200, 200]
    assert before == after
