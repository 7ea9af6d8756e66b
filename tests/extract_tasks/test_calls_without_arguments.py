"""Slow work that is told nothing, such as a job that mails all who are to be reminded."""

from __future__ import annotations

from pathlib import Path

from projects import DATABASE, HEAD, LEFT, MAIL, PACKAGES, ROUTES, Migrated, migrate, source

REMIND = '\n\ndef remind_all() -> None:\n    send_welcome("all@example.com", "all")\n'
IMPORTS = """
from fastapi import Depends
from sqlalchemy.orm import Session

from app.db import User, get_db
from app.mail import remind_all


"""


def _migrated(folder: Path, call: str) -> Migrated:
    """In a handler that stays `def`, as its database does."""
    route = f"""
        @router.post("/remind")
        def remind(db: Session = Depends(get_db)):
            user = db.get(User, 1)
            {call}
            return {{"id": user.id}}
    """
    text = HEAD + IMPORTS.lstrip("\n") + source(route)
    more = {ROUTES: text, "app/db.py": DATABASE, "pyproject.toml": LEFT, "app/mail.py": MAIL + REMIND}
    return migrate(folder, {**PACKAGES, **more})


def test_it_is_queued_behind_the_response(tmp_path: Path) -> None:
    done = _migrated(tmp_path, "remind_all()")
    assert "    background_tasks.add_task(remind_all_task.kiq)\n" in done.after[ROUTES]
    assert "def remind_all_task() -> None:\n    remind_all()\n" in done.tasks


def test_a_comment_between_its_brackets_is_kept(tmp_path: Path) -> None:
    done = _migrated(tmp_path, "remind_all(  # all of them\n            )")
    assert "# all of them" in done.after.get(ROUTES, "# all of them")
