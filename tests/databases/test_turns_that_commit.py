"""What commits is called in each turn of a loop, or in the middle of a statement: what comes next is expired."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, FILL, MAIN, Outcome, answers, app

HELPERS = """
def add(db: Session, user: User, title: str) -> Note:
    note = Note(title=f"{title} of {user.name}", owner_id=user.id)
    db.add(note)
    db.commit()
    return note


def lengthen(db: Session, note: Note, by: str) -> None:
    note.title += by
    db.add(note)
    db.commit()


def end(db: Session, user: User) -> str:
    name = user.name
    for note in list(user.notes):
        db.delete(note)
    db.delete(user)
    db.commit()
    return name


def titles(db: Session) -> list[str]:
    return list(db.scalars(select(Note.title).order_by(Note.title)))
"""
BODIES = {
    "a statement": "for title in 'ab':\n    add(db, user, title)\nreturn titles(db)",
    "a name": "for title in 'ab':\n    note = add(db, user, title)\nreturn note.title, titles(db)",
    "by keyword": "for title in 'ab':\n    add(db=db, title=title, user=user)\nreturn titles(db)",
    "while": "n = 0\nwhile n < 2:\n    add(db, user, str(n))\n    n += 1\nreturn titles(db)",
    "loops": "for x in 'ab':\n    for y in 'cd':\n        add(db, user, x + y)\nreturn titles(db)",
    "in a condition": "for title in 'ab':\n    if add(db, user, title).title:\n        pass\nreturn titles(db)",
    "what is counted": "notes = []\nfor title in 'ab':\n    notes.append(add(db, user, title))\nreturn len(notes)",
    "what is collected": "notes = []\nfor title in 'ab':\n    notes.append(add(db, user, title))\n"
    "return [note.title for note in notes]",
    "a comprehension": "notes = [add(db, user, title) for title in 'ab']\nreturn [note.title for note in notes]",
    "a comprehension for nothing": "[add(db, user, title) for title in 'ab']\nreturn titles(db)",
    "a dictionary": "return {title: add(db, user, title).title for title in 'ab'}",
    "a set": "return sorted({add(db, user, title).title for title in 'ab'})",
    "a generator": "return list(add(db, user, title).title for title in 'ab')",
    "a sum": "return sum(add(db, user, title).id for title in 'ab')",
    "a list of others": "users = db.scalars(select(User)).all()\n"
    "return [add(db, each, title).title for each in users for title in 'ab']",
    "below a condition": "if add(db, user, 'a').title:\n    return user.name",
    "below and behind a condition": "if add(db, user, 'a').title:\n    print(user.name)\nreturn user.name",
    "below another condition": "if user is None:\n    return 1\nelif add(db, user, 'a').title:\n    return user.name",
    "below no condition": "if not add(db, user, 'a').title:\n    return 1\nelse:\n    return user.name",
    "below a while": "names = []\nwhile add(db, user, 'a').id < 3:\n    names.append(user.name)\nreturn names",
    "below what a loop goes through": "names = []\nfor c in add(db, user, 'a').title:\n    names.append(user.name)\nreturn names",
    "in the same statement": "return {'note': add(db, user, 'a').title, 'user': user.name}",
    "in the same statement, before": "return {'user': user.name, 'note': add(db, user, 'a').title}",
    "twice in one statement": "return add(db, user, 'a').title, add(db, user, 'b').title",
    "twice in one statement, kept": "notes = add(db, user, 'a'), add(db, user, 'b')\nreturn notes[0].title",
    "in one condition": "if add(db, user, 'a').title and user.name:\n    return titles(db)",
    "in one comparison": "return add(db, user, 'a').title == user.name",
    "a new one": "note = Note(title='n', owner_id=1)\nfor by in 'ab':\n    lengthen(db, note, by)\nreturn note.title",
    "a new one, never in a turn": "note = Note(title='n', owner_id=1)\nfor by in '':\n    lengthen(db, note, by)\nreturn note.title",
    "one that is gone": "for each in '1':\n    user = db.get(User, int(each))\n    if user is not None:\n        end(db, user)\nreturn titles(db)",
    "one that may be gone": "names = []\nfor n in range(2):\n    if n == 0:\n        names.append(user.name)\n        end(db, user)\nreturn names",
    "what is given back below a condition": "if not add(db, user, 'a'):\n    return None\nreturn user.name",
    "in an f-string": "return f'{add(db, user, \"a\").title} {user.name}'",
    "in an argument of another": "return add(db, user, add(db, user, 'a').title).title",
    "an assert": "assert add(db, user, 'a').title, user.name\nreturn user.name",
    "a chosen one": "return user.name if add(db, user, 'a').title else ''",
    "the last one": "user = db.scalars(select(User)).first()\nnotes = [add(db, user, title) for title in 'a']\n"
    "return user.name, notes[0].title",
}


def turned(folder: Path, body: str, factory: str = "") -> Outcome:
    lines = "\n    ".join(body.splitlines())
    handler = (
        '\n@router.get("/x")\ndef x(db: Session = Depends(get_db)):\n'
        f"    user = db.get(User, 1)\n    {lines}\n"
    )
    database = DATABASE.replace("autoflush=False", f"autoflush=False{factory}")
    return app(folder, HELPERS + handler, main=MAIN, db=database)


@pytest.mark.parametrize("what", BODIES)
def test_answers_are_the_same(tmp_path: Path, what: str) -> None:
    done = turned(tmp_path, BODIES[what])
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before[0][1] == 200, before
    assert before == after


LOADED = {
    "a loop": "for title in 'ab':\n    add(db, user, title)\nreturn titles(db)",
    "a loop that asks anew": "for n in '11':\n    user = db.get(User, int(n))\n    add(db, user, 'a')\nreturn titles(db)",
    "nothing below a condition": "if add(db, user, 'a').title:\n    return titles(db)",
    "what is bound below a condition": "if add(db, user, 'a').title:\n    user = db.get(User, 2)\n    return user.name",
    "nothing but what commits": "return add(db, user, 'a').title",
    "as an argument of it": "return add(db, user, user.name).title",
    "before it": "return {'user': user.name, 'note': add(db, user, 'a').title}",
    "whether it is there": "if add(db, user, 'a') is not None and user is not None:\n    return titles(db)",
    "a comprehension behind it": "add(db, user, 'a')\nreturn [c for c in user.name]",
    "what a comprehension goes through": "return [c for c in add(db, user, 'a').title]",
    "plain data": "names = [user.name]\nreturn [add(db, db.get(User, 1), title).title for title in names]",
    "what a with commits": "with db.begin_nested():\n    print(user.name)\nreturn user.name",
}


@pytest.mark.parametrize("what", LOADED)
def test_sessions_expire_as_before_where_that_does_no_harm(tmp_path: Path, what: str) -> None:
    done = turned(tmp_path, LOADED[what])
    assert done.obstacles == []
    assert "expire_on_commit" not in done.texts["app/db.py"]
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before[0][1] == 200, before
    assert before == after


@pytest.mark.parametrize("what", ["a comprehension", "in the same statement", "below a condition"])
def test_sessions_that_keep_their_objects_need_nothing(tmp_path: Path, what: str) -> None:
    done = turned(tmp_path, BODIES[what], factory=", expire_on_commit=False")
    assert done.obstacles == []
    assert "db.refresh(user)" not in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before == after
