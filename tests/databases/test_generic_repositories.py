"""Repositories of any table: which one it is, the classes below say, or the calls that make them."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, HEADER, MODELS, convert

HEAD = """
from dataclasses import dataclass, replace
from typing import Any, Generic, Type, TypeVar

from acme import pick
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Note, User

T = TypeVar("T")


"""
METHODS = """
    def first(self, id: int):
        return self.db.scalars(select(self.model).where(self.model.id == id)).first()

    def create(self, **values):
        made = self.model(**values)
        self.db.add(made)
        self.db.flush()
        return made


"""
PLAIN = f"""class Crud(Generic[T]):
    model: type[T]

    def __init__(self, db: Session):
        self.db = db
{METHODS}"""
FILLED = f"""@dataclass
class Crud(Generic[T]):
    db: Session
    model: type[T]
{METHODS}"""
ROUTES = """
from app.repositories import Users


@router.get("/users/{id}")
def show(id: int, db: Session = Depends(get_db)):
    user = Users(db).first(id)
    return {"name": user.name if user else None}


@router.post("/users")
def make(name: str, db: Session = Depends(get_db)):
    user = Users(db).create(name=name)
    db.commit()
    return {"id": user.id}
"""
BY_SUPER = "class Users(Crud[User]):\n    def __init__(self, db: Session):\n        "


@pytest.mark.parametrize(
    ("repositories", "is_known"),
    [
        (f"{PLAIN}class Users(Crud[User]):\n    model = User\n", True),
        (f"{PLAIN}class Users(Crud[User]):\n    model: Type[User] = User\n", True),
        (f"{PLAIN}class Users(Crud[User]):\n    model = pick()\n", False),
        (f"{PLAIN}class Users(Crud[User]):\n    model = User\n\n\nUsers.model = pick()\n", False),
        (f"{FILLED}{BY_SUPER}super().__init__(db=db, model=User)\n", True),
        (f"{FILLED}{BY_SUPER}Crud.__init__(self, db, User)\n", True),
        (f"{FILLED}@dataclass\nclass Users(Crud[User]):\n    model: type[User] = User\n", True),
        (f"{FILLED}def Users(db: Session) -> Crud[User]:\n    return Crud(db, User)\n", True),
        (f"{FILLED}def Users(db: Session) -> Crud[User]:\n    return Crud(*pick(db))\n", False),
        (
            f"{FILLED}def Users(db: Session) -> Crud[User]:\n"
            "    return replace(Crud(db, User), model=pick())\n",
            False,
        ),
    ],
)
def test_what_a_repository_is_for(tmp_path: Path, repositories: str, is_known: bool) -> None:
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MODELS}
    more = {"app/repositories.py": HEAD + repositories, "app/api.py": HEADER + ROUTES}
    done = convert(tmp_path, {**files, **more})
    assert bool(done.obstacles) is not is_known
    if is_known:
        assert "made = self.model(**values)\n" in done.texts["app/repositories.py"]
        assert "await self.db.flush()" in done.texts["app/repositories.py"]


MAKERS = """
from app.repositories import Users


def nobody() -> User:
    return User(name="nobody")


@router.post("/users")
def make(db: Session = Depends(get_db)):
    Users(db).create(nobody)
    db.commit()
"""
TESTS = """
from app.repositories import Users


def test_it(users: Users):
    users.create.return_value = 1
    {more}
"""


@pytest.mark.parametrize(
    ("more", "is_known"), [("users.create.side_effect = OSError", True), ("keep(users.create)", False)]
)
def test_what_is_set_on_a_method_hands_it_to_nobody(tmp_path: Path, more: str, is_known: bool) -> None:
    method = "    def create(self, maker):\n        self.db.add(maker())\n        self.db.flush()\n"
    repository = f"class Users:\n    def __init__(self, db: Session):\n        self.db = db\n\n{method}"
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MODELS}
    program = {"app/repositories.py": HEAD + repository, "app/api.py": HEADER + MAKERS}
    done = convert(tmp_path, {**files, **program, "tests/test_users.py": TESTS.format(more=more)})
    assert bool(done.obstacles) is not is_known


OPTIONS = """
from collections.abc import Callable

from acme import pick
from sqlalchemy.orm import Session

from app.models import User


class Crud:
    def __init__(self, model: type[User], factory: FACTORY):
        self.model = model
        self.factory = factory


class Users(Crud):
    def __init__(self, **options):
        super().__init__(User, **options)

    async def rename(self, id: int, name: str):
        with self.factory() as db:
            db.get(self.model, id).name = name
            db.commit()


@router.get("/rename")
async def rename():
    await Users(**pick()).rename(1, "x")
"""


@pytest.mark.parametrize(
    ("factory", "is_known"), [("Callable[..., Session]", True), ("Callable", False), ("int", False)]
)
def test_what_comes_with_options_is_what_the_annotation_says(
    tmp_path: Path, factory: str, is_known: bool
) -> None:
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MODELS}
    done = convert(tmp_path, {**files, "app/api.py": HEADER + OPTIONS.replace("FACTORY", factory)})
    text = done.texts.get("app/api.py", "")
    assert ("        async with self.factory() as db:\n" in text) is is_known
    assert ("            await db.commit()\n" in text) is is_known


OF_BASE = """
from typing import Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import Base, Dated
from app.models import Note, User

M = TypeVar("M", bound=Base)


class Crud(Generic[M]):
    model: type[M]

    def __init__(self, db: Session):
        self.db = db

    def query(self, *names: str):
        stmt = select(self.model).where(self.model.MORE)
        if issubclass(self.model, Dated):
            stmt = stmt.where(self.model.deleted_at.is_(None))
        for name in names:
            stmt = stmt.order_by(getattr(self.model, name).desc().nulls_last())
        return stmt.order_by(getattr(self.model, "id").asc())

    def find(self, name: str):
        return self.db.scalars(self.query("id").where(self.model.name.ilike(name))).all()


class Notes(Crud[Note]):
    model = Note


class Users(Crud[User]):
    model = User
"""
FIND = """
from app.repositories import Users


@router.get("/users")
def find(name: str, db: Session = Depends(get_db)):
    return [user.id for user in Users(db).find(name)]
"""
DATED = """


class Dated:
    deleted_at: Mapped[str | None] = mapped_column(default=None)

    @classmethod
    def shown(cls):
        return open("shown.txt").read() and cls.deleted_at
"""


@pytest.mark.parametrize(
    ("more", "is_column"), [("id.in_([1])", True), ("shown()", False), ("who.is_(1)", False)]
)
def test_what_the_tables_below_a_base_have_are_columns(more: str, is_column: bool, tmp_path: Path) -> None:
    database = DATABASE.replace("orm import", "orm import Mapped, mapped_column,") + DATED
    models = MODELS.replace("app.db import Base", "app.db import Base, Dated").replace(
        "User(Base)", "User(Dated, Base)"
    )
    files = {"app/__init__.py": "", "app/db.py": database, "app/models.py": models}
    program = {"app/repositories.py": OF_BASE.replace("MORE", more), "app/api.py": HEADER + FIND}
    done = convert(tmp_path, {**files, **program})
    text = done.texts.get("app/repositories.py", "")
    assert ("await self.db.scalars(self.query(" in text) is is_column, (text, done.obstacles)
