"""Sessions that tests watch, and sessions that they hand to factories of objects."""

from __future__ import annotations

from pathlib import Path

import forked
import pytest
from db_programs import DATABASE, HEADER, MAIN, MODELS, convert

HANDLERS = """
def find(db: Session, id: int):
    return db.get(User, id)


@router.get("/users/{id}")
def read(id: int, db: Session = Depends(get_db)):
    return find(db, id).name
"""
FILES = {
    "app/__init__.py": "",
    "app/db.py": DATABASE,
    "app/models.py": MODELS,
    "app/api.py": HEADER + HANDLERS,
    "app/main.py": MAIN,
    "tests/__init__.py": "",
}
SPIES = """
from unittest.mock import patch

from app.api import find
from app.db import Base, SessionLocal, engine


def test_find():
    Base.metadata.create_all(engine)
    with SessionLocal() as db:
        with WITH:
            find(db, 1)
        assert get.call_args.args[1] == 1
"""


@pytest.mark.parametrize(
    ("replaced", "is_followed"),
    [
        ("patch.object(db, 'get', wraps=db.get) as get", True),
        ("patch.object(db, 'get', return_value=None) as get", True),
        ("patch.object(db, 'get') as get", True),
        ("patch.object(db, 'get', lambda *args: None) as get", False),
        ("patch.object(db, 'get', new=print) as get", False),
    ],
)
def test_what_looks_at_the_calls_of_a_session(tmp_path: Path, replaced: str, is_followed: bool) -> None:
    """In the place of a coroutine function a mock stands that is awaited."""
    test = SPIES.replace("WITH", replaced)
    done = convert(tmp_path, {**FILES, "tests/test_find.py": test})
    assert (done.obstacles == []) == is_followed, done.obstacles
    if is_followed:
        for path, text in done.texts.items():
            (tmp_path / path).write_text(text)
        run = forked.run("-m", "pytest", "-q", "tests", cwd=tmp_path, strict=False)
        assert "1 passed" in run.stdout, run.stdout


FACTORY = """
import factory.alchemy

from app.api import find
from app.db import SessionLocal
from app.models import User


class UserFactory(factory.alchemy.SQLAlchemyModelFactory):
    class Meta:
        model = User
        META


def test_find():
    with SessionLocal() as db:
        SETS
        assert find(db, UserFactory(name="a").id).name == "a"
"""


@pytest.mark.parametrize(
    ("meta", "sets"),
    [
        ("pass", "UserFactory._meta.sqlalchemy_session = db"),
        ("sqlalchemy_session = SessionLocal()", "pass"),
    ],
)
def test_factories_that_save_objects_by_a_session_which_would_turn(
    tmp_path: Path, meta: str, sets: str
) -> None:
    """They would call its coroutine functions and await none."""
    test = FACTORY.replace("META", meta).replace("SETS", sets)
    done = convert(tmp_path, {**FILES, "tests/test_find.py": test})
    assert any("factory_boy saves what it makes by a sync session" in words for words in done.obstacles)
