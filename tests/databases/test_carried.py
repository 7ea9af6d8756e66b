"""Objects that an object of the project has in an attribute, and that a commit expires there."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import FILL, MAIN, answers, app, squeezed

CLASSES = """
from dataclasses import dataclass

from fastapi import Request


class Tag:
    def __init__(self, note: Note) -> None:
        self.note = note

    def text(self) -> str:
        return f"{self.note.title}!"


class Desk:
    def __init__(self, db: Session, user: User, note: Note | None) -> None:
        self.db = db
        self.user = user
        self.note = note
        self.notes = [note]
        self.tag = Tag(note)

    def rename(self, name: str) -> str:
        self.user.name = name
        self.db.commit()
        return self.user.name

    def retitle(self, title: str) -> str:
        self.note.title = title
        self.db.commit()
        return self.label()

    def label(self) -> str:
        return f"{self.note.title} of {describe(self.tag)}"

    def keep(self) -> str:
        self.db.commit()
        return "kept"

    @property
    def shown(self) -> str:
        return self.user.name


def describe(tag: Tag) -> str:
    return tag.text()


@dataclass
class Visit:
    user: User
    day: int


def visit(db: Session = Depends(get_db)) -> Visit:
    found = Visit(db.get(User, 1), 3)
    db.commit()
    return found


def known(request: Request, db: Session = Depends(get_db)) -> None:
    request.state.user = db.get(User, 1)


def desk(db: Session, note: int = 1) -> Desk:
    return Desk(db, db.get(User, 1), db.get(Note, note))


def renamed(db: Session, name: str) -> Desk | None:
    if not name:
        return None
    here = desk(db)
    here.user.name = name
    db.commit()
    return here
"""
ROUTES = """

@router.get("/own")
def own(db: Session = Depends(get_db)):
    return desk(db).rename("eve")


@router.get("/method")
def method(db: Session = Depends(get_db)):
    return desk(db).retitle("new")


@router.get("/other")
def other(db: Session = Depends(get_db)):
    here = desk(db)
    db.commit()
    return {"tag": describe(here.tag), "user": here.user.name}


@router.get("/loop")
def loop(db: Session = Depends(get_db)):
    here, said = desk(db), []
    for name in ("ann", "bob"):
        said.append(here.user.name)
        here.user.name = name
        db.commit()
    return said


@router.get("/undone")
def undone(db: Session = Depends(get_db)):
    here = desk(db)
    here.user.name = "nobody"
    db.rollback()
    return here.user.name


@router.get("/shown")
def shown(db: Session = Depends(get_db)):
    here = desk(db)
    db.commit()
    return here.shown


@router.get("/visit")
def visited(found: Visit = Depends(visit)):
    return [found.user.name, found.day]


@router.get("/state")
def state(request: Request, _: None = Depends(known), db: Session = Depends(get_db)):
    db.commit()
    return request.state.user.name


@router.get("/missing")
def missing(db: Session = Depends(get_db)):
    here = Desk(db, db.get(User, 1), None)
    db.commit()
    return here.note is None or here.note.title


@router.get("/none")
def none(db: Session = Depends(get_db)):
    here = renamed(db, "")
    there = renamed(db, "x")
    return [here and here.user.name, there and there.user.name]


@router.get("/deleted")
def deleted(db: Session = Depends(get_db)):
    here = desk(db, 3)
    db.delete(here.note)
    db.commit()
    return here.note.title
"""


def test_what_an_object_carries_is_loaded_again(tmp_path: Path) -> None:
    done = app(tmp_path, CLASSES + ROUTES, main=MAIN)
    assert done.obstacles == []
    urls = ["/own", "/method", "/other", "/loop", "/undone", "/missing", "/deleted"]
    urls += ["/shown", "/visit", "/state", "/none"]
    before, after = answers(tmp_path, done, FILL, urls)
    assert [status for _, status, _ in before] == [200] * len(urls)
    assert after == before
    assert "expire_on_commit" not in done.added("app/db.py")


@pytest.mark.parametrize(
    "body",
    [
        "here = desk(db)\nname = here.user.name\ndb.commit()\nreturn name",
        "here = desk(db)\ndb.commit()\nhere.user = db.get(User, 2)\nreturn here.user.name",
        "here = desk(db)\ndb.commit()\ndb.refresh(here.user)\nreturn here.user.name",
        "here = desk(db)\ndb.commit()\nhere = desk(db)\nreturn here.user.name",
        "here = desk(db)\ndb.commit()\nreturn here.user is None",
        "here = desk(db)\nreturn here.keep()",
        "here = desk(db)\ndb.flush()\nreturn here.user.name",
    ],
)
def test_what_is_not_read_of_it_is_not_loaded_again(tmp_path: Path, body: str) -> None:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    done = app(tmp_path, f"{CLASSES}\n\n@router.get('/x')\ndef x(db: Session = Depends(get_db)):\n{lines}")
    assert done.obstacles == []
    handler = done.texts["app/api.py"].partition("async def x(")[2]
    assert "if here" not in handler


def test_several_that_it_carries_stay_loaded(tmp_path: Path) -> None:
    body = "    here = desk(db)\n    db.commit()\n    return [each.title for each in here.notes]\n"
    done = app(tmp_path, f"{CLASSES}\n\n@router.get('/x')\ndef x(db: Session = Depends(get_db)):\n{body}")
    assert done.obstacles == []
    assert "expire_on_commit=False" in squeezed(done.texts["app/db.py"])
