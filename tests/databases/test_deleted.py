"""What is deleted and sent all the same loads nothing more: the session does not have it any longer."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, FILL, HEADER, MAIN, MODELS, SCHEMAS, answers, app, convert

PROGRAM = (
    SCHEMAS
    + """

def find(db: Session, id: int):
    return db.get(User, id)


def save(db: Session, id: int):
    user = find(db, id)
    if user:
        user.name += "!"
        db.commit()
        db.refresh(user)
    return user


def remove(db: Session, id: int):
    user = find(db, id)
    if not user:
        return None
    for note in db.scalars(select(Note).where(Note.owner_id == id)).all():
        db.delete(note)
    db.delete(user)
    db.commit()
    return user


def change(id: int, db: Session):
    return remove(db, id) if id > 1 else save(db, id)


@router.get("/x", response_model=UserOut)
def x(id: int, db: Session = Depends(get_db)):
    user = CALL
    if user is None:
        raise HTTPException(404)
    return user
"""
)


@pytest.mark.parametrize(
    ("call", "is_asked"), [("remove(db, id)", True), ("change(id, db)", True), ("save(db, id)", False)]
)
def test_what_may_be_gone_is_asked_for_first(tmp_path: Path, call: str, is_asked: bool) -> None:
    done = app(tmp_path, PROGRAM.replace("CALL", call), main=MAIN)
    assert done.obstacles == []
    text = done.texts["app/api.py"]
    route = text[text.index("async def x(") :]
    assert ("    if user in db:\n        await db.refresh(user," in route) == is_asked, route
    before, after = answers(tmp_path, done, FILL, ["/x?id=1", "/x?id=2", "/x?id=9"])
    assert before == after
    assert [status for _, status, _ in before] == [200, 200, 404]


ORPHAN = """
@router.get("/drop/{id}")
def drop(id: int, db: Session = Depends(get_db)):
    user = db.get(User, 1)
    note = db.get(Note, id)
    if note in user.notes:
        user.notes.remove(note)
    name = note.owner.name if note.owner else "nobody"
    print(note.place)
    db.commit()
    return [name, note.title, note.place and note.place.name]
"""
PLACES = """

class Place(Base):
    __tablename__ = "places"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
"""


FAMILY = 'relationship(back_populates="owner", cascade="all, delete-orphan")'
PLACED = """    place_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"))
    place: Mapped["Place | None"] = relationship()
"""
HALL = """
with sqlite3.connect("app.db") as db:
    db.execute("create table places (id integer primary key, name text)")
    db.execute("alter table notes add column place_id integer")
    db.execute("insert into places (name) values ('hall')")
    db.execute("update notes set place_id = 1")
"""


def test_what_is_gone_still_leads_to_what_a_commit_expires(tmp_path: Path) -> None:
    """An orphan keeps what it has; the place that it has is still there, and has to be loaded again."""
    models = MODELS.replace('relationship(back_populates="owner")', FAMILY) + PLACED + PLACES
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": models, "app/main.py": MAIN}
    done = convert(tmp_path, {**files, "app/api.py": HEADER + ORPHAN})
    assert done.obstacles == []
    assert "    elif note.place is not None and note.place in db:\n" in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, FILL + HALL, ["/drop/1", "/drop/3"])
    assert before == after
    assert [status for _, status, _ in before] == [200] * 2


EMPTIED = """
from sqlalchemy.orm import selectinload


@router.get("/empty/{id}")
def empty(id: int, db: Session = Depends(get_db)):
    note = db.get(Note, id)
    if note is None:
        raise HTTPException(404)
    for other in note.owner.notes:
        if other.place and other.id != id:
            db.delete(other.place)
    if note.place:
        try:
            db.delete(note.place)
        except Exception:
            raise HTTPException(500)
    db.delete(note)
    db.commit()
    return [each.title for each in db.scalars(select(Note))]


@router.get("/loaded/{id}")
def loaded(id: int, db: Session = Depends(get_db)):
    query = select(Note).options(selectinload(Note.place)).where(Note.id == id)
    note = db.scalars(
        query.options(selectinload(Note.owner).selectinload(User.notes).selectinload(Note.place))
    ).first()
    if note is None:
        raise HTTPException(404)
    for other in note.owner.notes:
        if other.place and other.id != id:
            db.delete(other.place)
    if note.place:
        db.delete(note.place)
    db.commit()
    return [each.title for each in db.scalars(select(Note))]
"""


def test_what_a_deletion_may_change_is_loaded_once_and_not_where_the_query_loads_it(tmp_path: Path) -> None:
    models = MODELS + PLACED + PLACES
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": models, "app/main.py": MAIN}
    done = convert(tmp_path, {**files, "app/api.py": HEADER + EMPTIED})
    assert done.obstacles == []
    first, second = done.texts["app/api.py"].split("async def loaded(")
    assert first.count("await db.refresh(") == 1
    assert 'db.delete(other.place)\n    await db.refresh(note, ["place"])\n    if note.place:\n' in first
    assert "refresh" not in second
    before, after = answers(tmp_path, done, FILL + HALL, ["/empty/1", "/loaded/3", "/empty/9"])
    assert before == after
    assert [status for _, status, _ in before] == [200, 200, 404]


def test_a_row_that_the_database_may_have_deleted_with_another_one_is_not_refreshed(tmp_path: Path) -> None:
    """`refresh` would raise, and what is there is loaded when it is read."""
    placed = PLACED.replace('"places.id"', '"places.id", ondelete="CASCADE"')
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MODELS + placed + PLACES}
    text = convert(tmp_path, {**files, "app/api.py": HEADER + EMPTIED}).texts["app/api.py"]
    assert "db.delete(other.place)\n    await db.run_sync(lambda _: note.place)\n    if note.place:\n" in text


LEADS_ON = """
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import joinedload


class Orm(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class PlaceOut(Orm):
    name: str


class NoteOut(Orm):
    title: str
    place: PlaceOut | None


class UserOut(Orm):
    name: str
    notes: list[NoteOut]


def not_found(id: int):
    raise HTTPException(404, f"no user {id}")


@router.get("/x/{id}", response_model=UserOut)
def x(id: int, db: Session = Depends(get_db)):
    user = db.query(User).options(joinedload(User.notes)).filter(User.id == id).first()
    if not user:
        not_found(id)
    for note in user.notes:
        LOOP
    db.delete(user)
    DONE
    return user
"""


@pytest.mark.parametrize("loop", ["db.delete(note)", "note.owner_id", "note.place and db.delete(note)"])
@pytest.mark.parametrize("done", ["db.commit()", "db.flush()", "pass"])
def test_all_that_one_leads_to_which_is_gone_is_loaded_again(tmp_path: Path, loop: str, done: str) -> None:
    models = MODELS.replace("owner_id: Mapped[int]", "owner_id: Mapped[int | None]") + PLACED + PLACES
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": models, "app/main.py": MAIN}
    program = HEADER + LEADS_ON.replace("LOOP", loop).replace("DONE", done)
    converted = convert(tmp_path, {**files, "app/api.py": program})
    assert converted.obstacles == []
    text = converted.texts["app/api.py"]
    assert "user is not None" not in text  # who is not there was told so
    assert ("if user in db" in text) == (done == "pass")
    before, after = answers(tmp_path, converted, FILL + HALL, ["/x/1", "/x/2", "/x/9"])
    assert before == after
    assert [status for _, status, _ in before][2] == 404


MAYBE = """
def tell(id: int):
    ENDS


@router.get("/x/{id}")
def x(id: int, db: Session = Depends(get_db)):
    user = db.query(User).filter(User.id == id).first()
    if user is None:
        tell(id)
    db.commit()
    return [note.title for note in user.notes] if user else []
"""


@pytest.mark.parametrize(
    ("ends", "is_guarded"),
    [
        ("raise HTTPException(404)", False),
        ("print(id)\n    raise HTTPException(404)", False),
        ("if id > 5:\n        return\n    raise HTTPException(404)", True),
        ("if id < 5:\n        raise HTTPException(404)", True),
        ("yield id\n    raise HTTPException(404)", True),
        ("def inner():\n        raise HTTPException(404)\n    inner", True),
        ("print(id)", True),
    ],
)
def test_a_helper_that_always_raises_says_that_one_is_there(
    tmp_path: Path, ends: str, is_guarded: bool
) -> None:
    done = app(tmp_path, MAYBE.replace("ENDS", ends), main=MAIN)
    assert done.obstacles == []
    assert ("if user is not None:\n        await db.refresh(user" in done.texts["app/api.py"]) == is_guarded
    before, after = answers(tmp_path, done, FILL, ["/x/1", "/x/9"])
    assert before == after


@pytest.mark.parametrize(
    ("work", "is_guarded"),
    [
        ("db.refresh(user)", False),
        ("db.add(user)", False),
        ("db.add_all([user])", True),
        ("print(user)", True),
    ],
)
def test_a_session_that_took_an_object_shows_that_it_is_there(
    tmp_path: Path, work: str, is_guarded: bool
) -> None:
    body = MAYBE.replace("ENDS", "pass").replace("    db.commit()\n", f"    {work}\n    db.commit()\n")
    done = app(tmp_path, body, main=MAIN)
    assert done.obstacles == []
    assert ("if user is not None:" in done.texts["app/api.py"]) == is_guarded
    before, after = answers(tmp_path, done, FILL, ["/x/1", "/x/2"])
    assert before == after


IN_BULK = """
from sqlalchemy import delete


def clear(db: Session, id: int):
    db.execute(delete(Note).where(Note.owner_id == id))


@router.get("/query/{id}")
def by_query(id: int, db: Session = Depends(get_db)):
    note = db.query(Note).filter(Note.id == id).first()
    owner = db.query(User).first()
    deleted = db.query(Note).filter(Note.id == id).delete()
    db.commit()
    return {"title": note.title, "deleted": deleted, "owner": owner.name} if note else None


@router.get("/statement/{id}")
def by_statement(id: int, db: Session = Depends(get_db)):
    note = db.query(Note).filter(Note.owner_id == id).first()
    clear(db, id)
    db.commit()
    return note.title


@router.get("/undone/{id}")
def undone(id: int, db: Session = Depends(get_db)):
    user = db.get(User, id)
    query = db.query(User).filter(User.id == id)
    query.delete()
    db.rollback()
    return user.name
"""


def test_what_a_query_deletes_is_not_refreshed(tmp_path: Path) -> None:
    """The session drops it with its values, and the code sends those: `refresh` would raise."""
    done = app(tmp_path, IN_BULK, main=MAIN)
    assert done.obstacles == []
    text = done.texts["app/api.py"]
    assert text.count("note is not None and note in db:") + text.count("if note in db:") == 2, text
    assert "owner in db" not in text
    before, after = answers(
        tmp_path, done, FILL, ["/query/1", "/query/9", "/undone/1", "/statement/2", "/statement/2"]
    )
    assert before == after
    assert [status for _, status, _ in before] == [200, 200, 200, 200, 500]


LET_GO = """
def current(db: Session = Depends(get_db)):
    try:
        return db.get(User, 1)
    finally:
        CLOSED


@router.get("/x")
def x(user: User = Depends(current), db: Session = Depends(get_db)):
    note = Note(title="new", owner_id=user.id)
    db.add(note)
    db.commit()
    return [user.name, note.title, user in db]
"""


@pytest.mark.parametrize(("closed", "is_asked"), [("db.close()", True), ("print(db)", False)])
def test_what_a_dependency_has_let_go_keeps_what_it_has(tmp_path: Path, closed: str, is_asked: bool) -> None:
    done = app(tmp_path, LET_GO.replace("CLOSED", closed), main=MAIN)
    assert done.obstacles == []
    text = done.texts["app/api.py"]
    assert ("    if user in db:\n        await db.refresh(user)" in text) == is_asked, text
    assert "    await db.refresh(note)\n" in text
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before == after
    assert before[0][1] == 200


OF_MIDDLEWARE = (
    MAIN.replace("from fastapi import FastAPI", "from fastapi import FastAPI, Request").replace(
        "from app.api import router\n", "from app.api import router\nfrom app.db import SessionLocal\n"
    )
    + """

@app.middleware("http")
async def session_of_request(request: Request, call_next):
    request.state.db = SessionLocal()
    try:
        return await call_next(request)
    finally:
        request.state.db.close()
"""
)


def test_what_a_middleware_closes_at_its_end_is_not_let_go_before(tmp_path: Path) -> None:
    given = LET_GO.replace("CLOSED", "print(db)").replace("Depends(get_db)", "Depends(of_request)")
    provider = "\n\ndef of_request(request: Request) -> Session:\n    return request.state.db\n\n"
    done = app(tmp_path, "\nfrom fastapi import Request\n" + provider + given, main=OF_MIDDLEWARE)
    assert done.obstacles == []
    text = done.texts["app/api.py"]
    assert "    await db.refresh(user)\n" in text
    assert " in db:" not in text, text
    assert "await request.state.db.close()" in done.texts["app/main.py"]
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before == after
    assert before[0][1] == 200
