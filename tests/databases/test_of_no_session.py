"""Objects that the session which commits does not have: `refresh` would raise for them."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import FILL, MAIN, answers, app

ROUTE = """
@router.get("/x")
def x(db: Session = Depends(get_db), user: User = Depends(find)):
    db.add(Note(title="x", owner_id=user.id))
    db.commit()
    return {"name": user.name}
"""
HANDED = """
def show(db: Session, user: User):
    db.add(Note(title="x", owner_id=user.id))
    db.commit()
    return user.name

@router.get("/x")
def x(db: Session = Depends(get_db)):
    BODY
    return show(db, user)
"""
TOKEN = "from pydantic import BaseModel\n\nclass Token(BaseModel):\n    id: int\n    name: str\n\n"
KEPT = "kept = {}\n\ndef find(db: Session = Depends(get_db)):\n    if 1 not in kept:\n        kept[1] = db.get(User, 1)\n        db.expunge(kept[1])\n"
OWN = "s = SessionLocal()\n    try:\n        return s.query(User).first()\n    finally:\n        s.close()\n"
GUARDED, PLAIN, NONE = (
    "    if user in db:\n        await db.refresh(user)",
    "\n    await db.refresh(user)",
    "",
)


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        # of another session, of none, of one that is over
        ("def find():\n    with SessionLocal() as s:\n        return s.get(User, 1)\n" + ROUTE, GUARDED),
        (f"def find():\n    {OWN}{ROUTE}", GUARDED),
        (f"def load():\n    {OWN}\ndef find():\n    return load()\n{ROUTE}", GUARDED),
        ('def find():\n    return User(id=1, name="ann")\n' + ROUTE, GUARDED),
        (f"{KEPT}    return kept[1]\n{ROUTE}", GUARDED),
        (HANDED.replace("BODY", "user = User(id=1, name='made')"), GUARDED),
        (
            HANDED.replace("BODY", "with SessionLocal() as other:\n        user = other.get(User, 1)"),
            GUARDED,
        ),
        # no object of a table, whatever the annotation says
        (f'{TOKEN}def find():\n    return Token(id=1, name="ann")\n{ROUTE}', NONE),
        (f'{TOKEN}def find() -> User:\n    return Token(id=1, name="ann")\n{ROUTE}', NONE),
        (
            f'{TOKEN}from types import MethodType\n\nfind = MethodType(lambda self: Token(id=1, name="ann"), 1)\n{ROUTE}',
            NONE,
        ),
        # of the session itself
        ("def find(db: Session = Depends(get_db)):\n    return db.get(User, 1)\n" + ROUTE, PLAIN),
        (
            "def load(db: Session):\n    return db.query(User).first()\n\ndef find(db: Session = Depends(get_db)):\n"
            "    user = load(db)\n    if not user:\n        raise HTTPException(404)\n    return user\n"
            + ROUTE,
            PLAIN,
        ),
        (
            'def find(db: Session = Depends(get_db)):\n    user = User(name="new")\n    db.add(user)\n'
            "    db.commit()\n    db.refresh(user)\n    return user\n" + ROUTE,
            PLAIN,
        ),
        (HANDED.replace("BODY", "user = db.get(User, 1)"), PLAIN),
        (HANDED.replace("BODY", "user = User(name='new')\n    db.add(user)\n    db.flush()"), PLAIN),
        (
            HANDED.replace("db: Session = Depends(get_db)", "").replace(
                "    BODY\n    return show(db, user)",
                "    with SessionLocal() as db:\n        user = db.get(User, 1)\n        return show(db, user)",
            ),
            PLAIN,
        ),
    ],
)
def test_it_is_loaded_again_where_the_session_has_it(tmp_path: Path, program: str, expected: str) -> None:
    done = app(tmp_path, program, main=MAIN)
    assert done.obstacles == []
    text = done.texts["app/api.py"]
    assert expected in text if expected else "refresh" not in text
    assert ("if user in db" in text) is (expected == GUARDED)
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before[0][1] == 200
    assert before == after


READ = ROUTE.replace('{"name": user.name}', "[note.title for note in user.notes]")
LOADED = "from sqlalchemy.orm import joinedload\n\ndef find():\n    with SessionLocal() as s:\n        return s.query(User).options(joinedload(User.notes)).first()\n"


@pytest.mark.parametrize(
    ("find", "is_guarded"),
    [
        ("def find():\n    return User(id=1, name='made')\n", True),
        (LOADED, True),
        ("def find(db: Session = Depends(get_db)):\n    return db.get(User, 1)\n", False),
        (
            # functions that call each other
            "def one(db: Session, n: int):\n    return db.get(User, n) or other(db, n - 1)\n\n"
            "def other(db: Session, n: int):\n    return one(db, n)\n\n"
            "def find(db: Session = Depends(get_db)):\n    return other(db, 1)\n",
            False,
        ),
    ],
)
def test_its_relationships_are_loaded_where_the_session_has_it(
    tmp_path: Path, find: str, is_guarded: bool
) -> None:
    done = app(tmp_path, find + READ, main=MAIN)
    assert done.obstacles == []
    text = done.texts["app/api.py"]
    assert ('    if user in db:\n        await db.refresh(user, ["notes"])\n' in text) is is_guarded
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before[0][1] == 200
    assert before == after


MADE = {
    "user = User(name='new')": False,
    "user: User = User(name='new')": False,
    "user = User(name='new') if db.dirty else User(name='other')": False,
    "user: User | None = db.get(User, 1)\n    if user is None:\n        user = User(name='new')": True,
    "user = db.get(User, 1)\n    if user is None:\n        user: User = User(name='new')": True,
    "user: User = User(name='new') if db.dirty else db.get(User, 1)": True,
}
ADDED = """
@router.get("/{number}")
def x{number}(db: Session = Depends(get_db)):
    {made}
    user.notes.append(Note(title="a"))
    db.add(user)
    db.flush()
    return sorted(note.title for note in user.notes)

"""


def test_what_a_function_makes_has_nothing_to_load(tmp_path: Path) -> None:
    """However it is bound: with its type or without, and whichever of two it is."""
    routes = "".join(ADDED.format(number=number, made=made) for number, made in enumerate(MADE))
    done = app(tmp_path, routes, main=MAIN)
    assert done.obstacles == []
    _, *made = done.texts["app/api.py"].split("async def x")
    loads = ["notes" in text[: text.index("user.notes.append")] for text in made]
    assert loads == [*MADE.values()]
    before, after = answers(tmp_path, done, FILL, [f"/{number}" for number in range(len(MADE))])
    assert [status for _, status, _ in before] == [200] * len(MADE)
    assert before == after
