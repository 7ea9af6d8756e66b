"""What becomes of the rest when one change is not made."""

from __future__ import annotations

from pathlib import Path

from async_fix.codemods.engine import pipeline
from async_fix.codemods.model import ChangeGroup, Report
from small_projects import start

DB = """
from sqlalchemy import ForeignKey, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, sessionmaker

engine = create_engine("sqlite:///app.db")
SessionLocal = sessionmaker(bind=engine)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    owner: Mapped[User] = relationship()


def get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()
"""
API = """
from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.db import Note, get_db

app = FastAPI()


class Owner(BaseModel):
    name: str


class Out(BaseModel):
    owner: Owner


class Finder:
    def __call__(self, id: int, db: Session = Depends(get_db)):
        return db.get(Note, id)


@app.get("/notes/{id}", response_model=Out)
def show(note: Note = Depends(Finder())):
    return note


@app.get("/alive")
def alive():
    return {"alive": True}
"""


def run(folder: Path, *, with_database: bool) -> Report:
    files = {
        "app/__init__.py": "",
        "app/db.py": DB,
        "app/api.py": API,
        "requirements.txt": "fastapi\nsqlalchemy>=2\naiosqlite\n",
    }

    def wanted(group: ChangeGroup) -> bool:
        return with_database or not any("get_db" in function for function in group.functions)

    return pipeline.apply(start(files, folder), wanted)


def test_without_the_change_of_the_database_nothing_is_judged_as_if_it_were_made(tmp_path: Path) -> None:
    """On the loop the response model would load the owner by a sync session."""
    changed = {file.path: (file.new or b"").decode() for file in run(tmp_path, with_database=False).files}
    assert changed.keys() == {"app/api.py"}
    assert "async def alive" in changed["app/api.py"]
    assert "\ndef show(" in changed["app/api.py"]


def test_with_it_all_of_them_turn(tmp_path: Path) -> None:
    changed = {file.path: (file.new or b"").decode() for file in run(tmp_path, with_database=True).files}
    assert "async def show(" in changed["app/api.py"]
    assert "create_async_engine" in changed["app/db.py"]
