"""A session that a module keeps for everybody: threads wait for each other there, tasks of a loop do not."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import app

KEPT = "from app.db import SessionLocal\n\nkept = SessionLocal()\n"
COUNT = "def count():\n    return kept.query(User).count()\n"


@pytest.mark.parametrize(
    "handlers",
    [
        f"kept = SessionLocal()\n\n@router.get('/users')\n{COUNT}",
        f"kept = SessionLocal()\n\n{COUNT}\n@router.get('/users')\ndef users():\n    return count()\n",
        f"from app.kept import kept\n\n@router.get('/users')\n{COUNT}",
        "from app import kept\n\n@router.get('/users')\ndef users():\n    return kept.kept.query(User).count()\n",
        "kept = SessionLocal()\n\ndef provide():\n    yield kept\n\n@router.get('/users')\n"
        "def users(db: Session = Depends(provide)):\n    return db.query(User).count()\n",
    ],
)
def test_requests_that_share_a_session_keep_the_database_sync(tmp_path: Path, handlers: str) -> None:
    done = app(tmp_path, handlers, kept=KEPT)
    assert any("all requests share the session" in text for text in done.obstacles), done.obstacles
    assert done.texts == {}


REPOSITORY = """
class Repository:
    def __init__(self, session: Session):
        self.session = session

    def count(self):
        return self.session.query(User).count()


class Service:
    def __init__(self, repository: Repository):
        self.repository = repository

    def count(self):
        return self.repository.count()


class Lazy:
    def __init__(self):
        self.made = None

    def count(self):
        if self.made is None:
            self.made = SessionLocal()
        return self.made.query(User).count()


class Single:
    one = None

    def __init__(self):
        self.session = SessionLocal()

    @classmethod
    def instance(cls):
        if cls.one is None:
            cls.one = cls()
        return cls.one


"""
ASKED = "@router.get('/users')\ndef users():\n    return "
GIVEN = "@router.get('/users')\ndef users(kept: {} = Depends(give)):\n    return kept.{}\n"
OUTLIVING = {
    "repository": f"kept = Repository(SessionLocal())\n\n{ASKED}kept.count()\n",
    "service": f"kept = Service(Repository(next(get_db())))\n\n{ASKED}kept.count()\n",
    "lazy": f"kept = Lazy()\n\n{ASKED}kept.count()\n",
    "single": f"{ASKED}Single.instance().session.query(User).count()\n",
    "given": "kept = Repository(SessionLocal())\n\ndef give():\n    return kept\n\n"
    + GIVEN.format("Repository", "count()"),
    "cached": "from functools import lru_cache\n\n@lru_cache\ndef give():\n    return Repository(SessionLocal())\n\n"
    + GIVEN.format("Repository", "count()"),
    "cached_session": "import functools\n\n@functools.lru_cache(maxsize=1)\ndef give():\n    return SessionLocal()\n\n"
    + GIVEN.format("Session", "query(User).count()"),
    "class_body": f"class Users:\n    session = SessionLocal()\n\n    def count(self):\n        return self.session.query(User).count()\n\n{ASKED}Users().count()\n",
    "default": f"def count(session: Session = SessionLocal()):\n    return session.query(User).count()\n\n{ASKED}count()\n",
    "dictionary": f"kept = {{'db': SessionLocal()}}\n\n{ASKED}kept['db'].query(User).count()\n",
    "state": "from fastapi import FastAPI\n\napp = FastAPI()\n\n@app.on_event('startup')\ndef start():\n    app.state.db = SessionLocal()\n\n"
    "@app.get('/users')\ndef users():\n    return app.state.db.query(User).count()\n",
}


@pytest.mark.parametrize("handlers", OUTLIVING.values(), ids=OUTLIVING)
def test_nor_do_they_share_it_through_what_outlives_a_request(tmp_path: Path, handlers: str) -> None:
    done = app(tmp_path, REPOSITORY + handlers)
    assert any("all requests share the session" in text for text in done.obstacles), done.obstacles
    assert not any("AsyncSession" in text for text in done.texts.values())


OF_A_REQUEST = {
    "a_name_for_it": "own = Depends(get_db)\n\n@router.get('/users')\ndef users(db: Session = own):\n    return db.query(User).count()\n",
    "an_import_of_it": "from app.given import given\n\n@router.get('/users')\ndef users(db: Session = given):\n    return db.query(User).count()\n",
    "made_for_it": "@router.get('/users')\ndef users(db: Session = Depends(get_db)):\n    return Service(Repository(db)).count()\n",
    "given": "def give(db: Session = Depends(get_db)):\n    return Repository(db)\n\n"
    + GIVEN.format("Repository", "count()"),
    "constructor": "class Users:\n    def __init__(self, db: Session = Depends(get_db)):\n        self.db = db\n\n    def count(self):\n        return self.db.query(User).count()\n\n"
    "@router.get('/users')\ndef users(users: Users = Depends()):\n    return users.count()\n",
    "handed_over": "class Crud:\n    def __init__(self, model):\n        self.model = model\n\n    def count(self, db: Session):\n        return db.query(self.model).count()\n\n"
    "kept = Crud(User)\n\n@router.get('/users')\ndef users(db: Session = Depends(get_db)):\n    return kept.count(db)\n",
    "made_by_it": f"class Counts:\n    def __init__(self, maker):\n        self.maker = maker\n\n    def count(self):\n        with self.maker() as db:\n            return db.query(User).count()\n\nkept = Counts(SessionLocal)\n\n{ASKED}kept.count()\n",
    "cached_engine": f"from functools import lru_cache\n\n@lru_cache\ndef limit():\n    return 3\n\n{ASKED}limit()\n\n@router.get('/all')\ndef all_(db: Session = Depends(get_db)):\n    return db.query(User).limit(limit()).count()\n",
}


@pytest.mark.parametrize("handlers", OF_A_REQUEST.values(), ids=OF_A_REQUEST)
def test_objects_that_a_request_makes_have_a_session_of_their_own(tmp_path: Path, handlers: str) -> None:
    given = "from fastapi import Depends\nfrom app.db import get_db\n\ngiven = Depends(get_db)\n"
    done = app(tmp_path, REPOSITORY + handlers, given=given)
    assert done.obstacles == []
    assert "AsyncSession" in done.texts["app/api.py"]


def test_a_session_of_the_same_name_that_each_request_makes_is_none_of_that(tmp_path: Path) -> None:
    own = "@router.get('/users')\ndef users(kept: Session = Depends(get_db)):\n    return kept.query(User).count()\n"
    made = "@router.get('/all')\ndef everybody():\n    kept = SessionLocal()\n    try:\n        return kept.query(User).count()\n    finally:\n        kept.close()\n"
    assert app(tmp_path, own + made).obstacles == []


def test_a_script_works_alone_with_its_session(tmp_path: Path) -> None:
    script = "from app.db import SessionLocal\nfrom app.models import User\n\n\ndef main():\n    kept.add(User(name='x'))\n    kept.commit()\n\n\nif __name__ == '__main__':\n    kept = SessionLocal()\n    main()\n"
    users = "@router.get('/users')\ndef users(db: Session = Depends(get_db)):\n    return db.query(User).count()\n"
    done = app(tmp_path, users, fill=script)
    assert done.obstacles == []
    assert "    asyncio.run(main())\n" in done.texts["app/fill.py"]
