"""What is read through an object that the code puts into a relationship comes with the query for it."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import FILLED_TEAMS, MAIN, TEAMS, Outcome, answers, app

HELPERS = """

def pick(db: Session) -> User:
    return db.query(User).filter(User.id == 2).one()
"""
NOTE = "note = db.query(Note).filter(Note.id == 1).first()\n"
USER = "user = db.query(User).filter(User.id == 2).first()\n"
READ = "return note.owner.team.name"
FORMS = {
    "set": f"{NOTE}{USER}note.owner = user\n{READ}",
    "set and flushed": f"{NOTE}{USER}note.owner = user\ndb.flush()\n{READ}",
    "set and committed": f"{NOTE}{USER}note.owner = user\ndb.commit()\n{READ}",
    "set to what is asked for": f"{NOTE}note.owner = db.get(User, 2)\n{READ}",
    "set to what a helper gives": f"{NOTE}note.owner = pick(db)\n{READ}",
    "one or the other": f"{NOTE}{USER}note.owner = user or note.owner\n{READ}",
    "one if there is one": f"{NOTE}{USER}note.owner = user if user else db.query(User).first()\n{READ}",
    "in a branch": f"{NOTE}{USER}if note.id == 1:\n    note.owner = user\n{READ}",
    "read before": f"{NOTE}first = note.owner.team.name\n{USER}note.owner = user\nreturn first, note.owner.team.name",
    "made with it": f"{USER}note = Note(title='n', owner=user)\ndb.add(note)\ndb.flush()\n{READ}",
    "made with it, committed": f"{USER}note = Note(title='n', owner=user)\ndb.add(note)\ndb.commit()\n{READ}",
    "added to the other side": "user = db.query(User).first()\nnote = db.query(Note).filter(Note.id == 3).first()\n"
    "user.notes.append(note)\nreturn [each.owner.team.name for each in user.notes]",
    "a step further": f"{NOTE}note.owner.team = db.query(Team).filter(Team.id == 2).first()\n{READ}",
    "a step further, from there": f"{NOTE}{USER}note.owner = user\n"
    "return [each.owner.team.name for each in note.owner.notes]",
}


def converted(folder: Path, body: str) -> Outcome:
    lines = "\n    ".join(body.splitlines())
    handler = f'\n\n@router.get("/x")\ndef x(db: Session = Depends(get_db)):\n    {lines}\n'
    return app(folder, "from app.models import Team\n" + HELPERS + handler, main=MAIN, models=TEAMS)


@pytest.mark.parametrize("what", FORMS)
def test_answers_are_the_same(tmp_path: Path, what: str) -> None:
    done = converted(tmp_path, FORMS[what])
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILLED_TEAMS, ["/x"])
    assert before[0][1] == 200, before
    assert before == after


def test_the_query_brings_all_that_is_read(tmp_path: Path) -> None:
    text = converted(tmp_path, FORMS["set and flushed"]).texts["app/api.py"]
    assert "select(User).options(selectinload(User.team)).filter(User.id == 2)" in text
    assert "refresh" not in text


UNCHANGED = {
    "nothing": f"{NOTE}{USER}note.owner = None\nreturn note.title, user.name",
    "read no further": f"{NOTE}{USER}note.owner = user\nreturn note.owner.name",
    "read before it is set": f"{NOTE}{USER}first = note.owner.team.name\nnote.owner = user\nreturn first",
}


@pytest.mark.parametrize("what", UNCHANGED)
def test_what_is_not_read_of_it_is_not_loaded(tmp_path: Path, what: str) -> None:
    done = converted(tmp_path, UNCHANGED[what])
    assert "select(User).filter(User.id == 2)" in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, FILLED_TEAMS, ["/x"])
    assert before[0][1] == 200, before
    assert before == after
