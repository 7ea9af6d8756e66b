"""Objects that a dependency gives: what a route reads of them is loaded in the dependency."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import FILL, MAIN, answers, app

SCHEMAS = """
from typing import Annotated
from pydantic import BaseModel, ConfigDict

class NoteOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str

class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    notes: list[NoteOut]

def find(db: Session, model: type[User] | type[Note], id: int):
    return db.query(model).filter(model.id == id).first()

"""
FOUND = "def current(id: int, db: Session = Depends(get_db)) -> User:\n    user = find(db, User, id)\n    if user is None:\n        raise HTTPException(404)\n    return user\n\n"
ACTIVE = "def active(user: User = Depends(current)) -> User:\n    return user\n\n"
LOADED = '    await db.refresh(user, ["notes"])\n    return user\n'


@pytest.mark.parametrize(
    "route",
    [
        "def me(user: User = Depends(current)):\n    return user",
        "def me(user: User = Depends(active)):\n    return user",
        "def me(user: Annotated[User, Depends(active)]):\n    return user",
        "def me(user: Me):\n    return user",
    ],
)
def test_what_the_response_reads(tmp_path: Path, route: str) -> None:
    head = f"{SCHEMAS}{FOUND}{ACTIVE}Me = Annotated[User, Depends(active)]\n\n"
    done = app(tmp_path, f'{head}\n@router.get("/me", response_model=UserOut)\n{route}\n')
    assert done.obstacles == []
    assert done.texts["app/api.py"].count(LOADED) == 1


def test_an_alias_of_another_module(tmp_path: Path) -> None:
    deps = f"from typing import Annotated\nfrom fastapi import Depends, HTTPException\nfrom sqlalchemy.orm import Session\nfrom app.db import get_db\nfrom app.models import Note, User\n\ndef find(db: Session, model: type[User] | type[Note], id: int):\n    return db.query(model).filter(model.id == id).first()\n\n{FOUND}Me = Annotated[User, Depends(current)]\n"
    route = '\nfrom app.deps import Me\n\n@router.get("/me")\ndef me(user: Me):\n    return [n.title for n in user.notes]\n'
    done = app(tmp_path, route, deps=deps)
    assert done.obstacles == []
    assert LOADED in done.texts["app/deps.py"]


def test_what_a_dependency_hands_on_of_a_query_for_many_classes_loads_by_itself(tmp_path: Path) -> None:
    provider = (
        "def current(id: int, db: Session = Depends(get_db)) -> User:\n    return find(db, User, id)\n\n"
    )
    route = '@router.get("/me", response_model=UserOut)\ndef me(user: User = Depends(current)):\n    return user\n'
    done = app(tmp_path, f"{SCHEMAS}{provider}{route}")
    assert done.obstacles == []
    assert 'relationship(back_populates="owner", lazy="selectin")' in done.texts["app/models.py"]


def test_a_dependency_without_a_place_to_load_is_refused(tmp_path: Path) -> None:
    provider = "def current(id: int, db: Session = Depends(get_db)):\n    user = find(db, User, id)\n    yield user\n\n"
    route = '@router.get("/me", response_model=UserOut)\ndef me(user: User = Depends(current)):\n    return user\n'
    done = app(tmp_path, f"{SCHEMAS}{provider}{route}")
    assert any("notes is loaded when it is read" in text for text in done.obstacles), done.obstacles
    assert done.texts == {}


def test_a_session_for_a_background_task(tmp_path: Path) -> None:
    tasks = "from fastapi import BackgroundTasks\n\ndef save(db: Session, name: str):\n    db.add(User(name=name))\n    db.commit()\n\n"
    route = '@router.get("/me")\ndef me(tasks: BackgroundTasks, db: Session = Depends(get_db)):\n    tasks.add_task(save, db, name="x")\n    return db.query(User).count()\n'
    done = app(tmp_path, tasks + route)
    assert done.obstacles == []
    assert "async def save(db: AsyncSession, name: str):\n" in done.texts["app/api.py"]
    assert '    tasks.add_task(save, db, name="x")\n' in done.texts["app/api.py"]


def test_a_session_for_a_background_task_of_nobody_knows_which_function(tmp_path: Path) -> None:
    route = 'from fastapi import BackgroundTasks\nfrom vendor import save\n\n@router.get("/me")\ndef me(tasks: BackgroundTasks, db: Session = Depends(get_db)):\n    tasks.add_task(save, db)\n    return db.query(User).count()\n'
    done = app(tmp_path, route)
    assert any("add_task is handed db" in text for text in done.obstacles), done.obstacles


BEARER = """
class Bearer:
    def __init__(self, strict: bool = True):
        self.strict = strict

    SIGN __call__(self, id: int, db: Session = Depends(get_db)):
        user = db.query(User).filter(User.id == id).first()
        if user is None:
            raise HTTPException(404)
        return user


def admin(user=Depends(Bearer(strict=False))):
    return user


"""
BY_OBJECT = '@router.get("/me", response_model=UserOut)\ndef me(user={}):\n    return user\n'


@pytest.mark.parametrize("sign", ["def", "async def"])
@pytest.mark.parametrize("given", ["Depends(Bearer())", "Depends(admin)"])
def test_what_an_object_gives_that_is_a_dependency(tmp_path: Path, sign: str, given: str) -> None:
    """`Depends(Bearer())` calls it, as it would a function."""
    head = SCHEMAS + BEARER.replace("SIGN", sign)
    done = app(tmp_path, head + BY_OBJECT.format(given), main=MAIN)
    assert done.obstacles == []
    assert "select(User).options(selectinload(User.notes))" in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, FILL, ["/me?id=1", "/me?id=9"])
    assert before == after
    assert [status for _, status, _ in before] == [200, 404]


GENERIC = """
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict

M = TypeVar("M")


def get_or_404(db: Session, model: type[M], id: int) -> M:
    found = db.get(model, id)
    if not found:
        raise HTTPException(404)
    return found


def get_note(id: int, db: Session = Depends(get_db)) -> Note:
    return get_or_404(db, Note, id)


def get_user(id: int, db: Session = Depends(get_db)) -> User:
    return get_or_404(db, User, id)


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str


class NoteOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str
    owner: UserOut


class Title(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str


class Writer(UserOut):
    notes: list[Title]


Given = Annotated[Note, Depends(get_note)]


@router.get("/notes/{id}", response_model=NoteOut)
def read(note: Note = Depends(get_note)):
    return note


@router.get("/given/{id}", response_model=NoteOut)
def given(note: Given):
    return note


@router.get("/made/{id}")
def made(user: User = Depends(get_user)):
    return Writer.model_validate(user)


@router.get("/users/{id}", response_model=Writer)
def user(user: User = Depends(get_user)):
    return user
"""


def test_what_a_handler_without_a_session_sends_is_loaded_where_it_comes_from(tmp_path: Path) -> None:
    """The query serves all classes: neither it nor the handler can load the owner of a note."""
    done = app(tmp_path, GENERIC, main=MAIN)
    assert done.obstacles == []
    text = done.texts["app/api.py"]
    assert "    user = await get_or_404(db, User, id)\n    await db.run_sync(lambda _: user.notes)\n" in text
    urls = [f"/{kind}/{number}" for kind in ("notes", "given", "made", "users") for number in (1, 9)]
    before, after = answers(tmp_path, done, FILL, urls)
    assert before == after
    assert [status for _, status, _ in before] == [200, 404] * 4


def test_what_the_handler_rebinds_is_no_longer_what_it_was_handed(tmp_path: Path) -> None:
    body = GENERIC.replace(
        "def read(note: Note = Depends(get_note)):\n",
        "def read(note: Note = Depends(get_note)):\n    note = again(note)\n",
    )
    body = body.replace("Given =", "def again(note):\n    return pick(note)\n\n\nGiven =").replace(
        "from typing", "from vendor import pick\nfrom typing", 1
    )
    handed, sent = app(tmp_path, body).obstacles
    assert handed.endswith("pick(note) may read owner, which loads when it is read")
    assert sent.endswith("if it is of Note, its owner is loaded when it is read")
