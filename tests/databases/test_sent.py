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
]
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
    done = app(tmp_path, PROGRAM.replace("REST", rest), main=MAIN)
    assert done.obstacles == []
    assert "refresh" not in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, FILL, ["/look/1"])
    assert before == after
    assert [(status, "new" in str(body)) for _, status, body in before] == [(200, False)]


TITLE = "class Title(BaseModel):\n    model_config = ConfigDict(from_attributes=True)\n    title: str\n"
READ = [
    PROGRAM.replace('/{id}"', '/{id}", response_model=Title').replace("REST", "return note"),
    PROGRAM.replace("get_db))", "get_db)) -> Title").replace("REST", "return note"),
    PROGRAM.replace("REST", 'return {"title": note.title}'),
    PROGRAM.replace("REST", "return dict(title=note.title)"),
    PROGRAM.replace("REST", "return Title.model_validate(note)"),
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
    done = app(tmp_path, f"{head}\n{program}", main=MAIN)
    assert done.obstacles == []
    assert "await db.refresh(note)" in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, FILL, ["/more" if "/more" in program else "/look/1"])
    assert before == after
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
