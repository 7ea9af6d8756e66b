"""Sessions that a function does not name: a variable of the context has it, or a base class keeps it."""

from __future__ import annotations

from pathlib import Path

from db_programs import DATABASE, FILL, HEADER, MAIN, MODELS, answers, convert, squeezed

IN_CONTEXT = """
from contextvars import ContextVar
from functools import wraps

_session: ContextVar[Session | None] = ContextVar("session", default=None)


def current() -> Session:
    found = _session.get()
    if found is None:
        raise RuntimeError
    return found


def transactional(function):
    @wraps(function)
    def wrapper(*args, **kwargs):
        with SessionLocal() as db:
            token = _session.set(db)
            try:
                result = function(*args, **kwargs)
                db.commit()
                return result
            finally:
                _session.reset(token)

    return wrapper


@transactional
def rename(id: int, name: str):
    user = current().scalars(select(User).where(User.id == id)).one()
    user.name = name
    return [note.title for note in user.notes]


@router.get("/rename/{id}")
def renaming(id: int, name: str):
    return rename(id, name)
"""
KEPT = """
class Repository:
    def __init__(self, session: Session):
        self.session = session

    def get(self, model, id: int):
        return self.session.get(model, id)


class Users(Repository):
    def titles(self, user: User):
        return [note.title for note in user.notes]


class Unseen(Repository):
    def __init__(self, session: Session):
        self.__session = session


@router.get("/note/{id}")
def note(id: int, db: Session = Depends(get_db)):
    return Users(db).get(Note, id).title


@router.get("/titles/{id}")
def titles(id: int, db: Session = Depends(get_db)):
    users = Users(db)
    return users.titles(users.get(User, id))
"""
AS_DICT = """
def find(db: Session, id: int) -> User:
    return db.scalars(select(User).where(User.id == id)).one()


@router.get("/dict/{id}")
def as_dict(id: int, db: Session = Depends(get_db)):
    return find(db, id).as_dict("notes")


@router.get("/first/{id}")
def first(id: int, db: Session = Depends(get_db)):
    return find(db, id).first("notes").title
"""
BY_NAME = """class Base(DeclarativeBase):
    def as_dict(self, *more):
        columns = {c.key: getattr(self, c.key) for c in self.__table__.columns}
        return {**columns, **{name: len(getattr(self, name)) for name in more}}

    def first(self, name):
        return getattr(self, name)[0]
"""


def test_they_load_what_is_read(tmp_path: Path) -> None:
    api = HEADER + IN_CONTEXT + KEPT + AS_DICT
    database = DATABASE.replace("class Base(DeclarativeBase):\n    pass\n", BY_NAME)
    files = {"app/__init__.py": "", "app/db.py": database, "app/models.py": MODELS, "app/main.py": MAIN}
    done = convert(tmp_path, {**files, "app/api.py": api})
    assert done.obstacles == []
    text = squeezed(done.texts["app/api.py"])
    assert squeezed(
        "user = await find(db, id)\n    return await db.run_sync(lambda _: user.as_dict('notes'))"
    ) in text.replace('"', "'")
    urls = ["/rename/1?name=new", "/titles/1", "/dict/1", "/first/1"]
    before, after = answers(tmp_path, done, FILL, urls)
    assert before == after
    assert [status for _, status, _ in before] == [200] * 4


def test_the_session_of_a_base_loads_for_the_class_below(tmp_path: Path) -> None:
    """SQLAlchemy 1.4 has no attributes to await."""
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MODELS, "app/main.py": MAIN}
    done = convert(tmp_path, {**files, "app/api.py": HEADER + KEPT}, "fastapi\nsqlalchemy>=1.4\n")
    assert done.obstacles == []
    assert "await self.session.run_sync(lambda _: user.notes)" in done.texts["app/api.py"]


def test_a_context_variable_is_known_by_what_is_set_in_it(tmp_path: Path) -> None:
    api = HEADER + IN_CONTEXT.replace("_session: ContextVar[Session | None] =", "_session =")
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MODELS, "app/main.py": MAIN}
    done = convert(tmp_path, {**files, "app/api.py": api})
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL, ["/rename/1?name=new"])
    assert before == after
    assert before[0][1] == 200
