"""What a function is handed that reads relationships below `run_sync`, is awaited before."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import FILL, MAIN, answers, app, squeezed

HANDLERS = """
def to_out(user, word: str):
    return {"name": user.name, "word": word, "notes": [note.title for note in user.notes]}


def make(db: Session, id: int):
    user = User(name="new")
    db.add(user)
    db.flush()
    user.notes.append(Note(title="first"))
    db.commit()
    return db.get(User, id) or user


def both(db: Session, id: int):
    return [make(db, id), make(db, 1)]


@router.get("/x")
def x(id: int, db: Session = Depends(get_db)):
    BODY
"""
URLS = ["/x?id=1", "/x?id=2", "/x?id=9"]


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("return to_out(make(db, id), 'a')", "user = await make(db, id)"),
        ("return to_out(word='a', user=make(db, id))", "user = await make(db, id)"),
        ("user = id\n    return to_out(make(db, user), 'a')", "user_2 = await make(db, user)"),
        ("return [to_out(user, 'a') for user in both(db, id)]", "users = await both(db, id)"),
        ("return [to_out(a, 'a') for a in both(db, id)]", "items = await both(db, id)"),
        # what a loop binds anew is handed over, and what no longer stands in the lambda is not
        (
            "for id in (1, 2):\n        shown = to_out(make(db, id), word='a')\n    return shown",
            "shown = await db.run_sync(lambda _, user: to_out(user, word='a'), user)",
        ),
    ],
)
def test_what_is_handed_over_is_awaited_first(tmp_path: Path, body: str, line: str) -> None:
    done = app(tmp_path, HANDLERS.replace("BODY", body), main=MAIN)
    assert done.obstacles == []
    assert squeezed(line) in squeezed(done.texts["app/api.py"])
    before, after = answers(tmp_path, done, FILL, URLS)
    assert before == after
    assert [status for _, status, _ in before] == [200, 200, 200]
