"""Functions that nobody calls, with a session that nobody knows: they keep nothing sync."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import FILL, MAIN, Outcome, answers, app

MIXIN = """
class Crud:
    @classmethod
    def read(cls, db_session, given):
        return db_session.query(cls).filter(given).all()
"""
HANDLER = """
from app.crud import Crud


@router.get("/users")
def users(db: Session = Depends(get_db)):
    return [user.name for user in db.query(User).order_by(User.id).all()]
"""


def program(folder: Path, more: str = "") -> Outcome:
    return app(folder, HANDLER + more, crud=MIXIN, main=MAIN)


def test_what_nobody_calls_stays_and_is_told(tmp_path: Path) -> None:
    done = program(tmp_path)
    assert done.obstacles == []
    assert "app/crud.py" not in done.texts
    assert any("db_session.query" in note and "nothing here calls it" in note for note in done.notes)
    before, after = answers(tmp_path, done, FILL, ["/users"])
    assert after == before


@pytest.mark.parametrize(
    "more",
    [
        "\n\ndef find(thing, db):\n    return thing.read(db, True)\n",  # it may be that one
        "\n\nREADERS = {'crud': Crud.read}\n",
        "\n\ndef find(name, db):\n    return getattr(Crud, name)(db, True)\n",
        "from shop import guess\n\n\ndef found():\n    return len(Crud.read(guess(), True))\n\n\nrouter.get('/f')(found)\n",
    ],
)
def test_what_may_be_called_stands_in_the_way(tmp_path: Path, more: str) -> None:
    done = program(tmp_path, more)
    assert any("nobody knows whether it works on this database" in text for text in done.obstacles)
