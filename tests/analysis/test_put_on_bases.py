"""Attributes that are set on a base class from elsewhere: `Base.query = session.query_property()`."""

from __future__ import annotations

import pytest
from small_projects import migrate_main

MODELS = """
import acme
from sqlalchemy import Column, Integer, create_engine
from sqlalchemy.orm import DeclarativeBase, declarative_base, scoped_session, sessionmaker

engine = create_engine("sqlite:///app.db")
Session = scoped_session(sessionmaker(bind=engine))
{base}

class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)

@app.get("/posts")
def show(id: int):
    return {value}
"""
MADE = "Base = declarative_base()\nBase.query = Session.query_property()\n"
BASES = {
    "what a function gives": MADE,
    "a class of the project": "class Base(DeclarativeBase): pass\nBase.query = Session.query_property()\n",
    "in the class itself": "class Base(DeclarativeBase):\n    query = Session.query_property()\n",
}


@pytest.mark.parametrize("base", BASES.values(), ids=BASES)
@pytest.mark.parametrize("value", ["Post.query.get(id).id", "len(Post.query.filter_by(id=id).all())"])
def test_a_query_of_a_session_of_threads_is_no_fast_attribute(base: str, value: str) -> None:
    done = migrate_main(MODELS.format(base=base, value=value))
    assert done.turned == []
    assert done.reason("app.main:show").code == "AF901"


@pytest.mark.parametrize(
    "base", [MADE + "Base.index = acme.index()\n", MADE, "class Base(DeclarativeBase):\n    pass\n"]
)
def test_what_nobody_knows_of_a_base_is_not_fast(base: str) -> None:
    done = migrate_main(MODELS.format(base=base, value="Post.index.find(id)"))
    assert "await run_in_threadpool(_show, id)" in done.function("app/main.py", "show")


def test_what_a_base_is_known_to_have_is_fast() -> None:
    done = migrate_main(MODELS.format(base=MADE, value="len(Post.metadata.tables), Post.__table__.name"))
    assert done.turned == ["app/main.py:show"]
