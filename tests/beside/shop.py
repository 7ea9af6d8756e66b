"""A shop: two routers and a worker on one sync database."""

from __future__ import annotations

from collections.abc import Mapping

from small_projects import Migrated, migrate

DB = """
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, sessionmaker

engine = create_engine("sqlite:///./app.db")
SessionLocal = sessionmaker(bind=engine)


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
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    orders: Mapped[list["Order"]] = relationship(back_populates="owner")


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    owner: Mapped[User] = relationship(back_populates="orders")
"""
CRUD = """
from sqlalchemy.orm import Session

from app.models import Order, User


def get_user(db: Session, user_id: int) -> User | None:
    return db.get(User, user_id)


def get_order(db: Session, order_id: int) -> Order | None:
    return db.query(Order).filter(Order.id == order_id).first()


def rename(db: Session, user: User, name: str) -> None:
    user.name = name
    db.commit()
"""
USERS = """
from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session

from app import crud
from app.db import get_db

router = APIRouter()


@router.get("/users/{user_id}")
def read_user(user_id: int, db: Session = Depends(get_db)):
    user = crud.get_user(db, user_id)
    return {"name": user.name}


@router.put("/users/{user_id}")
def rename_user(user_id: int, name: str, db: Session = Depends(get_db)):
    crud.rename(db, crud.get_user(db, user_id), name)
"""
ORDERS = """
from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session

from app.crud import get_order, get_user
from app.db import get_db

router = APIRouter()


@router.get("/orders/{order_id}")
def read_order(order_id: int, user_id: int, db: Session = Depends(get_db)):
    return {"mine": get_order(db, order_id).owner_id == get_user(db, user_id).id}
"""
WORKER = """
from app import crud
from app.db import SessionLocal


def work(order_id: int) -> int:
    with SessionLocal() as db:
        order = crud.get_order(db, order_id)
        return crud.get_user(db, order.owner_id).id
"""
MAIN = """
from fastapi import FastAPI

from app import orders, users
from app.db import Base, engine

Base.metadata.create_all(bind=engine)
app = FastAPI()
app.include_router(users.router)
app.include_router(orders.router)
"""
FILES = {
    "pyproject.toml": '[tool.async-fix]\ndatabase = "beside"\n',
    "requirements.txt": "fastapi\nsqlalchemy>=2\naiosqlite\ngreenlet\n",
    "app/__init__.py": "",
    "app/db.py": DB,
    "app/models.py": MODELS,
    "app/crud.py": CRUD,
    "app/users.py": USERS,
    "app/orders.py": ORDERS,
    "app/worker.py": WORKER,
    "app/main.py": MAIN,
}


def shop(*api: str, **changed: str) -> Migrated:
    """The shop after a run over some of its files; keywords are modules of `app` with another text."""
    return again(FILES, *api, **changed)


def again(files: Mapping[str, str], *api: str, **changed: str) -> Migrated:
    more = {f"app/{name}.py": text for name, text in changed.items()}
    return migrate({**files, **more}, api or ("app/users.py",))


def obstacles(migrated: Migrated) -> list[str]:
    return [f"{r.location}: {r.text}" for r in migrated.report.refusals if r.code == "AF917"]
