"""Queries for a class that nobody names: what is done with it shows that it is one, or the query is refused."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import Outcome, app

LISTED = "\n\n@router.get('/x')\ndef handler(db: Session = Depends(get_db)):\n    return find(db, load('User'), 1).name\n"


def generic(folder: Path, helper: str) -> Outcome:
    return app(folder, f"from typing import Any, Type\n\nfrom vendor import load\n\n\n{helper}{LISTED}")


ONE = "(await db.scalars(select(model).filter_by(id=id).limit(1))).first()"


@pytest.mark.parametrize(
    ("helper", "becomes"),
    [
        ("def find(db: Session, model: type, id):\n    return db.query(model).filter_by(id=id).first()", ONE),
        (
            "def find(db: Session, model: Type[Any], id):\n    return db.query(model).filter_by(id=id).first()",
            ONE,
        ),
        (
            "def find(db: Session, model, id):\n    return db.query(model).filter(model.id == id).first()",
            "(await db.scalars(select(model).filter(model.id == id).limit(1))).first()",
        ),
        (
            "def find(db: Session, model: type, id):\n    return db.query(model.id).filter_by(id=id).first()",
            "(await db.execute(select(model.id).filter_by(id=id).limit(1))).first()",
        ),
        (
            "class Repo:\n    model: type\n\n    def of(self, db: Session, id):\n        return db.query(self.model).filter_by(id=id).first()\n\n\ndef find(db: Session, model, id):\n    return Repo().of(db, id)",
            "(await db.scalars(select(self.model).filter_by(id=id).limit(1))).first()",
        ),
    ],
)
def test_a_class_by_what_is_said_of_it(tmp_path: Path, helper: str, becomes: str) -> None:
    done = generic(tmp_path, helper)
    assert done.obstacles == []
    assert becomes in done.texts["app/api.py"]


@pytest.mark.parametrize(
    "helper",
    [
        "def find(db: Session, model, id):\n    return db.query(model).first()",
        "def find(db: Session, model, id):\n    return db.query(model).order_by(model.desc()).first()",
        "def find(db: Session, model, id):\n    return db.query(model).filter(model.in_([id]), model.key == 'x').first()",
        "def find(db: Session, model, id):\n    return db.query(model.thing).filter(model.other == 1).first()",
        "def find(db: Session, model: Any, id):\n    return db.query(model).filter_by(id=id).all()[0]",
        "class Repo:\n    def __init__(self, model):\n        self.model = model\n\n    def of(self, db: Session):\n        return db.query(self.model).first()\n\n\ndef find(db: Session, model, id):\n    return Repo(model).of(db)",
    ],
)
def test_what_may_be_a_column_is_refused(tmp_path: Path, helper: str) -> None:
    done = generic(tmp_path, helper)
    assert any("objects or for columns" in text for text in done.obstacles), done.obstacles
    assert done.texts == {}


STRANGER = "def find(db: Session, model: type, id):\n    return db.query(model).filter_by(id=id).first()"


@pytest.mark.parametrize("read", ["found.notes", "[n.title for n in found.notes]"])
def test_a_relationship_of_nobody_knows_what_is_refused(tmp_path: Path, read: str) -> None:
    more = f"\n\n@router.get('/y')\ndef other(db: Session = Depends(get_db)):\n    found = find(db, load('User'), 1)\n    return {read}\n"
    done = generic(tmp_path, f"{STRANGER}\n{more}")
    assert any("found.notes is a relationship" in text for text in done.obstacles), done.obstacles
    assert done.texts == {}


def test_a_relationship_of_a_known_class_is_none_of_that(tmp_path: Path) -> None:
    more = "\n\n@router.get('/y')\ndef other(db: Session = Depends(get_db)):\n    found = db.query(User).first()\n    return [n.title for n in found.notes]\n"
    done = generic(tmp_path, f"{STRANGER}\n{more}")
    assert done.obstacles == []
    assert "select(User).options(selectinload(User.notes)).limit(1)" in done.texts["app/api.py"]


@pytest.mark.parametrize(("asks", "is_one"), [("text: str", False), ("text", True)])
def test_a_search_engine_that_is_asked_in_words_is_no_session(
    tmp_path: Path, asks: str, is_one: bool
) -> None:
    more = f"def search({asks}):\n    return load('index').query(text)\n"
    plain = "def find(db: Session, model: type, id):\n    return db.query(model).filter_by(id=id).first()"
    done = generic(tmp_path, f"{more}\n\n{plain}")
    assert any("query: nobody knows whether it works" in text for text in done.obstacles) is is_one


@pytest.mark.parametrize(
    ("annotation", "becomes"),
    [
        ('"Session"', '"AsyncSession"'),
        ("'Session | None'", "'AsyncSession | None'"),
        ('Optional["Session"]', 'Optional["AsyncSession"]'),
        ('"Optional[Session]"', '"Optional[AsyncSession]"'),
    ],
)
def test_a_type_in_a_string_changes_with_its_name(tmp_path: Path, annotation: str, becomes: str) -> None:
    crud = f"""
from __future__ import annotations
from typing import TYPE_CHECKING, Literal, Optional
from app.models import User

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

def find(db: {annotation}, kind: Literal["Session"] = "Session"):
    return db.get(User, 1)
"""
    route = "from app.crud import find\n\n@router.get('/x')\ndef x(db: Session = Depends(get_db)):\n    return find(db).name\n"
    done = app(tmp_path, route, crud=crud)
    assert done.obstacles == []
    text = done.texts["app/crud.py"]
    assert f'async def find(db: {becomes}, kind: Literal["Session"] = "Session"):\n' in text
    assert text.startswith("from __future__ import annotations\n")
