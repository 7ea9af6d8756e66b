"""Queries for a class that nobody names: what is done with it shows that it is one, or the query is refused."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, FILL, HEADER, MAIN, MODELS, Outcome, answers, app, convert, squeezed

LISTED = "\n\n@router.get('/x')\ndef handler(db: Session = Depends(get_db)):\n    return find(db, load('User'), 1).name\n"


def generic(folder: Path, helper: str) -> Outcome:
    return app(folder, f"from typing import Any, Type\n\nfrom vendor import load\n\n\n{helper}{LISTED}")


ONE = "await db.scalar(select(model).filter_by(id=id).limit(1))"


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
            "await db.scalar(select(model).filter(model.id == id).limit(1))",
        ),
        (
            "def find(db: Session, model: type, id):\n    return db.query(model.id).filter_by(id=id).first()",
            "(await db.execute(select(model.id).filter_by(id=id).limit(1))).first()",
        ),
        (
            "class Repo:\n    model: type\n\n    def of(self, db: Session, id):\n        return db.query(self.model).filter_by(id=id).first()\n\n\ndef find(db: Session, model, id):\n    return Repo().of(db, id)",
            "await db.scalar(select(self.model).filter_by(id=id).limit(1))",
        ),
        (
            "def find(db: Session, model, id, field='id'):\n    return db.query(model).filter(getattr(model, field) == id).first()",
            "await db.scalar(select(model).filter(getattr(model, field) == id).limit(1))",
        ),
        (
            "def find(db: Session, model, id):\n    print(model.__tablename__)\n    return db.query(model).filter_by(id=id).first()",
            ONE,
        ),
        (
            "from app.models import Base\n\n\ndef find(db: Session, model: Base, id):\n    return db.query(model).filter_by(id=id).first()",
            ONE,
        ),
        (
            "class Repo:\n    def __init__(self, model):\n        self.model = model\n\n    def of(self, db: Session, id):\n        return db.query(self.model).filter_by(id=id).first()\n\n    def new(self):\n        return self.model()\n\n\ndef find(db: Session, model, id):\n    return Repo(model).of(db, id)",
            "await db.scalar(select(self.model).filter_by(id=id).limit(1))",
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
        "def find(db: Session, model: any, id):\n    return db.query(model).filter_by(id=id).first()",
        "def find(db: Session, model, id):\n    return db.query(model).filter(getattr(model, 'key') == id).first()",
        "def find(db: Session, model, id, other=None, field='id'):\n    return db.query(model).filter(getattr(other, field) == id).first()",
        "def find(db: Session, model: str, id):\n    return db.query(model).filter_by(id=id).first()",
        "class Other:\n    def new(self):\n        return self.model()\n\n\nclass Repo:\n    def __init__(self, model):\n        self.model = model\n\n    def of(self, db: Session):\n        return db.query(self.model).first()\n\n\ndef find(db: Session, model, id):\n    return Repo(model).of(db)",
        "class Repo:\n    def __init__(self, model):\n        self.model = model\n\n    def of(self, db: Session):\n        return db.query(self.model).first()\n\n\ndef find(db: Session, model, id):\n    return Repo(model).of(db)",
    ],
)
def test_what_may_be_a_column_is_refused(tmp_path: Path, helper: str) -> None:
    done = generic(tmp_path, helper)
    assert any("objects or for columns" in text for text in done.obstacles), done.obstacles
    assert done.texts == {}


@pytest.mark.parametrize("annotation", ["", ": any", ": Any", ": object"])
def test_who_calls_tells_the_class(tmp_path: Path, annotation: str) -> None:
    helper = f"def every(model{annotation}, db: Session):\n    return db.query(model).all()\n"
    route = "\n\n@router.get('/x')\ndef handler(db: Session = Depends(get_db)):\n    return [user.name for user in every(User, db)]\n"
    done = app(tmp_path, f"from typing import Any\n\nfrom app.models import User\n\n\n{helper}{route}")
    assert done.obstacles == []
    assert "(await db.scalars(select(model))).all()" in done.texts["app/api.py"]


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


TABLE = "from sqlalchemy import Column, Integer, Table, func\n\nLINKS = Table('links', User.metadata, Column('owner_id', Integer), Column('title', Integer))\n"
EXPRESSIONS = {
    "sum of two": ("db.query(User.name, func.count(Note.id) + 1).join(Note).group_by(User.name).all()", "(await db.execute("),
    "compared": ("[list(r) for r in db.query(Note.id > 1).order_by(Note.id)]", "await db.execute("),
    "negative": ("[list(r) for r in db.query(-Note.id).order_by(Note.id)]", "await db.execute("),
    "a name": ("[list(r) for r in db.query(total).order_by(Note.id)]", "await db.execute("),
    "a table": ("[list(r) for r in db.query(LINKS)]", "await db.execute(select(LINKS))"),
    "a count": ("db.query(LINKS).filter(LINKS.c.owner_id == 1).count()", "await db.execute(select(func.count())"),
}  # fmt: skip
"""What is asked for, and how it is executed from now on."""


def test_expressions_and_tables_give_rows(tmp_path: Path) -> None:
    routes = "".join(
        f"\n\n@router.get('/{name}')\ndef {name.replace(' ', '_')}(db: Session = Depends(get_db)):\n"
        f"    total = (Note.id * 2).label('total')\n    found = {asked}\n"
        f"    return found if isinstance(found, int) else [tuple(each) for each in found]\n"
        for name, (asked, _) in EXPRESSIONS.items()
    )
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MODELS, "app/main.py": MAIN}
    done = convert(tmp_path, {**files, "app/api.py": HEADER + TABLE + routes})
    assert done.obstacles == []
    text = squeezed(done.texts["app/api.py"])
    for _, becomes in EXPRESSIONS.values():
        assert squeezed(becomes).rstrip(")") in text
    fill = (
        FILL
        + "\n    db.execute('create table links (owner_id integer, title integer)')\n    db.execute('insert into links values (1, 2), (1, 3)')"
    )
    before, after = answers(tmp_path, done, fill, [f"/{name}" for name in EXPRESSIONS])
    assert [status for _, status, _ in before] == [200] * len(EXPRESSIONS)
    assert after == before


@pytest.mark.parametrize("made", ["load('User')", "[load('User')][0]"])
def test_a_name_for_nobody_knows_what_is_refused(tmp_path: Path, made: str) -> None:
    body = f"    asked = {made}\n    return db.query(asked).first()\n"
    done = app(
        tmp_path,
        f"from vendor import load\n\n\n@router.get('/x')\ndef x(db: Session = Depends(get_db)):\n{body}",
    )
    assert any("objects or for columns" in text for text in done.obstacles), done.obstacles
