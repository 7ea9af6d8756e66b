"""What is read of an object that another one leads to comes with the query for that one, under any name: one
query for each object of a list is what the relationship had been loaded beforehand to prevent."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import FILLED_TEAMS, MAIN, TEAMS, Outcome, answers, app

NOTES = "notes = db.query(Note).order_by(Note.id).all()\n"
FORMS = {
    "a name in a loop": NOTES
    + "names = []\nfor note in notes:\n    owner = note.owner\n    names.append(owner.team.name)\n"
    + "return names",
    "a name of a name": NOTES
    + "names = []\nfor note in notes:\n    owner = note.owner\n    team = owner.team\n"
    + "    names.append(team.name)\nreturn names",
    "a name if there is one": "note = db.query(Note).first()\nowner = note.owner if note else None\n"
    "return owner.team.name if owner else ''",
    "in a condition": NOTES
    + "names = []\nfor note in notes:\n    if owner := note.owner:\n"
    + "        names.append(owner.team.name)\nreturn names",
    "two names at once": NOTES
    + "names = []\nfor note in notes:\n    owner, title = note.owner, note.title\n"
    + "    names.append(title + owner.team.name)\nreturn names",
    "one of two": NOTES
    + "owner = None\nif len(notes) > 5:\n    owner = notes[0].owner\nelse:\n    owner = notes[-1].owner\n"
    + "return owner.team.name",
    "or what is asked for": "note = db.query(Note).first()\n"
    "owner = note.owner or db.query(User).first()\nreturn owner.team.name",
    "a list of them": NOTES
    + "owners = [note.owner for note in notes]\nreturn [owner.team.name for owner in owners]",
    "a set of them": NOTES
    + "owners = {note.owner for note in notes}\nreturn sorted(owner.team.name for owner in owners)",
    "what a list is filled with": NOTES
    + "owners = []\nfor note in notes:\n    owners.append(note.owner)\n"
    + "return [owner.team.name for owner in owners]",
    "the first of several": "user = db.query(User).first()\nfirst = user.notes[0] if user.notes else None\n"
    "return first.owner.team.name if first else ''",
    "the last one of a loop": NOTES
    + "last = None\nfor note in notes:\n    last = note.owner\nreturn last.team.name if last else ''",
}


def changed(folder: Path, body: str) -> Outcome:
    """A route; what stands below an empty line are functions beside it."""
    own, _, beside = body.partition("\n\n")
    lines = "".join(f"    {line}\n" for line in own.split("\n"))
    route = f'@router.get("/x")\ndef x(db: Session = Depends(get_db)):\n{lines}'
    return app(folder, f"{route}\n\n{beside}\n", models=TEAMS, main=MAIN)


def says_the_same(folder: Path, done: Outcome) -> None:
    before, after = answers(folder, done, FILLED_TEAMS, ["/x"])
    assert before == after
    assert before[0][1] == 200


@pytest.mark.parametrize("form", FORMS)
def test_the_query_for_the_owners_loads_it(tmp_path: Path, form: str) -> None:
    done = changed(tmp_path, FORMS[form])
    assert done.obstacles == []
    text = done.texts["app/api.py"]
    assert "selectinload(User.team)" in text
    assert ".refresh(" not in text
    assert "run_sync" not in text
    says_the_same(tmp_path, done)


LOADED = NOTES.replace("query(Note)", "query(Note).options(joinedload(Note.owner).joinedload(User.team))")


def test_what_the_query_loads_already_is_not_loaded_again(tmp_path: Path) -> None:
    body = FORMS["a name in a loop"].replace(NOTES, LOADED)
    done = changed(tmp_path, "from sqlalchemy.orm import joinedload\n" + body)
    text = done.texts["app/api.py"]
    assert "selectinload" not in text
    assert ".refresh(" not in text
    says_the_same(tmp_path, done)


OTHERS = {
    "another note by now": "note = db.get(Note, 1)\nowner = note.owner\nnote = db.get(Note, 3)\n"
    "return [owner.team.name, note.title]",
    "expired by a commit": NOTES
    + "names = []\nfor note in notes:\n    owner = note.owner\n    note.title = 'x'\n    db.commit()\n"
    + "    names.append(owner.team.name)\nreturn names",
    "changed meanwhile": "note = db.query(Note).first()\nowner = note.owner\n"
    "db.add(Note(title='new', owner_id=owner.id))\ndb.flush()\nreturn sorted(n.title for n in owner.notes)",
    "one that leads to itself": "user = db.query(User).first()\nnote = user.notes[0]\n"
    "for _ in range(2):\n    user = note.owner\n    note = user.notes[-1]\nreturn note.title",
    "of a parameter": "return label(db.query(Note).first(), db)\n\n"
    "def label(note: Note, db: Session):\n    owner = note.owner\n    return owner.team.name",
}


@pytest.mark.parametrize("hazard", OTHERS)
def test_what_may_be_another_one_by_now_answers_the_same(tmp_path: Path, hazard: str) -> None:
    done = changed(tmp_path, OTHERS[hazard])
    assert done.obstacles == []
    says_the_same(tmp_path, done)
