"""Objects of which a library reads what it likes: where something may be loaded, the session runs it."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import FILL, MAIN, MODELS, answers, app, squeezed

HEAD = """
from copy import copy
from marshmallow import Schema, fields
from shelf import pack


class UserSchema(Schema):
    name = fields.Str()
    notes = fields.List(fields.Str())


user_schema = UserSchema()


def shown(user):
    return user_schema.dump(user)

"""
LIBRARY = """
class Schema:
    def __init__(self, many=False):
        self.many = many

    def dump(self, given):
        if self.many:
            return [Schema().dump(each) for each in given]
        return given and {"name": given.name, "notes": [note.title for note in given.notes]}


class fields:
    Str = List = lambda *given: given
"""


def handler(body: str) -> str:
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    return f'{HEAD}\n\n@router.get("/x")\ndef x(q: str = "a", db: Session = Depends(get_db)):\n{lines}'


RUN = {
    "users = db.query(User).all()\nreturn UserSchema(many=True).dump(users)": (
        "return await db.run_sync(lambda _: UserSchema(many=True).dump(users))"
    ),
    "return UserSchema(many=True).dump(db.query(User).all())": (
        "users = (await db.scalars(select(User))).all()\n"
        "    return await db.run_sync(lambda _: UserSchema(many=True).dump(users))"
    ),
    "user = db.get(User, 1)\nreturn shown(user)": "return await db.run_sync(lambda _: shown(user))",
    "return UserSchema(many=True).dump([db.get(User, 1), db.get(User, 2)])": (
        "return await db.run_sync(lambda _, items: UserSchema(many=True).dump(items), "
        "[await db.get(User, 1), await db.get(User, 2)])"
    ),
    "return [user_schema.dump(user) for user in db.query(User).all()]": (
        "return await db.run_sync(lambda _: [user_schema.dump(user) for user in users])"
    ),
}
REFUSED = [
    "return user_schema.dump(db.get(User, 1)), UserSchema(many=db.get(User, 2)).dump(db.get(User, 1))",
    "return pack({'user': db.get(User, 1)})",
    "user = db.get(User, 1)\nreturn pack(q, owner=user)",
]
"""Nobody knows how long `pack` computes: the session would run it on the event loop."""
LEFT = {
    "return len(db.scalars(user_schema.dump(select(User))).all())": "user_schema.dump(select(User))",
    "user = db.get(User, 1)\nreturn user_schema.dump([user.name])": "user_schema.dump([user.name])",
    "user = db.get(User, 1)\nreturn pack(user.id)": "await run_in_threadpool(pack, user.id)",
    "user = db.get(User, 1)\nreturn copy(user).name": "copy(user).name",
}


@pytest.mark.parametrize("body", RUN)
def test_the_session_runs_it(tmp_path: Path, body: str) -> None:
    done = app(tmp_path, handler(body), main=MAIN)
    assert done.obstacles == []
    assert squeezed(RUN[body]) in squeezed(done.texts["app/api.py"])


def test_it_answers_the_same(tmp_path: Path) -> None:
    parts = [handler(body).removeprefix(HEAD).replace("x", f"x{n}", 2) for n, body in enumerate(RUN)]
    done = app(tmp_path, HEAD.replace("from shelf import pack\n", "") + "".join(parts), main=MAIN)
    (tmp_path / "marshmallow.py").write_text(LIBRARY)
    before, after = answers(tmp_path, done, FILL, [f"/x{n}" for n in range(len(RUN))])
    assert [code for _, code, _ in before] == [200] * len(RUN)
    assert "two" in before[0][2]
    assert after == before


@pytest.mark.parametrize("body", REFUSED)
def test_where_no_session_can_the_database_stays(tmp_path: Path, body: str) -> None:
    done = app(tmp_path, handler(body))
    assert any("may read notes" in each or "shelf.pack runs" in each for each in done.obstacles)
    assert "AsyncSession" not in "".join(done.texts.values())


def test_what_a_mixin_of_a_library_may_read_keeps_the_database(tmp_path: Path) -> None:
    models = MODELS.replace("class Note(Base)", "class Note(Base, Shown)")
    models = f"from shelf import Shown\n{models}"
    api = "return [note.to_dict() for note in db.query(Note).all()]"
    done = app(tmp_path, handler(api), models=models)
    assert any("to_dict runs where the database is awaited, and may block" in each for each in done.obstacles)


def test_what_may_be_a_session_reads_nothing(tmp_path: Path) -> None:
    """It had been said to read the notes."""
    body = "either = pack(q)\nif q:\n    either = db\nuser = db.get(User, 1)\neither.merge(user)\nreturn 1"
    (obstacle,) = app(tmp_path, handler(body)).obstacles
    assert obstacle.endswith("shelf.pack().merge runs where the database is awaited, and may block")


@pytest.mark.parametrize("body", LEFT)
def test_what_holds_no_relationship_is_left(tmp_path: Path, body: str) -> None:
    done = app(tmp_path, handler(body))
    assert done.obstacles == []
    text = done.texts["app/api.py"]
    assert LEFT[body] in text.replace('"', "'")
    assert "run_sync" not in text
