"""Functions that get a session, and of which no annotation says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import FILL, MAIN, answers, app

CLASS = """
class Names:
    @classmethod
    def get(cls, db, key: int, default=None):
        user = db.get(User, key)
        return user.name if user else default

    @classmethod
    def get_text(cls, db, key: int) -> str:
        return str(cls.get(db, key, ""))

    @staticmethod
    def unused(db, key: int) -> str:
        return Names.get(db, key)


@router.get("/name")
def name(id: int = 1, db: Session = Depends(get_db)):
    return [Names.get(db, id), Names.get_text(db, id)]


def many(data: dict):
    return [{}]
"""


def test_calls_that_pass_something_else_are_not_looked_at(tmp_path: Path) -> None:
    others = ", ".join(f"data.get('{n}')" for n in range(70))
    done = app(tmp_path, CLASS.format(others), main=MAIN)
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL, ["/name", "/name?id=9"])
    assert before == after
    assert [text for _, _, text in before] == ['["ann","ann"]', '[null,""]']
    assert "    async def unused(db, key: int) -> str:\n        return await" in done.texts["app/api.py"]


@pytest.mark.parametrize("other", ["data.get('{}', 1)", "data.get(*'{}')"])
def test_where_too_many_may_be_one_the_session_is_unknown(tmp_path: Path, other: str) -> None:
    """Nothing in there was awaited, and the request answered 500."""
    others = ", ".join(other.format(n) for n in range(70))
    namesake = "\n\ndef size(db: dict) -> int:\n    return len(db)\n"
    done = app(tmp_path, CLASS.format(others) + namesake)
    assert any("Names.get is handed db, and nobody knows what else db may be" in t for t in done.obstacles)
    assert "app/db.py" not in done.texts
