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
