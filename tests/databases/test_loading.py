"""What a commit expires and what is lazy: loaded before it is read, or refused."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

import json
from pathlib import Path

import pytest
from db_programs import DATABASE, FILL, HEADER, MAIN, MODELS, Outcome, answers, app, convert, squeezed

SCHEMAS = """
from pydantic import BaseModel, ConfigDict

class NoteOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    title: str

class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    name: str
    notes: list[NoteOut]

class NoteWithOwner(NoteOut):
    owner: UserOut

class Plain(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    name: str

class Page(BaseModel):
    items: list[NoteWithOwner]
    total: int
"""


def handler(body: str, model: str = "") -> str:
    lines = "\n".join(f"    {line}" for line in body.strip("\n").split("\n"))
    given = f", response_model={model}" if model else ""
    return f'{SCHEMAS}\n@router.get("/x"{given})\ndef handler(id: int = 1, db: Session = Depends(get_db)):\n{lines}\n'


NOTES = "selectinload(User.notes)"
OWNER = "selectinload(Note.owner)"


@pytest.mark.parametrize(
    ("body", "model", "becomes"),
    [
        ("return db.query(User).all()", "list[UserOut]", f"select(User).options({NOTES})"),
        (
            "return db.scalars(select(User).where(User.id > 1)).all()",
            "list[UserOut]",
            f"select(User).options({NOTES}).where",
        ),
        ("return db.get(User, id)", "UserOut", f"await db.get(User, id, options=[{NOTES}])"),
        ("return db.query(User).get(id)", "UserOut", f"await db.get(User, id, options=[{NOTES}])"),
        ("user = db.query(User).first()\nreturn user", "UserOut", f"select(User).options({NOTES}).limit(1)"),
        ("return db.query(Note).all()", "list[NoteWithOwner]", f"select(Note).options({OWNER}.{NOTES})"),
        (
            "notes = db.query(Note).all()\nreturn {'items': notes, 'total': 3}",
            "Page",
            f"options({OWNER}.{NOTES})",
        ),
        (
            "notes = db.query(Note).all()\nreturn Page(items=notes, total=3)",
            "Page",
            f"options({OWNER}.{NOTES})",
        ),
        ("note = db.query(Note).one()\nreturn note.owner.name", "", f"select(Note).options({OWNER})"),
        ("return [n.owner.name for n in db.query(Note).all()]", "", f"select(Note).options({OWNER})"),
        (
            "for n in db.scalars(select(Note)):\n    print(n.owner)\nreturn 1",
            "",
            f"select(Note).options({OWNER})",
        ),
        (
            "notes: list = db.query(Note).all()\nreturn [n.owner.name for n in notes]",
            "",
            f"select(Note).options({OWNER})",
        ),
        ("user = db.get(User, id)\nreturn UserOut.model_validate(user)", "", f"options=[{NOTES}]"),
        (
            "user = User(name='x')\ndb.add(user)\ndb.commit()\nreturn user",
            "UserOut",
            'await db.refresh(user, ["notes"])\n    return user',
        ),
    ],
)
def test_relationships(tmp_path: Path, body: str, model: str, becomes: str) -> None:
    done = app(tmp_path, handler(body, model))
    assert done.obstacles == []
    assert becomes in done.texts["app/api.py"]


@pytest.mark.parametrize(
    ("body", "model"),
    [
        ("return db.query(User).all()", "list[Plain]"),
        ("return db.query(Note).all()", "list[NoteOut]"),
        ("return db.query(User.id, User.name).all()", "list[Plain]"),
        ("db.query(User).all()\nreturn []", "list[UserOut]"),
        ("return [UserOut(id=u.id, name=u.name, notes=[]) for u in db.query(User).all()]", "list[UserOut]"),
        ("return [{'id': u.id, 'name': u.name, 'notes': []} for u in db.query(User).all()]", "list[UserOut]"),
        ("return db.query(User).all()", ""),
        ("return db.scalar(select(User.notes.any()))", ""),
        ("note = Note(title='x', owner=db.get(User, id))\ndb.add(note)\ndb.flush()\nreturn note.title", ""),
    ],
)
def test_nothing_is_loaded_that_nobody_reads(tmp_path: Path, body: str, model: str) -> None:
    text = app(tmp_path, handler(body, model)).texts["app/api.py"]
    assert "selectinload" not in text
    assert "refresh" not in text


@pytest.mark.parametrize(
    ("body", "becomes"),
    [
        (
            "note = db.get(Note, id)\nnote.title = 'x'\ndb.commit()\nreturn note.title",
            "await db.commit()\n    await db.refresh(note)\n",
        ),
        (
            "note = Note(title='x')\ndb.add(note)\ndb.commit()\nreturn note.id",
            "await db.commit()\n    await db.refresh(note)\n",
        ),
        (
            "note = db.get(Note, id)\ndb.commit()\nreturn note and note.title",
            "    if note is not None:\n        await db.refresh(note)\n",
        ),
        (
            "note = db.get(Note, id)\nif note and id:\n    db.commit()\n    return note.title\nreturn id",
            "        await db.commit()\n        await db.refresh(note)\n",
        ),
        (
            "note = db.get(Note, id)\nif id:\n    db.commit()\n    return note and note.title\nreturn id",
            "        await db.commit()\n        if note is not None:\n            await db.refresh(note)\n",
        ),
        (
            "notes = db.scalars(select(Note)).all()\ndb.commit()\nreturn [n.id for n in notes]",
            "    for each in notes:\n        await db.refresh(each)\n",
        ),
    ],
)
def test_after_a_commit(tmp_path: Path, body: str, becomes: str) -> None:
    done = app(tmp_path, handler(body))
    assert becomes in done.texts["app/api.py"]
    assert "expire_on_commit" not in done.texts["app/db.py"]


@pytest.mark.parametrize(
    "body",
    [
        "note = db.get(Note, id)\nnote.title = 'x'\ndb.commit()\nreturn 1",
        "note = db.get(Note, id)\ntitle = note.title\ndb.commit()\nreturn title",
        "note = db.get(Note, id)\ndb.delete(note)\ndb.commit()\nreturn note.title",
        "note = db.get(Note, id)\ndb.commit()\nnote = Note(title='y')\nreturn note.title",
        "note = Note(title='x')\ndb.commit()\nreturn note.title",
        "notes = select(Note)\ndb.commit()\nreturn db.scalars(notes).all()",
        "note = db.get(Note, id)\nif note:\n    db.commit()\n    return 1\nreturn note",
    ],
)
def test_no_refresh_without_need(tmp_path: Path, body: str) -> None:
    assert ".refresh(" not in app(tmp_path, handler(body)).texts["app/api.py"]


def test_what_is_refreshed_already(tmp_path: Path) -> None:
    text = app(
        tmp_path,
        handler("note = db.get(Note, id)\nnote.title = 'x'\ndb.commit()\ndb.refresh(note)\nreturn note"),
    ).texts["app/api.py"]
    assert text.count(".refresh(") == 1


def test_the_callers_own_objects_are_expired_too(tmp_path: Path) -> None:
    more = "def rename(db: Session, note: Note):\n    note.title = 'x'\n    db.commit()\n"
    body = "user = db.get(User, id)\nprint(user.name)\nrename(db, db.get(Note, 1))\nreturn user.name"
    text = app(tmp_path, more + handler(body)).texts["app/api.py"]
    assert "await rename(db, await db.get(Note, 1))\n    await db.refresh(user)\n" in text


@pytest.mark.parametrize(
    ("more", "body", "model", "words"),
    [
        (
            "def load(db):\n    return globals()['x'](db)\n",
            "return load(db)",
            "UserOut",
            "what is sent cannot be told",
        ),
        ("", "return db.scalars(select(Note)).all()[0].owner.notes", "", ""),
    ],
)
def test_refused_or_loaded(tmp_path: Path, more: str, body: str, model: str, words: str) -> None:
    done = app(tmp_path, more + handler(body, model))
    if words:
        assert any(words in text for text in done.obstacles), done.obstacles
        assert "AsyncSession" not in "".join(done.texts.values())
    else:
        assert f"{OWNER}.{NOTES}" in done.texts["app/api.py"]


NOTHING = """
from typing import Any

from app.schemas import UserOut
from pydantic import BaseModel


class Users(BaseModel):
    users: list[UserOut]


async def current(db: Session = Depends(get_db)) -> User:
    user = db.query(User).filter(User.id == 1).first()
    if user is None:
        raise HTTPException(401)
    return user


@router.get("/none", response_model=Users)
def none(me: User = Depends(current), some: bool = False) -> Any:
    if not some:
        return {"users": EMPTY}
    return {"users": [me]}
"""


@pytest.mark.parametrize(
    ("empty", "is_told"), [("list()", True), ("tuple()", True), ("list(eval('[]'))", False)]
)
def test_nothing_is_sent_of_what_is_empty(tmp_path: Path, empty: str, is_told: bool) -> None:
    """It "cannot be told" what is in it, had been said, and the database had stayed sync."""
    done = app(tmp_path, NOTHING.replace("EMPTY", empty), schemas=SCHEMAS, main=MAIN)
    assert any("what is sent cannot be told" in text for text in done.obstacles) is not is_told
    assert is_told is ("selectinload(User.notes)" in done.texts.get("app/api.py", ""))


MAPPER = """
def to_dict(note: Note):
    return {"title": note.title, "owner": note.owner.name}
"""
CLASS = """
class Out:
    @classmethod
    def of(cls, user: User):
        return [to_dict(n) for n in user.notes]
"""


@pytest.mark.parametrize(
    ("body", "becomes"),
    [
        ("note = db.get(Note, id)\nreturn to_dict(note)", f"db.get(Note, id, options=[{OWNER}])"),
        ("return to_dict(db.get(Note, id))", f"return to_dict(await db.get(Note, id, options=[{OWNER}]))"),
        (
            "user = db.get(User, id)\nreturn Out.of(user)",
            f"db.get(User, id, options=[{NOTES}.selectinload(Note.owner)])",
        ),
        (
            "return [to_dict(n) for n in db.scalars(select(Note)).all()]",
            f"return [to_dict(n) for n in (await db.scalars(select(Note).options({OWNER}))).all()]",
        ),
        (
            "note = Note(title='x')\ndb.add(note)\ndb.commit()\nreturn to_dict(note)",
            'await db.refresh(note)\n    await db.refresh(note, ["owner"])\n    return to_dict(note)',
        ),
    ],
)
def test_what_plain_functions_read_is_loaded_by_those_who_call_them(
    tmp_path: Path, body: str, becomes: str
) -> None:
    done = app(tmp_path, MAPPER + (CLASS if "Out" in body else "") + handler(body))
    assert becomes in done.texts["app/api.py"]
    assert "def to_dict(note: Note):" in done.texts["app/api.py"], "it stays as it is"


FLAG = """
def to_dict(user: User, with_notes: bool = False):
    return {"name": user.name, "notes": [n.title for n in user.notes] if with_notes else []}
"""


@pytest.mark.parametrize(
    ("body", "becomes"),
    [
        (
            "user = db.get(User, id)\nreturn to_dict(user)",
            "return await db.run_sync(lambda _: to_dict(user))",
        ),
        (
            "user_query = select(User)\nreturn [to_dict(u, True) for u in db.scalars(user_query)]",
            "users = await db.scalars(user_query)\n"
            "    return await db.run_sync(lambda _: [to_dict(u, True) for u in users])",
        ),
        (
            "user = db.get(User, id)\nreturn to_dict(user, True) if id else to_dict(user)",
            "return await db.run_sync(lambda _: to_dict(user, True) if id else to_dict(user))",
        ),
        (
            "users = db.scalars(select(User)).all()\nreturn [to_dict(u, True) for u in users]",
            "return await db.run_sync(lambda _: [to_dict(u, True) for u in users])",
        ),
        (
            "return [to_dict(u) for u in db.scalars(select(User)).all()]",
            "return await db.run_sync(lambda _, items: [to_dict(u) for u in items], "
            "(await db.scalars(select(User))).all())",
        ),
        (
            "items = {}\nreturn [to_dict(u, items) for u in db.scalars(select(User)).all()]",
            "return [await db.run_sync(lambda _, u: to_dict(u, items), u) "
            "for u in (await db.scalars(select(User))).all()]",
        ),
    ],
)
def test_what_a_flag_may_ask_for_is_loaded_when_it_is_read(tmp_path: Path, body: str, becomes: str) -> None:
    done = app(tmp_path, FLAG + handler(body))
    assert becomes in done.texts["app/api.py"]
    assert "selectinload" not in done.texts["app/api.py"]


@pytest.mark.parametrize(
    ("more", "is_refreshed"),
    [("", False), ("print(user is None)\n", False), ("print(user.name)\n", True)],
)
def test_what_is_read_below_run_sync_needs_no_refresh(tmp_path: Path, more: str, is_refreshed: bool) -> None:
    done = app(tmp_path, FLAG + handler(f"user = db.get(User, id)\ndb.commit()\n{more}return to_dict(user)"))
    text = done.texts["app/api.py"]
    assert "return await db.run_sync(lambda _: to_dict(user))" in text
    assert ("refresh(user)" in text) is is_refreshed


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("rows = map(to_dict, [])", "to_dict is handed on as a plain function"),
        ("rows = list(map(to_dict, []))", "to_dict() runs when app/api.py is imported"),
        (
            "class C:\n    note: Note\n    @property\n    def owner(self):\n        return to_dict(self.note)",
            "C.owner is a property",
        ),
    ],
)
def test_a_mapper_that_cannot_await_runs_without_a_session(tmp_path: Path, more: str, why: str) -> None:
    done = app(tmp_path, f"{MAPPER}\n{more}\n" + handler("note = db.get(Note, id)\nreturn to_dict(note)"))
    assert any(why in text for text in done.obstacles), done.obstacles
    assert "AsyncSession" not in "".join(done.texts.values())


def test_objects_that_nobody_knows_are_kept_loaded(tmp_path: Path) -> None:
    more = "from elsewhere import load\n\ndef change(db: Session, model, id: int):\n    thing = db.get(model, id)\n    db.commit()\n    return thing\n"
    done = app(tmp_path, more + handler("return change(db, load('Note'), id).title"))
    assert (
        "SessionLocal = async_sessionmaker(bind=engine, autoflush=False, expire_on_commit=False)"
        in done.texts["app/db.py"]
    )
    assert any("expire_on_commit=False" in note for note in done.notes)


LOADED = {
    "select": "db.scalars(select(User).options(selectinload(User.notes)).where(User.id == id)).first()",
    "a legacy query": "db.query(User).options(joinedload(User.notes)).filter(User.id == id).first()",
    "another order": "db.scalars(select(User).where(User.id == id).options(selectinload(User.notes))).first()",
}


@pytest.mark.parametrize("name", LOADED)
def test_what_is_loaded_already_is_not_loaded_twice(tmp_path: Path, name: str) -> None:
    handler = f"""
        from sqlalchemy.orm import joinedload, selectinload

        @router.get("/users/{{id}}")
        def show(id: int, db: Session = Depends(get_db)):
            user = {LOADED[name]}
            return [note.title for note in user.notes]
    """
    outcome = app(tmp_path, handler)
    assert outcome.obstacles == []
    assert outcome.added("app/api.py").count("(User.notes)") == 1


def test_a_helper_that_no_handler_reaches_yet(tmp_path: Path) -> None:
    """It is a part of the API layer: once async, the next run would look at it."""
    handlers = """
        def export(db: Session, path: str):
            with open(path, "w") as file:
                file.write(str(db.query(User).count()))


        @router.get("/users/{id}")
        def show(id: int, db: Session = Depends(get_db)):
            return {"found": db.get(User, id) is not None}
    """
    outcome = app(tmp_path, handlers)
    assert outcome.obstacles == []
    assert "open_file(" in outcome.added("app/api.py")


DEPENDENCY = """
def current_user(db: Session = Depends(get_db)) -> User:
    return db.scalars(select(User)).one()
"""


def test_get_does_not_hide_what_the_session_holds_already(tmp_path: Path) -> None:
    """`get` gives the user of the dependency as it is, without notes: a select fills them in."""
    more = "@router.get('/me', dependencies=[Depends(current_user)])\ndef me():\n    return 1\n"
    done = app(tmp_path, DEPENDENCY + more + handler("return db.get(User, id)", "UserOut"))
    found = "(await db.scalars(select(User).where(User.id == id).options(selectinload(User.notes)))).one_or_none()"
    assert f"return {found}" in done.texts["app/api.py"]


@pytest.mark.parametrize(
    "more",
    [
        "",
        "def other(db: Session = Depends(get_db)):\n    return db.scalars(select(Note)).first()",
        "@router.get('/other')\ndef other(db: Session = Depends(get_db)):\n    return db.get(User, 2).name",
        "@router.post('/other')\ndef other(db: Session = Depends(get_db)):\n    db.add(User(name='x'))\n    db.commit()",
    ],
)
def test_get_stays_where_nothing_else_loads_the_class(tmp_path: Path, more: str) -> None:
    text = app(tmp_path, f"{more}\n" + handler("return db.get(User, id)", "UserOut")).texts["app/api.py"]
    assert f"return await db.get(User, id, options=[{NOTES}])" in text


@pytest.mark.parametrize(
    ("body", "model", "becomes"),
    [
        (
            "note = Note(title='x')\ndb.add(note)\ndb.commit()\nreturn note",
            "NoteWithOwner",
            "    await db.refresh(note)\n    note = (await db.scalars(select(Note).where(Note.id == note.id)"
            f".options({OWNER}.{NOTES}))).one()\n    return note",
        ),
        (
            "users = db.scalars(select(User)).all()\ndb.commit()\nreturn users",
            "list[UserOut]",
            '    for each in users:\n        await db.refresh(each, ["notes"])\n    return users',
        ),
    ],
)
def test_what_lies_deeper_after_a_commit(tmp_path: Path, body: str, model: str, becomes: str) -> None:
    assert squeezed(becomes) in squeezed(app(tmp_path, handler(body, model)).texts["app/api.py"])


GENERIC = """
from typing import Generic, Type, TypeVar
M = TypeVar("M")

class Crud(Generic[M]):
    def __init__(self, model: Type[M]):
        self.model = model
    def get(self, db: Session, id: int) -> M | None:
        return db.query(self.model).filter(self.model.id == id).first()

users = Crud[User](User)
notes = Crud[Note](Note)
"""


def test_a_generic_query_has_no_options_of_one_class(tmp_path: Path) -> None:
    body = "note = notes.get(db, id)\nuser = users.get(db, id)\nprint(note)\nreturn user"
    text = app(tmp_path, GENERIC + handler(body, "UserOut")).texts["app/api.py"]
    assert "await db.scalar(select(self.model).filter(self.model.id == id).limit(1))" in text
    assert '    if user is not None:\n        await db.refresh(user, ["notes"])\n    return user' in text


def test_what_a_method_of_the_class_reads(tmp_path: Path) -> None:
    models = MODELS + "\n    def by(self):\n        return self.owner.name\n"
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": models}
    api = HEADER + handler("return [n.by() for n in db.scalars(select(Note)).all()]")
    done = convert(tmp_path, {**files, "app/api.py": api})
    assert f"for n in (await db.scalars(select(Note).options({OWNER}))).all()]" in done.texts["app/api.py"]
    assert "app/models.py" not in done.texts


def test_a_mapper_in_a_file_without_a_word_of_a_database(tmp_path: Path) -> None:
    mapper = "def to_dict(note):\n    return {'owner': note.owner.name}\n"
    typed = "from app.models import Note\n\n\n" + mapper.replace("(note)", "(note: Note)")
    more = "from app.views import to_dict\n"
    done = app(tmp_path, more + handler("return to_dict(db.scalars(select(Note)).one())"), views=typed)
    assert (
        f"return to_dict((await db.scalars(select(Note).options({OWNER}))).one())" in done.texts["app/api.py"]
    )


def test_what_is_loaded_eagerly_already(tmp_path: Path) -> None:
    more = "from sqlalchemy.orm import joinedload\n"
    body = "return [n.owner.name for n in db.query(Note).options(joinedload(Note.owner)).all()]"
    assert "selectinload" not in app(tmp_path, more + handler(body)).texts["app/api.py"]


@pytest.mark.parametrize(
    "body",
    [
        "user = User(name='x')\nuser.notes.append(Note(title='y'))\ndb.add(user)\ndb.commit()\nreturn 1",
        "user = User(name='x')\nprint(len(user.notes))\nreturn 1",
        "user = User(name='x')\nfor title in 'ab':\n    user.notes.append(Note(title=title))\n"
        "db.add(user)\ndb.commit()\nreturn 1",
        "user = User(name='x')\nfor id in (1, 2):\n    user.notes.append(db.get(Note, id))\ndb.add(user)\nreturn 1",
        "user = User(name='x')\nif db.get(Note, id):\n    user.notes = []\ndb.add(user)\nreturn 1",
    ],
)
def test_a_new_object_has_nothing_to_load(tmp_path: Path, body: str) -> None:
    done = app(tmp_path, handler(body))
    assert done.obstacles == []
    assert "refresh" not in done.texts["app/api.py"]


@pytest.mark.parametrize(
    "body",
    [
        "user = User(name='x')\ndb.add(user)\nfor id in (1, 2):\n    db.flush()\n    user.notes.append(Note())\nreturn 1",
        "user = User(name='x')\nNote().owner = user\nfor id in (1, 2):\n    db.add(user)\n    db.flush()\n    user.notes.append(Note())\nreturn 1",
        "note = db.get(Note, id)\nuser = User()\nnote.owner = user\nfor id in (1, 2):\n    db.flush()\n    user.notes.append(Note())\nreturn 1",
        "user = db.get(User, id) or User()\nfor id in (1, 2):\n    user.notes.append(Note())\nreturn 1",
    ],
)
def test_an_object_that_the_session_may_have_loads_what_is_appended_to(tmp_path: Path, body: str) -> None:
    done = app(tmp_path, handler(body))
    text = done.texts.get("app/api.py", "")
    loads = ('refresh(user, ["notes"])', "run_sync(lambda _: user.notes)", "selectinload(User.notes)")
    assert done.obstacles or any(load in text for load in loads)


HEROES = """
from sqlmodel import Field, Relationship, SQLModel


class Team(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    heroes: list["Hero"] = Relationship(back_populates="team")


class Hero(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    team_id: int | None = Field(default=None, foreign_key="team.id")
    team: Team | None = Relationship(back_populates="heroes")
    powers: list["Power"] = Relationship(back_populates="hero")


class Power(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    hero_id: int | None = Field(default=None, foreign_key="hero.id")
    hero: Hero | None = Relationship(back_populates="powers")
"""
HEROES_DATABASE = """
from sqlmodel import Session, create_engine

engine = create_engine("sqlite:///./app.db")


def get_db():
    with Session(engine) as session:
        yield session
"""
HEROES_HEADER = """
from fastapi import APIRouter, Depends
from sqlmodel import Session, select

from app.db import get_db
from app.models import Hero, Power

router = APIRouter()


"""


def heroes(folder: Path, handlers: str) -> str:
    """`app/api.py` over a database of SQLModel, as it comes out."""
    files = {"app/db.py": HEROES_DATABASE, "app/models.py": HEROES, "app/api.py": HEROES_HEADER + handlers}
    done = convert(folder, {"app/__init__.py": "", **files}, "fastapi\nsqlmodel\naiosqlite\n")
    assert done.obstacles == []
    return done.texts["app/api.py"]


@pytest.mark.parametrize("maker", ["Hero.model_validate({})", "Hero.from_orm(Hero())", "Hero.parse_obj({})"])
def test_a_new_table_object_of_sqlmodel_cannot_be_refreshed(tmp_path: Path, maker: str) -> None:
    """The session would not know it: `refresh` raises."""
    handlers = f"""
@router.post("/heroes")
def add(db: Session = Depends(get_db)):
    hero = {maker}
    hero.powers = [Power()]
    db.add(hero)
    db.commit()
    return 1
"""
    assert "refresh" not in heroes(tmp_path, handlers)


def test_a_select_in_the_place_of_get_is_one_of_sqlmodel(tmp_path: Path) -> None:
    """To type checkers a column of SQLModel is what it holds, which the `select` of SQLAlchemy does not take."""
    handlers = """
def first(db: Session = Depends(get_db)) -> Hero:
    return db.exec(select(Hero)).one()


@router.get("/heroes/{id}", dependencies=[Depends(first)])
def show(id: int, db: Session = Depends(get_db)):
    return len(db.get(Hero, id).powers)
"""
    text = heroes(tmp_path, handlers)
    found = "db.exec(select(Hero).where(Hero.id == id).options(selectinload(Hero.powers)))).one_or_none()"
    assert squeezed(found) in squeezed(text)
    assert "sqlalchemy.select" not in text


def test_append_to_a_collection_that_is_not_loaded(tmp_path: Path) -> None:
    body = "user = db.get(User, id)\nuser.notes.append(Note(title='y'))\ndb.commit()\nreturn 1"
    assert (
        f"user = await db.get(User, id, options=[{NOTES}])"
        in app(tmp_path, handler(body)).texts["app/api.py"]
    )


LINKED = """
from sqlalchemy.ext.associationproxy import association_proxy


class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]


class Link(Base):
    __tablename__ = "links"
    note_id: Mapped[int] = mapped_column(ForeignKey("notes.id"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id"), primary_key=True)
    tag: Mapped[Tag] = relationship()


Note.links = relationship(Link)
Note.tags = association_proxy("links", "tag", creator=lambda tag: Link(tag=tag))
"""


@pytest.mark.parametrize(
    ("body", "loads"),
    [
        ("note = db.get(Note, 1)\nnote.tags.append(Tag(text='x'))\ndb.commit()\nreturn 1", True),
        ("note = db.get(Note, 1)\nreturn [tag.text for tag in note.tags]", True),
        ("note = db.get(Note, 1)\nnote.tags = [Tag(text='x')]\ndb.commit()\nreturn 1", True),
        ("note = Note(title='x', owner_id=1)\nnote.tags = [Tag(text='x')]\nreturn len(note.links)", False),
        (
            "note = Note(title='x', owner_id=1)\nnote.tags.append(Tag(text='x'))\ndb.add(note)\ndb.commit()\nreturn 1",
            False,
        ),
        ("return len(db.query(Note).filter(Note.tags.any(text='x')).all())", False),
    ],
)
def test_what_an_association_proxy_leads_over(tmp_path: Path, body: str, loads: bool) -> None:
    models = MODELS.partition("class Note")[0] + LINKED.partition("\n\nNote.links")[0]
    models += "\n\nclass Note" + MODELS.partition("class Note")[2]
    models += "".join(
        f"    {line.removeprefix('Note.')}\n" for line in LINKED.split("\n") if line.startswith("Note.")
    )
    api = HEADER.replace("import Note", "import Tag, Note") + handler(body)
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": models, "app/api.py": api}
    done = convert(tmp_path, {**files, "app/main.py": MAIN})
    assert done.obstacles == []
    found = "selectinload(Note.links).selectinload(Link.tag)"
    assert (squeezed(found) in squeezed(done.texts["app/api.py"])) is loads
    fill = FILL + "    db.execute('create table tags (id integer primary key, text text)')\n"
    fill += "    db.execute('create table links (note_id integer, tag_id integer)')\n"
    before, after = answers(tmp_path, done, fill, ["/x"])
    assert before == after
    assert [status for _, status, _ in before] == [200]


def test_what_an_association_proxy_is_said_to_give(tmp_path: Path) -> None:
    links = LINKED.replace("import association_proxy", "import AssociationProxy, association_proxy").replace(
        "    text: Mapped[str]\n",
        '    text: Mapped[str]\n    links: Mapped[list["Link"]] = relationship(viewonly=True)\n',
    )
    of_class, proxy = links.split("\n\nNote.links = relationship(Link)\nNote.tags = ")
    models = (
        MODELS.partition("class Note")[0] + of_class + "\n\nclass Note" + MODELS.partition("class Note")[2]
    )
    models += (
        f"    links: Mapped[list[Link]] = relationship()\n    tags: AssociationProxy[list[Tag]] = {proxy}"
    )
    words = "def words(tag):\n    return [link.note_id for link in tag.links]\n\n"
    api = HEADER + words + handler("note = db.get(Note, 1)\nreturn [words(tag) for tag in note.tags]")
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": models, "app/api.py": api}
    done = convert(tmp_path, {**files, "app/main.py": MAIN})
    assert done.obstacles == []
    fill = FILL + "    db.execute('create table tags (id integer primary key, text text)')\n"
    fill += "    db.execute('create table links (note_id integer, tag_id integer)')\n"
    fill += "    db.execute(\"insert into tags values (5, 'x')\")\n    db.execute('insert into links values (1, 5)')\n"
    before, after = answers(tmp_path, done, fill, ["/x"])
    assert before == after
    assert before[0][1:] == [200, "[[1]]"]


READERS = """
    from sqlalchemy.ext.associationproxy import association_proxy
    from sqlalchemy.ext.hybrid import hybrid_method, hybrid_property

    by = association_proxy("owner", "name")

    @property
    def author(self):
        return self.owner.name

    @hybrid_property
    def signed(self):
        return self.title + self.author

    @signed.expression
    def signed(cls):
        return cls.title

    @hybrid_method
    def is_by(self, name):
        return self.owner.name == name

    @is_by.expression
    def is_by(cls, name):
        return cls.title == name

    @property
    def siblings(self):
        return [note.title for note in self.owner.notes]

    @property
    def upper(self):
        return self.title.upper()

    def shout(self):
        return self.upper
"""


def with_readers(folder: Path, body: str, model: str = "") -> str:
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MODELS + READERS}
    fields = (
        "\nclass By(BaseModel):\n    id: int\n    author: str\n\nclass Upper(BaseModel):\n    upper: str\n"
    )
    api = HEADER + handler(body, model).replace("\nclass Plain", f"{fields}\nclass Plain")
    done = convert(folder, {**files, "app/api.py": api})
    assert done.obstacles == []
    return done.texts["app/api.py"]


@pytest.mark.parametrize(
    ("read", "option"),
    [
        ("note.by", OWNER),
        ("note.author", OWNER),
        ("note.signed", OWNER),
        ("note.is_by('ann')", OWNER),
        ("note.siblings", f"{OWNER}.{NOTES}"),
    ],
)
def test_attributes_that_read_relationships(tmp_path: Path, read: str, option: str) -> None:
    text = with_readers(tmp_path, f"return [{read} for note in db.scalars(select(Note)).all()]")
    assert f"select(Note).options({option})" in text


def test_a_schema_that_reads_a_property(tmp_path: Path) -> None:
    text = with_readers(tmp_path, "return db.scalars(select(Note)).all()", "list[By]")
    assert f"select(Note).options({OWNER})" in text


@pytest.mark.parametrize(
    ("body", "model"),
    [
        ("return [note.upper for note in db.scalars(select(Note)).all()]", ""),
        ("return [note.shout() for note in db.scalars(select(Note)).all()]", ""),
        ("return db.scalars(select(Note)).all()", "list[Upper]"),
        ("return db.scalars(select(Note.title).where(Note.signed == 'x')).all()", ""),
        ("return db.scalars(select(Note.title).where(Note.is_by('x'))).all()", ""),
    ],
)
def test_properties_of_columns_load_nothing(tmp_path: Path, body: str, model: str) -> None:
    assert "selectinload" not in with_readers(tmp_path, body, model)


def test_a_hybrid_of_the_class_is_a_part_of_a_query(tmp_path: Path) -> None:
    """Its function reads a relationship, and is not what the class runs."""
    body = "column = {'id': Note.id, 'signed': Note.signed}.get(str(id), Note.id)\nreturn db.scalars(select(Note.title).order_by(column.desc())).all()"
    text = with_readers(tmp_path, body)
    assert "(await db.scalars(select(Note.title).order_by(column.desc()))).all()" in text
    assert "selectinload" not in text


def with_two_keys(folder: Path, handlers: str) -> Outcome:
    key = "    id: Mapped[int] = mapped_column(primary_key=True)\n"
    models = MODELS.replace(key, key + key.replace("id", "part"))
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": models}
    return convert(folder, {**files, "app/api.py": HEADER + handlers})


@pytest.mark.parametrize(
    ("body", "becomes"),
    [
        (
            "user = db.get(User, id)\ndb.commit()\nreturn {n.owner.name for n in user.notes}",
            f"user = (await db.scalars(select(User).where(User.id == user.id).options({NOTES}.selectinload(Note.owner)))).one()",
        ),
        (
            "note = db.get(Note, id)\ndb.commit()\nreturn note.owner.notes",
            f"note = (await db.scalars(select(Note).where(Note.id == note.id).options({OWNER}.{NOTES}))).one()",
        ),
    ],
)
def test_what_lies_deeper_of_an_expired_object(tmp_path: Path, body: str, becomes: str) -> None:
    assert squeezed(becomes) in squeezed(app(tmp_path, handler(body)).texts["app/api.py"])


@pytest.mark.parametrize(
    ("body", "becomes"),
    [
        # one of many, bound by the comprehension itself: nothing can stand above it
        (
            "user = db.get(User, id)\ndb.commit()\nreturn {n.owner.name for n in user.notes}",
            "return await db.run_sync(lambda _: {n.owner.name for n in user.notes})",
        ),
        (
            "user = db.get(User, id)\ndb.commit()\nreturn set(n.owner.name for n in user.notes)",
            "return await db.run_sync(lambda _: set(n.owner.name for n in user.notes))",
        ),
        (
            "note = db.get(Note, id)\ndb.commit()\nprint(note.owner.notes)\nreturn 1",
            "print(await db.run_sync(lambda _: note.owner.notes))",
        ),
        # behind another relationship of an object that a commit has expired
        (
            "note = db.get(Note, id)\ndb.commit()\nreturn note.owner.notes",
            "return await db.run_sync(lambda _: note.owner.notes)",
        ),
    ],
)
def test_what_cannot_be_loaded_before_is_read_by_the_session(tmp_path: Path, body: str, becomes: str) -> None:
    """With a key of two columns there is no select() of one object."""
    done = with_two_keys(tmp_path, handler(body))
    assert done.obstacles == []
    assert becomes in done.texts["app/api.py"]


@pytest.mark.parametrize(
    "body",
    [
        "user = db.get(User, id)\ndb.commit()\nreturn [x for n in user.notes if (x := n.owner.name)]",
        "user = db.get(User, id)\ndb.commit()\nreturn [db.get(User, n.owner.id) for n in user.notes]",
        "user = db.get(User, id)\ndb.commit()\nreturn (n.owner.name for n in user.notes)",
    ],
)
def test_what_a_lambda_cannot_do_stays_outside(tmp_path: Path, body: str) -> None:
    done = with_two_keys(tmp_path, handler(body))
    assert done.obstacles == []
    text = done.texts["app/api.py"]
    assert "        await db.run_sync(lambda _: [note.owner for note in user.notes])\n" in text
    assert body.rpartition("return")[2].replace("db.get", "await db.get") in text


@pytest.mark.parametrize(
    "options",
    [
        "selectinload(User.notes)",
        "joinedload(User.notes)",
        "selectinload(User.notes).selectinload(Note.owner)",
        "selectinload(User.notes).options(joinedload(Note.owner))",
    ],
)
def test_what_the_query_loads_already(tmp_path: Path, options: str) -> None:
    body = f"return db.scalars(select(User).where(User.id > 1).options({options})).unique().all()"
    done = app(
        tmp_path, "from sqlalchemy.orm import joinedload, selectinload\n" + handler(body, "list[UserOut]")
    )
    assert f"select(User).where(User.id > 1).options({options})" in done.texts["app/api.py"]


def test_a_name_that_was_something_else_before(tmp_path: Path) -> None:
    """An object, though the name held a dictionary at first: it is not iterated."""
    body = "note = {'title': 'x'}\nnote = Note(**note)\ndb.add(note)\ndb.commit()\ndb.refresh(note)\nreturn note.owner"
    text = app(tmp_path, handler(body)).texts["app/api.py"]
    assert 'await db.refresh(note, ["owner"])' in text
    assert "for each in" not in text


def test_rows_that_were_streamed_are_read_at_once(tmp_path: Path) -> None:
    body = "query = (\n    select(User)\n    .where(User.id > 1)\n    .execution_options(yield_per=10)\n)\nreturn [u.name for u in db.scalars(query)]"
    done = app(tmp_path, handler(body))
    assert "query = (\n        select(User)\n        .where(User.id > 1)\n    )\n" in done.texts["app/api.py"]
    assert any("all rows are read at once, without yield_per" in note for note in done.notes)
    for stays in (
        "select(User).execution_options(yield_per=10, populate_existing=True)",
        "db.query(User).execution_options(yield_per=10)",
    ):
        refused = app(tmp_path / str(len(stays)), handler(f"query = {stays}\nreturn db.scalars(query).all()"))
        assert any("rows are read bit by bit" in text for text in refused.obstacles)


def test_an_object_of_a_class_that_a_generic_base_was_given(tmp_path: Path) -> None:
    """The query of the base does not name the class: what it gives is loaded above the place that reads it."""
    base = (
        "from typing import Generic, TypeVar\n\nT = TypeVar('T')\n\nclass Repo(Generic[T]):\n"
        "    def __init__(self, model: type[T]):\n        self.model = model\n"
        "    def get(self, db: Session, id: int) -> T | None:\n        return db.get(self.model, id)\n\n"
        "class Users(Repo[User]): ...\n\nusers = Users(User)\n\nclass Notes(Repo[Note]): ...\n\nnotes = Notes(Note)\n"
    )
    body = "user = users.get(db, id)\nif user is None:\n    raise HTTPException(404)\nreturn user"
    done = app(tmp_path, base + handler(body, "UserOut"))
    assert done.obstacles == []
    assert '    await db.refresh(user, ["notes"])\n    return user\n' in done.texts["app/api.py"]


@pytest.mark.parametrize(
    "body",
    [
        "return sorted(db.scalars(select(Note)).all(), key=lambda n: n.owner.name)[0].title",
        "notes = db.scalars(select(Note)).all()\nnotes.sort(key=lambda note: (note.owner.name, note.id))\nreturn 1",
        "return list(map(lambda n: n.owner.name, db.scalars(select(Note)).all()))",
    ],
)
def test_what_a_lambda_reads_of_each(tmp_path: Path, body: str) -> None:
    done = app(tmp_path, handler(body))
    assert done.obstacles == []
    assert f"select(Note).options({OWNER})" in done.texts["app/api.py"]


@pytest.mark.parametrize(
    "body",
    [
        "return sorted([1, 2], key=lambda n: n - len(user.notes))",
        "return list(filter(lambda n: n < len(user.notes), [1, 2]))",
        "return max(db.scalars(select(Note)).all(), key=lambda n: n.id * len(user.notes)).id",
    ],
)
def test_what_a_lambda_reads_of_the_function_around_it(tmp_path: Path, body: str) -> None:
    """Nothing had been loaded, and the request answered 500."""
    done = app(tmp_path, handler(f"user = db.scalars(select(User)).first()\n{body}"))
    assert [each for each in done.obstacles if "the relationship notes is loaded when it is read" in each]


@pytest.mark.parametrize(
    "body",
    [
        "return sorted(db.scalars(select(Note)).all(), key=lambda n: n.title)[0].title",
        "me = db.get(User, 1)\nreturn sorted(db.scalars(select(Note)).all(), key=lambda n: n.owner_id - me.id)[0].title",
        "return sorted(db.scalars(select(User)).all(), key=lambda u: [n for n in [u.name]])[0].name",
        "return sorted(db.scalars(select(User)).all(), key=lambda owner: owner.name)[0].name",
        "return sorted([1, 2], key=lambda n: n.owner), db.get(Note, id).title",
    ],
)
def test_lambdas_that_read_columns(tmp_path: Path, body: str) -> None:
    assert "selectinload" not in app(tmp_path, handler(body)).texts["app/api.py"]


@pytest.mark.parametrize(
    ("options", "becomes"),
    [
        ("[]", f"[{OWNER}]"),
        ("[undefer(Note.title)]", f"[{OWNER}, undefer(Note.title)]"),
        ("(undefer(Note.title),)", f"[{OWNER}, *(undefer(Note.title),)]"),
        ("[selectinload(Note.owner)]", "[selectinload(Note.owner)]"),
    ],
)
def test_a_get_that_has_options(tmp_path: Path, options: str, becomes: str) -> None:
    more = "from sqlalchemy.orm import selectinload, undefer\n"
    body = f"note = db.get(Note, id, options={options})\nreturn note.owner.name"
    text = app(tmp_path, more + handler(body)).texts["app/api.py"]
    assert f"await db.get(Note, id, options={becomes})" in text


def test_a_get_with_options_of_what_the_session_may_hold(tmp_path: Path) -> None:
    more = "from sqlalchemy.orm import selectinload\n\n@router.get('/me', dependencies=[Depends(current_user)])\ndef me():\n    return 1\n"
    body = "return db.get(User, id, options=[selectinload(User.notes)])"
    done = app(tmp_path, DEPENDENCY + more + handler(body, "UserOut"))
    assert any("may give an object that is there already" in text for text in done.obstacles), done.obstacles


@pytest.mark.parametrize(
    ("body", "is_loaded"),
    [
        ("user = db.get(User, id)\nuser.notes = [Note(title='x')]\ndb.commit()\nreturn 1", True),
        ("user = User(name='x')\nuser.notes = [Note(title='x')]\ndb.add(user)\ndb.commit()\nreturn 1", False),
        ("note = db.get(Note, id)\nnote.owner = db.get(User, 2)\ndb.commit()\nreturn 1", False),
        ("user = db.get(User, id)\nuser.name = 'x'\ndb.commit()\nreturn 1", False),
    ],
)
def test_a_collection_that_is_replaced(tmp_path: Path, body: str, is_loaded: bool) -> None:
    text = app(tmp_path, handler(body)).texts["app/api.py"]
    assert (f"await db.get(User, id, options=[{NOTES}])" in text) is is_loaded
    assert ("selectinload" in text) is is_loaded


def test_rows_of_several_things(tmp_path: Path) -> None:
    body = "rows = db.execute(select(User, Note).join(Note)).all()\nreturn [(u.name, n.owner.name) for u, n in rows]"
    assert (
        f"select(User, Note).options({OWNER}).join(Note)" in app(tmp_path, handler(body)).texts["app/api.py"]
    )


@pytest.mark.parametrize(
    ("between", "times"), [("", 1), ("db.commit()\n    ", 2), ("note = db.get(Note, 2)\n    ", 2)]
)
def test_what_an_if_looks_at_is_not_loaded_again_inside(tmp_path: Path, between: str, times: int) -> None:
    body = (
        f"note = db.get(Note, 1)\ndb.commit()\nif note.owner:\n    {between}db.delete(note.owner)\nreturn 1"
    )
    text = app(tmp_path, handler(body)).texts["app/api.py"]
    assert text.count('"owner"') + text.count(OWNER) == times


@pytest.mark.parametrize(
    ("steps", "is_loaded"),
    [
        (
            "query = select(User)\nquery = query.where(User.id == id)\nfull = query.options(joinedload(User.notes))",
            True,
        ),
        ("query = select(User).where(User.id == id)\nfull = query.options(selectinload(User.notes))", True),
        ("query = select(User)\nfull = query.options(joinedload(User.notes)) if id else query", False),
        (
            "query = select(User)\nfull = query\nif id:\n    full = full.options(joinedload(User.notes))",
            False,
        ),
        ("full = select(User)\nother = full.options(joinedload(User.notes))", False),
    ],
)
def test_options_of_a_query_that_is_kept_in_names(tmp_path: Path, steps: str, is_loaded: bool) -> None:
    head = "from sqlalchemy.orm import joinedload, selectinload\n"
    body = f"{steps}\nuser = db.scalars(full).unique().one()\nreturn user"
    done = app(tmp_path, head + handler(body, "UserOut"))
    assert done.obstacles == []
    text = done.texts["app/api.py"]
    assert f"select(User).options({NOTES})" not in text
    assert ('await db.refresh(user, ["notes"])' not in text) is is_loaded, text


def test_a_comma_that_makes_a_tuple_or_stands_in_a_text_is_kept(tmp_path: Path) -> None:
    done = app(tmp_path, handler('return db.query(User).filter(User.id.in_((1,)), User.name != "a,)").all()'))
    assert 'User.id.in_((1,)), User.name != "a,)"' in done.texts["app/api.py"]


SHARED = """
def every(db: Session):
    return db.query(Note).all()


@router.get("/named")
def named(db: Session = Depends(get_db)):
    return [note.owner.name for note in every(db)]
"""


def test_a_query_loads_nothing_that_another_route_would_send_as_well(tmp_path: Path) -> None:
    """Without a response model, FastAPI sends all that is loaded: who reads more loads it for itself."""
    raw = '\n\n@router.get("/raw")\ndef raw(db: Session = Depends(get_db)):\n    return every(db)\n'
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MODELS, "app/main.py": MAIN}
    done = convert(tmp_path, {**files, "app/api.py": HEADER + SHARED + raw})
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL, ["/named", "/raw"])
    assert [json.loads(text) for _, _, text in before] == [json.loads(text) for _, _, text in after]
    assert "owner_id" in after[1][2]


@pytest.mark.parametrize(
    "raw",
    [
        "    return db.query(Note).all()\n",
        "    return db.query(User).all()\n",
        "    found = every(db)\n    print([note.owner for note in found])\n    return found\n",
    ],
    ids=["a query of its own", "of another class", "read before it is sent"],
)
def test_what_is_sent_as_before_may_be_sent(tmp_path: Path, raw: str) -> None:
    head = '\n\n@router.get("/raw")\ndef raw(db: Session = Depends(get_db)):\n'
    assert app(tmp_path, SHARED + head + raw).obstacles == []


TREE = MODELS.replace(
    "    owner: Mapped[User]",
    '    parent_id: Mapped[int | None] = mapped_column(ForeignKey("notes.id"))\n    parent: Mapped["Note | None"] = relationship(remote_side=[id])\n    owner: Mapped[User]',
)


@pytest.mark.parametrize("start", ["db.get(Note, id)", "db.query(Note).first()"])
def test_what_a_while_loop_asks_is_read_before_every_round(tmp_path: Path, start: str) -> None:
    """What is loaded above the loop is that of the first object only."""
    body = f"note = {start}\nwhile note.parent is not None:\n    note = note.parent\nreturn note.id"
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": TREE}
    done = convert(tmp_path, {**files, "app/api.py": HEADER + handler(body)})
    assert done.obstacles == []
    assert (
        "    while await db.run_sync(lambda _, note: note.parent, note) is not None:\n"
        in done.texts["app/api.py"]
    )


def test_what_an_elif_reads_is_loaded_above_the_first_if(tmp_path: Path) -> None:
    body = "note = Note(title='x')\ndb.add(note)\ndb.flush()\nif id == 1:\n    return 1\nelif note.owner.name:\n    return 2\nelse:\n    if note.owner.id:\n        return 3"
    done = app(tmp_path, handler(body))
    assert done.obstacles == []
    text = done.texts["app/api.py"]
    assert '    await db.refresh(note, ["owner"])\n    if id == 1:\n' in text
    assert text.count("refresh") == 1


@pytest.mark.parametrize(
    ("between", "times"),
    [
        ("print(id)", 1),
        ("names = [first]\nnames.append('x')", 1),
        ("db.commit()", 2),
        ("db.expire(note)", 2),
        ("note.owner_id = 2", 1),  # what was read before is read as it was
        ("note = fresh(db)", 2),
        ("rename(note)", 2),
        ("setattr(note, 'owner_id', 2)", 1),
        ("tell(note)", 1),
        ("told = Told(id=note.id)", 1),
        ("told = Teller(note)", 2),
        ("other = User(name='z')", 1),
        ("tell(note, rename)", 2),
        ("if id:\n    note = fresh(db)", 2),
        ("if id:\n    print(id)\nelse:\n    print(note.owner.name)", 1),
        ("if id:\n    rename(note)\nelse:\n    print(note.owner.name)", 2),
        ("if id:\n    print(id)\n    rename(note)\n    print(note.owner.name)", 3),
        ("if rename(note):\n    print(note.owner.name)", 3),
    ],
)
def test_what_is_read_twice_is_loaded_twice_only_where_something_happens_in_between(
    tmp_path: Path, between: str, times: int
) -> None:
    helpers = "\n\ndef fresh(db: Session) -> Note:\n    note = Note(title='x')\n    db.add(note)\n    db.flush()\n    return note\n\n\ndef rename(note: Note) -> None:\n    note.title = 'y'\n"
    helpers += "\n\nclass Told(BaseModel):\n    id: int\n\n\nclass Teller:\n    def __init__(self, note: Note) -> None:\n        rename(note)\n\n\ndef tell(note: Note, also=print) -> None:\n    print(note.title, Told(id=note.id))\n    also(note)\n"
    body = f"note = fresh(db)\nfirst = note.owner.name\n{between}\nreturn first + note.owner.name"
    text = app(tmp_path, helpers + handler(body)).texts["app/api.py"]
    assert text.count('await db.refresh(note, ["owner"])') == times, text


def test_a_session_that_is_only_given_loads_as_well(tmp_path: Path) -> None:
    """The dependency that gives the object has it as a commit left it."""
    given = "\n\ndef given(db: Session = Depends(get_db)) -> Note:\n    note = db.get(Note, 1)\n    db.commit()\n    return note\n\n\n@router.get('/y')\ndef y(note: Note = Depends(given), db: Session = Depends(get_db)):\n    while note.owner.notes:\n        note = note.owner.notes[0]\n    return note.id\n"
    done = app(tmp_path, given)
    assert done.obstacles == []
    assert (
        "    while await db.run_sync(lambda _, note: note.owner.notes, note):\n" in done.texts["app/api.py"]
    )


@pytest.mark.parametrize("given", ["db: Session | None = None", "db=None"])
def test_a_session_that_may_be_missing_loads_nothing(tmp_path: Path, given: str) -> None:
    helper = f"\n\ndef climb(note: Note, {given}):\n    while note.owner.notes:\n        note = note.owner.notes[0]\n    return note.id\n"
    done = app(tmp_path, helper + handler("return climb(db.get(Note, id))"))
    assert done.obstacles == []
    notes = "await (await note.awaitable_attrs.owner).awaitable_attrs.notes"
    assert f"    while {notes}:\n        note = ({notes})[0]\n" in done.texts["app/api.py"]


def test_refresh_gives_no_parent_of_the_same_class(tmp_path: Path) -> None:
    """One that a commit has expired is not loaded again: reading it would fail with MissingGreenlet."""
    body = "db.get(Note, 1)\nnote = Note(title='x', parent_id=1)\ndb.add(note)\ndb.commit()\nreturn note.parent.title, note.owner.name"
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": TREE}
    done = convert(tmp_path, {**files, "app/api.py": HEADER + handler(body)})
    assert done.obstacles == []
    text = done.texts["app/api.py"]
    assert "    await db.run_sync(lambda _: (note.parent, note.owner))\n" in text


PAGED = "\n\ndef paged(query, size: int):\n    found = query.limit(size).all()\n    page = {'items': found, 'total': len(found)}\n    return {gives}\n"


@pytest.mark.parametrize(
    "gives", ["page", "{'items': found, 'total': 1}", "page if found else {'items': []}"]
)
def test_a_dictionary_of_a_helper_is_sent_with_what_it_holds(tmp_path: Path, gives: str) -> None:
    sent = handler("query = db.query(Note)\nreturn paged(query, 3)", "Page")
    done = app(tmp_path, PAGED.replace("{gives}", gives) + sent)
    assert done.obstacles == []
    assert f"select(Note).options({OWNER}.{NOTES})" in done.texts["app/api.py"]


def test_a_dictionary_without_objects_loads_nothing(tmp_path: Path) -> None:
    sent = handler("query = db.query(Note)\nreturn paged(query, 3)", "Page")
    done = app(tmp_path, PAGED.replace("{gives}", "{'items': [], 'total': len(found)}") + sent)
    assert "selectinload" not in done.texts["app/api.py"]


def test_an_option_has_a_line_of_its_own_where_each_step_has(tmp_path: Path) -> None:
    body = "query = (\n    select(User)\n    .where(User.id == id)\n)\nreturn db.scalars(query).first().notes[0].title"
    done = app(tmp_path, handler(body))
    assert done.obstacles == []
    lines = (
        "        select(User)\n        .options(selectinload(User.notes))\n        .where(User.id == id)\n"
    )
    assert lines in done.texts["app/api.py"]


@pytest.mark.parametrize(
    ("returns", "is_guarded"), [(" -> Note", False), (" -> Note | None", True), ("", False)]
)
def test_what_a_get_of_the_project_promises_counts(tmp_path: Path, returns: str, is_guarded: bool) -> None:
    found = "    found = self.db.get(self.model, id)\n        if found is None:\n            raise KeyError(id)\n        return found"
    notes = f"\n\nclass Notes:\n    def __init__(self, db: Session, model):\n        self.db, self.model = db, model\n\n    def get(self, id: int){returns}:\n    {found}\n"
    body = "note: Note = Notes(db, Note).get(id)\ndb.commit()\nif note.owner.notes:\n    return 1"
    done = app(tmp_path, notes + handler(body))
    assert done.obstacles == []
    assert ("if note is not None:" in done.texts["app/api.py"]) is is_guarded


def test_a_key_reads_a_property_that_reads_a_relationship(tmp_path: Path) -> None:
    body = (
        "notes = db.query(Note).all()\nreturn [n.id for n in sorted(notes, key=lambda n: (n.author, n.id))]"
    )
    assert squeezed(f"select(Note).options({OWNER})") in squeezed(with_readers(tmp_path, body))


TWICE = """
@router.get("/x/{id}")
def x(id: int, db: Session = Depends(get_db)):
    user = db.query(User).filter(User.id == id).first()
    if user is None:
        raise HTTPException(404)
    found = []
    ABOVE
    for note in user.notes:
        INSIDE
        found += [(each.title, note.title) for each in note.owner.notes]
    return found
"""


@pytest.mark.parametrize(
    ("above", "inside", "is_eager"),
    [
        ("titles = {note.title for note in user.notes}", "titles.discard(note.title)", True),
        ("for note in user.notes:\n        print(note.title)", "print(note.title)", True),
        ("for note in db.query(Note).all():\n        print(note.owner.name)", "print(note.title)", True),
        ("note = None", "print(note.title)", True),
        ("print(user.name)", "note = db.get(Note, 3)", False),
        ("print(user.name)", "for note in user.notes:\n            pass", False),
    ],
)
def test_a_name_that_other_loops_and_comprehensions_bind_too_is_loaded_with_its_owner(
    tmp_path: Path, above: str, inside: str, is_eager: bool
) -> None:
    """By the query of the owner, where the loop gives it no other value: not one statement for each of them."""
    done = app(tmp_path, TWICE.replace("ABOVE", above).replace("INSIDE", inside), main=MAIN)
    assert done.obstacles == []
    text = done.texts["app/api.py"]
    eager = "selectinload(User.notes).selectinload(Note.owner).selectinload(User.notes)"
    assert (eager in text and "refresh" not in text) is is_eager, text
    before, after = answers(tmp_path, done, FILL, ["/x/1", "/x/2", "/x/9"])
    assert before == after
    assert [status for _, status, _ in before] == [200, 200, 404]
