"""Projects at random that work on a SQLAlchemy database."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from .application import main_file
from .definitions import Definitions
from .files import File
from .grammar import blocks, lines
from .maker import Draw, Known, Maker
from .projects import Project, surroundings

_DATABASE = """
import os

from sqlalchemy import ForeignKey, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, sessionmaker

DATABASE_URL = f"sqlite:///{os.environ['RANDOM_DATA']}/app.db"
engine = create_engine(DATABASE_URL, connect_args={"check_same_thread": False})
SessionLocal = sessionmaker(bind=engine, autoflush=False)


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    qty: Mapped[int] = mapped_column(default=1)
    parts: Mapped[list["Part"]] = relationship(
        back_populates="item", cascade="all, delete-orphan", order_by="Part.id"
    )


class Part(Base):
    __tablename__ = "parts"
    id: Mapped[int] = mapped_column(primary_key=True)
    size: Mapped[int]
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    item: Mapped[Item] = relationship(back_populates="parts")


def get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()
"""
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
"""
_SEED = """
@router.post("/seed")
def seed(db: Session = Depends(get_db)):
    for n in range(1, 4):
        item = Item(name=f"item {n}", qty=n)
        item.parts = [Part(size=n), Part(size=n + 1)]
        db.add(item)
    db.commit()
    return db.query(Item).count()
"""
_IMPORTS = {
    "Item": "from app.database import Item",
    "Part": "from app.database import Part",
    "get_db": "from app.database import get_db",
    "ItemOut": "from app.schemas import ItemOut",
    "ItemWithParts": "from app.schemas import ItemWithParts",
    "Session": "from sqlalchemy.orm import Session",
    "joinedload": "from sqlalchemy.orm import joinedload",
    "selectinload": "from sqlalchemy.orm import selectinload",
    "select": "from sqlalchemy import select",
    "func": "from sqlalchemy import func",
    "update": "from sqlalchemy import update",
    "IntegrityError": "from sqlalchemy.exc import IntegrityError",
}
_STATEMENTS = blocks("""
<new> = db.query(Item).count()
---
item = db.get(Item, <leaf>)
if item is None:
    raise HTTPException(404, "no item")
<new> = item.qty
---
item = db.query(Item).filter(Item.id == <leaf>).first()
<new> = item.qty if item else 0
---
item = Item(name=f"new {<leaf>}", qty=<leaf>)
db.add(item)
db.commit()
<new> = item.id
---
item = Item(name="n", qty=<leaf>)
db.add(item)
db.commit()
db.refresh(item)
<new> = item.id
---
item = Item(name="f", qty=<leaf>)
db.add(item)
db.flush()
<new> = item.id
<block>
db.commit()
---
rows = db.query(Item).filter(Item.qty >= <leaf>).order_by(Item.id).all()
<new> = len(rows)
---
for row in db.query(Item).order_by(Item.id.desc()).limit(2):
    note("row", row.qty)
---
<new> = sum(row.qty for row in db.scalars(select(Item).where(Item.qty > <leaf>)))
---
<new> = db.execute(select(func.count(Item.id))).scalar_one()
---
<new> = len(db.execute(select(Item.id, Item.name)).all())
---
item = db.query(Item).filter_by(id=1).one()
<new> = sum(part.size for part in item.parts)
---
item = db.scalars(select(Item).options(selectinload(Item.parts)).order_by(Item.id)).first()
<new> = len(item.parts) if item else 0
---
part = db.query(Part).filter(Part.size == <leaf>).first()
<new> = part.item.qty if part else 0
---
item = db.get(Item, <leaf>)
if item:
    item.qty += 1
    db.commit()
    note("qty", item.qty)
---
item = db.get(Item, <leaf>)
if item:
    db.delete(item)
    db.commit()
---
db.query(Item).filter(Item.qty > 5).update({"qty": 5})
db.commit()
---
db.execute(update(Item).where(Item.id == <leaf>).values(qty=<leaf>))
db.commit()
---
db.query(Part).filter(Part.size > 9).delete()
---
try:
    db.add(Item(id=1, name="again"))
    db.commit()
except IntegrityError:
    db.rollback()
    <new> = -1
---
<new> = <query>(db, <leaf>)
---
<new> = <query>(db, <leaf>) + <query>(db, x)
---
db.rollback()
---
item = db.get(Item, 1)
item.parts.append(Part(size=<leaf>))
db.commit()
<new> = len(item.parts)
---
<new> = db.query(func.max(Item.qty)).scalar() or 0
---
<new> = int(db.query(db.query(Item).filter(Item.qty == <leaf>).exists()).scalar())
""")
_RETURNS = lines("""
return {"v": <value>}
return {"v": <value>, "n": db.query(Item).count()}
return db.query(Item).order_by(Item.id).all()
return db.get(Item, 1)
return db.query(Item).filter(Item.id == <leaf>).first()
""")
# each has its own rule in a database that changes whole, and most projects shall change
_FAMILIES = ("requests", "sleep", "files")


class Queries(Definitions):
    def queries(self, result: str = "<value>") -> Maker:
        return Maker(self._draw, self._known, result=result, statements=_STATEMENTS)

    def _query(self, file: File) -> None:
        name = self.name("query")
        self._define(file, name, f"def {name}(db: Session, x: int, y: int = 2):", self.queries().body(2))
        self._known.add("query", f"{file.module}.{name}")

    def handler(self, file: File) -> str:
        name = self.name("handle")
        end = self.maker().pick(_RETURNS)
        model = {2: "list[ItemOut]", 3: "ItemOut", 4: "ItemWithParts | None"}.get(_RETURNS.index(end), "")
        decorator = f'@router.get("/{name}"{f", response_model={model}" if model else ""})'
        body = self.queries('{"v": <value>}' if not model else "None").body(3, end)
        head = f"{decorator}\ndef {name}(x: int = 1, y: int = 2, db: Session = Depends(get_db)):"
        self._define(file, name, head, body)
        return name


@st.composite
def database_projects(draw: Draw) -> Project:
    families = draw(st.sets(st.sampled_from(_FAMILIES), max_size=1))
    known = Known(frozenset(families))
    base, crud = File("app.base"), File("app.crud", imports=_IMPORTS)
    api = File("app.api", ["router = APIRouter()", _SEED], imports=_IMPORTS)
    makers = Queries(draw, known)
    makers.add_base(base)
    for kind in draw(st.lists(st.sampled_from(("query", "function")), max_size=3)):
        makers.add(crud, kind)
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
        "app/database.py": _DATABASE.lstrip(),
        "app/schemas.py": _SCHEMAS.lstrip(),
        **{file.path: file.text(choose) for file in (base, crud, api) if file.parts},
        main.path: main.text(lambda forms: forms[0]),
    }
    asked: list[dict[str, Any]] = [{"name": "/seed", "method": "POST", "url": "/seed", "alone": True}]
    for name in names:
        for x in draw(st.lists(st.integers(0, 3), min_size=1, max_size=2, unique=True)):
            asked.append({"name": f"/{name}?x={x}", "method": "GET", "url": f"/{name}?x={x}", "alone": True})
    return Project(files, asked)
