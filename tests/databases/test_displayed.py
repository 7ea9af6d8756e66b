"""A `__repr__` that reads a relationship, of objects that the program shows somewhere, or never."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, FILL, HEADER, MAIN, MODELS, answers, convert

SHOWN = '    def __repr__(self):\n        return f"<Note {self.title} of {self.owner.name}>"\n'
WORDS = "Note.__repr__ reads owner, and raises where that is not loaded"
ROUTE = "\n@router.get('/x')\ndef x(db: Session = Depends(get_db)):\n    note = db.get(Note, 1)\n"


def files(body: str, models: str = MODELS + SHOWN) -> dict[str, str]:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/models.py": models,
        "app/api.py": f"import logging\n{HEADER}{ROUTE}{lines}",
        "app/main.py": MAIN,
    }


def test_one_that_nobody_asks_for_keeps_no_database_sync(tmp_path: Path) -> None:
    done = convert(tmp_path, files("logging.info('found %s', note.id)\nreturn {'title': note.title}"))
    assert done.obstacles == []
    assert sum(WORDS in note for note in done.notes) == 1
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before == after == [["http://testserver/x", 200, '{"title":"one"}']]


@pytest.mark.parametrize(
    "body",
    [
        "return f'{note}'",
        "return {'text': str(note)}",
        "return repr([note])",
        "logging.info('found %s', note)\nreturn 1",
        "print(note)\nreturn 1",
        "return 'found %s' % note",
        "return 'found {}'.format(note)",
        "notes = db.query(Note).all()\nlogging.debug(notes)\nreturn 1",
    ],
)
def test_one_that_is_shown_keeps_it_sync_or_is_loaded(tmp_path: Path, body: str) -> None:
    done = convert(tmp_path, files(body))
    assert not any(WORDS in note for note in done.notes)
    assert any("Note.__repr__ is called by the interpreter" in text for text in done.obstacles)


def test_another_method_is_no_text(tmp_path: Path) -> None:
    models = MODELS + SHOWN.replace("__repr__", "told")
    done = convert(tmp_path, files("return note.told()", models))
    assert not any("__repr__" in note for note in done.notes)
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before == after


LISTED = '    def __repr__(self):\n        return f"<User {self.id} with {self.notes}>"\n'


def with_listed() -> str:
    """Models of which each `__repr__` reads the other one."""
    head, user, note = MODELS.partition("class Note(Base):")
    return f"{head.rstrip()}\n{LISTED}\n\n{user}{note}{SHOWN}"


def test_one_that_only_another_one_shows_which_nobody_asks_for(tmp_path: Path) -> None:
    done = convert(tmp_path, files("return {'title': note.title}", with_listed()))
    assert done.obstacles == []
    assert sum(WORDS in note for note in done.notes) == 1
    assert sum("User.__repr__ reads notes" in note for note in done.notes) == 1
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before == after == [["http://testserver/x", 200, '{"title":"one"}']]


def test_one_that_a_shown_one_shows(tmp_path: Path) -> None:
    done = convert(tmp_path, files("return repr(db.get(User, 1))", with_listed()))
    assert any("Note.__repr__ is called by the interpreter" in text for text in done.obstacles)
    assert any("User.__repr__ is called by the interpreter" in text for text in done.obstacles)
    assert not any("__repr__" in note for note in done.notes)
