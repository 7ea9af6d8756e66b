"""Relationships that only functions read which nobody calls: no object is there that would load them."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, FILL, HEADER, MAIN, MODELS, Outcome, answers, convert

PROPERTY = "    @property\n    def titles(self):\n        return [note.title for note in self.notes]\n"
METHOD = "    def has(self, title):\n        return title in self.titles\n"
USER, NOTE = MODELS.split("class Note(Base):")
IDLE = f"{USER.rstrip()}\n\n{PROPERTY}\n{METHOD}\n\nclass Note(Base):{NOTE}"
READ = "@router.get('/x')\ndef x(db: Session = Depends(get_db)):\n"
WORDS = "User.has reads notes, and raises where that is not loaded; nothing here calls it"


def program(folder: Path, body: str, **more: str) -> Outcome:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/models.py": IDLE,
        "app/api.py": f"import acme\n{HEADER}{READ}{lines}",
        "app/main.py": MAIN,
    }
    return convert(folder, files | {path.replace("__", "/") + ".py": text for path, text in more.items()})


@pytest.mark.parametrize(
    "body",
    [
        "user = db.get(User, 1)\nreturn {'name': user.name}",
        "db.add(User(name='eve'))\ndb.commit()\nreturn 1",
        "return [user.name for user in db.query(User).filter(User.id > 0).all()]",
    ],
)
def test_a_method_that_nobody_calls_keeps_no_database_sync(tmp_path: Path, body: str) -> None:
    done = program(tmp_path, body)
    assert done.obstacles == []
    assert sum(WORDS in note for note in done.notes) == 1
    assert "async def" not in done.added("app/models.py")
    (tmp_path / "acme.py").touch()
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before == after
    assert before[0][1] == 200


@pytest.mark.parametrize(
    "body",
    [
        "return acme.show(db.get(User, 1))",
        "return acme.Row(owner=db.get(User, 1))",
        "return getattr(db.get(User, 1), acme.name)()",
        "acme.keep(User.has)\nreturn 1",
        "return [each.has('one') for each in acme.users(db.get(User, 1))]",
        "return [user.has('one') for user in acme.users]",
    ],
)
def test_one_that_may_be_called_unseen_keeps_it_sync(tmp_path: Path, body: str) -> None:
    done = program(tmp_path, body)
    assert not any(WORDS in note for note in done.notes)
    assert done.obstacles != []


def test_one_that_a_test_calls_keeps_it_sync(tmp_path: Path) -> None:
    test = "from app.models import User\n\n\ndef test_has():\n    assert not User(name='ann').has('one')\n"
    done = program(tmp_path, "return db.get(User, 1).name", tests__test_models=test)
    assert not any(WORDS in note for note in done.notes)
    assert any("the relationship notes is loaded when it is read here" in text for text in done.obstacles)


def test_one_that_is_called_has_it_loaded(tmp_path: Path) -> None:
    done = program(tmp_path, "user = db.get(User, 1)\nreturn user.has('one')")
    assert done.obstacles == []
    assert not any(WORDS in note for note in done.notes)
    (tmp_path / "acme.py").touch()
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before == after == [["http://testserver/x", 200, "true"]]
