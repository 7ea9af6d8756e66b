"""Projects at random that work on a SQLAlchemy database."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from .application import main_file
from .files import Choose, File
from .grammar import sessions
from .maker import Draw, Known
from .projects import Project, surroundings
from .queries import Queries

_DATABASE = """
import os
from contextlib import contextmanager

from sqlalchemy import Column, ForeignKey, Table, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, sessionmaker

from app.settings import note

DATABASE_URL = f"sqlite:///{os.environ['RANDOM_DATA']}/app.db"
engine = create_engine(DATABASE_URL, connect_args={"check_same_thread": False})
SessionLocal = sessionmaker(bind=engine<options>)


class Base(DeclarativeBase):
    pass


item_tags = Table(
    "item_tags",
    Base.metadata,
    Column("item_id", ForeignKey("items.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True),
)


class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str]
    items: Mapped[list["Item"]] = relationship(
        secondary=item_tags, back_populates="tags", order_by="Item.id"
    )


class Owner(Base):
    __tablename__ = "owners"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("owners.id"))
    boss: Mapped["Owner | None"] = relationship(remote_side=[id])
    items: Mapped[list["Item"]] = relationship(back_populates="owner", order_by="Item.id")


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    qty: Mapped[int] = mapped_column(default=1)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("owners.id"))
    owner: Mapped[Owner | None] = relationship(back_populates="items")
    tags: Mapped[list[Tag]] = relationship(<tags>)
    parts: Mapped[list["Part"]] = relationship(
        back_populates="item", cascade="all, delete-orphan", order_by="Part.id"
    )

    @property
    def volume(self) -> int:
        return sum(part.size for part in self.parts)


class Part(Base):
    __tablename__ = "parts"
    id: Mapped[int] = mapped_column(primary_key=True)
    size: Mapped[int]
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    item: Mapped[Item] = relationship(back_populates="parts")

"""
_SESSION_OPTIONS = (
    ", autoflush=False",
    "",
    ", expire_on_commit=False",
    ", autoflush=False, expire_on_commit=False",
)
_TAGS = (
    'secondary=item_tags, back_populates="items", order_by="Tag.id"',
    'secondary="item_tags", back_populates="items", order_by="Tag.id", lazy="selectin"',
    'secondary=item_tags, back_populates="items", order_by=Tag.id, lazy="joined"',
)
_GET_DB = (
    """
def get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()
""",
    """
def get_db():
    with SessionLocal() as db:
        yield db
""",
    """
def get_db():
    db = SessionLocal()
    try:
        yield db
        db.commit()
    except Exception:
        note("rolled back", 0)
        db.rollback()
        raise
    finally:
        db.close()
""",
    """
@contextmanager
def session_scope():
    db = SessionLocal()
    try:
        yield db
        db.commit()
    except Exception:
        db.rollback()
        raise
    finally:
        note("closed", 0)
        db.close()


def get_db():
    with session_scope() as db:
        yield db
""",
)
_SCHEMAS = """
from pydantic import BaseModel, ConfigDict


class PartOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    size: int


class ItemOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    name: str
    qty: int


class ItemWithParts(ItemOut):
    parts: list[PartOut]


class TagOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    word: str


class OwnerOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    name: str
    boss: "OwnerOut | None" = None


class ItemFull(ItemWithParts):
    owner: OwnerOut | None
    tags: list[TagOut] = []


class OwnerFull(OwnerOut):
    items: list[ItemWithParts]
"""
_SEED = """
@router.post("/seed")
def seed(db: Session = Depends(get_db)):
    tags = [Tag(word="new"), Tag(word="old")]
    chief = Owner(name="chief")
    owners = [chief, Owner(name="ann", boss=chief), None]
    for n in range(1, 4):
        item = Item(name=f"item {n}", qty=n, owner=owners[n - 1], tags=tags[: n - 1])
        item.parts = [Part(size=n), Part(size=n + 1)]
        db.add(item)
    db.commit()
    return db.query(Item).count()
"""
# each has its own rule in a database that changes whole, and most projects shall change
_HELPERS = ("query", "function", "repo", "base_repo", "owner", "finder", "writer", "rows", "service")
_FAMILIES = ("requests", "sleep", "files", "mail", "mail")


@st.composite
def database_projects(draw: Draw) -> Project:
    families = draw(st.sets(st.sampled_from(_FAMILIES), max_size=1))
    known = Known(frozenset(families))
    base, crud = File("app.base"), File("app.crud", imports=sessions.IMPORTS)
    api = File("app.api", ["router = APIRouter()", _SEED], imports=sessions.IMPORTS)
    makers = Queries(draw, known)
    makers.add_base(base)
    for kind in draw(st.lists(st.sampled_from(_HELPERS), max_size=4)):
        makers.add(crud, kind)
    if draw(st.booleans()):
        makers.dependency(api)
    names = [makers.handler(api) for _ in range(draw(st.integers(1, 4)))]
    choose = lambda forms: draw(st.sampled_from(forms))  # noqa: E731
    main = main_file(
        "Base.metadata.create_all(bind=engine)",
        imports={
            "Base": "from app.database import Base",
            "engine": "from app.database import engine",
        },
    )
    files = {
        **surroundings(),
        "requirements.txt": "fastapi\nsqlalchemy>=2\naiosqlite\ngreenlet\n",
        "app/database.py": f"{_database(choose)}\n{choose(_GET_DB)}",
        "app/schemas.py": _SCHEMAS.lstrip(),
        "app/notices.py": sessions.NOTICES.lstrip(),
        **{file.path: file.text(choose) for file in (base, crud, api) if file.parts},
        main.path: main.text(lambda forms: forms[0]),
    }
    asked: list[dict[str, Any]] = [{"name": "/seed", "method": "POST", "url": "/seed", "alone": True}]
    for name in names:
        for x in draw(st.lists(st.integers(0, 3), min_size=1, max_size=2, unique=True)):
            asked.append({"name": f"/{name}?x={x}", "method": "GET", "url": f"/{name}?x={x}", "alone": True})
    return Project(files, asked)


def _database(choose: Choose) -> str:
    text = _DATABASE.lstrip().replace("<options>", choose(_SESSION_OPTIONS))
    return text.replace("<tags>", choose(_TAGS))
