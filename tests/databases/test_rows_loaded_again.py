"""Rows and tuples are no objects of the session: what is in them is loaded again, or stays loaded."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, FILL, HEADER, MAIN, MODELS, answers, app, convert

JOINED = "db.query(User, Note).join(Note, Note.owner_id == User.id)"
OUTER = "db.query(User, Note).outerjoin(Note, Note.title == User.name)"
HANDLER = '\n@router.get("/x")\ndef handler(db: Session = Depends(get_db)):\n'
PAIRS = "pairs = [(db.get(User, 1), 1), (db.get(User, 2), 2)]\ndb.commit()\n"
STAYS = "app/db.py"
"""The factory keeps all loaded: `expire_on_commit=False`."""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"rows = {JOINED}.all()\ndb.commit()\nreturn [[u.name, n.title] for u, n in rows]", STAYS),
        (
            "rows = db.query(User, Note.title).join(Note, Note.owner_id == User.id).all()\n"
            "db.commit()\nreturn [[row.User.name, row.title] for row in rows]",
            STAYS,
        ),
        (f"row = {JOINED}.first()\ndb.commit()\nreturn [row[0].name, row[1].title]", STAYS),
        (f"{PAIRS}return [[user.name, number] for user, number in pairs]", STAYS),
        (f"{PAIRS}return [[len(user.notes), number] for user, number in pairs]", "run_sync(lambda _: [["),
        (
            "users = {u.id: (u, 1) for u in db.query(User).all()}\ndb.commit()\n"
            "return {key: user.name for key, (user, _) in users.items()}",
            STAYS,
        ),
        (f"user, note = {JOINED}.first()\nuser.name = 'x'\ndb.commit()\nreturn user.name", "refresh(user)"),
        (
            f"said = []\nfor user, note in {JOINED}.all():\n"
            "    note.title = user.name + note.title\n    db.commit()\nreturn said",
            "await db.refresh(user)\n        await db.refresh(note)\n",
        ),
        (
            "users = db.query(User).all()\nfor number, user in enumerate(users):\n"
            "    user.name = f'{user.name}{number}'\n    db.commit()\nreturn 1",
            "for number, user in enumerate(users):\n        await db.refresh(user)\n",
        ),
        (
            f"said = []\nfor user, note in {OUTER}.all():\n"
            "    said.append([user.name, note.title if note else None])\n    db.commit()\nreturn said",
            "        if note is not None:\n            await db.refresh(note)\n",
        ),
        (
            "users = [db.get(User, id) for id in (1, 2, 3)]\ndb.commit()\n"
            "return [user.name for user in users if user]",
            "for each in users:\n        if each is not None:\n            await db.refresh(each)\n",
        ),
        (
            "users = db.query(User).all()\ndb.commit()\nreturn [user.name for user in users]",
            "for each in users:\n        await db.refresh(each)\n",
        ),
        (
            "users = db.query(User).all()\ndb.commit()\nreturn [len(user.notes) for user in users]",
            "for each in users:\n        await db.refresh(each)\n",
        ),
    ],
)
def test_what_a_row_holds_after_a_commit(tmp_path: Path, body: str, expected: str) -> None:
    api = HEADER + HANDLER + "\n".join(f"    {line}" for line in body.split("\n")) + "\n"
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MODELS, "app/main.py": MAIN}
    done = convert(tmp_path, {**files, "app/api.py": api})
    assert done.obstacles == []
    stays = "expire_on_commit=False" in done.texts["app/db.py"]
    assert stays if expected == STAYS else (expected in done.texts["app/api.py"] and not stays)
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before[0][1] == 200
    assert before == after


@pytest.mark.parametrize("end", ["", "db.commit()\n        break"])
def test_no_turn_follows_that_reads_what_has_expired(tmp_path: Path, end: str) -> None:
    done = app(
        tmp_path,
        f"""
@router.get("/x")
def handler(db: Session = Depends(get_db)):
    for user, note in {JOINED}.all():
        print(user.name, note.title)
        {end}
""",
    )
    assert done.obstacles == []
    assert "refresh" not in done.texts["app/api.py"]
