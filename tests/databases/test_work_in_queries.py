"""Legacy queries that are given what takes its time: a hash, a file, what a function that turns gives."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import FILL, MAIN, answers, app, squeezed

HASH = """
import hashlib


def hashed(text: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", text.encode(), b"salt", 100_000).hex()


class Hash:
    def make(text: str) -> str:
        return hashed(text)


def first_id(db: Session) -> int:
    return db.query(Note.id).order_by(Note.id).limit(1).scalar()


@router.get("/x")
def handler(db: Session = Depends(get_db)):
"""
READ = "return [n.title for n in db.query(Note).order_by(Note.id)]"


@pytest.mark.parametrize(
    ("body", "becomes"),
    [
        ("db.query(Note).filter(Note.id == 1).update({'title': hashed('a')})", ".values({'title': await run_in_threadpool(hashed, 'a')})"),
        ("db.query(Note).filter(Note.id == 1).update({Note.title: Hash.make('a')}, synchronize_session=False)", ".values({Note.title: await run_in_threadpool(Hash.make, 'a')})"),
        ("found = db.query(Note).filter(Note.id == 1)\nif found.first() is None:\n    raise HTTPException(404)\nelse:\n    found.update({Note.title: Hash.make('a')})\n    db.commit()", ".values({Note.title: await run_in_threadpool(Hash.make, 'a')})"),
        ("found = db.query(Note).filter(Note.title == hashed('a')).first()\nassert found is None", "filter(Note.title == await run_in_threadpool(hashed, 'a'))"),
        ("assert db.query(Note).filter(Note.title == hashed('a')).count() == 0", "filter(Note.title == await run_in_threadpool(hashed, 'a'))"),
        ("note = db.query(Note).filter(Note.id == first_id(db)).first()\nnote.title = hashed('a')", "filter(Note.id == await first_id(db))"),
        ("found = db.query(Note).filter(Note.id == first_id(db))\nfound.update({'title': 'a', 'owner_id': first_id(db)})", ".values({'title': 'a', 'owner_id': await first_id(db)})"),
    ],
)  # fmt: skip
def test_it_runs_in_its_thread_within_the_new_statement(tmp_path: Path, body: str, becomes: str) -> None:
    lines = "".join(f"    {line}\n" for line in f"{body}\n{READ}".split("\n"))
    done = app(tmp_path, HASH + lines, main=MAIN)
    assert done.obstacles == []
    assert squeezed(becomes) in squeezed(done.texts["app/api.py"])
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before == after
    assert before[0][1] == 200


WRITTEN = """
import csv


@router.get("/export")
def export(db: Session = Depends(get_db)):
    with open("notes.csv", "w+") as file:
        writer = csv.writer(file)
        for note in db.query(Note).order_by(Note.id):
            writer.writerow([note.id, note.title])
        csv.writer(file).writerows([user.id, user.name] for user in db.query(User).order_by(User.id).all())
        file.seek(0)
        return file.read()
"""


def test_rows_of_a_query_are_written_in_one_hop(tmp_path: Path) -> None:
    """There had been one for each row, and those that `writerows` writes had been written on the event loop."""
    done = app(tmp_path, WRITTEN, main=MAIN)
    changed = squeezed(done.texts["app/api.py"])
    loop = "for note in notes:\n writer.writerow([note.id, note.title])"
    assert (
        squeezed(f"notes = await db.scalars(select(Note).order_by(Note.id))\n\n def write_rows():\n {loop}")
        in changed
    )
    assert squeezed("await run_in_threadpool(csv.writer(file).writerows, (") in changed
    before, after = answers(tmp_path, done, FILL, ["/export"])
    assert before == after
    assert before[0][1] == 200


def test_what_stands_in_a_lambda_now_is_told(tmp_path: Path) -> None:
    """A lambda cannot await."""
    body = "    db.bulk_save_objects([Note(title='x', owner_id=first_id(db))])\n    return 1\n"
    done = app(tmp_path, HASH + body, main=MAIN)
    assert any("holds other work" in text for text in done.obstacles), done.obstacles
