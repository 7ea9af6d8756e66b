"""A project as texts, and what becomes of it: the new texts, or the obstacles of its database."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import forked
from applied import applied
from async_fix.codemods.engine.settings.config import Config
from async_fix.codemods.model import Report

OBSTACLE = "AF917"

DATABASE = """
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, sessionmaker

engine = create_engine("sqlite:///./app.db", connect_args={"check_same_thread": False})
SessionLocal = sessionmaker(bind=engine, autoflush=False)


class Base(DeclarativeBase):
    pass


def get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()
"""

MODELS = """
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    notes: Mapped[list["Note"]] = relationship(back_populates="owner")


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(50))
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    owner: Mapped[User] = relationship(back_populates="notes")
"""

HEADER = """
from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import SessionLocal, engine, get_db
from app.models import Note, User

router = APIRouter()
"""
FIND_USER = """
def find(db: Session, id: int):
    return db.get(User, id)


@router.get("/users/{id}")
def read(id: int, db: Session = Depends(get_db)):
    return find(db, id).name
"""
"""Handlers of `MODELS`: a helper that asks, and the route that calls it."""
SCHEMAS = """
from pydantic import BaseModel, ConfigDict


class NoteOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    notes: list[NoteOut]
"""
"""What answers with `MODELS` may look like."""
MAIN = """
from fastapi import FastAPI

from app.api import router

app = FastAPI()
app.include_router(router)
"""
FILL = """
import sqlite3
with sqlite3.connect("app.db") as db:
    db.execute("create table users (id integer primary key, name text)")
    db.execute("create table notes (id integer primary key, title text, owner_id integer)")
    db.execute("insert into users (name) values ('ann'), ('bob')")
    db.execute("insert into notes (title, owner_id) values ('one', 1), ('two', 1), ('three', 2)")
"""
"""Makes the tables of `MODELS`, with two users and their three notes."""
TEAMS = MODELS.replace(
    'notes: Mapped[list["Note"]]',
    'team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))\n'
    '    team: Mapped["Team"] = relationship()\n'
    '    notes: Mapped[list["Note"]]',
)
TEAMS += """

class Team(Base):
    __tablename__ = "teams"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
"""
FILLED_TEAMS = FILL.replace(
    "(id integer primary key, name text)", "(id integer primary key, name text, team_id int)"
)
FILLED_TEAMS += """    db.execute("create table teams (id integer primary key, name text)")
    db.execute("insert into teams (name) values ('red'), ('blue')")
    db.execute("update users set team_id = id")
"""
"""Makes the tables of `TEAMS`: users are of a team each."""
_ASK = """
import json, sys
from app.main import app
from fastapi.testclient import TestClient

with TestClient(app, raise_server_exceptions=False) as client:
    asked = [client.get(url) for url in sys.argv[1:]]
    print(json.dumps([(str(each.url), each.status_code, each.text) for each in asked]))
"""
_IN_TURN = """
import importlib, json, os, sys

program, trees = sys.argv[1], json.loads(sys.argv[2])
del sys.argv[1:3]
for texts in trees:
    for path, text in texts.items():
        with open(path, "w") as file:
            file.write(text)
    if os.path.exists("app.db"):
        os.remove("app.db")
    importlib.invalidate_caches()
    exec(compile(program, "<string>", "exec"), {"__name__": "__main__"})
    print("-- said")
    for name, module in sys.modules.copy().items():
        places = [getattr(module, "__file__", None) or "", *getattr(module, "__path__", ())]
        if any(place.startswith(sys.path[0]) for place in places):
            del sys.modules[name]
"""
"""In one process: what a fork touches is copied for it, which takes as long as such a program runs."""
_OF_THE_PROCESS = re.compile(r"\bsqlmodel\b|\blisten(s_for)?\(")
"""What programs leave in the libraries: the tables of SQLModel, and who listens to a class of SQLAlchemy."""
Answers = list[tuple[str, int, str]]
REQUIREMENTS = "fastapi\nsqlalchemy>=2\naiosqlite\ngreenlet\n"


@dataclass(frozen=True)
class Outcome:
    texts: Mapping[str, str]
    """The files that changed or were made."""
    report: Report

    @property
    def obstacles(self) -> list[str]:
        return [
            f"{r.location}: {r.text}" if r.location else r.text
            for r in self.report.refusals
            if r.code == OBSTACLE
        ]

    @property
    def notes(self) -> list[str]:
        return [str(note) for group in self.report.groups for note in group.notes]

    def added(self, path: str) -> str:
        return self.texts.get(path, "")


def convert(
    folder: Path, files: Mapping[str, str], requirements: str = REQUIREMENTS, config: Config | None = None
) -> Outcome:
    """`files` are written below `folder`; the API layer is `app`."""
    everything = {
        "requirements.txt": requirements,
        **{path: textwrap.dedent(text).lstrip("\n") for path, text in files.items()},
    }
    for path, text in everything.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    _, report = applied(folder, ("app",), config or Config())
    assert report.dropped == (), [words for _, words in report.dropped]
    texts = {f.path: (f.new or b"").decode() for f in report.files}
    return Outcome(texts, report)


def app(folder: Path, handlers: str, **more: str) -> Outcome:
    """The usual database with the given handlers in `app/api.py`; keywords are more modules."""
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/models.py": MODELS,
        "app/api.py": HEADER + textwrap.dedent(handlers),
        **{f"app/{name}.py": text for name, text in more.items()},
    }
    return convert(folder, files)


def answers(folder: Path, done: Outcome, fill: str, urls: Iterable[str]) -> tuple[Answers, Answers]:
    """What the program answers before and after; `fill` is Python that makes `app.db` anew."""
    program = f"{fill}\n{_ASK}"
    trees: list[Mapping[str, str]] = [{}, done.texts]
    apart = any(_OF_THE_PROCESS.search(path.read_text()) for path in folder.rglob("*.py"))
    said: list[Answers] = []
    for turn in [trees[:1], trees[1:]] if apart else [trees]:
        run = forked.run("-c", _IN_TURN, program, json.dumps(turn), *urls, cwd=folder)
        assert run.returncode == 0, run.stderr[-3000:]
        *parts, _ = run.stdout.split("-- said\n")
        said += [json.loads(part.splitlines()[-1]) for part in parts]
    return said[0], said[1]


def passed(folder: Path) -> str:
    """How many tests of the project pass, in the words of pytest: all of them have to."""
    done = forked.run("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests", cwd=folder, strict=False)
    assert done.returncode == 0, done.stdout[-3000:]
    return done.stdout.splitlines()[-1].partition(" in ")[0].partition(", ")[0]


def squeezed(text: str) -> str:
    """The code without its layout: long lines are broken in what comes out."""
    return "".join(text.split()).replace(",)", ")")
