"""Options that are added beside the query's own: two ways to load one relationship are an error of SQLAlchemy."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import FILL, MAIN, answers, app

SCHEMAS = "from pydantic import BaseModel, ConfigDict\nfrom sqlalchemy import orm\nfrom sqlalchemy.orm import joinedload, selectinload, subqueryload\nimport random\n\n\nclass UserOut(BaseModel):\n    model_config = ConfigDict(from_attributes=True)\n    name: str\n\n\nclass NoteOut(BaseModel):\n    model_config = ConfigDict(from_attributes=True)\n    title: str\n    owner: UserOut\n\n\nclass Title(BaseModel):\n    model_config = ConfigDict(from_attributes=True)\n    title: str\n\n\nclass Owner(UserOut):\n    notes: list[Title]\n\n\nclass Full(Title):\n    owner: Owner\n"


def read(folder: Path, body: str, model: str = "Full") -> str:
    lines = "\n".join(f"    {line}" for line in body.split("\n"))
    route = f"\n\n@router.get('/x', response_model={model})\ndef handler(id: int = 1, db: Session = Depends(get_db)):\n{lines}\n"
    done = app(folder, SCHEMAS + route)
    assert done.obstacles == []
    return done.texts["app/api.py"]


@pytest.mark.parametrize(
    ("own", "added"),
    [
        ("joinedload(Note.owner)", "joinedload(Note.owner).selectinload(User.notes)"),
        ("subqueryload(Note.owner)", "subqueryload(Note.owner).selectinload(User.notes)"),
        ("orm.joinedload(Note.owner)", "orm.joinedload(Note.owner).selectinload(User.notes)"),
        ("selectinload(Note.owner)", "selectinload(Note.owner).selectinload(User.notes)"),
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        "return db.query(Note).options({own}).filter(Note.id == id).first()",
        "return db.scalars(select(Note).options({own}).where(Note.id == id)).unique().one()",
        "return db.get(Note, id, options=[{own}])",
        "query = select(Note).where(Note.id == id)\nfull = query.options({own})\nreturn db.scalars(full).unique().first()",
    ],
)
def test_what_the_query_loads_is_loaded_in_its_way(tmp_path: Path, body: str, own: str, added: str) -> None:
    text = read(tmp_path, body.replace("{own}", own))
    assert added in text
    others = text.replace(added, "").replace(own, "")
    assert "load(Note.owner)" not in others


@pytest.mark.parametrize(
    "own",
    [
        "joinedload(Note.owner).joinedload(User.notes)",
        "joinedload(Note.owner).options(joinedload(User.notes))",
    ],
)
def test_what_is_loaded_all_the_way_gets_no_second_option(tmp_path: Path, own: str) -> None:
    text = read(tmp_path, f"return db.query(Note).options({own}).filter(Note.id == id).first()")
    assert text.count("load(Note.owner)") == 1
    assert "options(selectinload" not in text


@pytest.mark.parametrize(
    ("chosen", "becomes"),
    [
        ("random.choice(notes)", '    await db.refresh(note, ["owner"])\n'),
        ("max(notes, key=lambda n: n.id)", '    await db.refresh(note, ["owner"])\n'),
        ("random.sample(notes, 2)", '    for each in note:\n        await db.refresh(each, ["owner"])\n'),
        ("(n for n in notes)", '    for each in note:\n        await db.refresh(each, ["owner"])\n'),
        ("list(notes)", '    for each in note:\n        await db.refresh(each, ["owner"])\n'),
    ],
)
def test_one_of_several_is_no_list(tmp_path: Path, chosen: str, becomes: str) -> None:
    body = f"notes = list(db.scalars(select(Note)).all())\ndb.commit()\nnote = {chosen}\nreturn note"
    text = read(tmp_path, body, "list[NoteOut]" if "for" in becomes else "NoteOut")
    assert becomes in text or "options(selectinload(Note.owner))" in text
    assert ("for each in note:" in text) <= ("for" in becomes)


@pytest.mark.parametrize(
    "chosen", ["vendor.pick(notes)", "(vendor.pick(n) for n in notes)", "vendor.pick(notes) or notes"]
)
def test_what_may_be_one_or_several_is_refused(tmp_path: Path, chosen: str) -> None:
    body = f"    notes = db.query(Note).all()\n    db.commit()\n    note = {chosen}\n    return note\n"
    route = f"\n\n@router.get('/x', response_model=list[NoteOut])\ndef handler(db: Session = Depends(get_db)):\n{body}"
    done = app(tmp_path, f"import vendor\n{SCHEMAS}{route}")
    assert done.obstacles != []
    assert done.texts == {}


def test_what_loads_some_of_the_objects_is_enough(tmp_path: Path) -> None:
    body = "users = db.query(User).options(selectinload(User.notes.and_(Note.title != 'one'))).order_by(User.id).all()"
    handlers = f"from sqlalchemy.orm import selectinload\n\n@router.get('/x')\ndef x(db: Session = Depends(get_db)):\n    {body}\n    return [[note.title for note in user.notes] for user in users]\n"
    done = app(tmp_path, handlers, main=MAIN)
    assert done.obstacles == []
    assert done.texts["app/api.py"].count("selectinload(") == 1
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before == after
    assert before[0][1:] == [200, '[["two"],["three"]]']
