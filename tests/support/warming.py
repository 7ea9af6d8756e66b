"""A program like those that the tests run, which answers some requests and ends.

Libraries make much when they are first used (events of SQLAlchemy, schemas of pydantic, patterns): what is
forked behind finds it there.
"""

import asyncio
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException
from fastapi.testclient import TestClient
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ForeignKey, String, create_engine, func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    relationship,
    selectinload,
    sessionmaker,
)

router = APIRouter()


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    notes: Mapped[list["Note"]] = relationship(back_populates="owner")


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str | None]
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    owner: Mapped[User] = relationship(back_populates="notes")


class NoteOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    notes: list[NoteOut]


class Made:
    """The sessions of a run."""

    plain: "sessionmaker[Session]"
    awaited: "async_sessionmaker[AsyncSession]"


def get_db() -> Iterator[Session]:
    db = Made.plain()
    try:
        yield db
    finally:
        db.close()


async def get_async_db() -> AsyncIterator[AsyncSession]:
    async with Made.awaited() as db:
        yield db


@router.get("/plain/{id}", response_model=UserOut)
def plain(id: int, db: Annotated[Session, Depends(get_db)]) -> User:
    user = db.get(User, id)
    if user is None:
        raise HTTPException(404, "nobody")
    user.name += "!"
    db.add(Note(title="new", owner=user))
    db.commit()
    db.refresh(user)
    db.query(Note).filter(Note.owner_id == id).order_by(Note.id.desc()).all()
    return user


@router.get("/awaited/{id}", response_model=UserOut)
async def awaited(id: int, db: Annotated[AsyncSession, Depends(get_async_db)]) -> User:
    found = select(User).options(selectinload(User.notes)).where(User.id == id)
    user = (await db.execute(found)).scalar_one_or_none()
    if user is None:
        raise HTTPException(404, "nobody")
    await db.delete(user.notes[0])
    await db.commit()
    await db.refresh(user, ["name", "notes"])
    await db.scalar(select(func.count()).select_from(Note))
    return user


def main() -> None:
    app = FastAPI()
    app.include_router(router)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "app.db")
        engine = create_engine(f"sqlite:///{path}", connect_args={"check_same_thread": False})
        async_engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
        Base.metadata.create_all(engine)
        with sqlite3.connect(path) as db:
            db.execute("insert into users (name) values ('ann')")
        Made.plain = sessionmaker(engine)
        Made.awaited = async_sessionmaker(async_engine, expire_on_commit=False)
        with TestClient(app) as client:
            said = [client.get(f"/{way}/{id}").status_code for way in ("plain", "awaited") for id in (1, 9)]
        assert said == [200, 404] * 2, said
        asyncio.run(async_engine.dispose())
        engine.dispose()


main()
