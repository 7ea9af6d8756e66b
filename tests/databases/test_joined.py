"""Relationships that load with their owner: a collection repeats its rows, a tree loads only at its top."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

import re
from pathlib import Path

import pytest
from db_programs import DATABASE, HEADER, MODELS, Outcome, convert, squeezed

TREE = """

class Part(Base):
    __tablename__ = "parts"
    id: Mapped[int] = mapped_column(primary_key=True)
    above_id: Mapped[int | None] = mapped_column(ForeignKey("parts.id"))
    parts: Mapped[list["Part"]] = relationship({lazy})


class Team(Base):
    __tablename__ = "teams"
    id: Mapped[int] = mapped_column(primary_key=True)
    leader_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    leader: Mapped["Person"] = relationship(foreign_keys=leader_id)
    people: Mapped[list["Person"]] = relationship(foreign_keys="Person.team_id"{people})


class Person(Base):
    __tablename__ = "people"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    team: Mapped["Team"] = relationship(foreign_keys=[team_id])
"""
HANDLER = "from app.models import Part, Person, Team\nfrom sqlalchemy.orm import joinedload\n\n@router.get('/x')\ndef handler(id: int = 1, db: Session = Depends(get_db)):\n"


def program(
    folder: Path, body: str, notes: str = "", owner: str = "", parts: str = "", people: str = ""
) -> Outcome:
    """`notes`, `owner`, `parts`, `people`: how the relationship of that name loads."""
    models = MODELS.replace(
        '(back_populates="owner")', f'(back_populates="owner", lazy="{notes or "select"}")'
    )
    models = models.replace(
        '(back_populates="notes")', f'(back_populates="notes", lazy="{owner or "select"}")'
    )
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/models.py": models + TREE.format(lazy=parts, people=people and f', lazy="{people}"'),
        "app/api.py": HEADER + HANDLER + "".join(f"    {line}\n" for line in body.split("\n")),
    }
    return convert(folder, files)


@pytest.mark.parametrize(
    ("lazy", "query", "becomes"),
    [
        ({"notes": "joined"}, "db.query(User).all()", "(await db.scalars(select(User))).unique().all()"),
        ({"notes": "joined"}, "db.query(User).one()", "(await db.scalars(select(User))).unique().one()"),
        (
            {"notes": "joined"},
            "db.query(User).scalar()",
            "(await db.execute(select(User))).unique().scalar_one_or_none()",
        ),
        (
            {"notes": "joined", "owner": "joined"},
            "db.query(Note).all()",
            "(await db.scalars(select(Note))).unique().all()",
        ),
        ({"notes": "joined"}, "db.query(User).first()", "await db.scalar(select(User).limit(1))"),
        ({"notes": "joined"}, "db.query(User.id).all()", "(await db.execute(select(User.id))).all()"),
        ({"owner": "joined"}, "db.query(Note).all()", "(await db.scalars(select(Note))).all()"),
        ({"notes": "selectin"}, "db.query(User).all()", "(await db.scalars(select(User))).all()"),
        ({"people": "joined"}, "db.query(Team).all()", "(await db.scalars(select(Team))).unique().all()"),
        (
            {},
            "db.query(Part).options(joinedload(Part.parts)).all()",
            "(await db.scalars(select(Part).options(joinedload(Part.parts)))).unique().all()",
        ),
        (
            {},
            "db.query(Team).options(joinedload(Team.people)).all()",
            "(await db.scalars(select(Team).options(joinedload(Team.people)))).unique().all()",
        ),
        (
            {},
            "db.query(Team).options(joinedload(Team.leader)).all()",
            "(await db.scalars(select(Team).options(joinedload(Team.leader)))).all()",
        ),
        (
            {},
            "db.query(Person).options(joinedload(Person.team)).all()",
            "(await db.scalars(select(Person).options(joinedload(Person.team)))).all()",
        ),
    ],
)
def test_rows_that_a_join_of_the_model_repeats_are_taken_out(
    tmp_path: Path, lazy: dict[str, str], query: str, becomes: str
) -> None:
    done = program(tmp_path, f"found = {query}\nreturn bool(found)", **lazy)
    assert done.obstacles == []
    assert squeezed(f"found = {becomes}") in squeezed(done.texts["app/api.py"])


def test_what_is_asked_for_by_its_key_takes_them_out_as_well(tmp_path: Path) -> None:
    """The session may hold the team without its leader: a query loads it, which joins the people."""
    body = "first = db.query(Team).first()\nagain = db.get(Team, first.id)\nreturn again.leader.id"
    done = program(tmp_path, body, people="joined")
    assert done.obstacles == []
    text = squeezed(done.texts["app/api.py"])
    assert ".where(Team.id==first.id).options(selectinload(Team.leader)))).unique().one_or_none()" in text


@pytest.mark.parametrize("lazy", ['lazy="joined", join_depth=1', 'lazy="selectin"'])
def test_a_tree_is_not_there_below_its_first_level(tmp_path: Path, lazy: str) -> None:
    body = "def names(part):\n    count = db.query(Part).filter(Part.above_id == part.id).count()\n"
    body += "    return [count, [names(each) for each in part.parts]]\nreturn names(db.query(Part).one())"
    done = program(tmp_path, body, parts=lazy)
    assert done.obstacles == []
    assert "await db.run_sync(lambda _: part.parts)" in done.texts["app/api.py"]


def test_what_loads_at_once_loads_all_of_a_tree(tmp_path: Path) -> None:
    body = "def ids(part):\n    return [ids(each) for each in part.parts]\nreturn ids(db.query(Part).one())"
    done = program(tmp_path, body, parts='lazy="immediate"')
    assert done.obstacles == []
    assert not {"refresh", "run_sync"} & set(re.findall(r"\w+", done.texts["app/api.py"]))


def test_what_asks_the_session_itself_is_not_run_below_it(tmp_path: Path) -> None:
    """It turns, and what turns cannot be called in the lambda of `run_sync`."""
    body = "def label(note):\n    return note.owner.name, counted()\ndef counted():\n"
    body += "    return db.query(User).count()\nreturn [label(note) for note in db.query(Note).all()]"
    done = program(tmp_path, body)
    text = done.texts.get("app/api.py", "")
    assert "await counted()" in text
    assert "await label(note)" in text
