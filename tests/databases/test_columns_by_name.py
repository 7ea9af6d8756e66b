"""What a mapped class has under a name that is computed is a column: lists are sorted and filtered by one."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, FILL, HEADER, MAIN, MODELS, answers, convert

GENERIC = """
from typing import Generic, Type, TypeVar
from app.db import Base

M = TypeVar("M", bound=Base)


class Crud(Generic[M]):
    def __init__(self, model: Type[M]):
        self.model = model

    def sorted(self, db: Session, by: str):
        column = getattr(self.model, by, None)
        if column is None:
            raise HTTPException(400)
        return db.query(self.model).order_by(column.desc()).all()


class UserCrud(Crud[User]):
    pass


user_crud = UserCrud(User)
"""
BODIES = {
    "sorted": "return [u.id for u in db.query(User).order_by(getattr(User, by).desc()).all()]",
    "chosen": "column = getattr(User, by, User.id)\nreturn [u.id for u in db.query(User).order_by(column.desc() if by == 'name' else column.asc()).all()]",
    "filtered": "q = db.query(User)\nif hasattr(User, by):\n    q = q.filter(getattr(User, by).ilike('%b%'))\nreturn [u.id for u in q.all()]",
    "selected": "return [str(n) for n in db.execute(select(getattr(User, by).label('x')).order_by(User.id)).scalars()]",
    "generic": "return [u.name for u in user_crud.sorted(db, by)]",
}
OLD_BASE = DATABASE.replace("DeclarativeBase, sessionmaker", "declarative_base, sessionmaker").replace(
    "class Base(DeclarativeBase):\n    pass", "Base = declarative_base()"
)


def _files(bodies: dict[str, str], database: str) -> dict[str, str]:
    api = HEADER + GENERIC
    for name, body in bodies.items():
        lines = "".join(f"    {line}\n" for line in body.split("\n"))
        api += f'\n\n@router.get("/{name}")\ndef {name}_(by: str, db: Session = Depends(get_db)):\n{lines}'
    more = {"app/__init__.py": "", "app/db.py": database, "app/models.py": MODELS, "app/main.py": MAIN}
    return {**more, "app/api.py": api}


@pytest.mark.parametrize("database", [DATABASE, OLD_BASE], ids=["class", "function"])
def test_a_column_is_asked_for_by_its_name(tmp_path: Path, database: str) -> None:
    done = convert(tmp_path, _files(BODIES, database))
    assert done.obstacles == []
    urls = [f"/{name}?by={by}" for name in BODIES for by in ("id", "name", "nothing")]
    before, after = answers(tmp_path, done, FILL, urls)
    assert {status for _, status, _ in before} == {200, 400, 500}
    assert before == after


def test_a_function_under_that_name_is_not_known_to_be_fast(tmp_path: Path) -> None:
    called = {"called": "db.get(User, 1)\nreturn getattr(User, by)()"}
    text = convert(tmp_path, _files(called, DATABASE)).texts["app/api.py"]
    assert "await run_in_threadpool(getattr(User, by))" in text


def test_nor_does_it_get_the_session(tmp_path: Path) -> None:
    done = convert(tmp_path, _files({"handed": "return getattr(User, by)(db)"}, DATABASE))
    assert any("nobody knows what it does with it" in text for text in done.obstacles)


def test_a_class_of_no_table_says_nothing(tmp_path: Path) -> None:
    plain = GENERIC + "\n\nclass Tools:\n    pass\n"
    files = _files({"tools": "db.get(User, 1)\nreturn getattr(Tools, by).run()"}, DATABASE)
    done = convert(tmp_path, {**files, "app/api.py": files["app/api.py"].replace(GENERIC, plain)})
    assert any("getattr with a name that is computed" in text for text in done.obstacles), done.obstacles


AS_DICT = "{c.name: str(getattr(self, c.name)) for c in self.__table__.columns}"
BY_KEY = "{a.key: str(getattr(self, a.key)) for a in inspect(self).mapper.column_attrs}"


def _with_methods(said: str) -> str:
    found = (
        "    @classmethod\n    def named(cls, db, name: str):\n"
        "        return db.execute(select(cls).where(cls.name == name)).scalar_one_or_none()\n\n"
        f"    def as_dict(self):\n        return {said}\n"
    )
    head = "from sqlalchemy import inspect, select\n"
    return head + MODELS.replace("\n\nclass Note", f"\n{found}\n\nclass Note")


def _shown(said: str) -> dict[str, str]:
    files = _files({"shown": "user = User.named(db, by)\nreturn user.as_dict() if user else None"}, DATABASE)
    api = files["app/api.py"].replace(GENERIC, "")
    return {**files, "app/api.py": api, "app/models.py": _with_methods(said)}


@pytest.mark.parametrize("said", [AS_DICT, BY_KEY], ids=["columns", "mapper"])
def test_what_reads_the_columns_of_an_object_calls_no_function_of_its_class(
    tmp_path: Path, said: str
) -> None:
    done = convert(tmp_path, _shown(said))
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL, ["/shown?by=ann", "/shown?by=nobody"])
    assert [status for _, status, _ in before] == [200, 200]
    assert before == after


def test_what_reads_any_name_may_find_one(tmp_path: Path) -> None:
    said = "{n: str(getattr(self, n)) for n in vars(self)}"
    assert convert(tmp_path, _shown(said)).obstacles


def test_whether_there_is_one_is_part_of_a_statement(tmp_path: Path) -> None:
    lonely = "from sqlalchemy import delete, exists\ngone = db.execute(delete(Note).where(~exists().where(User.id == Note.owner_id, User.name == by)))\ndb.rollback()\nreturn gone.rowcount"
    done = convert(tmp_path, _files({"lonely": lonely}, DATABASE))
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL, ["/lonely?by=ann", "/lonely?by=x"])
    assert [text for _, _, text in before] == ["1", "3"]
    assert before == after
