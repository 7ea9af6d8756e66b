"""Objects that helpers wrap into the answer: the response model reads them when the helper is done, and no
session runs it any more. Each caller of a helper that all share loads what its own model reads."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from async_fix.codemods.analysis.view import View
from async_fix.codemods.databases.objects.reading.followed import Followed
from db_programs import FILL, MAIN, SCHEMAS, answers, app

PROGRAM = (
    SCHEMAS
    + """

class UserAnswer(BaseModel):
    message: str
    data: UserOut


class NoteAnswer(BaseModel):
    message: str
    data: NoteOut


class Answer:
    @staticmethod
    def success(message, data=None):
        return {"message": message, "data": data}

    @staticmethod
    def found(name, data):
        return Answer.success(f"found {name}", data)


def get_user(db: Session, id: int):
    user = db.get(User, id)
    if not user:
        raise HTTPException(404)
    return Answer.found(user.name, user)


@router.get("/users/{id}", response_model=UserAnswer)
def show(id: int, db: Session = Depends(get_db)):
    return get_user(db, id)


@router.get("/named/{id}", response_model=UserAnswer)
def named(id: int, db: Session = Depends(get_db)):
    user = db.query(User).filter(User.id == id).first()
    answer = Answer.success(data=user, message="named")
    return answer


@router.get("/notes/{id}", response_model=NoteAnswer)
def note(id: int, db: Session = Depends(get_db)):
    return Answer.found("note", db.get(Note, id))


@router.get("/rename/{id}", response_model=UserAnswer)
def rename(id: int, db: Session = Depends(get_db)):
    user = db.get(User, id)
    user.name = user.name.upper()
    db.commit()
    return Answer.found(user.name, user)


@router.get("/drop/{id}", response_model=UserAnswer)
def drop(id: int, db: Session = Depends(get_db)):
    user = db.get(User, id)
    print(user.notes)
    for note in db.query(Note).filter(Note.owner_id == id).all():
        db.delete(note)
    db.delete(user)
    db.commit()
    return Answer.found(user.name, user)
"""
)
URLS = ["/users/1", "/users/9", "/named/1", "/notes/2", "/rename/1", "/drop/1", "/users/2"]


def test_each_caller_loads_what_its_own_answer_reads(tmp_path: Path) -> None:
    done = app(tmp_path, PROGRAM, main=MAIN)
    assert done.obstacles == []
    text = done.texts["app/api.py"]
    assert "run_sync" not in text[: text.index("def drop")]
    assert "if user in db" not in text, "it is gone for good"
    before, after = answers(tmp_path, done, FILL, URLS)
    assert before == after
    assert [status for _, status, _ in before] == [200, 404, 200, 200, 200, 200, 200]


@pytest.mark.parametrize(
    "helper",
    [
        'def wrap(user):\n    print(user.notes)\n    return {"message": "x", "data": user}',
        'def wrap(user):\n    user = user\n    return {"message": "x", "data": user}',
        'def wrap(*users):\n    return {"message": "x", "data": users[0]}',
        'def wrap(user):\n    return more(user)\n\n\ndef more(user):\n    return {"message": "x", "data": user}',
    ],
)
def test_what_a_helper_only_wraps_is_loaded_or_refused(tmp_path: Path, helper: str) -> None:
    """Run by the session, the helper would read nothing, and the answer would fail."""
    start = PROGRAM[: PROGRAM.index("class NoteAnswer")]
    body = "    user = db.get(User, id)\n    return wrap(user)\n"
    route = f'@router.get("/x/{{id}}", response_model=UserAnswer)\ndef x(id: int, db: Session = Depends(get_db)):\n{body}'
    done = app(tmp_path, f"{start}\n\n{helper}\n\n\n{route}", main=MAIN)
    before, after = answers(tmp_path, done, FILL, ["/x/1"])
    assert before == after
    assert [status for _, status, _ in before] == [200]


ENVELOPES = """
from typing import Generic, TypeVar

T = TypeVar("T")


class Envelope(BaseModel, Generic[T]):
    message: str = ""
    data: T | None = None


def envelope(data):
    return Envelope(data=data, message="made")


def typed(data):
    made = Envelope[UserOut](data=data)
    return made


def merged(message, **extra):
    return {"message": message, **extra}


def chained(data):
    answer = {"data": data}
    answer["message"] = "chained"
    return answer


def to_out(user):
    return UserOut(name=user.name, notes=user.notes)


"""
WAYS = {
    "envelope": "return envelope(user)",
    "typed": "return typed(user)",
    "merged": "return merged('x', data=user)",
    "chained": "return chained(user)",
    "named": "answer = dict(message='x', data=user)\n    return answer",
    "added": "answer = {}\n    answer['data'] = user\n    return answer",
    "declared": "answer: dict = {'data': user}\n    return answer",
    "made": "made = Envelope(data=user)\n    return made",
    "out": "return {'data': to_out(user)}",
}
ROUTE = """@router.get("/{name}/{{id}}", response_model=Envelope[UserOut])
def {name}_of(id: int, db: Session = Depends(get_db)):
    user = db.query(User).filter(User.id == id).first()
    {body}


"""


def test_every_way_to_wrap_an_object_reads_what_its_model_does(tmp_path: Path) -> None:
    start = PROGRAM[: PROGRAM.index("class UserAnswer")]
    routes = "".join(ROUTE.format(name=name, body=body) for name, body in WAYS.items())
    done = app(tmp_path, start + ENVELOPES + routes, main=MAIN)
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL, [f"/{name}/1" for name in WAYS])
    assert before == after
    assert [status for _, status, _ in before] == [200] * len(WAYS)


PROMISED = """
class Users:
    def __init__(self, db: Session):
        self.db = db

    def one(self, id: int) -> UserOut:
        return self.db.query(User).filter(User.id == id).first()

    def all(self) -> list[UserOut]:
        found = self.db.query(User).all()
        return found

    def first(self) -> UserOut | None:
        found = self.db.query(User).order_by(User.id).first()
        return found if found else None


@router.get("/one/{id}", response_model=UserOut)
def one(id: int, db: Session = Depends(get_db)):
    return Users(db).one(id)


@router.get("/all")
def every(db: Session = Depends(get_db)) -> list[UserOut]:
    return Users(db).all()


@router.get("/first", response_model=UserOut)
def first(db: Session = Depends(get_db)):
    found = Users(db).first()
    return found
"""


def test_an_annotation_may_promise_the_model_of_what_is_returned(tmp_path: Path) -> None:
    """`-> UserOut` says what the client sees; what is returned is the mapped object, which is read later."""
    done = app(tmp_path, PROGRAM[: PROGRAM.index("class UserAnswer")] + PROMISED, main=MAIN)
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL, ["/one/1", "/all", "/first"])
    assert before == after
    assert [status for _, status, _ in before] == [200] * 3


def test_models_that_hold_each_other_are_followed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On all ways from one to the other they would be followed thousands of times."""
    kinds = range(5)
    models = [
        f"class Out{n}(BaseModel):\n    name: str\n"
        + "".join(f'    held{other}: list["Out{other}"]\n' for other in kinds if other != n)
        for n in kinds
    ]
    makers = [
        f"def out{n}(user):\n    return Out{n}(name=user.name, "
        + ", ".join(f"held{other}=[out{other}(n.owner) for n in user.notes]" for other in kinds if other != n)
        + ")\n"
        for n in kinds
    ]
    route = '@router.get("/users/{id}", response_model=Out0)\ndef show(id: int, db: Session = Depends(get_db)):\n    return out0(db.get(User, id))\n'
    followed: list[str] = []
    follow = Followed._follow

    def counted(self: Followed, view: View, *rest: Any) -> None:
        followed.append(view.path)
        follow(self, view, *rest)

    monkeypatch.setattr(Followed, "_follow", counted)
    done = app(tmp_path, "\n\n".join(["from pydantic import BaseModel\n", *models, *makers, route]))
    assert 50 < len(followed) < 500
    assert [each for each in done.obstacles if "cannot be told" in each] == []
