"""A loop or comprehension that gives its name to what it takes from an object of that name: what it goes
through is read of the outer one, and all else of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import FILLED_TEAMS, MAIN, TEAMS, Outcome, answers, app

NOTE = "note = db.get(Note, 1)\n"
USER = "user = db.get(User, 1)\n"
FORMS = {
    "a list": f"{USER}return [user.owner.team.name for user in user.notes]",
    "a list over two steps": f"{NOTE}return [note.owner.team.name for note in note.owner.notes]",
    "a set": f"{USER}return sorted({{user.owner.team.name for user in user.notes}})",
    "a dictionary": f"{USER}return {{user.id: user.owner.team.name for user in user.notes}}",
    "a generator": f"{USER}return ''.join(user.owner.team.name for user in user.notes)",
    "inside another": f"{USER}return [[user.title for user in user.owner.notes] for user in user.notes]",
    "a list of all": "users = db.query(User).all()\nreturn [users.team.name for users in users]",
    "a list that is chosen from": "users = db.query(User).all()\n"
    "return [user.team.name for user in [user for user in users if user.notes]]",
    "the second of two": f"{USER}return [note.owner.team.name for each in user.notes "
    "for note in each.owner.notes]",
    "a loop": f"{USER}names = []\nfor user in user.notes:\n    names.append(user.owner.team.name)\n"
    "return names",
    "another name": f"{USER}return [note.owner.team.name for note in user.notes]",
    "the name again, behind it": f"{USER}titles = [user.title for user in user.notes]\n"
    "return titles, user.team.name",
}


def converted(folder: Path, body: str) -> Outcome:
    lines = "\n    ".join(body.splitlines())
    handler = f'\n\n@router.get("/x")\ndef x(db: Session = Depends(get_db)):\n    {lines}\n'
    return app(folder, handler, main=MAIN, models=TEAMS)


@pytest.mark.parametrize("what", FORMS)
def test_answers_are_the_same(tmp_path: Path, what: str) -> None:
    done = converted(tmp_path, FORMS[what])
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILLED_TEAMS, ["/x"])
    assert before[0][1] == 200, before
    assert before == after
