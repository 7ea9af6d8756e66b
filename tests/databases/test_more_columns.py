"""`add_columns` and `add_entity`: rows hold what was asked for at first, and what came later."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import FILL, MAIN, Outcome, answers, app

SAY = "return [(user.name, more, len(user.notes)) for user, more in rows]"
FORMS = {
    "a column": "rows = db.query(User).join(User.notes).add_columns(Note.title).order_by(Note.id).all()\n"
    f"{SAY}",
    "two columns": "rows = db.query(User).add_columns(User.id, User.name).all()\n"
    "return [(user.notes[0].title, number, name) for user, number, name in rows]",
    "of a select": f"rows = db.execute(select(User).add_columns(User.name)).all()\n{SAY}",
    "one row": "user, title = db.query(User).join(User.notes).add_columns(Note.title).first()\n"
    "return [user.notes[0].title, title]",
    "an object": "rows = db.query(User).join(User.notes).add_entity(Note).order_by(Note.id).all()\n"
    "return [(len(user.notes), note.owner.name) for user, note in rows]",
    "to two of them": "rows = db.query(User, Note).join(User.notes).add_columns(Note.id).all()\n"
    "return sorted((number, len(user.notes), note.owner.name) for user, note, number in rows)",
    "by name": "rows = db.query(User).add_columns(User.name.label('called')).all()\n"
    "return [(row.User.notes[0].title, row.called) for row in rows]",
    "to a column": "rows = db.query(User.name).add_columns(User.id).all()\n"
    "return [(name.upper(), number) for name, number in rows]",
}


def converted(folder: Path, body: str) -> Outcome:
    lines = "\n    ".join(body.splitlines())
    handler = f'\n\n@router.get("/x")\ndef x(db: Session = Depends(get_db)):\n    {lines}\n'
    return app(folder, handler, main=MAIN)


@pytest.mark.parametrize("what", FORMS)
def test_answers_are_the_same(tmp_path: Path, what: str) -> None:
    done = converted(tmp_path, FORMS[what])
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before[0][1] == 200, before
    assert before == after


def test_an_object_behind_columns_that_nobody_counted_is_unknown(tmp_path: Path) -> None:
    """Three columns stand before it here: it is not the second one."""
    body = "rows = db.query(Note.id, Note.title, Note.owner_id).join(Note.owner).add_entity(User).all()\n"
    done = converted(tmp_path, f"{body}return [user.save() for number, title, owner, user in rows]")
    assert done.obstacles != []
