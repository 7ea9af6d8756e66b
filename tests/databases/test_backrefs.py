"""What only a `backref` puts on a class is there when the mappers are configured: `db.query()` did that."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, FILL, HEADER, MAIN, SCHEMAS, answers, convert

USER = """
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import backref, relationship

from app.db import Base


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String(50))
"""
NOTE_CLASS = """

class Note(Base):
    __tablename__ = "notes"
    id = Column(Integer, primary_key=True)
    title = Column(String(50))
    owner_id = Column(Integer, ForeignKey("users.id"))
    owner = relationship("User", backref=backref("notes", order_by="Note.id"))
"""
NOTE = USER[: USER.index("\n\nclass")] + NOTE_CLASS
HANDLER = '\n@router.get("/x"{model})\ndef handler(db: Session = Depends(get_db)):\n    {body}\n'
READS = {
    "in a loop": HANDLER.format(model="", body="return [len(user.notes) for user in db.query(User).all()]"),
    "of one": HANDLER.format(
        model="", body="user = db.query(User).first()\n    return [note.title for note in user.notes]"
    ),
    "by a model": "from app.schemas import UserOut\n"
    + HANDLER.format(model=", response_model=UserOut", body="return db.get(User, 1)"),
    "in the query": HANDLER.format(
        model="", body="return [user.name for user in db.query(User).filter(User.notes.any()).all()]"
    ),
    "in a query that is built": HANDLER.format(
        model="",
        body="users = db.query(User)\n    users = users.filter(User.notes.any())\n"
        "    return [user.name for user in users.all()]",
    ),
}
LATE_MAIN = """
from fastapi import FastAPI


def make_app() -> FastAPI:
    from app.api import router

    app = FastAPI()
    app.include_router(router)
    return app


app = make_app()
"""
SPREAD = {"app/models/__init__.py": "", "app/models/user.py": USER, "app/models/note.py": NOTE}
OF_FUNCTION = {
    "app/models.py": USER + NOTE_CLASS,
    "app/db.py": DATABASE.replace(
        "import DeclarativeBase, sessionmaker", "import declarative_base, sessionmaker"
    ).replace("class Base(DeclarativeBase):\n    pass", "Base = declarative_base()"),
}
PACKAGE = {**SPREAD, "app/models/__init__.py": "from .note import Note\nfrom .user import User\n"}
ALONE = {"app/models.py": USER + NOTE_CLASS}
SPREAD_HEADER = HEADER.replace(
    "from app.models import Note, User", "from app.models.note import Note\nfrom app.models.user import User"
)


def files(models: dict[str, str], body: str, header: str = HEADER, main: str = MAIN) -> dict[str, str]:
    usual = {"app/__init__.py": "", "app/db.py": DATABASE, "app/main.py": main, "app/schemas.py": SCHEMAS}
    return {**usual, **models, "app/api.py": header + body}


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize(
    ("models", "header", "place"),
    [
        (ALONE, HEADER, "app/models.py"),
        (OF_FUNCTION, HEADER, "app/models.py"),
        (PACKAGE, HEADER, "app/models/__init__.py"),
        (SPREAD, SPREAD_HEADER, "app/main.py"),
    ],
)
def test_the_mappers_are_configured_behind_all_models(
    tmp_path: Path, read: str, models: dict[str, str], header: str, place: str
) -> None:
    done = convert(tmp_path, files(models, READS[read], header))
    assert done.obstacles == []
    calls = {path for path, text in done.texts.items() if "configure_mappers()" in text}
    assert calls == {place}
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before[0][1] == 200
    assert before == after


@pytest.mark.parametrize("read", ["in a loop", "of one", "by a model"])
def test_what_has_no_such_place_is_loaded_by_its_name(tmp_path: Path, read: str) -> None:
    done = convert(tmp_path, files(SPREAD, READS[read], SPREAD_HEADER, LATE_MAIN))
    assert done.obstacles == []
    assert not any("configure_mappers" in text or "User.notes" in text for text in done.texts.values())
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before[0][1] == 200
    assert before == after


def test_a_query_that_names_it_keeps_the_database_sync_then(tmp_path: Path) -> None:
    done = convert(tmp_path, files(SPREAD, READS["in the query"], SPREAD_HEADER, LATE_MAIN))
    assert len(done.obstacles) == 1
    assert "User.notes is there when the mappers are configured" in done.obstacles[0]


BOTH_SAY = {
    "app/models.py": (
        USER + '    notes = relationship("Note", back_populates="owner")\n' + NOTE_CLASS
    ).replace('backref=backref("notes", order_by="Note.id")', 'back_populates="notes"')
}
CONFIGURED = {"app/models.py": ALONE["app/models.py"] + "\n\nsa_orm.configure_mappers()\n"}
CONFIGURED["app/models.py"] = "import sqlalchemy.orm as sa_orm\n" + CONFIGURED["app/models.py"]


@pytest.mark.parametrize(
    ("models", "body"),
    [
        (BOTH_SAY, READS["in a loop"]),
        (BOTH_SAY, READS["in the query"]),
        (CONFIGURED, READS["in a loop"]),
        (ALONE, HANDLER.format(model="", body="return [note.owner.name for note in db.query(Note).all()]")),
        (ALONE, HANDLER.format(model="", body="return [user.name for user in db.query(User).all()]")),
        (
            ALONE,
            HANDLER.format(
                model="",
                body="user = db.scalars(select(User).where(User.notes.any())).one()\n    return user.name",
            ),
        ),
    ],
)
def test_nothing_is_configured_that_need_not_be(tmp_path: Path, models: dict[str, str], body: str) -> None:
    done = convert(tmp_path, files(models, body))
    assert done.obstacles == []
    assert "app/models.py" not in done.texts
