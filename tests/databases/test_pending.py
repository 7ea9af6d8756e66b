"""What a request adds to a relationship of an object that the session knows already is still there when it
is loaded: `refresh` would throw it away. And what a loop works on is loaded once, above the loop."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, HEADER, MAIN, Outcome, answers, convert

MODELS = """
from sqlalchemy import Column, ForeignKey, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base

labels = Table("labels", Base.metadata, Column("note", ForeignKey("notes.id")), Column("tag", ForeignKey("tags.id")))


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    notes: Mapped[list["Note"]] = relationship(back_populates="owner")


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    owner: Mapped[User | None] = relationship(back_populates="notes")
    tags: Mapped[list["Tag"]] = relationship(secondary=labels)


class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


def label(note, names):
    for name in names:
        note.tags.append(Tag(name=name))
"""
FILL = """
import sqlite3
with sqlite3.connect("app.db") as db:
    db.execute("create table users (id integer primary key, name text)")
    db.execute("create table notes (id integer primary key, title text, owner_id integer)")
    db.execute("create table tags (id integer primary key, name text)")
    db.execute("create table labels (note integer, tag integer)")
    db.execute("insert into users (name) values ('ann'), ('bob')")
    db.execute("insert into notes (title, owner_id) values ('one', 1), ('two', 1)")
"""
MADE = "note = Note(title='new')\ndb.add(note)\ndb.flush()\n"
SAVED = "db.commit()\nreturn sorted(t.name for t in db.get(Note, note.id).tags)"
BODIES = {
    "loop": f"{MADE}for name in 'abc':\n    note.tags.append(Tag(name=name))\n{SAVED}",
    "twice": f"{MADE}note.tags.append(Tag(name='a'))\nnote.tags.append(Tag(name='b'))\n{SAVED}",
    "while": f"{MADE}n = 0\nwhile n < 3:\n    note.tags.append(Tag(name=str(n)))\n    n += 1\n{SAVED}",
    "nested": f"{MADE}for a in 'ab':\n    for b in 'cd':\n        if a != b:\n            note.tags.append(Tag(name=a + b))\n{SAVED}",
    "tried": f"{MADE}for name in 'abc':\n    try:\n        note.tags.append(Tag(name=name))\n    except ValueError:\n        pass\n{SAVED}",
    "asked": f"{MADE}for name in 'abc':\n    if db.query(Tag).filter_by(name=name).first() is None:\n        note.tags.append(Tag(name=name))\n{SAVED}",
    "committed": f"{MADE}for name in 'abc':\n    note.tags.append(Tag(name=name))\n    db.commit()\n{SAVED}",
    "counted": f"{MADE}for name in 'abc':\n    note.tags.append(Tag(name=name))\nfound = len(note.tags)\ndb.commit()\nreturn found",
    "from_behind": "user = User(name='eve')\ndb.add(user)\ndb.flush()\nfor title in 'ab':\n    db.add(Note(title=title, owner=user))\nreturn [n.title for n in user.notes]",
    "each": "notes = [Note(title=t) for t in 'xy']\ndb.add_all(notes)\ndb.flush()\nfor note in notes:\n    note.tags.append(Tag(name=note.title))\n    note.tags.append(Tag(name='z'))\ndb.commit()\nreturn [sorted(t.name for t in note.tags) for note in notes]",
    "never": f"{MADE}for name in '':\n    note.tags.append(Tag(name=name))\n{SAVED}",
}


def _convert(folder: Path, bodies: dict[str, str], database: str = DATABASE) -> Outcome:
    api = HEADER.replace("Note, User", "Note, Tag, User, label")
    for name, body in bodies.items():
        lines = "".join(f"    {line}\n" for line in body.split("\n"))
        api += f'\n\n@router.get("/{name}")\ndef {name}_(db: Session = Depends(get_db)):\n{lines}'
    files = {"app/__init__.py": "", "app/db.py": database, "app/models.py": MODELS, "app/main.py": MAIN}
    return convert(folder, {**files, "app/api.py": api})


@pytest.mark.parametrize("database", [DATABASE, DATABASE.replace(", autoflush=False", "")])
def test_nothing_that_was_appended_is_lost(tmp_path: Path, database: str) -> None:
    done = _convert(tmp_path, BODIES, database)
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL, [f"/{name}" for name in BODIES])
    assert [status for _, status, _ in before] == [200] * len(BODIES)
    for one, other in zip(before, after, strict=True):
        assert one == other


def test_a_loop_loads_what_it_works_on_once(tmp_path: Path) -> None:
    text = _convert(tmp_path, {"loop": BODIES["loop"]}).texts["app/api.py"]
    assert "    await db.refresh(note, [\"tags\"])\n    for name in 'abc':\n        note.tags.append(" in text
    assert text.count('["tags"]') == 1
    assert "run_sync" not in text


def test_what_may_be_there_already_is_read_and_not_refreshed(tmp_path: Path) -> None:
    text = _convert(tmp_path, {"tried": BODIES["tried"]}).texts["app/api.py"]
    assert "await db.run_sync(lambda _: note.tags)\n            note.tags.append(" in text


def test_what_a_loop_commits_is_loaded_inside(tmp_path: Path) -> None:
    text = _convert(tmp_path, {"committed": BODIES["committed"]}).texts["app/api.py"]
    assert "for name in 'abc':\n        await db.run_sync(lambda _: note.tags)\n" in text


def test_each_object_of_a_loop_is_loaded_inside(tmp_path: Path) -> None:
    text = _convert(tmp_path, {"each": BODIES["each"]}).texts["app/api.py"]
    assert "for note in notes:\n        await db.run_sync(lambda _, note: note.tags, note)\n" in text


def test_what_nobody_changes_is_refreshed(tmp_path: Path) -> None:
    models = MODELS[: MODELS.index("def label")]
    api = HEADER + (
        '\n\n@router.post("/notes")\ndef make(title: str, db: Session = Depends(get_db)):\n'
        "    note = Note(title=title)\n    db.add(note)\n    db.commit()\n    db.refresh(note)\n"
        "    return [tag.name for tag in note.tags]\n"
    )
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": models, "app/main.py": MAIN}
    done = convert(tmp_path, {**files, "app/api.py": api})
    assert 'await db.refresh(note, ["tags"])' in done.texts["app/api.py"]
