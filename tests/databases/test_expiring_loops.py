"""Loops in which every turn commits: what they go over is loaded again behind them, not in each turn."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import FILL, MAIN, answers, app

TURN = "users = db.query(User).order_by(User.id).all()\n    for user in users:\n        user.name += '!'\n"
NAMES = "return [user.name for user in users]"

BEHIND = "for each in users:\n        await db.refresh(each)\n"


@pytest.mark.parametrize(
    ("body", "is_loaded"),
    [
        (f"{TURN}        db.commit()\n    {NAMES}", True),
        (f"{TURN}        db.commit()\n        db.refresh(user)\n    {NAMES}", True),
        (f"{TURN}        db.commit()\n        print(user.name)\n    {NAMES}", True),
        (f"{TURN}        db.commit()\n    return len(users)", False),
        (f"{TURN}        db.commit()\n    return {{}}", False),
        (f"{TURN}        db.commit()\n    for user in users:\n        db.refresh(user)\n    {NAMES}", False),
    ],
)
def test_they_are_loaded_once_behind_the_loop(tmp_path: Path, body: str, is_loaded: bool) -> None:
    text = check(tmp_path, body)
    assert text.count("for each in users") == is_loaded
    assert (f"\n    {BEHIND}" in text) is is_loaded


@pytest.mark.parametrize(
    "body",
    [
        f"{TURN}        db.commit()\n        print([each.name for each in users])\n    {NAMES}",
        f"{TURN}        db.commit()\n        user.name += '?'\n    {NAMES}",
        f"{TURN}        if user.id == 1:\n            db.commit()\n    {NAMES}",
        f"{TURN}        db.commit()\n        if user.id == 1:\n            {NAMES}\n    {NAMES}",
    ],
)
def test_in_each_turn_where_they_are_read_or_changed_before(tmp_path: Path, body: str) -> None:
    text = check(tmp_path, body)
    assert f"\n    {BEHIND}" not in text
    assert "for each in users:" in text


def check(folder: Path, body: str) -> str:
    done = app(folder, f'\n@router.get("/x")\ndef x(db: Session = Depends(get_db)):\n    {body}\n', main=MAIN)
    assert done.obstacles == []
    before, after = answers(folder, done, FILL, ["/x"])
    assert before[0][1] == 200
    assert before == after
    return done.texts["app/api.py"]
