"""Inheritance: a query for the base leaves out the columns of derived classes, which are loaded when they are
read. Nothing may read them on the loop; what is read of the base alone stays as it is."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, HEADER, MAIN, Outcome, answers, convert

PEOPLE = """
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship
from app.db import Base

class Person(Base):
    __tablename__ = 'people'
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    perk: Mapped[str | None]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}

class Engineer(Person):
    __tablename__ = 'engineers'
    id: Mapped[int] = mapped_column(ForeignKey('people.id'), primary_key=True)
    level: Mapped[int]
    tasks: Mapped[list["Task"]] = relationship(overlaps="by")
    __mapper_args__ = {"polymorphic_identity": "engineer"}

    def __repr__(self):
        return f"<{self.level}>"

class Guest(Person):
    note: Mapped[str | None]
    __mapper_args__ = {
        "polymorphic_identity": "guest",
    }

class Task(Base):
    __tablename__ = 'tasks'
    id: Mapped[int] = mapped_column(primary_key=True)
    by_id: Mapped[int] = mapped_column(ForeignKey('people.id'))
    by: Mapped[Person] = relationship()
"""
FILL = """
import sqlite3
with sqlite3.connect("app.db") as db:
    db.execute("create table people (id integer primary key, kind text, name text, perk text, note text)")
    db.execute("create table engineers (id integer primary key, level integer)")
    db.execute("create table tasks (id integer primary key, by_id integer)")
    db.execute("insert into people values (1, 'person', 'ann', 'p', null), (2, 'engineer', 'bob', 'q', null), (3, 'guest', 'cat', 'r', 'vip')")
    db.execute("insert into engineers values (2, 7)")
    db.execute("insert into tasks values (1, 2), (2, 1)")
"""
SCHEMAS = """
from pydantic import BaseModel, ConfigDict

class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int

class Named(Out):
    name: str

class Full(Named):
    level: int | None = None

class Busy(Named):
    tasks: list[Out] = []

class Assigned(Out):
    by: Full
"""
SELECTIN = '{"polymorphic_identity": "engineer", "polymorphic_load": "selectin"}'
INLINE = '        "polymorphic_identity": "guest",\n        "polymorphic_load": "inline",\n    }'


def project(
    folder: Path, body: str, response: str = "None", people: str = PEOPLE, before: str = ""
) -> Outcome:
    route = (
        f"{before}@router.get('/x', response_model={response})\ndef show(db: Session = Depends(get_db)):\n"
    )
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    api = (
        HEADER.replace("import Note, User", "import Engineer, Guest, Person, Task") + SCHEMAS + route + lines
    )
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": people, "app/api.py": api}
    return convert(folder, {**files, "app/main.py": MAIN})


LEVELS = "return [p.level if isinstance(p, Engineer) else p.name for p in {people}]"


@pytest.mark.parametrize(
    ("body", "response", "text"),
    [
        (LEVELS.format(people="db.query(Person).all()"), "None", SELECTIN),
        ("return db.query(Person).all()", "list[Full]", SELECTIN),
        ("return db.query(Task).all()", "list[Assigned]", SELECTIN),
        ("p = db.get(Person, 2)\nif isinstance(p, Engineer):\n    return p.level", "None", SELECTIN),
        ("return [getattr(p, 'note', None) for p in db.query(Person)]", "None", INLINE),
        (
            "p = db.get(Person, 3)\nif isinstance(p, Guest):\n    return p.note\nreturn db.get(Person, 1).name",
            "None",
            INLINE,
        ),
    ],
)
def test_columns_of_derived_classes_come_along(tmp_path: Path, body: str, response: str, text: str) -> None:
    done = project(tmp_path, body, response)
    assert done.obstacles == []
    assert text in done.texts["app/models.py"]
    assert done.texts["app/models.py"].count("polymorphic_load") == 1
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before == after
    assert [status for _, status, _ in before] == [200]


@pytest.mark.parametrize(
    ("body", "response"),
    [
        ("return db.query(Person).all()", "list[Named]"),
        ("return db.query(Engineer).all()", "list[Named]"),
        ("return [p.perk for p in db.query(Person).all()]", "None"),
        ("print(db.query(Person).all())\nreturn 1", "None"),
    ],
)
def test_what_the_base_has_needs_nothing(tmp_path: Path, body: str, response: str) -> None:
    done = project(tmp_path, body, response)
    assert done.obstacles == []
    assert "app/models.py" not in done.texts


@pytest.mark.parametrize(
    "people",
    [
        PEOPLE.replace(
            '"polymorphic_identity": "engineer"',
            '"polymorphic_identity": "engineer", "polymorphic_load": "inline"',
        ),
        PEOPLE.replace('"polymorphic_on": "kind",', '"polymorphic_on": "kind", "with_polymorphic": "*",'),
    ],
)
def test_what_comes_along_already_stays(tmp_path: Path, people: str) -> None:
    done = project(tmp_path, "return db.query(Person).all()", "list[Full]", people)
    assert done.obstacles == []
    assert "app/models.py" not in done.texts


def test_only_the_class_itself_is_asked_for(tmp_path: Path) -> None:
    people = PEOPLE.replace("by: Mapped[Person] = relationship()\n", "pass\n")
    done = project(tmp_path, "return [e.level for e in db.query(Engineer).all()]", people=people)
    assert done.obstacles == []
    assert "app/models.py" not in done.texts


def test_what_is_sent_as_it_is_loaded_would_get_more(tmp_path: Path) -> None:
    body = "people = db.query(Person).all()\nprint([p.level for p in people if isinstance(p, Engineer)])\nreturn people"
    done = project(tmp_path, body)
    assert any("Engineer" in text for text in done.obstacles), done.obstacles
    assert done.texts == {}


def test_arguments_that_are_not_written_down(tmp_path: Path) -> None:
    people = PEOPLE.replace(
        '__mapper_args__ = {"polymorphic_identity": "engineer"}',
        '__mapper_args__ = dict(polymorphic_identity="engineer")',
    )
    done = project(tmp_path, "return db.query(Person).all()", "list[Full]", people)
    assert any("Engineer" in text for text in done.obstacles), done.obstacles


KEPT = """class Team:
    def __init__(self, db: Session, person: Person):
        self.db = db
        self.person = person

    def busy(self):
        if isinstance(self.person, Engineer):
            self.person.tasks.append(Task(by=self.person))
            self.db.commit()
            return len(self.person.tasks)

@router.get("/busy/{id}")
def busy(id: int, db: Session = Depends(get_db)):
    return Team(db, db.query(Person).filter_by(id=id).one()).busy()

"""


def test_relationships_of_derived_classes_are_loaded_by_their_objects(tmp_path: Path) -> None:
    done = project(tmp_path, "return 1", before=KEPT)
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL, ["/busy/2", "/busy/1"])
    assert before == after
    assert [status for _, status, _ in before] == [200] * 2


def test_a_model_reads_no_relationships_of_derived_classes(tmp_path: Path) -> None:
    done = project(tmp_path, "return db.query(Person).all()", "list[Busy | Named]")
    assert any("tasks of derived classes" in text for text in done.obstacles), done.obstacles
    assert done.texts == {}
