"""`id: Any` of a base class says that the classes of tables have one: what theirs is, it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, FILL, HEADER, MAIN, MODELS, Outcome, answers, convert

BASE = """class Base(DeclarativeBase):
    id: Any
    __name__: str
"""
REPOSITORY = """
from typing import Generic, TypeVar

from app.db import Base

T = TypeVar("T", bound=Base)


class Repository(Generic[T]):
    def __init__(self, db: Session, model: type[T]):
        self.db = db
        self.model = model

    def among(self, ids: list[int]) -> list[T]:
        return self.db.query(self.model).filter(self.model.id.in_(ids)).order_by(self.model.id.desc()).all()

    def drop(self, ids: list[int]) -> None:
        query = self.db.query(self.model).filter(self.model.id.in_(ids))
        query.delete(synchronize_session=False)
        self.db.commit()


class Notes(Repository[Note]):
    pass


@router.get("/notes")
def notes(db: Session = Depends(get_db)):
    return [note.title for note in Notes(db, Note).among([1, 3])]


@router.get("/drop")
def drop(db: Session = Depends(get_db)):
    Notes(db, Note).drop([1, 2])
    return db.query(Note).count()
"""


def converted(folder: Path, base: str, models: str = MODELS) -> Outcome:
    database = DATABASE.replace(
        "class Base(DeclarativeBase):\n    pass\n", f"from typing import Any\n\n\n{base}"
    )
    files = {"app/__init__.py": "", "app/db.py": database, "app/models.py": models, "app/main.py": MAIN}
    return convert(folder, {**files, "app/api.py": HEADER + REPOSITORY})


def test_columns_are_what_the_tables_say(tmp_path: Path) -> None:
    done = converted(tmp_path, BASE)
    assert done.obstacles == []
    text = done.texts["app/api.py"]
    assert "self.model.id.in_(ids)" in text
    assert "run_in_threadpool" not in text
    before, after = answers(tmp_path, done, FILL, ["/notes", "/drop", "/notes"])
    assert before == after
    assert [status for _, status, _ in before] == [200] * 3


@pytest.mark.parametrize(
    "base",
    [
        BASE.replace("id: Any", "id: Any = load_ids()").replace(
            "class Base", "from acme import load_ids\n\n\nclass Base"
        ),
        BASE.replace("id: Any", "@classmethod\n    def id(cls) -> Any:\n        return acme.id()").replace(
            "class Base", "import acme\n\n\nclass Base"
        ),
    ],
    ids=["it has a value of its own", "it has a method"],
)
def test_what_the_base_gives_itself_is_not_looked_past(tmp_path: Path, base: str) -> None:
    done = converted(tmp_path, base)
    text = done.texts.get("app/api.py", "")
    assert done.obstacles or "run_in_threadpool" in text
