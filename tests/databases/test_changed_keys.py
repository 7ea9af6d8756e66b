"""A foreign key is changed after its object was asked for: what it leads to is loaded where it is read, as it
is then. The query for the object had brought what it led to before."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest
from db_programs import DATABASE, FILLED_TEAMS, HEADER, MAIN, TEAMS, Outcome, answers, convert

HELPERS = """
from pydantic import BaseModel, ConfigDict


class TeamOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    team: TeamOut


class NoteOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str
    owner: UserOut


class Changes(BaseModel):
    owner_id: int = 2


class Titled(BaseModel):
    title: str = "new"


def find(db: Session, id: int) -> Note | None:
    return db.query(Note).filter(Note.id == id).first()


def change(note: Note, changes: Changes) -> None:
    note.owner_id = changes.owner_id


def changed(db: Session, note: Note, changes: Changes) -> Note:
    for name, value in changes.model_dump().items():
        setattr(note, name, value)
    db.add(note)
    db.flush()
    return note


def moved(db: Session, id: int) -> Note:
    note = db.query(Note).filter(Note.id == id).first()
    note.owner_id = 2
    db.flush()
    return note


class Notes:
    def update(self, db: Session, found, values: dict):
        for name in values:
            setattr(found, name, values[name])
        db.add(found)
        db.flush()
        return found


stored = Notes()
"""
ASKED = "note = find(db, 1)\n"
READ = "return [note.owner.team.name]"
CHANGED = {
    "flushed": f"{ASKED}note.owner_id = 2\ndb.flush()\n{READ}",
    "flushed, one step": f"{ASKED}note.owner_id = 2\ndb.flush()\nreturn [note.owner.name]",
    "not flushed": f"{ASKED}note.owner_id = 2\n{READ}",
    "not flushed, one step": f"{ASKED}note.owner_id = 2\nreturn [note.owner.name]",
    "committed": f"{ASKED}note.owner_id = 2\ndb.commit()\n{READ}",
    "refreshed": f"{ASKED}note.owner_id = 2\ndb.commit()\ndb.refresh(note)\n{READ}",
    "sent": f"{ASKED}note.owner_id = 2\ndb.flush()\nreturn note",
    "sent when committed": f"{ASKED}note.owner_id = 2\ndb.commit()\nreturn note",
    "by primary key": f"note = db.get(Note, 1)\nnote.owner_id = 2\ndb.flush()\n{READ}",
    "under any name": f"{ASKED}for name, value in Changes().model_dump().items():\n"
    f"    setattr(note, name, value)\ndb.flush()\n{READ}",
    "under a name": f"{ASKED}setattr(note, 'owner_id', 2)\ndb.flush()\n{READ}",
    "two steps away": f"{ASKED}note.owner.team_id = 2\ndb.flush()\n{READ}",
    "two steps away, under another name": f"{ASKED}user = note.owner\nuser.team_id = 2\ndb.flush()\n{READ}",
    "in a branch": f"{ASKED}if note.title:\n    note.owner_id = 2\ndb.flush()\n{READ}",
    "by a helper": f"{ASKED}change(note, Changes())\ndb.flush()\n{READ}",
    "by what gives it back": f"{ASKED}return changed(db, note, Changes())",
    "by what gives it back, and read": f"{ASKED}return [changed(db, note, Changes()).owner.team.name]",
    "by what gives it back, under its name": f"{ASKED}note = changed(db, note, Changes())\n{READ}",
    "by what gives it back, under another name": f"{ASKED}one = changed(db, note, Changes())\n"
    "return [one.owner.team.name]",
    "by what gives it back, at times": f"{ASKED}if note.title:\n    note = changed(db, note, Changes())\n{READ}",
    "by what asks for it": "return moved(db, 1)",
    "by what asks for it, under a name": f"note = moved(db, 1)\n{READ}",
    "by what knows no class": f"{ASKED}note = stored.update(db, note, {{'owner_id': 2}})\n{READ}",
    "in a loop": "names = []\nfor note in db.query(Note).order_by(Note.id).all():\n    note.owner_id = 2\n"
    "    db.flush()\n    names.append(note.owner.name)\nreturn names",
    "in a loop before": "notes = db.query(Note).order_by(Note.id).all()\nfor note in notes:\n"
    "    note.owner_id = 3 - note.owner_id\ndb.flush()\nreturn [note.owner.team.name for note in notes]",
    "the other side": "user = db.get(User, 1)\nnote = find(db, 3)\nnote.owner_id = 1\ndb.flush()\n"
    "return sorted(each.title for each in user.notes)",
    "read before as well": f"{ASKED}first = note.owner.team.name\nnote.owner_id = 2\ndb.flush()\n"
    "return [first, note.owner.team.name]",
    "read before as well, one step": f"{ASKED}first = note.owner.name\nnote.owner_id = 2\ndb.flush()\n"
    "return [first, note.owner.name]",
    "read before a commit": f"{ASKED}first = note.owner.name\nnote.owner_id = 2\ndb.commit()\n"
    "return [first, note.owner.name]",
}
SAME = {
    "another column": f"{ASKED}note.title = 'x'\ndb.flush()\n{READ}",
    "another column, by name": f"{ASKED}setattr(note, 'title', 'x')\ndb.flush()\n{READ}",
    "columns that are no keys": f"{ASKED}for name, value in Titled().model_dump().items():\n"
    f"    setattr(note, name, value)\ndb.flush()\n{READ}",
    "a key of another class": f"{ASKED}change_other(db)\nreturn [note.owner.name]",
    "after it was read": f"{ASKED}found = note.owner.team.name\nnote.owner_id = 2\ndb.flush()\nreturn [found]",
    "before it is asked for": f"db.get(Note, 1).owner_id = 2\ndb.flush()\n{ASKED}{READ}",
}
OTHER = """

def change_other(db: Session) -> None:
    other = db.query(Other).first()
    if other is not None:
        other.team_id = 2
        db.flush()
"""
OTHER_TABLE = """

class Other(Base):
    __tablename__ = "others"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
"""
FILLED = FILLED_TEAMS + '    db.execute("create table others (id integer primary key, team_id int)")\n'
DATABASES = {
    "a session that expires": DATABASE,
    "a session that flushes by itself": DATABASE.replace(", autoflush=False", ""),
    "a session that keeps": DATABASE.replace("autoflush=False", "expire_on_commit=False"),
}


def converted(folder: Path, bodies: Mapping[str, str], database: str = DATABASE) -> Outcome:
    api = HEADER.replace("import Note, User", "import Note, Other, User") + HELPERS + OTHER
    for number, body in enumerate(bodies.values()):
        route = f'@router.get("/{number}", response_model=list[str] | NoteOut)'
        lines = textwrap.indent(body, "    ")
        api += f"\n\n{route}\ndef route_{number}(db: Session = Depends(get_db)):\n{lines}\n"
    files = {"app/__init__.py": "", "app/db.py": database, "app/models.py": TEAMS + OTHER_TABLE}
    return convert(folder, {**files, "app/main.py": MAIN, "app/api.py": api})


@pytest.mark.parametrize("database", DATABASES)
@pytest.mark.parametrize("what", CHANGED)
def test_what_a_changed_key_leads_to_is_what_there_is_then(tmp_path: Path, what: str, database: str) -> None:
    done = converted(tmp_path, {what: CHANGED[what]}, DATABASES[database])
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILLED, ["/0"])
    assert before[0][1] == 200, before
    assert before == after


@pytest.mark.parametrize("what", SAME)
def test_what_no_key_changes_is_loaded_by_the_query(tmp_path: Path, what: str) -> None:
    done = converted(tmp_path, {what: SAME[what]})
    assert done.obstacles == []
    assert "refresh" not in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, FILLED, ["/0"])
    assert before[0][1] == 200, before
    assert before == after
