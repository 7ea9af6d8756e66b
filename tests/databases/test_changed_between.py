"""What a relationship holds may change after its owner was asked for: it is loaded where it is read, as the
sync session did, not with the owner."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from pathlib import Path

import forked
import pytest
from db_programs import DATABASE, FILL, HEADER, MAIN, MODELS, SCHEMAS, Outcome, answers, convert

HELPERS = (
    SCHEMAS
    + """

def clear(db: Session, id: int):
    db.query(Note).filter(Note.owner_id == id).delete()


def cleared(db: Session, id: int):
    user = db.query(User).filter(User.id == id).first()
    clear(db, id)
    return user


def find(db: Session, id: int):
    return db.query(User).filter(User.id == id).first()
"""
)
ASKED = "user = find(db, 1)\n"
READ = "return [note.title for note in user.notes]"
DELETED = "db.query(Note).filter(Note.owner_id == 1).delete()\n"
CHANGED = {
    "deleted in bulk": f"{ASKED}{DELETED}{READ}",
    "updated in bulk": f"{ASKED}db.query(Note).filter(Note.id == 3).update({{'owner_id': 1}})\n{READ}",
    "made and flushed": f"{ASKED}db.add(Note(title='new', owner_id=1))\ndb.flush()\n{READ}",
    "made and not flushed": f"{ASKED}db.add(Note(title='new', owner_id=1))\n{READ}",
    "deleted one": f"{ASKED}db.delete(db.get(Note, 1))\ndb.flush()\n{READ}",
    "by a helper": f"{ASKED}clear(db, 1)\n{READ}",
    "by the helper that asked": f"user = cleared(db, 1)\n{READ}",
    "in a branch": f"{ASKED}if user.name:\n    clear(db, 1)\n{READ}",
    "before a model reads": f"{ASKED}{DELETED}return user",
    "in each turn, and read": "user = db.get(User, 1)\nfound = []\nfor title in 'ab':\n"
    "    db.add(Note(title=title, owner_id=1))\n    db.flush()\n    found.append(str(len(user.notes)))\n"
    "return found",
    "in each turn, and read of each": "found = []\nfor user in db.query(User).all():\n"
    "    db.add(Note(title='n', owner_id=user.id))\n    db.flush()\n    found.append(str(len(user.notes)))\n"
    "return found",
    "in each turn, and read of what others share": "found = []\nfor note in db.query(Note).all():\n"
    "    user = note.owner\n    db.add(Note(title='new', owner_id=user.id))\n    db.flush()\n"
    "    found.append(str(len(user.notes)))\nreturn found",
    "read before as well": f"{ASKED}a = len(user.notes)\n{DELETED}return [str(a), str(len(user.notes))]",
}
SAME = {
    "changed before it was asked for": f"{DELETED}{ASKED}{READ}",
    "another class": f"{ASKED}db.query(Other).delete()\n{READ}",
    "after it was read": f"{ASKED}found = [note.title for note in user.notes]\n{DELETED}return found",
    "nothing": f"{ASKED}{READ}",
}
OTHER = """

class Other(Base):
    __tablename__ = "others"
    id: Mapped[int] = mapped_column(primary_key=True)
"""


OTHERS = """
with sqlite3.connect("app.db") as db:
    db.execute("create table others (id integer primary key)")
"""
AUTOFLUSH = DATABASE.replace(", autoflush=False", "")


def converted(folder: Path, bodies: Mapping[str, str], database: str = DATABASE) -> Outcome:
    api = HEADER.replace("import Note, User", "import Note, Other, User") + HELPERS
    for number, body in enumerate(bodies.values()):
        route = f'@router.get("/{number}", response_model=list[str] | UserOut)'
        lines = textwrap.indent(body, "    ")
        api += f"\n\n{route}\ndef route_{number}(db: Session = Depends(get_db)):\n{lines}\n"
    models = MODELS + OTHER
    files = {"app/__init__.py": "", "app/db.py": database, "app/models.py": models, "app/main.py": MAIN}
    return convert(folder, {**files, "app/api.py": api})


@pytest.mark.parametrize("database", [DATABASE, AUTOFLUSH])
def test_what_is_read_after_a_change_is_what_there_is_then(tmp_path: Path, database: str) -> None:
    bodies = {**CHANGED, **SAME}
    done = converted(tmp_path, bodies, database)
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL + OTHERS, [f"/{n}" for n in range(len(bodies))])
    assert [status for _, status, _ in before] == [200] * len(bodies)
    for name, one, other in zip(bodies, before, after, strict=True):
        assert one == other, name


@pytest.mark.parametrize("name", CHANGED)
def test_the_query_does_not_load_what_changes_after_it(tmp_path: Path, name: str) -> None:
    text = converted(tmp_path, {name: CHANGED[name]}).texts["app/api.py"]
    route = text[text.index("async def route_0") :]
    assert "db.refresh(user, [" in route or re.search(r"db.run_sync\(lambda _(, user)?: user.notes", route)


@pytest.mark.parametrize("name", [name for name in SAME if name != "another class"])
def test_what_changes_before_or_never_is_loaded_by_the_query(tmp_path: Path, name: str) -> None:
    text = converted(tmp_path, {name: SAME[name]}).texts["app/api.py"]
    assert "options(selectinload(User.notes))" in text
    assert "refresh" not in text
    assert "run_sync" not in text


REQUESTED = """
from fastapi.testclient import TestClient
from app.db import Base, SessionLocal, engine
from app.main import app
from app.models import User


def test_it():
    Base.metadata.create_all(engine)
    with SessionLocal() as db:
        db.add(User(id=1, name="ann"))
        db.commit()
        user = db.get(User, 1)
        with TestClient(app) as client:
            client.ASKS
            assert len(user.notes) == COUNT
"""


@pytest.mark.parametrize(("asks", "count"), [('post("/notes")', 1), ('get("/notes")', 0)])
def test_what_a_test_reads_after_a_request_that_may_change_it(tmp_path: Path, asks: str, count: int) -> None:
    """What the query had loaded before the request is out of date."""
    routes = """
@router.post("/notes")
def make(db: Session = Depends(get_db)):
    db.add(Note(title="new", owner_id=1))
    db.commit()


@router.get("/notes")
def notes(db: Session = Depends(get_db)):
    return db.query(Note).count()
"""
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/models.py": MODELS,
        "app/api.py": HEADER + routes,
        "app/main.py": MAIN,
        "tests/test_notes.py": REQUESTED.replace("ASKS", asks).replace("COUNT", str(count)),
    }
    done = convert(tmp_path, files)
    text = done.texts["tests/test_notes.py"]
    assert ('await db.refresh(user, ["notes"])' in text) is bool(count)
    for path, new in done.texts.items():
        (tmp_path / path).write_text(new)
    ran = forked.run(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio", "tests", cwd=tmp_path
    )
    assert "1 passed" in ran.stdout, ran.stdout
