"""Handlers that `add_api_route` registers: their response models read relationships as those of decorators do."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import FILL, MAIN, Outcome, answers, app

SCHEMAS = """
from pydantic import BaseModel, ConfigDict


class Orm(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class UserOut(Orm):
    id: int
    name: str


class NoteOut(Orm):
    title: str


class FullNoteOut(NoteOut):
    owner: UserOut
"""
HANDLER = """
from app.schemas import FullNoteOut, NoteOut


class Notes:
    def __init__(self):
        self.router = router
        REGISTER

    def show(self, id: int, db: Session = Depends(get_db)):
        return db.scalars(select(Note).where(Note.id == id)).one()


notes = Notes()
"""
LOADED = "select(Note).options(selectinload(Note.owner))"
BY_METHOD = "self.router.add_api_route('/notes/{id}', self.show, methods=['GET'], response_model=FullNoteOut)"
BY_CALL = "self.router.get('/notes/{id}', response_model=FullNoteOut)(self.show)"
TWICE = f"self.router.add_api_route('/short/{{id}}', self.show, response_model=NoteOut)\n        {BY_METHOD}"


def program(folder: Path, register: str) -> Outcome:
    return app(folder, HANDLER.replace("REGISTER", register), main=MAIN, schemas=SCHEMAS)


@pytest.mark.parametrize("register", [BY_METHOD, BY_CALL, TWICE])
def test_what_the_response_model_reads_is_loaded(tmp_path: Path, register: str) -> None:
    done = program(tmp_path, register)
    assert done.obstacles == []
    assert LOADED in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, FILL, ["/notes/1", "/notes/3"])
    assert before == after
    assert {status for _, status, _ in before} == {200}
    assert "ann" in str(before)


def test_nothing_is_loaded_for_a_model_that_reads_columns_only(tmp_path: Path) -> None:
    done = program(tmp_path, BY_METHOD.replace("FullNoteOut", "NoteOut"))
    assert done.obstacles == []
    assert "selectinload" not in done.texts["app/api.py"]


DECORATED = """
from app.schemas import FullNoteOut, NoteOut


@router.get("/short/{id}", response_model=NoteOut)
@router.get("/full/{id}", response_model=FullNoteOut)
def show(id: int, db: Session = Depends(get_db)):
    return db.scalars(select(Note).where(Note.id == id)).one()
"""


def test_the_models_of_all_decorators_count(tmp_path: Path) -> None:
    done = app(tmp_path, DECORATED, main=MAIN, schemas=SCHEMAS)
    assert done.obstacles == []
    assert LOADED in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, FILL, ["/short/1", "/full/1"])
    assert before == after
    assert {status for _, status, _ in before} == {200}


HELD = {
    "return sorted(user.notes, key=lambda note: note.title)": 1,
    "return list(reversed(user.notes))[:2]": 1,
    "return [user.notes[0]]": 1,
    "return sorted(user.notes, key=lambda note: note.title)[:1]": 1,
    "return sorted(user.name)": 0,
}


@pytest.mark.parametrize("line", HELD)
def test_what_is_sorted_or_cut_is_loaded_as_the_relationship_is(tmp_path: Path, line: str) -> None:
    model = "FullNoteOut" if HELD[line] else "str"
    handler = f"""
from app.schemas import FullNoteOut


@router.get("/x", response_model=list[{model}])
def mine(db: Session = Depends(get_db)):
    user = db.scalars(select(User)).first()
    {line}
"""
    done = app(tmp_path, handler, main=MAIN, schemas=SCHEMAS)
    assert done.obstacles == []
    option = "select(User).options(selectinload(User.notes).selectinload(Note.owner))"
    assert done.texts["app/api.py"].count(option) == HELD[line]
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before == after
    assert {status for _, status, _ in before} == {200}


def test_a_loop_over_what_is_sorted_reads_what_its_query_loads(tmp_path: Path) -> None:
    handler = """
@router.get("/x")
def mine(db: Session = Depends(get_db)):
    user = db.scalars(select(User)).first()
    found = []
    for note in sorted(user.notes, key=lambda each: each.title):
        found.append(note.owner.name)
    return found
"""
    done = app(tmp_path, handler, main=MAIN)
    assert done.obstacles == []
    assert "selectinload(User.notes).selectinload(Note.owner)" in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before == after
    assert {status for _, status, _ in before} == {200}


COUNTED = """
@router.get("/x")
def page(db: Session = Depends(get_db)):
    query = select(Note)
    total = db.scalar(select(func.count()).select_from(query.subquery()))
    rows = db.scalars(query.options(joinedload(Note.owner)).order_by(Note.id)).all()
    return [total, *(note.owner.name for note in rows)]
"""


def test_a_query_that_is_only_counted_loads_nothing(tmp_path: Path) -> None:
    """Its other use says already how the relationship is loaded."""
    imports = "from sqlalchemy import func\nfrom sqlalchemy.orm import joinedload\n"
    done = app(tmp_path, imports + COUNTED, main=MAIN)
    assert done.obstacles == []
    text = done.texts["app/api.py"]
    assert "selectinload" not in text
    assert "run_sync" not in text
    assert text.count("joinedload(Note.owner)") == 1
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before == after
    assert {status for _, status, _ in before} == {200}
