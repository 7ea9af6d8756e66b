"""`database = "thread"`: a route with all its work on a session is one function in a thread, or it stays."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

import pytest
from db_programs import DATABASE, HEADER, MODELS, REQUIREMENTS
from small_projects import Migrated, migrate

SCHEMAS = """
from pydantic import BaseModel, ConfigDict


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    name: str
"""
OLD_SCHEMAS = """
from pydantic import BaseModel, validator


class UserOut(BaseModel):
    name: str

    class Config:
        orm_mode = True
{more}
"""
CONFIG = '[tool.async-fix]\ndatabase = "thread"\n'
FIND = "db.get(User, 1)"


def routes(handlers: str, *, schemas: str = SCHEMAS, requirements: str = REQUIREMENTS) -> Migrated:
    header = HEADER + "from app.schemas import UserOut\n"
    return migrate(
        {
            "pyproject.toml": CONFIG,
            "requirements.txt": requirements,
            "app/__init__.py": "",
            "app/db.py": DATABASE,
            "app/models.py": MODELS,
            "app/schemas.py": schemas,
            "app/api.py": f"{header}\n{handlers}",
        }
    )


def route(body: str, options: str = "", returns: str = "") -> str:
    return f'@router.get("/x"{options})\ndef f(db: Session = Depends(get_db)){returns}:\n    {body}\n'


def moved(migrated: Migrated) -> str:
    return migrated.function("app/api.py", "_f")


@pytest.mark.parametrize(
    ("options", "returns", "given", "sent"),
    [
        ("", "", FIND, FIND),  # without a model nothing is read that is not loaded
        (", response_model=None", " -> UserOut", FIND, FIND),
        (", response_model=dict", "", '{"name": db.get(User, 1).name}', '{"name": db.get(User, 1).name}'),
        (", response_model=UserOut", "", f"UserOut(name={FIND}.name)", f"UserOut(name={FIND}.name)"),
        (", response_model=UserOut", "", FIND, f"UserOut.model_validate({FIND}, from_attributes=True)"),
        ("", " -> UserOut", FIND, f"UserOut.model_validate({FIND}, from_attributes=True)"),
        (
            ", response_model=list[UserOut]",
            "",
            "db.scalars(select(User)).all()",
            "[UserOut.model_validate(each, from_attributes=True) for each in db.scalars(select(User)).all()]",
        ),
        (
            ", response_model=UserOut | None",
            "",
            FIND,
            f"TypeAdapter(UserOut | None).validate_python({FIND}, from_attributes=True)",
        ),
    ],
)
def test_the_response_model_reads_in_the_thread(options: str, returns: str, given: str, sent: str) -> None:
    done = routes(route(f"return {given}", options, returns))
    assert "return await run_in_threadpool(_f, db)" in done.function("app/api.py", "f")
    assert "".join(f"return {sent}".split()) in "".join(moved(done).split())


@pytest.mark.parametrize(
    ("returns", "options", "body", "becomes"),
    [
        ("User", ", response_model=UserOut", f"return {FIND}", "UserOut"),
        ("list[User]", ", response_model=list[UserOut]", "return db.scalars(select(User)).all()", "list[UserOut]"),
        ("Any", ", response_model=UserOut", f"return {FIND}", "Any"),
        ("UserOut", "", f"return {FIND}", "UserOut"),
        ("User | UserOut", ", response_model=UserOut", f"if {FIND}:\n        return UserOut(name='a')\n    return {FIND}", "User | UserOut"),
    ],
)  # fmt: skip
def test_a_route_says_that_it_gives_what_the_response_model_made(
    returns: str, options: str, body: str, becomes: str
) -> None:
    done = routes("from typing import Any\n\n\n" + route(body, options, f" -> {returns}"))
    assert f"\nasync def f(db: Session = Depends(get_db)) -> {becomes}:\n" in done.texts["app/api.py"]
    assert f"def _f(db: Session) -> {becomes}:\n" in moved(done)


@pytest.mark.parametrize(
    ("other", "is_kept"),
    [
        ('@router.get("/y")', True),
        ('@router.get("/y", response_model=None)', True),
        ('@router.get("/y", response_model=UserOut)', False),
        ('@cached(60)', False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("is_first", [True, False])
def test_a_route_that_is_there_twice_gives_both_the_same(other: str, is_kept: bool, is_first: bool) -> None:
    """What `-> User` says is the response model of the other registration, which would be given a `UserOut`."""
    once = route(f"return {FIND}", ", response_model=UserOut", " -> User")
    twice = f"{other}\n{once}" if is_first else once.replace("\ndef f", f"\n{other}\ndef f")
    done = routes(f"def cached(time):\n    return lambda f: f\n\n\n{twice}")
    told = [each for each in done.report.refusals if "different response models" in each.text]
    assert len(told) == is_kept
    assert ("def _f(" in done.texts.get("app/api.py", "")) != is_kept


def test_objects_of_a_dependency_are_read_in_the_thread() -> None:
    dependency = "def user(db: Session = Depends(get_db)) -> User:\n    return db.get(User, 1)\n\n"
    handler = '@router.get("/x")\ndef f(user: User = Depends(user)):\n    return {"name": user.name}\n'
    done = routes(dependency + handler)
    assert "return await run_in_threadpool(_f, user)" in done.function("app/api.py", "f")
    assert done.function("app/api.py", "user").strip() == dependency.strip()


def test_helpers_and_the_rest_of_the_database_stay() -> None:
    done = routes("def find(db: Session):\n    return db.get(User, 1)\n\n" + route("return find(db).name"))
    assert done.turned == ["app/api.py:f"]
    assert [path for path in done.texts if done.texts[path] != done.old.get(path)] == ["app/api.py"]


@pytest.mark.parametrize(
    ("body", "options", "words"),
    [
        # a name inside that hides the model
        (f"UserOut = {FIND}\n    return UserOut", ", response_model=UserOut", "means something else inside"),
        # who knows what `build` gives: a response passes, objects are read
        ("db.commit()\n    return build()", ", response_model=UserOut", "may read objects"),
        (
            f"return Response() if db.get(User, 2) else {FIND}",
            ", response_model=UserOut",
            "may read objects",
        ),
        ("return (db.get(User, i) for i in [1, 2])", "", "piece by piece"),
        (f"return {FIND}", ", **OPTIONS", "may read objects"),
    ],
)
def test_what_the_loop_would_read_keeps_the_route(body: str, options: str, words: str) -> None:
    first = "from fastapi import Response\nfrom elsewhere import build\n\nOPTIONS = {}\n\n"
    done = routes(first + route(body, options))
    assert done.is_unchanged
    assert words in done.reason("app.api:f").text


@pytest.mark.parametrize(
    ("more", "sent"),
    [
        ("", "return UserOut.validate(db.get(User, 1))"),
        ('\n    @validator("name")\n    def lower(cls, value):\n        return value.lower()\n', ""),
    ],
)
def test_pydantic_1_reads_once(more: str, sent: str) -> None:
    """What is made from a model is taken apart and validated again: validators would run twice."""
    done = routes(
        route(f"return {FIND}", ", response_model=UserOut"),
        schemas=OLD_SCHEMAS.format(more=more),
        requirements=REQUIREMENTS + "pydantic==1.10.8\n",
    )
    if sent:
        assert sent in moved(done)
    else:
        assert "run twice" in done.reason("app.api:f").text


NESTED = """
from pydantic import BaseModel


class Base(BaseModel):
    class Config:
        orm_mode = True


class UserOut(Base):
    name: str
    friends: list["UserOut"] = []

    class Config:
        title = "User"
"""


@pytest.mark.parametrize(
    ("schemas", "options", "given", "sent"),
    [
        # the mode is that of the base, and a model that holds its like has an end
        (NESTED, "UserOut", FIND, f"return UserOut.validate({FIND})"),
        (
            NESTED,
            "list[UserOut]",
            "db.scalars(select(User)).all()",
            "[UserOut.validate(each) for each in db.",
        ),
        (NESTED, "UserOut | int", FIND, ""),
        (NESTED, "list[UserOut]", FIND, ""),
        (NESTED.replace("orm_mode = True", "orm_mod = True"), "UserOut", FIND, ""),
    ],
    ids=["one", "several", "one of two types", "several of which one is given", "not from attributes"],
)
def test_models_of_pydantic_1_are_read_where_their_type_is_plain(
    schemas: str, options: str, given: str, sent: str
) -> None:
    done = routes(
        route(f"return {given}", f", response_model={options}"),
        schemas=schemas,
        requirements=REQUIREMENTS + "pydantic==1.10.8\n",
    )
    if sent:
        assert sent in moved(done)
    else:
        assert done.is_unchanged
        assert "may read objects" in done.reason("app.api:f").text


@pytest.mark.parametrize(("model", "stays"), [("UserOut", False), ("list[UserOut]", True)])
def test_a_function_of_two_routes_has_one_model(model: str, stays: bool) -> None:
    """Its answer is validated once, in the thread."""
    done = routes(
        f'@router.get("/y", response_model={model})\n' + route(f"return {FIND}", ", response_model=UserOut")
    )
    assert done.is_unchanged == stays
    if stays:
        assert "different response models" in done.reason("app.api:f").text


TABLES = """
from sqlmodel import Field, Session, SQLModel, create_engine

engine = create_engine("sqlite:///x.db")


class Team(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)


class Hero(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)


def get_db():
    with Session(engine) as db:
        yield db
"""


@pytest.mark.parametrize(
    ("model", "given", "stays"),
    [
        ("Hero", "db.get(Hero, 1)", False),
        ("Hero | None", "db.get(Hero, 1) if db else None", False),
        ("list[Hero]", "db.exec(select(Hero)).all()", False),
        ("Hero", "db.get(Team, 1)", True),
        ("Hero", 'db.get(Hero, 1) if db else "none"', True),
        ("list[Hero]", "[db.get(Hero, 1), 3]", True),
    ],
)
def test_objects_of_the_table_that_is_the_model_pass_as_they_are(model: str, given: str, stays: bool) -> None:
    head = "from fastapi import APIRouter, Depends\nfrom sqlmodel import Session, select\n\n"
    head += "from app.db import Hero, Team, get_db\n\nrouter = APIRouter()\n\n\n"
    done = migrate(
        {
            "pyproject.toml": CONFIG,
            "requirements.txt": "sqlmodel>=0.0.22\n",
            "app/__init__.py": "",
            "app/db.py": TABLES,
            "app/api.py": head + route(f"return {given}", f", response_model={model}"),
        }
    )
    if stays:
        assert "may read objects" in done.reason("app.api:f").text
    else:
        assert f"return {given}\n" in moved(done)


@pytest.mark.parametrize("pin", ["pydantic>=2", "pydantic<2"])
def test_the_second_run_changes_nothing(pin: str) -> None:
    more = {"schemas": OLD_SCHEMAS.format(more="")} if pin.endswith("<2") else {}
    requirements = f"{REQUIREMENTS}{pin}\n"
    done = routes(route(f"return {FIND}", ", response_model=UserOut"), requirements=requirements, **more)
    assert "app/api.py" in done.texts
    again = migrate({**done.texts, "requirements.txt": requirements})
    assert again.is_unchanged


def test_a_library_that_keeps_one_session_for_everybody() -> None:
    """The session of the context is the same in the thread; what its queries give is known."""
    body = "return db.session.query(User).filter(User.id == 1).first()"
    handler = f'@router.get("/x", response_model=UserOut)\ndef f():\n    {body}\n'
    done = routes(f"from fastapi_sqlalchemy import db\n\n{handler}")
    assert "UserOut.model_validate(\n" in moved(done) or "UserOut.model_validate(db" in moved(done)


@pytest.mark.parametrize(
    ("pin", "sent"),
    [
        ("pydantic==1.10.8", "UserOut.validate("),
        ("pydantic>=1.10,<2", "UserOut.validate("),
        ("fastapi==0.95.1", "UserOut.validate("),
        ("sqlmodel==0.0.8", "UserOut.validate("),
        ("sqlmodel==0.0.14", ""),
        ("fastapi==0.104.1", ""),
        ("pydantic>=2.1", "UserOut.model_validate("),
        ("", ""),
    ],
)
def test_models_of_pydantic_1_are_read_as_its_version_reads_them(pin: str, sent: str) -> None:
    """Without a pin nobody knows which: a method of the wrong version would fail when it is called."""
    done = routes(
        route(f"return {FIND}", ", response_model=UserOut"),
        schemas=OLD_SCHEMAS.format(more=""),
        requirements=f"sqlalchemy>=2\n{pin}\n",
    )
    if sent:
        assert sent in moved(done)
    else:
        assert "which version is used is not declared" in done.reason("app.api:f").text


OTHERS = {
    "pony": (
        "from pony.orm import Database, Required, db_session\n\ndb = Database()\n\n\nclass Pet(db.Entity):\n    name = Required(str)\n",
        "with db_session:\n        pet = Pet.get(name=name)\n        return {'id': pet.id}",
    ),
    "peewee": (
        "from peewee import CharField, Model, SqliteDatabase\n\ndb = SqliteDatabase('x.db')\n\n\nclass Pet(Model):\n    name = CharField()\n",
        "with db.atomic():\n        pet = Pet.create(name=name)\n    return {'id': pet.id}",
    ),
    "Django": (
        "from django.db import models\n\n\nclass Pet(models.Model):\n    name = models.TextField()\n",
        "pet, made = Pet.objects.get_or_create(name=name)\n    pet.save()\n    return {'id': pet.pk}",
    ),
}


@pytest.mark.parametrize("library", OTHERS)
def test_a_unit_of_work_of_another_library_is_in_one_thread(library: str) -> None:
    """Their connections belong to threads."""
    models, body = OTHERS[library]
    names = [name for name in ("Pet", "db", "db_session") if f"{name}." in body or f"with {name}:" in body]
    head = "from fastapi import APIRouter\n\nfrom app.models import {}\n\nrouter = APIRouter()\n\n\n"
    route = f"@router.get('/pets/{{name}}')\ndef pet(name: str):\n    {body}\n"
    api = head.format(", ".join(names)) + route
    files = {"pyproject.toml": CONFIG, "app/__init__.py": "", "app/models.py": models, "app/api.py": api}
    text = migrate(files).texts["app/api.py"]
    assert "async def pet(name: str):\n    return await run_in_threadpool(_pet, name)\n" in text
    assert f"def _pet(name: str):\n    {body}\n" in text
