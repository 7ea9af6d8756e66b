"""Objects of SQLModel that a commit has expired are sent as they are, `{}`, also where the response model is
their own class: pydantic 2 takes them for valid, and reads no attribute."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import MAIN, answers, convert

DATABASE = """
from sqlmodel import Session, create_engine

engine = create_engine("sqlite:///./app.db")


def get_db():
    with Session(engine) as session:
        yield session
"""
MODELS = """
from sqlmodel import Field, SQLModel


class HeroPublic(SQLModel):
    id: int
    name: str


class Hero(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str
"""
SHOUTING = (
    MODELS.replace("\n", "\nfrom pydantic import computed_field\n", 1)
    + """
    @computed_field
    @property
    def shout(self) -> str:
        return self.name.upper()
"""
)
API = """
from fastapi import APIRouter, Depends
from sqlmodel import Session, select

from app.db import get_db
from app.models import Hero, HeroPublic

router = APIRouter()


@router.get("/look"REGISTERED)
def look(db: Session = Depends(get_db))RETURNS:
    hero = db.exec(select(Hero)).first()
    hero.name = "new"
    db.add(hero)
    db.commit()
    return SENT
"""
FILL = """
import sqlite3
with sqlite3.connect("app.db") as db:
    db.execute("create table hero (id integer primary key, name text)")
    db.execute("insert into hero (name) values ('ann')")
"""
NEEDS = "fastapi\nsqlmodel\naiosqlite\n"


def api(sent: str, registered: str = "", returns: str = "") -> str:
    registered = f", {registered}" if registered else ""
    returns = f" -> {returns}" if returns else ""
    return API.replace("REGISTERED", registered).replace("RETURNS", returns).replace("SENT", sent)


def project(handlers: str, models: str = MODELS) -> dict[str, str]:
    return {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/models.py": models,
        "app/api.py": handlers,
        "app/main.py": MAIN,
    }


@pytest.mark.parametrize(
    ("handlers", "body"),
    [
        (api("hero"), "{}"),
        (api("hero", "response_model=Hero"), "{}"),
        (api("hero", returns="Hero | None"), "{}"),
        (api("[hero]", "response_model=list[Hero]"), "[{}]"),
        (api('{"hero": hero}'), '{"hero":{}}'),
    ],
)
def test_it_is_not_loaded_again(tmp_path: Path, handlers: str, body: str) -> None:
    done = convert(tmp_path, project(handlers), NEEDS)
    assert done.obstacles == []
    assert "refresh" not in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, FILL, ["/look"])
    assert before == after == [["http://testserver/look", 200, body]]


@pytest.mark.parametrize(
    "handlers",
    [
        api("hero", "response_model=HeroPublic"),
        api("[hero]", "response_model=list[HeroPublic]"),
        api('{"name": hero.name}'),
        api("hero if hero.name else None", "response_model=Hero"),
    ],
)
def test_what_is_read_is_loaded_again(tmp_path: Path, handlers: str) -> None:
    done = convert(tmp_path, project(handlers), NEEDS)
    assert done.obstacles == []
    assert "await db.refresh(hero)" in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, FILL, ["/look"])
    assert [sorted(text) for _, _, text in before] == [sorted(text) for _, _, text in after]
    assert [(status, "new" in body) for _, status, body in before] == [(200, True)]


@pytest.mark.parametrize(
    ("model", "models"), [("Hero", SHOUTING), ("Hero | HeroPublic", MODELS), ("Unknown", MODELS)]
)
def test_what_may_be_read_is_loaded_again(tmp_path: Path, model: str, models: str) -> None:
    """By what the class computes, or by another model that may be filled: reading it would fail."""
    done = convert(tmp_path, project(api("hero", f"response_model={model}"), models), NEEDS)
    assert "await db.refresh(hero)" in done.texts["app/api.py"]


def test_pydantic_1_reads_it(tmp_path: Path) -> None:
    """Its response models are clones of the class, and are filled from the attributes."""
    done = convert(tmp_path, project(api("hero", "response_model=Hero")), NEEDS + "pydantic==1.10.13\n")
    assert "await db.refresh(hero)" in done.texts["app/api.py"]


COMPUTED = (
    MODELS.replace("import Field", "import Field, func")
    + """    updated: str | None = Field(default=None, sa_column_kwargs={"onupdate": func.lower("NOW")})
"""
)


@pytest.mark.parametrize(
    ("sent", "is_loaded"),
    [("hero.model_dump()", False), ("{'updated': hero.updated}", True), ("hero.name", False)],
)
def test_what_a_dump_does_not_find_is_left_out(tmp_path: Path, sent: str, is_loaded: bool) -> None:
    """A flush leaves the column unknown that the database computes, and a dump looks at what is known."""
    handlers = api(sent).replace("db.commit()", "db.flush()")
    done = convert(tmp_path, project(handlers, COMPUTED), NEEDS)
    assert done.obstacles == []
    assert ("await db.refresh(hero)" in done.texts["app/api.py"]) is is_loaded
    fill = FILL.replace("name text)", "name text, updated text)")
    before, after = answers(tmp_path, done, fill, ["/look"])
    assert [sorted(text) for _, _, text in before] == [sorted(text) for _, _, text in after]
    assert [status for _, status, _ in before] == [200]
