"""Relationships that come along with every query are loaded for objects that no query has brought."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, FILL, MAIN, MODELS, SCHEMAS, answers, app

COUNT = """
    @property
    def count(self):
        return len(self.notes)

    @property
    def twice(self):
        return 2 * self.count


class Note(Base)"""
EAGER = MODELS.replace("class Note(Base)", COUNT.strip("\n")).replace(
    'relationship(back_populates="owner")', 'relationship(back_populates="owner", lazy="{}")'
)
KEEPS = DATABASE.replace("autoflush=False", "autoflush=False, expire_on_commit=False")
ROUTE = '\n@router.get("/x"{})\ndef x(db: Session = Depends(get_db)):\n    {}\n'
SENT = ", response_model=UserOut"
HELPER = """
from pydantic import BaseModel, ConfigDict

from app.schemas import UserOut

class Counted(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    count: int

def make(db: Session, name: str) -> User:
    user = User(name=name)
    db.add(user)
    db.commit()
    return user

def store(db: Session, thing):
    db.add(thing)
    db.commit()
    return thing
"""
SAVES = """class Base(DeclarativeBase):
    def save(self, db):
        db.add(self)
        db.commit()
        return self

    @classmethod
    def create(cls, db, **values):
        made = cls(**values)
        db.add(made)
        db.commit()
        return made

    def saved(self, db):
        return self.save(db)
"""
MADE = "user = User(name='x')\n    db.add(user)\n    db.{}()\n    "
PROGRAMS = {
    "sent after a commit": (SENT, MADE.format("commit") + "return user"),
    "sent after a flush": (SENT, MADE.format("flush") + "return user"),
    "read after a commit": ("", MADE.format("commit") + "return len(user.notes)"),
    "read of what has its type": ("", f"user: User = {MADE[7:]}".format("commit") + "return len(user.notes)"),
    "read after a flush": ("", MADE.format("flush") + "return len(user.notes)"),
    "made by a helper": (SENT, "return make(db, 'x')"),
    "made by a helper and read": ("", "user = make(db, 'x')\n    return len(user.notes)"),
    "saved by a method that gives it back": (SENT, "return User(name='x').save(db)"),
    "saved by a method and read": ("", "user = User(name='x').save(db)\n    return len(user.notes)"),
    "saved by a method of its own": (SENT, "user = User(name='x')\n    user.save(db)\n    return user"),
    "saved by one that calls another": ("", "user = User(name='x').saved(db)\n    return len(user.notes)"),
    "stored by a helper": (SENT, "return store(db, User(name='x'))"),
    "stored by a helper and read": ("", "user = store(db, User(name='x'))\n    return len(user.notes)"),
    "made before, and stored by a helper": (SENT, "user = User(name='x')\n    return store(db, user)"),
    "made of what is unpacked": (
        SENT,
        MADE.format("commit").replace("name='x'", "**{'name': 'x'}") + "return user",
    ),
    "made by a class method": (SENT, "return User.create(db, name='x')"),
    "made where none is found": (
        SENT,
        "user = db.query(User).filter_by(name='z').first() or User(name='x')\n"
        "    db.add(user)\n    db.commit()\n    return user",
    ),
    "made as a list": (
        ", response_model=list[UserOut]",
        "users = [User(name=n) for n in 'xy']\n    db.add_all(users)\n    db.commit()\n    return users",
    ),
    "put in a list": (
        "",
        "users = []\n    for n in 'xy':\n        users.append(User(name=n))\n"
        "    db.add_all(users)\n    db.flush()\n    return [len(user.notes) for user in users]",
    ),
    "read by a property": ("", MADE.format("commit") + "return user.count"),
    "read by a property of a property": ("", "user = make(db, 'x')\n    return user.twice"),
    "sent with a property": (", response_model=Counted", MADE.format("commit") + "return user"),
    "read of one": (
        "",
        "note = Note(title='x', owner_id=1)\n    db.add(note)\n    db.flush()\n    return note.owner.name",
    ),
    "or found": (
        SENT,
        "user = db.get(User, 9)\n    if user is None:\n        user = User(name='x')\n        db.add(user)\n"
        "        db.flush()\n    return user",
    ),
}


LETTER = """

class Letter(Base):
    __tablename__ = "letters"
    id: Mapped[int] = mapped_column(primary_key=True)
    to_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    to: Mapped[User] = relationship()
"""
LETTERS = FILL + '    db.execute("create table letters (id integer primary key, to_id integer)")\n'
HELD = {
    "made with it": (
        "letter = Letter(to=User(name='y'))\n    db.add(letter)\n    db.flush()\n    return letter.to.notes"
    ),
    "read by a property": (
        "letter = Letter(to=User(name='y'))\n    db.add(letter)\n    db.flush()\n    return letter.to.twice"
    ),
    "put into it": (
        "letter = Letter()\n    user = User(name='y')\n    letter.to = user\n    db.add(letter)\n"
        "    db.flush()\n    return [note.title for note in letter.to.notes]"
    ),
}


@pytest.mark.parametrize("how", HELD)
def test_an_object_that_another_one_holds_was_just_made_with_it(tmp_path: Path, how: str) -> None:
    route = "from app.models import Letter\n" + ROUTE.format("", HELD[how])
    done = app(tmp_path, route, db=KEEPS, models=EAGER.format("selectin") + LETTER, main=MAIN)
    assert done.obstacles == []
    before, after = answers(tmp_path, done, LETTERS, ["/x"])
    assert [code for _, code, _ in before] == [200]
    assert after == before


@pytest.mark.parametrize("lazy", ["selectin", "joined"])
@pytest.mark.parametrize("how", PROGRAMS)
def test_an_object_that_was_just_made(tmp_path: Path, how: str, lazy: str) -> None:
    """They had been taken for loaded, and the request answered 500."""
    done = app(
        tmp_path,
        HELPER + ROUTE.format(*PROGRAMS[how]),
        db=KEEPS.replace("class Base(DeclarativeBase):\n    pass\n", SAVES),
        models=EAGER.replace("{}", lazy),
        schemas=SCHEMAS,
        main=MAIN,
    )
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert [status for _, status, _ in before] == [200]
    assert before == after


LEFT = {
    "that a query gives": (SENT, "return db.query(User).first()"),
    "that is set": (
        SENT,
        "user = User(name='x', notes=[])\n    db.add(user)\n    db.commit()\n    return user",
    ),
    "that is set later": (
        SENT,
        "user = User(name='x')\n    user.notes = [Note(title='n')]\n    db.add(user)\n    db.commit()\n"
        "    return user",
    ),
    "that is asked for again": (SENT, MADE.format("commit") + "db.refresh(user)\n    return user"),
    "that nobody reads": ("", MADE.format("commit") + "return user.name"),
    "that no session has": (SENT, "user = User(name='x')\n    return user"),
}


@pytest.mark.parametrize("how", LEFT)
def test_an_object_that_has_it(tmp_path: Path, how: str) -> None:
    text = app(
        tmp_path,
        "from app.schemas import UserOut\n" + ROUTE.format(*LEFT[how]),
        db=KEEPS,
        models=EAGER.replace("{}", "selectin"),
        schemas=SCHEMAS,
        main=MAIN,
    ).texts["app/api.py"]
    assert '["notes"]' not in text
    assert "run_sync" not in text
    assert "selectinload" not in text


def test_what_a_commit_expires_is_loaded_again_whole(tmp_path: Path) -> None:
    body = ROUTE.format(SENT, MADE.format("commit") + "return user")
    done = app(
        tmp_path,
        "from app.schemas import UserOut\n" + body,
        models=EAGER.replace("{}", "selectin"),
        schemas=SCHEMAS,
    )
    assert "    await db.refresh(user)\n    return user\n" in done.texts["app/api.py"]
