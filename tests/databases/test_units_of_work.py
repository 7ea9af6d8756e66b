"""Objects that a unit of work commits when it is left are expired behind its `with`, as behind any commit."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, FILL, HEADER, MAIN, MODELS, Outcome, answers, convert

UNITS = """
class Unit:
    def __init__(self, db: Session):
        self.db = db

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind:
            self.db.rollback()
        else:
            self.db.commit()


class Below(Unit):
    def note(self, title):
        note = Note(title=title, owner_id=1)
        self.db.add(note)
        return note


class Looking(Unit):
    def __exit__(self, kind, error, trace):
        print(self.db.in_transaction())


def renamed(db: Session, user: User):
    with Unit(db):
        user.name = "new"
"""
BODIES = {
    "behind": "user = db.get(User, 1)\nwith Unit(db) as unit:\n    user.name = 'new'\nreturn user.name",
    "without_a_name": "user = db.get(User, 1)\nwith Unit(db):\n    user.name = 'new'\nreturn user.name",
    "made_before": "user = db.get(User, 1)\nunit = Unit(db)\nwith unit:\n    user.name = 'new'\nreturn user.name",
    "of_a_class_below": "with Below(db) as unit:\n    note = unit.note('x')\nreturn note.title",
    "by_a_function": "user = db.get(User, 1)\nrenamed(db, user)\nreturn user.name",
    "within": "user = db.get(User, 1)\nwith Unit(db):\n    user.name = 'new'\n    found = user.name\nreturn found",
    "relationship": "user = db.get(User, 1)\nprint(user.notes)\nwith Unit(db):\n    user.name = 'new'\nreturn [n.title for n in user.notes]",
    "begun": "with db.begin():\n    note = Note(title='x', owner_id=1)\n    db.add(note)\nreturn note.title",
    "looking": "user = db.get(User, 1)\nwith Looking(db):\n    print(user.name)\nreturn user.name",
}


def _convert(folder: Path, bodies: dict[str, str], database: str = DATABASE) -> Outcome:
    api = HEADER + UNITS
    for name, body in bodies.items():
        lines = "".join(f"    {line}\n" for line in body.split("\n"))
        api += f'\n\n@router.get("/{name}")\ndef {name}_(db: Session = Depends(get_db)):\n{lines}'
    files = {"app/__init__.py": "", "app/db.py": database, "app/models.py": MODELS, "app/main.py": MAIN}
    return convert(folder, {**files, "app/api.py": api})


def test_they_are_read_as_before(tmp_path: Path) -> None:
    done = _convert(tmp_path, BODIES)
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL, [f"/{name}" for name in BODIES])
    assert [status for _, status, _ in before] == [200] * len(BODIES)
    for one, other in zip(before, after, strict=True):
        assert one == other


KEEPS = "expire_on_commit=False"


@pytest.mark.parametrize("body", ["behind", "without_a_name", "by_a_function"])
def test_they_are_loaded_again(tmp_path: Path, body: str) -> None:
    done = _convert(tmp_path, {body: BODIES[body]})
    assert "await db.refresh(user)\n    return user.name" in done.texts["app/api.py"]
    assert KEEPS not in done.texts["app/db.py"]


@pytest.mark.parametrize("body", ["within", "looking"])
def test_what_is_read_before_the_end_is_left_alone(tmp_path: Path, body: str) -> None:
    done = _convert(tmp_path, {body: BODIES[body]})
    assert KEEPS not in done.texts["app/db.py"]
    assert "refresh" not in done.texts["app/api.py"]
