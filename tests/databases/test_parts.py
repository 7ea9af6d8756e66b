"""Legacy queries of which rows are taken by their place, and of which one of two is taken."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import FILL, MAIN, answers, app

ROUTES = """
def first(query):
    return query[0].name


@router.get("/first")
def one(db: Session = Depends(get_db)):
    users = db.query(User).order_by(User.id)
    return [users[0].name, users[1].name, first(users.filter(User.name == "bob"))]


@router.get("/none")
def none(db: Session = Depends(get_db)):
    return db.query(User).filter(User.name == "nobody")[0].name


@router.get("/some")
def some(db: Session = Depends(get_db)):
    notes = db.query(Note).order_by(Note.id.desc())
    parts = (notes[:2], notes[1:3], notes.offset(1)[0:1], notes.limit(1)[:9])
    return [[note.id for note in each] for each in parts]


@router.get("/columns")
def columns(db: Session = Depends(get_db)):
    return db.query(User.name, User.id).order_by(User.id)[0].name


@router.get("/choice")
def choice(mine: bool = False, db: Session = Depends(get_db)):
    query = db.query(User).filter(User.id == 1) if mine else db.query(User)
    last = (query.order_by(User.id) if mine else query.order_by(User.id.desc())).first()
    return [last.name, *[user.name for user in query.order_by(User.name).all()]]


def chosen(db: Session, mine: bool):
    return db.query(Note).filter(Note.owner_id == 1) if mine else db.query(Note)


@router.get("/returned")
def returned(mine: bool = False, db: Session = Depends(get_db)):
    return [note.title for note in chosen(db, mine).order_by(Note.id)]


@router.get("/statement")
def statement(db: Session = Depends(get_db)):
    query = db.query(User.name).order_by(User.id)
    return [*db.scalars(query.statement), *db.scalars(db.query(Note.title).filter(Note.id == 1).statement)]
"""


PAGES = """
from typing import Annotated

from fastapi import Query


@router.get("/between")
def between(skip: int, limit: int, db: Session = Depends(get_db)) -> list[int]:
    query = db.query(User.id).order_by(User.id)
    ids = [query[skip : skip + limit], query[skip:limit], query[skip:], query[:limit]]
    return [len(ids[0]), *[user.id for each in ids for user in each]]


@router.get("/ends")
def ends(limit: int, db: Session = Depends(get_db)):
    query = db.query(User.id).order_by(User.id)
    return [len(query[0:limit]), len(query[1:limit]), len(query[1 : 1 + limit])]


@router.get("/page")
def page(number: int = Query(1, ge=1), size: Annotated[int, Query(gt=0)] = 2, db: Session = Depends(get_db)):
    start = (number - 1) * size
    end = start + size
    users = db.query(User).order_by(User.id)
    return [[user.id for user in users[start:end]], [user.id for user in paged(db, start, end)]]


def paged(db: Session, start: int, end: int) -> list[User]:
    return db.query(User).order_by(User.id.desc())[start:end]
"""


def test_places_that_are_computed(tmp_path: Path) -> None:
    done = app(tmp_path, PAGES, main=MAIN)
    assert done.obstacles == []
    pairs = [(0, 2), (1, 1), (1, 9), (5, 3), (1, 0)]
    urls = [f"/between?skip={skip}&limit={limit}" for skip, limit in pairs] + ["/ends?limit=-1"]
    urls += ["/page", "/page?number=2&size=1", "/page?number=9"]
    before, after = answers(tmp_path, done, FILL, urls)
    assert {status for _, status, _ in before} == {200}
    assert after == before
    changed = done.texts["app/api.py"]
    assert "query.slice(skip, skip + max(limit, 0))" in changed
    assert "users.slice(start, end)" in changed
    assert (
        "return list(await db.scalars(select(User).order_by(User.id.desc()).slice(start, max(start, end))))"
        in changed
    )


def test_parts_and_choices_answer_the_same(tmp_path: Path) -> None:
    done = app(tmp_path, ROUTES, main=MAIN)
    assert done.obstacles == []
    urls = ["/first", "/none", "/some", "/columns", "/statement"]
    urls += ["/choice", "/choice?mine=1", "/returned", "/returned?mine=1"]
    before, after = answers(tmp_path, done, FILL, urls)
    assert [status for _, status, _ in before] == [200, 500, *[200] * 7]
    assert after == before
    assert "return (await db.scalars(query.slice(0, 1))).all()[0].name" in done.texts["app/api.py"]


BY_PLACE = "rows of a query are taken by a place that is computed"
NOT_FOLLOWED = "a query is handed on to code that is not followed"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("return db.query(User)[id].name", BY_PLACE),
        ("return db.query(User)[-1].name", BY_PLACE),
        ("return [u.name for u in db.query(User)[::2]]", BY_PLACE),
        ("return [u.name for u in db.query(User)[id::2]]", BY_PLACE),
        ("return [u.name for u in db.query(User)[: next(iter([id]))]]", BY_PLACE),
        ("end = id or None\nreturn [u.name for u in db.query(User)[id:end]]", BY_PLACE),
        ("return [u.name for u in db.query(User)[2:1]]", BY_PLACE),
        ("return [u.name for u in (db.query(User) if id else [])]", NOT_FOLLOWED),
        ("q = db.query(User) if id else db.query(Note)\nreturn [x.id for x in q]", NOT_FOLLOWED),
        ("q = db.query(User) if id else db.query(User.id)\nreturn [x.id for x in q]", NOT_FOLLOWED),
    ],
)
def test_what_has_no_equal_keeps_it_sync(tmp_path: Path, body: str, reason: str) -> None:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    done = app(tmp_path, f"\n@router.get('/x')\ndef x(id: int, db: Session = Depends(get_db)):\n{lines}")
    assert any(reason in text for text in done.obstacles), done.obstacles
    assert "app/db.py" not in done.texts
