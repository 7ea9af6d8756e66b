"""Functions that have a second name at the top of another file: `get_db = database.get_db`."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, FILL, HEADER, MAIN, MODELS, Outcome, answers, convert

API = """
from app import crud, db as database

get_db = database.get_db
sessions = database.get_db
all_names = crud.names
again = all_names


def own(db: Session = Depends(sessions)):
    return db.query(User).count()


@router.get("/x")
def x(db: Session = Depends(get_db)):
    return all_names(db)


@router.get("/y")
def y(db: Session = Depends(sessions), number: int = Depends(own)):
    return [number, again(db)]
"""
CRUD = """
def names(db: Session):
    return [user.name for user in db.query(User).order_by(User.id).all()]
"""


def project(folder: Path, api: str) -> Outcome:
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/models.py": MODELS,
        "app/crud.py": HEADER + CRUD,
        "app/api.py": HEADER.replace(", get_db", "") + api,
        "app/main.py": MAIN,
    }
    return convert(folder, files)


def test_all_that_is_done_by_the_second_name_turns_with_the_first(tmp_path: Path) -> None:
    done = project(tmp_path, API)
    assert done.obstacles == []
    text = done.texts["app/api.py"]
    assert "return await all_names(db)" in text
    assert "return [number, await again(db)]" in text
    before, after = answers(tmp_path, done, FILL, ["/x", "/y"])
    assert before == after
    assert [status for _, status, _ in before] == [200, 200]


@pytest.mark.parametrize(
    "more",
    [
        "\n\ndef run(pool):\n    return pool.submit(again, None)\n",
        "\nHOOKS = [sessions]\n",
        "\n\nclass Kept:\n    get = all_names\n",
        "\n\ndef made(it):\n    it.factory = sessions\n",
        "\n\ndef inner():\n    names = again\n    return list(map(names, []))\n",
    ],
)
def test_what_hands_on_the_second_name_keeps_both(tmp_path: Path, more: str) -> None:
    done = project(tmp_path, API + more)
    assert any("handed on" in text or "called" in text for text in done.obstacles), done.obstacles
