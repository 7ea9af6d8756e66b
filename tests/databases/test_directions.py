"""Relationships that lead to one object, and those that lead to a list: the rows of a list that is joined repeat."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, HEADER, MAIN, REQUIREMENTS, answers, convert, squeezed

MODELS = """
from typing import Annotated, List, Optional
from sqlalchemy import Column, ForeignKey, Integer, Table
from sqlalchemy.orm import Mapped, backref, declared_attr, mapped_column, relationship
from app import ways
from app.db import Base
from app.ways import EAGERLY, LAZY

post_tags = Table("post_tags", Base.metadata, Column("post_id", ForeignKey("posts.id")), Column("tag_id", ForeignKey("tags.id")))
votes = Table("votes", Base.metadata, Column("post_id", ForeignKey("posts.id")), Column("user_id", ForeignKey("users.id")))
place_key = Annotated[int, mapped_column(ForeignKey("places.id"))]

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    boss_id: Mapped[Optional[int]] = mapped_column(ForeignKey("users.id"))
    reports = relationship("User", remote_side=[boss_id], back_populates="boss")
    boss = relationship("User", remote_side=[id], back_populates="reports")
    posts = relationship("Post", foreign_keys="Post.owner_id", back_populates="owner", order_by="posts.c.id")
    pinned_id = mapped_column(ForeignKey("posts.id"))
    pinned = relationship("Post", foreign_keys=[pinned_id])

class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    owner = relationship("User", foreign_keys=[owner_id], back_populates="posts")
    tags = relationship("Tag", post_tags, backref="posts")
    voters = relationship("User", secondary="votes", backref="voted")

class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    main_id: Mapped[Optional[int]] = mapped_column(ForeignKey("posts.id"))

class Parent(Base):
    __tablename__ = "parents"
    id = Column(Integer, primary_key=True)
    best_id = Column(Integer, ForeignKey("children.id"))
    best = relationship("Child", foreign_keys=[best_id])
    children = relationship("Child", primaryjoin="Parent.id == Child.parent_id")
    kids = relationship("Child", foreign_keys=lambda: Child.parent_id, viewonly=True)

class Child(Base):
    __tablename__ = "children"
    id = Column(Integer, primary_key=True)
    parent_id = Column(Integer, ForeignKey(Parent.id))
    parent = relationship(Parent, foreign_keys=[parent_id], overlaps="children")

class OfCompany:
    @declared_attr
    def company_id(cls):
        return mapped_column(ForeignKey("companies.id"))

class Company(Base):
    __tablename__ = "companies"
    id: Mapped[int] = mapped_column(primary_key=True)
    head_id: Mapped[Optional[int]] = mapped_column(ForeignKey("workers.id"))
    workers = relationship("Worker", primaryjoin="Company.id == Worker.company_id", back_populates="company")

class Worker(OfCompany, Base):
    __tablename__ = "workers"
    id: Mapped[int] = mapped_column(primary_key=True)
    company = relationship("Company", foreign_keys="Worker.company_id", back_populates="workers")

class Place(Base):
    __tablename__ = "places"
    id: Mapped[int] = mapped_column(primary_key=True)
    room_id: Mapped[Optional[int]] = mapped_column(ForeignKey("rooms.id"))
    rooms: Mapped[List["Room"]] = relationship(foreign_keys="Room.place_id")

class Room(Base):
    __tablename__ = "rooms"
    id: Mapped[int] = mapped_column(primary_key=True)
    place_id: Mapped[place_key]
    place: Mapped["Place"] = relationship(foreign_keys="Room.place_id", overlaps="rooms")

class Employee(Base):
    __tablename__ = "employees"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    manager_id: Mapped[Optional[int]] = mapped_column(ForeignKey("employees.id"))
    manager = relationship("Manager", remote_side=[id], back_populates="staff")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "e"}

class Manager(Employee):
    __mapper_args__ = {"polymorphic_identity": "m"}
    staff = relationship("Employee", back_populates="manager")

class Box(Base):
    __tablename__ = "boxes"
    id: Mapped[int] = mapped_column(primary_key=True)
    items = relationship("Item", lazy=False)

class Crate(Base):
    __tablename__ = "crates"
    id: Mapped[int] = mapped_column(primary_key=True)
    items = relationship("Item", lazy=LAZY)

class Chest(Base):
    __tablename__ = "chests"
    id: Mapped[int] = mapped_column(primary_key=True)
    items = relationship("Item", **EAGERLY)

class Bag(Base):
    __tablename__ = "bags"
    id: Mapped[int] = mapped_column(primary_key=True)
    items = relationship("Item", lazy=ways.LAZY)

class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    box_id = mapped_column(ForeignKey("boxes.id"))
    crate_id = mapped_column(ForeignKey("crates.id"))
    chest_id = mapped_column(ForeignKey("chests.id"))
    bag_id = mapped_column(ForeignKey("bags.id"))
    box = relationship("Box", viewonly=True)
    bag = relationship("Bag", viewonly=True, lazy=None)

class Animal(Base):
    __tablename__ = "animals"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "a", "with_polymorphic": "*"}

class Dog(Animal):
    __tablename__ = "dogs"
    id: Mapped[int] = mapped_column(ForeignKey("animals.id"), primary_key=True)
    toys = relationship("Toy", lazy="joined")
    __mapper_args__ = {"polymorphic_identity": "d"}

class Toy(Base):
    __tablename__ = "toys"
    id: Mapped[int] = mapped_column(primary_key=True)
    dog_id = mapped_column(ForeignKey("dogs.id"))
"""
SQLMODELS = """
from typing import List, Optional
from sqlalchemy.orm import relationship
from sqlmodel import Field, Relationship, SQLModel
from app.ways import EAGERLY

class Base(SQLModel):
    pass

class PostTag(Base, table=True):
    post_id: int = Field(foreign_key="post.id", primary_key=True)
    tag_id: int = Field(foreign_key="tag.id", primary_key=True)
    number: int = Field(default=0, primary_key=True)

class User(Base, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    boss_id: Optional[int] = Field(default=None, foreign_key="user.id")
    pinned_id: Optional[int] = Field(default=None, foreign_key="post.id")
    boss: Optional["User"] = Relationship(back_populates="reports", sa_relationship_kwargs={"remote_side": "User.id"})
    reports: List["User"] = Relationship(back_populates="boss")
    posts: List["Post"] = Relationship(back_populates="owner", sa_relationship_kwargs={"foreign_keys": "Post.owner_id"})
    pinned: Optional["Post"] = Relationship(sa_relationship_kwargs=dict(foreign_keys="[User.pinned_id]"))
    seen: List["Post"] = Relationship(sa_relationship=relationship("Post", secondary="posttag", primaryjoin="User.id == PostTag.tag_id", secondaryjoin="Post.id == PostTag.post_id", viewonly=True))

class Post(Base, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    owner_id: Optional[int] = Field(default=None, foreign_key="user.id")
    owner: Optional[User] = Relationship(back_populates="posts", sa_relationship_kwargs={"foreign_keys": "[Post.owner_id]"})
    tags: List["Tag"] = Relationship(back_populates="posts", link_model=PostTag)

class Tag(Base, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    main_id: Optional[int] = Field(default=None, foreign_key="post.id")
    posts: List["Post"] = Relationship(back_populates="tags", link_model=PostTag)

class Box(Base, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    items: List["Item"] = Relationship(sa_relationship_kwargs=dict(lazy="joined"))

class Crate(Base, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    items: List["Item"] = Relationship(sa_relationship_kwargs=EAGERLY)

class Chest(Base, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    items: List["Item"] = Relationship(sa_relationship=relationship("Item", lazy="joined"))

class Bag(Base, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    items: List["Item"] = Relationship(sa_relationship_kwargs={**EAGERLY})

class Note(Base, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)

class Item(Base, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    box_id: Optional[int] = Field(default=None, foreign_key="box.id")
    crate_id: Optional[int] = Field(default=None, foreign_key="crate.id")
    chest_id: Optional[int] = Field(default=None, foreign_key="chest.id")
    bag_id: Optional[int] = Field(default=None, foreign_key="bag.id")
    note_id: Optional[int] = Field(default=None, foreign_key="note.id")
    bag: Optional[Bag] = Relationship(sa_relationship_kwargs={"viewonly": True})
    note: Optional[Note] = Relationship()
"""
WAYS = 'LAZY = "joined"\nEAGERLY = {"lazy": LAZY}\n'
LISTS = [
    "User.reports",
    "User.posts",
    "User.voted",
    "Post.tags",
    "Post.voters",
    "Tag.posts",
    "Parent.children",
    "Parent.kids",
    "Company.workers",
    "Place.rooms",
    "Manager.staff",
    "Box",
    "Crate",
    "Chest",
    "Bag",
    "Item.box",
    "Animal",
    "Dog",
]
SINGLE = [
    "User.boss",
    "User.pinned",
    "Post.owner",
    "Parent.best",
    "Child.parent",
    "Worker.company",
    "Room.place",
    "Employee.manager",
    "Toy",
    "Item",
    "Post",
]
FILLED = """
from sqlalchemy import create_engine, insert
from app.models import Base

engine = create_engine("sqlite:///./app.db")
Base.metadata.create_all(engine)
kinds = {"employees": "emm", "animals": "add"}
with engine.begin() as connection:
    for table in Base.metadata.tables.values():
        keys = {column.name: 2 for column in table.columns if column.foreign_keys}
        for number in (2, 3) if table.name == "dogs" else (1, 2, 3):
            row = {**keys, "id": number, "number": number, "kind": kinds.get(table.name, "...")[number - 1]}
            connection.execute(insert(table), {name: row[name] for name in row if name in table.columns})
"""
"""Three rows each; all of their keys lead to the second row."""


def query(asked: str) -> str:
    cls, _, name = asked.partition(".")
    return f"db.query(m.{cls})" + (f".options(joinedload(m.{cls}.{name}))" if name else "")


def check(folder: Path, models: str, lists: list[str], single: list[str]) -> None:
    """Every query for one of `lists` takes out rows that repeat, and none of the others."""
    every = [*lists, *single]
    handlers = "".join(
        f"@router.get('/{asked}')\ndef handler{n}(db: Session = Depends(get_db)):\n    return [each.id for each in {query(asked)}.all()]\n"
        for n, asked in enumerate(every)
    )
    head = "from fastapi import APIRouter, Depends\nfrom sqlalchemy.orm import Session, joinedload\nfrom app import models as m\nfrom app.db import get_db\n\nrouter = APIRouter()\n"
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": models, "app/ways.py": WAYS}
    done = convert(
        folder,
        {**files, "app/api.py": head + handlers, "app/main.py": MAIN},
        f"{REQUIREMENTS}sqlmodel\n",
    )
    assert done.obstacles == []
    text = squeezed(done.texts["app/api.py"])
    unique = [asked for asked in every if f"{_selected(asked)}.unique().all()" in text]
    plain = [asked for asked in every if f"{_selected(asked)}.all()" in text]
    assert (unique, plain) == (lists, single)
    before, after = answers(folder, done, FILLED, [f"/{asked}" for asked in every])
    assert before == after
    assert [url for url, status, _ in before if status != 200] == []


def test_the_rows_of_a_list_that_is_joined_are_taken_out_and_no_others(tmp_path: Path) -> None:
    """A table between, a key of each other, keys that a mixin or an alias has, trees, and how it loads said elsewhere."""
    check(tmp_path, MODELS, LISTS, SINGLE)


def test_the_same_with_what_sqlmodel_hands_on(tmp_path: Path) -> None:
    lists = [
        "Post.tags",
        "Tag.posts",
        "User.posts",
        "User.seen",
        "User.reports",
        "Box",
        "Crate",
        "Chest",
        "Bag",
        "Item.bag",
    ]
    check(tmp_path, SQLMODELS, lists, ["Post.owner", "User.boss", "User.pinned", "Item", "Item.note"])


def _selected(asked: str) -> str:
    return "(awaitdb.scalars(" + query(asked).replace("db.query", "select") + "))"


TREE = """
from sqlalchemy import Column, ForeignKey, Integer
from sqlalchemy.orm import relationship
from app.db import Base

class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)

class Note(Base):
    __tablename__ = "notes"
    id = Column(Integer, primary_key=True)
    owner_id = Column(ForeignKey("users.id"))
    owner = relationship("User")
    above_id = Column(ForeignKey("notes.id"))
    above = relationship("Note", remote_side={above}, back_populates="below")
    below = relationship("Note", remote_side={below}, back_populates="above")
"""


@pytest.mark.parametrize(
    ("above", "below"), [("[id]", "[above_id]"), ("id", "above_id"), ('"Note.id"', '"[Note.above_id]"')]
)
def test_the_far_side_that_holds_the_keys_is_a_list(tmp_path: Path, above: str, below: str) -> None:
    body = (
        "def handler(db: Session = Depends(get_db)):\n    note = db.query(Note).order_by(Note.id).first()\n"
    )
    body += "    return [note.above.owner.id, [each.owner.id for each in note.below]]\n"
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/models.py": TREE.format(above=above, below=below),
    }
    done = convert(tmp_path, {**files, "app/api.py": f"{HEADER}\n@router.get('/x')\n{body}"})
    assert done.obstacles == []
    text = squeezed(done.texts["app/api.py"])
    assert "selectinload(Note.above).selectinload(Note.owner)" in text
    assert "selectinload(Note.below).selectinload(Note.owner)" in text
