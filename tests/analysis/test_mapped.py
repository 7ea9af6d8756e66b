"""Objects of a sync session, whose attributes may load, are never read on the loop; and look-alikes."""

from __future__ import annotations

import pytest
from small_projects import APP, Migrated, migrate

LEAVE = '[tool.async-fix]\ndatabase = "leave"\n'
HEAD = """
from sqlalchemy import Column, Integer, String, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, declarative_base, mapped_column, sessionmaker

SessionLocal = sessionmaker(bind=create_engine("sqlite://"))
"""
COLUMNS = (
    '    __tablename__ = "users"\n    id = Column(Integer, primary_key=True)\n    name = Column(String)\n'
)
MAPPED = {
    "declarative_base": f"Base = declarative_base()\nclass User(Base):\n{COLUMNS}",
    "DeclarativeBase": (
        'class Base(DeclarativeBase): ...\nclass User(Base):\n    __tablename__ = "users"\n'
        "    id: Mapped[int] = mapped_column(primary_key=True)\n    name: Mapped[str]\n"
    ),
    "mixin": (
        "Base = declarative_base()\nclass Named:\n    name = Column(String)\n"
        'class User(Named, Base):\n    __tablename__ = "users"\n    id = Column(Integer, primary_key=True)\n'
    ),
    "base of another module": f"from app.base import Base\nclass User(Base):\n{COLUMNS}",
    "base below another": (
        f"from app.base import Base\nclass Own(Base):\n    __abstract__ = True\nclass User(Own):\n{COLUMNS}"
    ),
    "as_declarative": (
        "from sqlalchemy.orm import as_declarative\n@as_declarative()\nclass Base: ...\n"
        f"class User(Base):\n{COLUMNS}"
    ),
    "registry": (
        "from sqlalchemy.orm import registry\nBase = registry().generate_base()\n"
        f"class User(Base):\n{COLUMNS}"
    ),
    "columns that stand elsewhere": (
        'from somewhere import Base\nclass User(Base):\n    __tablename__ = "users"\n    name: str\n'
    ),
    "attribute of an object": (
        f"class Database:\n    Model = declarative_base()\ndb = Database()\nclass User(db.Model):\n{COLUMNS}"
    ),
    "SQLModel table": (
        "from sqlmodel import Field, SQLModel\nclass User(SQLModel, table=True):\n"
        "    id: int = Field(primary_key=True)\n    name: str\n"
    ),
}
READS = """
def get_user(n):
    return {made}

@app.get("/name")
def name(n: int):
    user = get_user(n)
    return user.name

@app.get("/whole")
def whole(n: int):
    return get_user(n)

@app.get("/model")
def model(n: int):
    return Out.model_validate(get_user(n))

@app.get("/inner")
def inner(n: int):
    return [user.name for user in [get_user(n)]]
"""
OUT = "from pydantic import BaseModel\nclass Out(BaseModel):\n    name: str\n"


def migrated(classes: str, made: str) -> Migrated:
    return migrate(
        {
            "pyproject.toml": LEAVE,
            "app/__init__.py": "",
            "app/base.py": "from sqlalchemy.orm import declarative_base\n\nBase = declarative_base()\n",
            "app/main.py": APP + HEAD + classes + OUT + READS.format(made=made),
        }
    )


@pytest.mark.parametrize("kind", MAPPED)
def test_handlers_that_read_mapped_objects_stay(kind: str) -> None:
    done = migrated(MAPPED[kind], "SessionLocal().get(User, n)")
    assert done.is_unchanged
    assert {reason.code for reason in done.report.refusals} == {"AF901"}
    assert len(done.report.refusals) == 4


@pytest.mark.parametrize(
    ("body", "turns"),
    [
        ("user.notes = []", False),
        ("user.notes += []", False),
        ("user.name = 'x'", True),
        ("user.other = []", True),
        ("n.notes = []", True),
        ("return getattr(user, 'notes')", False),
        ("return len(getattr(user, 'notes', []))", False),
        ("return hasattr(user, 'notes')", False),
        ("return getattr(user, f'{n}')", False),
        ("return getattr(user, 'other', 1)", True),
        ("return getattr(n, 'notes', 1)", True),
    ],
)
def test_a_relationship_that_is_replaced_or_read_by_its_name_is_loaded(body: str, turns: bool) -> None:
    """It is compared with what was there; a column is not."""
    notes = "    notes = relationship('Note')\n"
    classes = f"from sqlalchemy.orm import relationship\n{MAPPED['declarative_base']}{notes}"
    current = "\ndef current(n: int):\n    return SessionLocal().get(User, n)\n"
    route = f'\n@app.get("/x")\ndef x(n: int, user: User = Depends(current)):\n    {body}\n'
    text = f"from fastapi import Depends\n{APP}{HEAD}{classes}{current}{route}"
    done = migrate({"pyproject.toml": LEAVE, "app/__init__.py": "", "app/main.py": text})
    assert ("app/main.py:x" in done.turned) is turns


LOOK_ALIKES = {
    "plain class": "class User:\n    name = 'x'\n",
    "pydantic model": "class User(BaseModel):\n    name: str = 'x'\n",
    "dataclass": "from dataclasses import dataclass\n@dataclass\nclass User:\n    name: str = 'x'\n",
    "SQLModel without a table": "from sqlmodel import SQLModel\nclass User(SQLModel):\n    name: str = 'x'\n",
    "NamedTuple": "from typing import NamedTuple\nclass User(NamedTuple):\n    name: str = 'x'\n",
}


@pytest.mark.parametrize("kind", LOOK_ALIKES)
def test_what_is_not_mapped_is_read_where_it_is(kind: str) -> None:
    done = migrated("from pydantic import BaseModel\n" + LOOK_ALIKES[kind], "User()")
    assert [name for name in done.turned if name != "app/main.py:model"] == [
        "app/main.py:inner",
        "app/main.py:name",
        "app/main.py:whole",
    ]
    assert "run_in_threadpool" not in done.function("app/main.py", "name")


def test_a_mapped_object_beside_an_async_session_only() -> None:
    """An object of an async session loads nothing behind one's back: it fails loudly."""
    done = migrate(
        {
            "app/__init__.py": "",
            "app/main.py": APP
            + "from sqlalchemy import Column, String\nfrom sqlalchemy.ext.asyncio import AsyncSession\n"
            + "from sqlalchemy.orm import declarative_base\n"
            + MAPPED["declarative_base"].replace("    id = Column(Integer, primary_key=True)\n", "")
            + '@app.get("/name")\nasync def name(n: int, db: AsyncSession):\n'
            + "    user = db.get(User, n)\n    return user.name\n",
        }
    )
    assert "user = await db.get(User, n)" in done.function("app/main.py", "name")


PEEWEE = """
import peewee

class User(peewee.Model):
    name = peewee.CharField()

class Tweet(peewee.Model):
    user = peewee.ForeignKeyField(User, backref="tweets")
    text = peewee.CharField()

def get(n):
    return Tweet.get_by_id(n)
"""
FOREIGN = {
    "foreign key": "tweet = get(n)\n    return tweet.user.name",
    "way back": "user = User.get_by_id(n)\n    return [tweet.text for tweet in user.tweets]",
    "in a loop": "return [tweet.user.name for tweet in Tweet.select()]",
    "of a known object": "tweet = Tweet(text='x')\n    return tweet.user.name",
}


@pytest.mark.parametrize("how", FOREIGN)
def test_a_foreign_key_is_followed_in_the_thread(how: str) -> None:
    handler = f'@app.get("/x")\ndef x(n: int):\n    {FOREIGN[how]}\n'
    done = migrate({"app/__init__.py": "", "app/main.py": APP + PEEWEE + handler})
    assert done.turned == ["app/main.py:x"]
    assert "    return await run_in_threadpool(_x" in done.function("app/main.py", "x")


def test_a_plain_field_is_read_where_it_is() -> None:
    handler = '@app.get("/x")\ndef x(n: int):\n    return get(n).text\n'
    done = migrate({"app/__init__.py": "", "app/main.py": APP + PEEWEE + handler})
    assert "    return (await run_in_threadpool(get, n)).text\n" in done.function("app/main.py", "x")


MODELS = """
from pydantic import BaseModel

class UserOut(BaseModel):
    name: str

class TweetOut(BaseModel):
    text: str
    user: UserOut

class Text(BaseModel):
    text: str

class Page(BaseModel):
    tweets: list[TweetOut]
"""
SENT = {
    "one object": ("TweetOut", "Tweet.get_by_id(n)"),
    "several": ("list[TweetOut]", "list(Tweet.select())"),
    "of a comprehension": ("list[TweetOut]", "[tweet for tweet in Tweet.select()]"),
    "a query": ("list[Text]", "Tweet.select().where(Tweet.text != '')"),
    "in a model of a model": ("Page", "{'tweets': list(Tweet.select())}"),
    "out of a helper": ("TweetOut", "get(n)"),
}
SENT_AS_IT_IS = {
    "fields that are loaded": ("Text", "Tweet.get_by_id(n)"),
    "several of them": ("list[Text]", "list(Tweet.select())"),
    "no model": (None, "get(n)"),
    "a dictionary": ("TweetOut", "{'text': str(get(n).text), 'user': {'name': ''}}"),
    "read in the route": ("TweetOut", "TweetOut.model_validate(get(n), from_attributes=True)"),
    "all read in the route": ("list[TweetOut]", "[TweetOut.model_validate(t) for t in Tweet.select()]"),
}


def _sent(model: str | None, value: str) -> Migrated:
    given = f", response_model={model}" if model else ""
    handler = f'@app.get("/x"{given})\ndef x(n: int):\n    return {value}\n'
    return migrate({"app/__init__.py": "", "app/main.py": APP + PEEWEE + MODELS + handler})


@pytest.mark.parametrize("how", SENT)
def test_a_response_model_follows_no_foreign_key_on_the_loop(how: str) -> None:
    done = _sent(*SENT[how])
    assert done.turned == []
    assert done.reason("app.main:x").code == "AF901"


@pytest.mark.parametrize("how", SENT_AS_IT_IS)
def test_a_response_model_reads_what_is_loaded(how: str) -> None:
    assert _sent(*SENT_AS_IT_IS[how]).turned == ["app/main.py:x"]


OTHERS_SESSION = """
from pydantic import BaseModel
from sqlalchemy import select
from theirs.database import db
from theirs.tables import Pet

class PetOut(BaseModel):
    name: str

def find(n):
    return db.session.scalar(select(Pet).where(Pet.id == n))
"""


@pytest.mark.parametrize(
    ("body", "turned"),
    [
        ("return find(n)", []),
        ("return PetOut.model_validate(find(n))", ["app/main.py:x"]),
        ("return {'name': find(n).name}", ["app/main.py:x"]),
    ],
)
def test_objects_of_an_unknown_session_are_not_read_on_the_loop(body: str, turned: list[str]) -> None:
    handler = f'@app.get("/x", response_model=PetOut)\ndef x(n: int):\n    {body}\n'
    done = migrate({"app/__init__.py": "", "app/main.py": APP + OTHERS_SESSION + handler})
    assert done.turned == turned
