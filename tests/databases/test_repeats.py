"""Queries whose rows repeat an object: what Query took out by itself is taken out, and nothing else is."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

import re
from pathlib import Path

import pytest
from db_programs import DATABASE, MAIN, answers, convert, squeezed

MODELS = """
from sqlalchemy import Column, ForeignKey, Integer, String, Table
from sqlalchemy.orm import relationship
from app.db import Base

post_tags = Table("post_tags", Base.metadata, Column("post_id", ForeignKey("posts.id"), primary_key=True), Column("tag_id", ForeignKey("tags.id"), primary_key=True))

class Company(Base):
    __tablename__ = "companies"
    id = Column(Integer, primary_key=True)
    name = Column(String)

class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    company_id = Column(ForeignKey("companies.id"))
    boss_id = Column(ForeignKey("users.id"))
    company = relationship("Company")
    posts = relationship("Post", back_populates="owner")

class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    title = Column(String)
    owner_id = Column(ForeignKey("users.id"))
    owner = relationship("User", back_populates="posts")
    tags = relationship("Tag", secondary=post_tags, back_populates="posts")

class Tag(Base):
    __tablename__ = "tags"
    id = Column(Integer, primary_key=True)
    label = Column(String)
    posts = relationship("Post", secondary=post_tags, back_populates="tags")
"""
LOADS = """
from sqlalchemy.orm import joinedload, selectinload
from app.models import Post, User
LOADS = [joinedload(User.posts)]
ONE = joinedload(Post.owner)
SELECTED = [selectinload(User.posts)]
def helper():
    return joinedload(User.posts)
def good():
    return selectinload(User.posts)
def is_owner():
    return User.id == Post.owner_id
"""
HEAD = """
from fastapi import APIRouter, Depends
from sqlalchemy import and_, exists, func, or_, select, text
from sqlalchemy.orm import Load, Session, aliased, joinedload, selectinload
from app import loads
from app.db import get_db
from app.loads import LOADS, ONE, SELECTED, good, helper, is_owner
from app.models import Company, Post, Tag, User, post_tags

router = APIRouter()

def ids(found):
    return sorted(each.id for each in found) if isinstance(found, list) else found and found.id
"""
HELPERS = """
def found(db: Session, *criteria):
    return db.query(User).filter(*criteria)

def named(db: Session, name: str):
    return db.query(User).filter(User.name == name).all()
"""
FILLED = """
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from app import models

engine = create_engine("sqlite:///./app.db")
models.Base.metadata.create_all(engine)
with Session(engine) as db:
    db.add_all([models.Company(id=1, name="x"), models.Company(id=2, name="y")])
    db.add_all([models.User(id=n, name=".abc"[n], company_id=1 + n % 2, boss_id=1) for n in (1, 2, 3)])
    tags = [models.Tag(id=n, label=str(n)) for n in (1, 2, 3)]
    posts = [models.Post(id=n, title=str(n % 2), owner_id=1 + n % 2, tags=tags[: 1 + n % 3]) for n in range(1, 7)]
    db.add_all(posts)
    db.commit()
"""
REPEATING = [
    "db.query(User).filter(User.id == Post.owner_id).all()",
    "db.query(Post).filter(or_(User.id == Post.owner_id, User.name == 'a')).all()",
    "db.query(User).filter(User.id == post_tags.c.tag_id).all()",
    "db.query(User).filter(User.id == Post.owner_id).order_by(Post.title).all()",
    "[each[0] for each in db.query(User, Post.title).filter(User.id == Post.owner_id).all()]",
    "[each[0] for each in db.query(User, Post.title).join(Post, Post.owner_id == User.id).all()]",
    "[each[0] for each in db.query(User, Post.title).select_from(Post).join(User, Post.owner_id == User.id).all()]",
    "db.query(Company).join(User, User.company_id == Company.id).all()",
    "db.query(User).join(Post).all()",
    "db.query(User).select_from(Post).join(User, User.id == Post.owner_id).all()",
    "db.query(User).from_statement(text('select users.* from users join posts on posts.owner_id = users.id')).all()",
    "db.query(User).options(*LOADS).all()",
    "db.query(User).options(helper()).all()",
    "db.query(User).options(loads.LOADS[0]).all()",
    "db.query(User).options(Load(User).joinedload(User.posts)).all()",
    "load = joinedload(User.posts)\nfound = db.query(User).options(load).all()\nreturn ids(found)",
    "every = []\nif flag:\n    every.append(joinedload(User.posts))\nfound = db.query(User).options(*every).all()\nreturn ids(found)",
    "q = db.query(User)\nif flag:\n    q = q.filter(User.id == Post.owner_id)\nreturn ids(q.all())",
    "conditions = [User.id == Post.owner_id]\nif flag:\n    conditions.append(Post.title == '1')\nreturn ids(db.query(User).filter(*conditions).all())",
    # a condition of which it is a part itself
    "rule = User.id == Post.owner_id\nif flag:\n    rule = and_(rule, User.id > 0)\nreturn ids(db.query(User).filter(rule).all())",
    "db.query(User).filter(is_owner()).all()",
    "return ids(found(db, User.id == Post.owner_id).all())",
    "return ids(found(db, and_(User.id > 0, User.id == Post.owner_id)).all())",
    "sub = db.query(Post.owner_id).subquery()\nreturn ids(db.query(User).filter(User.id == sub.c.owner_id).all())",
    "boss = aliased(User)\nreturn ids(db.query(User).filter(User.id == boss.boss_id).all())",
    "found = []\nfor each in db.query(User).filter(User.id == Post.owner_id):\n    found.append(each.id)\nreturn sorted(found)",
    "db.query(User).filter(User.id == Post.owner_id).filter(User.id == 1).one()",
    "db.query(User).filter(User.id == Post.owner_id).filter(User.id == 1).scalar()",
    "db.query(User).filter(User.id == Post.owner_id).filter(User.id == 1).one_or_none()",
]
CARTESIAN = [
    "conditions = [User.name == 'a']\nif not flag:\n    conditions.append(User.id == Post.owner_id)\nreturn ids(db.query(Post).filter(*conditions).all())",
    "db.query(Post).filter(User.name == 'a').all()",
    "db.query(Tag).filter(Post.tags.any(Tag.id == 1), Post.id == 1).all()",
    "q = db.query(Post)\nif flag:\n    q = q.filter(User.name == 'a')\nif not flag:\n    q = q.filter(User.id == Post.owner_id)\nreturn ids(q.order_by(Post.id).all())",
]
"""SQLAlchemy warns of them, which is an error here: they are not asked."""
SINGLE = [
    "q = db.query(Post)\nfor each in (Post.owner_id > 0, Post.id > 1):\n    q = q.filter(each)\nreturn ids(q.all())",
    "return ids(found(db, User.id > 1).distinct().all())",
    "return ids(named(db, 'a'))",
    "db.query(Post).filter(User.id == Post.owner_id).all()",
    "db.query(Post).filter(User.id == Post.owner_id, User.name == 'a').all()",
    "db.query(Post).filter(User.id == Post.owner_id).filter(User.name == 'a').all()",
    "db.query(Post).filter(and_(User.id == Post.owner_id, User.name == 'a')).all()",
    "db.query(Post).filter((User.id == Post.owner_id) & (User.name == 'a')).all()",
    "db.query(User).filter(User.id.in_(db.query(Post.owner_id).filter(Post.title == '1'))).all()",
    "db.query(User).filter(User.id.in_(select(Post.owner_id).where(Post.title == '1'))).all()",
    "db.query(User).filter(User.posts.any(Post.title == '1')).all()",
    "db.query(Post).filter(Post.owner.has(User.name == 'a')).all()",
    "db.query(User).filter(exists().where(Post.owner_id == User.id)).all()",
    "db.query(User).filter(db.query(Post).filter(Post.owner_id == User.id).exists()).all()",
    "db.query(User).filter(User.__table__.c.id > 0).all()",
    "db.query(User).filter(User.id == Post.owner_id).distinct().all()",
    "db.query(User).order_by(User.name).filter(User.name == 'a').all()",
    "[each[0] for each in db.query(User, func.count(Post.id)).filter(User.id == Post.owner_id).group_by(User.id).all()]",
    "[each[0] for each in db.query(Post, User.name).filter(User.id == Post.owner_id).all()]",
    "[each[0] for each in db.query(Post, User).filter(User.id == Post.owner_id).all()]",
    "[each[0] for each in db.query(Post, User).join(User, Post.owner_id == User.id).all()]",
    "db.query(Post).join(User, Post.owner_id == User.id).filter(User.name == 'a').all()",
    "db.query(Post).join(User, User.id == Post.owner_id).join(Company, Company.id == User.company_id).all()",
    "db.query(Post).outerjoin(User, and_(User.id == Post.owner_id, User.name == 'a')).all()",
    "db.query(Post).join(User, onclause=User.id == Post.owner_id).all()",
    "db.query(Post).join(Post.owner).filter(User.name == 'a').all()",
    "db.query(Post).join(Post.owner).join(User.company).filter(Company.name == 'x').all()",
    "db.query(User).select_from(User).all()",
    "db.query(User).options(*SELECTED).all()",
    "db.query(User).options(good()).all()",
    "db.query(Post).options(ONE).all()",
    "db.query(User).options(selectinload(User.posts)).all()",
    "db.query(User).options(Load(User).selectinload(User.posts)).all()",
    "db.query(User).options(selectinload(User.posts).selectinload(Post.tags)).all()",
    "load = selectinload(User.posts)\nfound = db.query(User).options(load).all()\nreturn ids(found)",
    "q = db.query(Post)\nif flag:\n    q = q.filter(User.id == Post.owner_id, User.name == 'a')\nreturn ids(q.order_by(Post.id).all())",
    "q = db.query(Post)\nif flag:\n    q = q.join(Post.owner).filter(User.name == 'a')\nreturn ids(q.order_by(Post.id).all())",
    "conditions = [Post.owner_id > 0]\nif flag:\n    conditions.append(Post.title == '1')\nreturn ids(db.query(Post).filter(and_(*conditions)).all())",
    "rule = Post.id > 0\nif flag:\n    rule = and_(rule, Post.title == '1')\n    rule = rule & (Post.owner_id > 0)\nreturn ids(db.query(Post).filter(rule).all())",
    "rules = [Post.id > 0]\nfor n in (1, 2):\n    rules = [*rules, Post.owner_id > 0]\n    rules += [and_(*rules)]\nreturn ids(db.query(Post).filter(*rules).all())",
    "sub = db.query(Post.owner_id).subquery()\nreturn ids(db.query(User).filter(User.id.in_(select(sub.c.owner_id))).all())",
    "boss = aliased(User)\nreturn ids(db.query(User).filter(User.boss_id == boss.id, boss.name == 'a').all())",
    "boss = aliased(User)\nreturn ids(db.query(boss).filter(boss.name == 'a').all())",
    "boss = aliased(User)\nreturn ids(db.query(User).join(boss, boss.id == User.boss_id).filter(boss.name == 'a').all())",
    "db.query(User).filter(User.id == Post.owner_id).first()",
    "db.query(Tag).filter(Tag.posts.any(Post.owner.has(User.name == 'a'))).all()",
    "db.query(Tag).filter(Tag.posts.contains(db.query(Post).get(1))).all()",
]


def test_only_what_may_repeat_is_taken_out(tmp_path: Path) -> None:
    every = [*REPEATING, *SINGLE, *CARTESIAN]
    handlers = [_handler(number, query) for number, query in enumerate(every)]
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MODELS, "app/loads.py": LOADS}
    done = convert(tmp_path, {**files, "app/api.py": HEAD + HELPERS + "".join(handlers), "app/main.py": MAIN})
    assert done.obstacles == []
    parts = re.split(r"@router\.get\(.*\)", done.texts["app/api.py"])[1:]
    unique = [query for query, part in zip(every, parts, strict=True) if ".unique()" in part]
    assert unique == [*REPEATING, *CARTESIAN]
    before, after = answers(
        tmp_path, done, FILLED, [f"/{number}" for number in range(len(every) - len(CARTESIAN))]
    )
    assert before == after
    assert [url for url, status, _ in before if status != 200] == []


def _handler(number: int, query: str) -> str:
    body = query.replace("\n", "\n    ") if "return" in query else f"return ids({query})"
    head = f"@router.get('/{number}')\ndef handler{number}(flag: bool = True, db: Session = Depends(get_db)):"
    return f"\n{head}\n    {body}\n"


NESTED = """
from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship
from app.db import Base

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    notes: Mapped[list["Note"]] = relationship()

class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[dict] = mapped_column(JSON)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
"""
JOINED = "db.query(User, {}).join(User.notes){}.all()"


@pytest.mark.parametrize(
    ("asked", "options", "becomes"),
    [
        ("Note.title", "", ".join(User.notes))).all()"),
        ('Note.title.label("words")', "", ".join(User.notes))).all()"),
        ("Note.owner_id", "", ".join(User.notes))).unique().all()"),
        ('Note.title["a"]', "", ""),
        ("Note.title", ".options(joinedload(User.notes))", ""),
    ],
)
def test_rows_that_cannot_be_compared_are_left_in(
    tmp_path: Path, asked: str, options: str, becomes: str
) -> None:
    """Query found each list and each dictionary to be another one; SQLAlchemy raises for `unique()`."""
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": NESTED}
    head = HEAD.replace("Company, Post, Tag, User, post_tags", "Note, User").replace(
        "from app import loads\n", ""
    )
    body = _handler(1, f"rows = {JOINED.format(asked, options)}\nreturn [each[0].id for each in rows]")
    head = "".join(line for line in head.splitlines(keepends=True) if "app.loads" not in line)
    done = convert(tmp_path, {**files, "app/api.py": head + body})
    assert bool(done.obstacles) is not bool(becomes)
    assert squeezed(becomes) in squeezed(done.texts.get("app/api.py", ""))
