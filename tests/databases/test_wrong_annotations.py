"""Annotations that say another class than the objects are of, which nothing checks when the program runs."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import FILL, MAIN, Outcome, answers, app

SERVICES = """
from typing import Annotated

from pydantic import BaseModel


class Orders:
    def __init__(self, db: Session):
        self.db = db

    def count(self):
        return self.db.query(Note).count()


class Names:
    def __init__(self, db: Session):
        self.db = db

    def all_names(self):
        return [user.name for user in self.db.query(User).order_by(User.id).all()]


class UserOut(BaseModel):
    model_config = {"from_attributes": True}
    id: int
    name: str


class NoteOut(BaseModel):
    model_config = {"from_attributes": True}
    title: str
    owner: UserOut


def get_names(db: Annotated[Session, Depends(get_db)]) -> Names:
    return Names(db)


def bob(db: Session = Depends(get_db)) -> UserOut:
    return db.query(User).filter(User.name == "bob").first()


def find_all(db: Session) -> list[NoteOut]:
    return db.query(Note).order_by(Note.id).all()
"""
INJECTED = {
    "in Annotated": "@router.get('/x')\ndef x(names: Annotated[Orders, Depends(get_names)]):\n    return names.all_names()\n",
    "in an alias": "Given = Annotated[Orders, Depends(get_names)]\n\n@router.get('/x')\ndef x(names: Given):\n    return names.all_names()\n",
    "by default": "@router.get('/x')\ndef x(names: Orders = Depends(get_names)):\n    return names.all_names()\n",
}
AFTER_COMMIT = "    db.add(Note(title='new', owner_id=1))\n    db.commit()\n    return {'id': user.id, 'name': user.name}\n"


def program(folder: Path, handlers: str) -> Outcome:
    return app(folder, SERVICES + "\n\n" + handlers, main=MAIN)


@pytest.mark.parametrize("how", INJECTED)
def test_what_is_injected_counts(tmp_path: Path, how: str) -> None:
    done = program(tmp_path, INJECTED[how])
    assert "return await names.all_names()" in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before == after == [["http://testserver/x", 200, '["ann","bob"]']]


@pytest.mark.parametrize(
    "handler",
    [
        f"@router.get('/x')\ndef x(user: UserOut = Depends(bob), db: Session = Depends(get_db)):\n{AFTER_COMMIT}",
        f"@router.get('/x')\ndef x(db: Session = Depends(get_db)):\n    user = bob(db)\n{AFTER_COMMIT}",
    ],
)
def test_an_object_that_is_called_a_schema_is_expired_by_a_commit(tmp_path: Path, handler: str) -> None:
    done = program(tmp_path, handler)
    assert "await db.refresh(user)" in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before == after == [["http://testserver/x", 200, '{"id":2,"name":"bob"}']]


def test_objects_in_a_list_that_is_called_one_of_schemas_have_relationships(tmp_path: Path) -> None:
    handler = "@router.get('/x')\ndef x(db: Session = Depends(get_db)):\n    return [n.owner.name for n in find_all(db)]\n"
    done = program(tmp_path, handler)
    assert "selectinload(Note.owner)" in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before == after == [["http://testserver/x", 200, '["ann","ann","bob"]']]


LOCAL = {
    "one": "    user: UserOut = db.query(User).filter(User.name == 'bob').first()\n    db.commit()\n    return [user.name]\n",
    "each of many": "    users: list[UserOut] = db.query(User).order_by(User.id).all()\n    names = []\n    for user in users:\n        names.append(user.name)\n        db.commit()\n    return names\n",
    "what they lead to": "    notes: list[NoteOut] = db.query(Note).order_by(Note.id).all()\n    return [note.owner.name for note in notes]\n",
    "what they are put into": "    found: list[UserOut] = []\n    for user in db.query(User).order_by(User.id):\n        found.append(user)\n    db.commit()\n    return [user.name for user in found]\n",
}


@pytest.mark.parametrize("how", LOCAL)
def test_objects_under_a_name_that_is_called_a_schema_are_loaded(tmp_path: Path, how: str) -> None:
    done = program(tmp_path, f"@router.get('/x')\ndef x(db: Session = Depends(get_db)):\n{LOCAL[how]}")
    assert done.obstacles == []
    assert any(each in done.texts["app/api.py"] for each in ("await db.refresh(", "selectinload(Note.owner)"))
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before == after
    assert before[0][1] == 200


@pytest.mark.parametrize(
    "body",
    [
        "    it: Base = Below()\n    return it.count() + db.query(User).count()\n",
        "    it: Below = Base()\n    return it.count() + db.query(User).count()\n",
        "    it: Orders = acme.orders()\n    return it.count() + db.query(User).count()\n",
        "    it: Orders = mock.Mock(Orders)\n    return it.count() + db.query(User).count()\n",
    ],
)
def test_a_name_of_what_is_related_or_of_a_library_is_as_it_is_written(tmp_path: Path, body: str) -> None:
    classes = (
        "from unittest import mock\n\nimport acme\n\n\nclass Base:\n    def count(self):\n        return 1\n\n\n"
        "class Below(Base):\n    pass\n\n\n"
    )
    done = program(tmp_path, f"{classes}@router.get('/x')\ndef x(db: Session = Depends(get_db)):\n{body}")
    assert done.obstacles == []
    assert ("await it.count()" in done.texts["app/api.py"]) == ("Orders" in body)


def test_a_method_that_the_written_class_lacks_may_be_any_of_that_name(tmp_path: Path) -> None:
    more = "def show(names: Orders):\n    return names.all_names()\n\n\n@router.get('/x')\ndef x(db: Session = Depends(get_db)):\n    return show(Names(db))\n"
    done = program(tmp_path, more)
    assert "AsyncSession" not in done.added("app/api.py")
    assert any("a call of .all_names on an unknown object may be this one" in each for each in done.obstacles)


@pytest.mark.parametrize(
    ("written", "given"),
    [("Base", "Below"), ("Below", "Base"), ("Orders", "unknown")],
)
def test_what_is_related_or_unknown_is_as_it_is_written(tmp_path: Path, written: str, given: str) -> None:
    classes = (
        "import acme\n\n\nclass Base:\n    def count(self):\n        return 1\n\n\n"
        "class Below(Base):\n    pass\n\n\n"
        "def unknown():\n    return acme.orders()\n\n\n"
    )
    handler = f"@router.get('/x')\ndef x(it: {written} = Depends({given}), db: Session = Depends(get_db)):\n    return it.count() + db.query(User).count()\n"
    done = program(tmp_path, classes + handler)
    awaits = written == "Orders"
    assert ("await it.count()" in done.texts["app/api.py"]) == awaits


HIDDEN = """
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


class Session(Base):
    __tablename__ = "sessions"
    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str]
"""
HIDES = """
from app.own import Session


def find(db: Session, token: str):
    return db.query(Session).filter(Session.token == token).first()


@router.get("/x")
def x(db: Session = Depends(get_db)):
    db.add(Session(token="a"))
    db.commit()
    found = find(db, "a")
    return [found.token, [user.name for user in db.query(User).order_by(User.id)]]
"""


def test_a_table_that_is_called_session_hides_the_one_of_the_library(tmp_path: Path) -> None:
    """What the dependency gives, and what is handed on of it, is a session whatever the annotation says."""
    done = app(tmp_path, HIDES, main=MAIN, own=HIDDEN)
    assert done.obstacles == []
    text = done.texts["app/api.py"]
    assert "db.query" not in text
    assert "found = await find(db, " in text
    fill = f"{FILL}\n    db.execute('create table sessions (id integer primary key, token text)')\n"
    before, after = answers(tmp_path, done, fill, ["/x"])
    assert before == after
    assert before[0][1:] == [200, '["a",["ann","bob"]]']


def test_an_object_of_such_a_table_is_none(tmp_path: Path) -> None:
    more = "\n\ndef shown(session: Session):\n    return session.token\n\n\n@router.get('/y')\ndef y(db=Depends(get_db)):\n    return shown(db.query(Session).first())\n"
    done = app(tmp_path, HIDES + more, main=MAIN, own=HIDDEN)
    assert done.obstacles == []
    assert "def shown(session: Session):\n    return session.token" in done.texts["app/api.py"]


def test_the_session_of_another_library_is_none_where_a_database_session_is_handed_over(
    tmp_path: Path,
) -> None:
    """`from pytest import Session`, as an editor completes it."""
    hides = HIDES.replace("from app.own import Session", "from pytest import Session").replace(
        "(Session)", "(User)"
    )
    hides = hides.replace("Session.token", "User.name").replace('Session(token="a")', 'User(name="a")')
    more = "\n\n@router.get('/y')\ndef y(name: str):\n    return closed(Session)\n\n\ndef closed(session: Session):\n    return session.shouldstop\n"
    done = app(tmp_path, hides.replace("found.token", "found.name") + more, main=MAIN)
    assert done.obstacles == []
    text = done.texts["app/api.py"]
    assert "db.query" not in text
    assert "return session.shouldstop" in text
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before == after
    assert before[0][1:] == [200, '["a",["ann","bob","a"]]']


OF_REQUEST = """
from fastapi import Request


def {name}(request: Request):
    {gives}


@router.get("/x")
def x(session: Session = Depends({name}), db: Session = Depends(get_db)):
    return [session.{reads}, [user.name for user in db.query(User).order_by(User.id)]]
"""
KEPT = """

@app.middleware("http")
async def keep_session(request, call_next):
    request.scope["session"] = {}
    return await call_next(request)
"""


@pytest.mark.parametrize("is_annotated", [False, True])
def test_the_session_of_a_browser_is_none_of_a_database(tmp_path: Path, is_annotated: bool) -> None:
    handlers = OF_REQUEST.format(name="get_session", gives="return request.session", reads="get('user')")
    if is_annotated:
        handlers = handlers.replace(
            "session: Session = Depends(get_session)", "session: Annotated[Session, Depends(get_session)]"
        )
        handlers = "from typing import Annotated\n" + handlers
    done = app(tmp_path, handlers, main=MAIN + KEPT)
    assert done.obstacles == []
    assert (
        "return [\n        session.get('user')" in done.texts["app/api.py"]
        or "[session.get('user')" in done.texts["app/api.py"]
    )
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before == after
    assert before[0][1:] == [200, '[null,["ann","bob"]]']


@pytest.mark.parametrize("gives", ["...", "raise NotImplementedError", "return None"])
def test_a_place_for_another_dependency_gives_what_is_said(tmp_path: Path, gives: str) -> None:
    handlers = OF_REQUEST.format(name="session_of", gives=gives, reads="scalar(select(User.name).limit(1))")
    done = app(
        tmp_path,
        handlers,
        main=MAIN
        + "from app.api import session_of\nfrom app.db import get_db\n\napp.dependency_overrides[session_of] = get_db\n",
    )
    assert done.obstacles == []
    assert "await session.scalar(" in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before == after
    assert before[0][1:] == [200, '["ann",["ann","bob"]]']


CLASSES = """
from typing import List, Type


def find(db: Session, name: str) -> Type[User] | None:
    return db.query(User).filter(User.name == name).first()


def find_all(db: Session) -> List[Type[User]]:
    return db.query(User).order_by(User.id).all()


def titles(user: Type[User]):
    return [note.title for note in user.notes]


def count(db: Session, model: Type[User]):
    return db.query(model).count()


@router.get("/x")
def x(db: Session = Depends(get_db)):
    user = find(db, "bob")
    user.name = "bert"
    db.commit()
    return [user.name, titles(user)]


@router.get("/y")
def y(db: Session = Depends(get_db)):
    users: List[Type[User]] = find_all(db)
    first: Type[User] = find(db, "ann")
    db.commit()
    return [first.name, count(db, User), [titles(user) for user in users]]
"""


def test_rows_that_are_said_to_be_their_class_are_rows(tmp_path: Path) -> None:
    """`Type[User]` is what PyCharm takes `query(User).first()` for."""
    done = app(tmp_path, CLASSES, main=MAIN)
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL, ["/x", "/y"])
    assert before == after
    assert [status for _, status, _ in before] == [200, 200]
