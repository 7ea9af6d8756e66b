"""Queries that objects keep, and objects that FastAPI calls: both go async with their class, or the database stays."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, FILL, HEADER, MAIN, MODELS, Outcome, answers, convert

KEPT = """
class Users:
    def __init__(self, db: Session):
        self.db = db
        self.query = db.query(User)

    def named(self, name: str):
        return self.query.filter(User.name == name).all()

    def all(self, name: str | None = None):
        query = self.query
        if name:
            query = query.filter(User.name == name)
        return query.order_by(User.id).all()

    def count(self):
        return self.query.count()


@router.get("/kept")
def kept(db: Session = Depends(get_db)):
    users = Users(db)
    names = [[user.name for user in found] for found in (users.named("ann"), users.all(), users.all("bob"))]
    return names, users.count(), users.query.filter(User.id == 2).first().name


"""
BUILT = """
class Search:
    def __init__(self, session: Session):
        self.session = session
        self.found = self.session.query(User)

    def with_notes(self):
        self.found = self.found.join(Note)
        return self

    def named(self, name: str):
        self.found = self.found.filter(User.name == name)
        return self

    def all(self):
        return self.found.all()


@router.get("/built")
def built(db: Session = Depends(get_db)):
    return [user.name for user in Search(db).with_notes().named("ann").all()]


"""
PROPERTY = """
class Everybody:
    def __init__(self, db: Session):
        self.db = db

    @property
    def query(self):
        return self.db.query(User).filter(User.name != "bob")

    def first(self):
        return self.query.first()


@router.get("/property")
def of_property(db: Session = Depends(get_db)):
    return Everybody(db).first().name


"""
CALLED = """
class Exists:
    def __init__(self, name: str):
        self.name = name

    def __call__(self, db: Session = Depends(get_db)):
        if db.query(User).filter(User.name == self.name).first() is None:
            raise HTTPException(403)
        return self.name


class Twice(Exists):
    def __call__(self, db: Session = Depends(get_db)):
        return 2 * super().__call__(db)


def named(name: str):
    return Twice(name)


ann = Exists("ann")


@router.get("/called", dependencies=[Depends(ann)])
def called(twice: str = Depends(named("bob")), db: Session = Depends(get_db)):
    return twice, ann(db), Exists("bob")(db), ann.name


class Counter:
    def __init__(self, db: Session = Depends(get_db)):
        self.db = db

    def __call__(self, name: str):
        return self.db.query(User).filter(User.name == name).count()


@router.get("/counter/{name}")
def counter(name: str, counter: Counter = Depends(), other=Depends(Counter)):
    return counter(name), other(name)


class Never:
    def __init__(self, name: str):
        self.name = name

    def __call__(self, db: Session):
        return self.name

    def count(self, db: Session):
        return 0


class Often(Never):
    def count(self, db: Session):
        return 3


class Counted:
    def __init__(self, name: str):
        self.name = name

    def count(self, db: Session):
        return db.query(User).filter(User.name == self.name).count()


CHECKS = [Exists, Never]
COUNTS = {"counted": Counted, "never": Never}


@router.get("/either/{kind}")
def either(kind: str, db: Session = Depends(get_db)):
    return [check("bob")(db) for check in CHECKS], COUNTS[kind]("bob").count(db), Often("x").count(db)


@router.get("/forbidden", dependencies=[Depends(Exists("eve"))])
def forbidden():
    return 1


"""


def project(folder: Path, code: str) -> Outcome:
    code = f"from typing import Annotated\n{code}"
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MODELS}
    return convert(folder, {**files, "app/api.py": f"{HEADER}\n\n{code}", "app/main.py": MAIN})


def test_the_answers_stay(tmp_path: Path) -> None:
    done = project(tmp_path, KEPT + BUILT + PROPERTY + CALLED)
    assert done.obstacles == []
    urls = ("/kept", "/built", "/property", "/called", "/counter/bob", "/either/counted", "/either/never")
    before, after = answers(tmp_path, done, FILL, (*urls, "/forbidden"))
    assert [status for _, status, _ in before] == [200] * len(urls) + [403]
    assert after == before
    text = done.texts["app/api.py"]
    assert "        self.query = select(User)\n" in text
    assert "        return (await self.db.scalars(self.query.filter(User.name == name))).all()\n" in text
    assert "await users.db.scalar(users.query.filter(User.id == 2).limit(1))" in text
    assert "    def with_notes(self):\n        self.found = self.found.join(Note)\n" in text
    assert "        return (await self.session.scalars(self.found)).unique().all()\n" in text
    assert "    @property\n    def query(self):\n        return select(User)" in text
    assert "    async def __call__(self, db: AsyncSession = Depends(get_db)):\n" in text
    assert "2 * await super().__call__(db)" in text
    assert "def named(name: str):\n    return Twice(name)\n" in text
    assert "    return await counter(name), await other(name)\n" in text
    assert 'return twice, await ann(db), await Exists("bob")(db), ann.name' in text


def test_a_generator_that_is_an_object_provides_async_sessions(tmp_path: Path) -> None:
    code = "class Sessions:\n    def __call__(self):\n        db = SessionLocal()\n        try:\n            yield db\n        finally:\n            db.close()\n\n\nsessions = Sessions()\n\n\n@router.get('/x')\ndef handler(db: Session = Depends(sessions)):\n    return db.query(User).count()\n"
    done = project(tmp_path, code)
    assert done.obstacles == []
    assert "    async def __call__(self):\n" in done.texts["app/api.py"]
    assert "            await db.close()\n" in done.texts["app/api.py"]


NOT_FOLLOWED = "a query is handed on to code that is not followed"
REFUSED = {
    "a session that the object does not keep": (KEPT.replace("        self.db = db\n", ""), NOT_FOLLOWED),
    "queries for different things": (
        BUILT
        + "class Notes(Search):\n    def __init__(self, session: Session):\n        self.session = session\n        self.found = self.session.query(Note)\n",
        NOT_FOLLOWED,
    ),
    "sometimes no query": (
        BUILT.replace(
            "        self.found = self.session",
            "        self.found = None\n        self.found = self.session",
        ),
        NOT_FOLLOWED,
    ),
    "rows under the same name": (
        BUILT.replace(
            "        return self.found.all()",
            "        self.found = self.found.all()\n        return self.found",
        ),
        NOT_FOLLOWED,
    ),
    "a reader of nobody knows what": (
        BUILT + "def rows(search):\n    return search.found.all()\n",
        NOT_FOLLOWED,
    ),
    "a query of the class": (
        "class Users:\n    db = SessionLocal()\n    query = db.query(User)\n\n    def all(self):\n        return self.query.all()\n\n\n@router.get('/x')\ndef handler():\n    return [user.name for user in Users().all()]\n",
        "a query outside a function",
    ),
    "an object among others": (
        CALLED + "CHECKS = [ann]\nFIRST, SECOND = Exists, 1\n",
        "ann is used here for more than to be called",
    ),
    "an object under a key": (
        CALLED + "CHECKS = {}\nCHECKS['ann'] = Exists('ann')\n",
        "Exists('ann') is used here for more than to be called",
    ),
    "an object that is written in several lines": (
        CALLED + "CHECKS = {}\nCHECKS['ann'] = Exists(\n    'ann',\n)\n",
        "Exists(...) is used here for more than to be called",
    ),
    "an object for a thread": (
        CALLED + "import threading\nthreading.Thread(target=ann)\n",
        "ann is used here for more than to be called",
    ),
    "one that is injected for another function": (
        CALLED
        + "@router.get('/x')\ndef handler(some: Counter = Depends()):\n    return list(map(some, ['ann']))\n",
        "some is used here for more than to be called",
    ),
    "one that is injected for a thread": (
        CALLED
        + "import threading\nDep = Annotated[Counter, Depends()]\n\n\n@router.get('/x')\ndef handler(some: Dep):\n    threading.Thread(target=some).start()\n",
        "some is used here for more than to be called",
    ),
    "one that calling it gives": (
        CALLED.replace("        return self.name\n\n\nclass Twice", "        return self\n\n\nclass Twice")
        + "import threading\n@router.get('/x')\ndef handler(db: Session = Depends(get_db)):\n    again = ann(db)\n    threading.Thread(target=again).start()\n",
        "again is used here for more than to be called",
    ),
    "a default": (
        CALLED + "def checked(check=Exists('ann')):\n    return check\n",
        "Exists('ann') is used here for more than to be called",
    ),
    "a call at import": (
        CALLED + "NAME = ann(SessionLocal())\n",
        "__call__() runs when app/api.py is imported",
    ),
    "a call in a lambda": (
        CALLED + "def later(db: Session):\n    return lambda: ann(db)\n",
        "ann(db) runs in a lambda or a class body, where nothing can be awaited",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_not_followed_keeps_the_database(tmp_path: Path, what: str) -> None:
    code, reason = REFUSED[what]
    done = project(tmp_path, code)
    assert any(text.endswith(reason) for text in done.obstacles), done.obstacles
    assert "AsyncSession" not in "".join(done.texts.values())
