"""Relationships that load by themselves in both directions: SQLAlchemy loads none on the way back."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, FILL, HEADER, MAIN, MODELS, Outcome, answers, convert

SCHEMAS = """
from pydantic import BaseModel, ConfigDict


class Titled(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    notes: list[Titled]


class NoteOut(Titled):
    owner: UserOut


def current(db: Session = Depends(get_db)):
    return db.query(User).order_by(User.id).first()


"""
BACK = {
    "/sent": "def sent(db: Session = Depends(get_db)) -> list[NoteOut]:\n    return db.query(Note).all()",
    "/held": "def held(db: Session = Depends(get_db)) -> NoteOut:\n    print(db.query(Note).all())\n    return db.get(Note, 1)",
    "/owner": "def owner(db: Session = Depends(get_db)) -> UserOut:\n    print(db.get(Note, 2))\n    return db.get(User, 1)",
    "/chain": "def chain(db: Session = Depends(get_db)):\n    return [n.title for n in db.query(Note).first().owner.notes]",
    "/steps": "def steps(db: Session = Depends(get_db)):\n    note = db.query(Note).first()\n    user = note.owner\n    return [n.title for n in user.notes]",
    "/made": "def made(db: Session = Depends(get_db)) -> NoteOut:\n    note = Note(title='new', owner_id=1)\n    db.add(note)\n    db.commit()\n    db.refresh(note)\n    return note",
}
"""What lies on the way back is read: something has to be done."""
ONWARD = {
    "/user": "def user(user: User = Depends(current)) -> UserOut:\n    return user",
    "/notes": "def notes(db: Session = Depends(get_db)):\n    return [note.title for note in db.query(User).first().notes]",
    "/names": "def names(db: Session = Depends(get_db)):\n    return [note.owner.name for note in db.query(Note).all()]",
    "/new": "def new(db: Session = Depends(get_db)) -> UserOut:\n    user = User(name='new')\n    db.add(user)\n    db.commit()\n    db.refresh(user)\n    return user",
}
"""All that is read comes along with the query."""


def project(folder: Path, handlers: dict[str, str], notes: str, owner: str) -> Outcome:
    models = MODELS.replace('"owner")', f'"owner", lazy="{notes}")')
    models = models.replace('"notes")', f'"notes", lazy="{owner}")')
    api = HEADER + SCHEMAS + "\n\n".join(f'@router.get("{url}")\n{text}\n' for url, text in handlers.items())
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": models, "app/api.py": api}
    return convert(folder, {**files, "app/main.py": MAIN})


def test_the_answers_stay(tmp_path: Path) -> None:
    done = project(tmp_path, {**BACK, **ONWARD}, "selectin", "joined")
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL, (*BACK, *ONWARD))
    assert {status for _, status, _ in before} == {200}
    assert after == before


KINDS = ("selectin", "joined", "subquery", "immediate")


@pytest.mark.parametrize(("notes", "owner"), [*zip(KINDS, KINDS, strict=True), ("joined", "selectin")])
def test_nothing_is_added_for_what_comes_along(tmp_path: Path, notes: str, owner: str) -> None:
    done = project(tmp_path, ONWARD, notes, owner)
    assert done.obstacles == []
    assert "await db.scalar(select(User)" in done.texts["app/api.py"]
    assert "selectinload" not in done.texts["app/api.py"]
    assert done.texts["app/api.py"].count("refresh(") == 1


@pytest.mark.parametrize("owner", ["selectin", "select"])
def test_one_direction_alone_is_no_circle(tmp_path: Path, owner: str) -> None:
    other = "select" if owner == "selectin" else "selectin"
    url = "/names" if owner == "selectin" else "/notes"
    done = project(tmp_path, {url: ONWARD[url]}, other, owner)
    assert "selectinload" not in done.texts["app/api.py"]


def test_what_is_on_the_way_back_is_loaded_behind_what_leads_there(tmp_path: Path) -> None:
    text = project(tmp_path, {"/chain": BACK["/chain"]}, "selectin", "selectin").texts["app/api.py"]
    assert "select(Note).options(selectinload(Note.owner).selectinload(User.notes)).limit(1)" in text


def test_what_no_query_loads_is_awaited(tmp_path: Path) -> None:
    handler = "def shown(user: User = Depends(named)):\n    return [n.title for n in user.notes]"
    named = "\n\ndef named(name: str):\n    return NAMED[name]\n\n\nNAMED: dict[str, User] = {}\n\n\n"
    done = project(tmp_path, {"/names": ONWARD["/names"] + named, "/shown": handler}, "selectin", "selectin")
    assert done.obstacles == []
    assert "[n.title for n in await user.awaitable_attrs.notes]" in done.texts["app/api.py"]


THERE_ALREADY = """
class Owned(Titled):
    owner: UserOut


class Me(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    notes: list[Owned]


@router.get("/me", response_model=Me)
def me(user: User = Depends(current)):
    return user


@router.get("/add", response_model=Owned)
def add(user: User = Depends(current), db: Session = Depends(get_db)):
    note = Note(title="new", owner=user)
    db.add(note)
    db.commit()
    db.refresh(note)
    return note


@router.get("/names")
def names(db: Session = Depends(get_db)):
    return [[note.owner.name for note in user.notes] for user in db.query(User).all()]
"""


def test_what_leads_back_is_there_and_loaded_by_no_option(tmp_path: Path) -> None:
    """An option that leads back fails where the relationship is loaded again: `Loader strategy replacement
    lazyload(User.notes -> Note.owner) is in conflict with existing strategy`."""
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MODELS, "app/main.py": MAIN}
    done = convert(tmp_path, {**files, "app/api.py": HEADER + SCHEMAS + THERE_ALREADY})
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL, ["/me", "/add", "/me", "/names"])
    assert before == after
    assert [status for _, status, _ in before] == [200] * 4
    current = done.texts["app/api.py"].partition("def current")[2].partition("@router")[0]
    assert current.count("load(") == 1
