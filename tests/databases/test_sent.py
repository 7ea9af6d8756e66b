"""What a commit has expired is sent as it is, where no response model reads it: `{}`."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import FILL, MAIN, MODELS, answers, app

PLAIN = [
    "return note",
    'return {"note": note, "id": id}',
    "return [note, note]",
    "notes = db.query(Note).all()\n    db.commit()\n    return notes",
    'answer = {"note": note}\n    return answer',
    'answer = {}\n    answer["note"] = note\n    answer["more"] = 1\n    return answer',
    "same = note\n    return same",
    "return dict(note=note)",
    "return note if id else {}",
    "return note or {}",
    "if id:\n        return note\n    return {}",
    "return jsonable_encoder(note)",
    "return JSONResponse(content={'note': jsonable_encoder([note])})",
    "return {key: value for key, value in vars(note).items() if key[0] != '_'}",
    "return {key: value for key, value in note.__dict__.items() if key[0] != '_'}",
    "return wrap(note)",
    "answer = wrap(note)\n    return answer",
    "return encode(note)",
]
HELPERS = """
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse


def wrap(note):
    return {"note": note}


def encode(note):
    return {"ok": True, "data": jsonable_encoder(note)}


def described(note):
    return {"note": note, "title": note.title}
"""
PROGRAM = """
@router.get("/look/{id}")
def show(id: int, db: Session = Depends(get_db)):
    note = db.get(Note, id)
    note.title = "new"
    db.commit()
    REST
"""


@pytest.mark.parametrize("rest", PLAIN)
def test_it_is_not_loaded_again(tmp_path: Path, rest: str) -> None:
    done = app(tmp_path, HELPERS + PROGRAM.replace("REST", rest), main=MAIN)
    assert done.obstacles == []
    assert "refresh" not in done.texts["app/api.py"]
    assert "expire_on_commit" not in done.texts["app/db.py"]
    before, after = answers(tmp_path, done, FILL, ["/look/1"])
    assert before == after
    assert [(status, "new" in str(body)) for _, status, body in before] == [(200, False)]


@pytest.mark.parametrize("rest", ["return answer", "return jsonable_encoder(answer)"])
def test_it_is_inside_of_what_is_sent_before_the_commit(tmp_path: Path, rest: str) -> None:
    program = PROGRAM.replace("    db.commit()", '    answer = {"note": note}\n    db.commit()')
    done = app(tmp_path, HELPERS + program.replace("REST", rest), main=MAIN)
    assert done.obstacles == []
    assert "refresh" not in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, FILL, ["/look/1"])
    assert before == after == [["http://testserver/look/1", 200, '{"note":{}}']]


TITLE = "class Title(BaseModel):\n    model_config = ConfigDict(from_attributes=True)\n    title: str\n"
READ = [
    PROGRAM.replace('/{id}"', '/{id}", response_model=Title').replace("REST", "return note"),
    PROGRAM.replace("get_db))", "get_db)) -> Title").replace("REST", "return note"),
    PROGRAM.replace("REST", 'return {"title": note.title}'),
    PROGRAM.replace("REST", "return dict(title=note.title)"),
    PROGRAM.replace("REST", "return Title.model_validate(note)"),
    PROGRAM.replace("REST", 'answer = {"note": note}\n    return answer["note"].title'),
    PROGRAM.replace("REST", 'answer = {"note": note}\n    print(answer["note"].title)\n    return answer'),
    PROGRAM.replace("REST", "return [note.title, jsonable_encoder(note)]"),
    PROGRAM.replace("REST", "return described(note)"),
    PROGRAM.replace("REST", "return [each.title for each in [note]]"),
    # somebody else looks at what it gives
    PROGRAM.replace("REST", "return note")
    + '\n\n@router.get("/more")\ndef more(db: Session = Depends(get_db)):\n    return show(1, db).title\n',
    PROGRAM.replace("REST", "return find(note)").replace(
        "\n@router", "\ndef find(note: Note):\n    return note.title\n\n\n@router"
    ),
    # no route
    PROGRAM.replace('@router.get("/look/{id}")\n', "").replace("REST", "return note")
    + '\n\n@router.get("/look/{id}", response_model=Title)\n'
    "def look(found: Note = Depends(show)):\n    return found\n",
]


@pytest.mark.parametrize("program", READ)
def test_what_is_read_is_loaded_again(tmp_path: Path, program: str) -> None:
    head = f"from pydantic import BaseModel, ConfigDict\n\n\n{TITLE}"
    done = app(tmp_path, f"{HELPERS}{head}\n{program}", main=MAIN)
    assert done.obstacles == []
    assert "await db.refresh(note)" in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, FILL, ["/more" if "/more" in program else "/look/1"])
    assert [sorted(text) for _, _, text in before] == [sorted(text) for _, _, text in after]
    assert [(status, "new" in str(body)) for _, status, body in before] == [(200, True)]


@pytest.mark.parametrize(
    "members",
    [
        "def keys(self):\n        return ['title']\n\n"
        "    def __getitem__(self, key):\n        return getattr(self, key)",
        "def __iter__(self):\n        return iter([('title', self.title)])",
    ],
)
def test_a_class_that_is_read_like_a_dictionary(tmp_path: Path, members: str) -> None:
    models = MODELS.replace(
        '    __tablename__ = "notes"\n', f'    __tablename__ = "notes"\n\n    {members}\n\n'
    )
    done = app(tmp_path, PROGRAM.replace("REST", "return note"), main=MAIN, models=models)
    assert done.obstacles or "await db.refresh(note)" in done.texts["app/api.py"]
