"""Objects that a commit expires inside of what is sent later: the answer was made before."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import FILL, MAIN, answers, app

MODELS = """
from typing import Any

from pydantic import BaseModel, ConfigDict


class NoteOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    notes: list[NoteOut]


class Answer(BaseModel):
    data: UserOut


class Several(BaseModel):
    data: list[UserOut]


class Envelope(BaseModel):
    data: Any
"""
ONE = "user = db.query(User).filter(User.id == 1).first()\n"
WRAPPED = {
    "a dictionary": ("Answer", ONE + "answer = {'data': user}\ndb.commit()\nreturn answer"),
    "put into it": ("Answer", ONE + "answer = {}\nanswer['data'] = user\ndb.commit()\nreturn answer"),
    "updated": ("Answer", ONE + "answer = {}\nanswer.update(data=user)\ndb.commit()\nreturn answer"),
    "updated by another": ("Answer", ONE + "answer = {}\nanswer.update({'data': user})\ndb.commit()\nreturn answer"),
    "by dict": ("Answer", ONE + "answer = dict(data=user)\ndb.commit()\nreturn answer"),
    "a list": ("list[UserOut]", ONE + "answer = [user]\ndb.commit()\nreturn answer"),
    "of several": ("Several", "users = db.query(User).order_by(User.id).all()\nanswer = {'data': users}\ndb.commit()\nreturn answer"),
    "by an inner function": ("str", ONE + "def name():\n    return user.name\ndb.commit()\nreturn name()"),
    "by a lambda": ("str", ONE + "name = lambda: user.name\ndb.commit()\nreturn name()"),
    "by a generator": ("str", ONE + "names = (each.name for each in [user])\ndb.commit()\nreturn ' '.join(names)"),
    "by a part of a function": ("str", ONE + "from functools import partial\nname = partial(getattr, user, 'name')\ndb.commit()\nreturn name()"),
    "by its key": ("Answer", "user = db.get(User, 1)\nanswer = {'data': user}\ndb.commit()\nreturn answer"),
}  # fmt: skip


def routes(bodies: dict[str, tuple[str, str]]) -> str:
    text = MODELS
    for name, (model, body) in bodies.items():
        lines = "".join(f"    {line}\n" for line in body.splitlines())
        text += f"\n\n@router.get('/{name}', response_model={model})\ndef {name.replace(' ', '_')}(db: Session = Depends(get_db)):\n{lines}"
    return text


def test_what_an_answer_holds_is_loaded_again(tmp_path: Path) -> None:
    done = app(tmp_path, routes(WRAPPED), main=MAIN)
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL, [f"/{name}" for name in WRAPPED])
    assert [status for _, status, _ in before] == [200] * len(WRAPPED)
    assert after == before


@pytest.mark.parametrize(
    "body",
    [
        "user = db.get(User, 1)\nanswer = {'data': user.name}\ndb.commit()\nreturn answer",
        "user = db.get(User, 1)\nanswer = {'data': user}\ndb.commit()\nanswer = {}\nreturn answer",
        "user = db.get(User, 1)\nnote = Note(title='x', owner=user)\ndb.add(note)\ndb.commit()\nreturn note.id",
        "user = db.get(User, 1)\ndef name():\n    return user.name\nfound = name()\ndb.commit()\nreturn found",
        "user = db.get(User, 1)\ndef name(user):\n    return user\ndb.commit()\nreturn name(1)",
        "user = db.get(User, 1)\ncount = len([user])\ndb.commit()\nreturn count",
        "user = db.get(User, 1)\ndb.commit()\nanswer = {'data': 1}\nreturn answer",
        "user = User(name='x')\ndb.add(user)\ndb.commit()\ndb.add(User(name='y'))\ndb.commit()\nreturn 1",
        "user = db.get(User, 1)\nnote = db.get(Note, 1)\nnote.owner = user\ndb.commit()\nreturn note.id",
    ],
)
def test_what_is_not_read_is_not_loaded_again(tmp_path: Path, body: str) -> None:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    done = app(tmp_path, f"\n@router.get('/x')\ndef x(db: Session = Depends(get_db)):\n{lines}")
    assert done.obstacles == []
    assert "refresh(user" not in done.texts["app/api.py"]
