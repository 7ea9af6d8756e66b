"""Bulk methods of a session, which an async one has below `run_sync` only."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import FILL, MAIN, answers, app, squeezed

HANDLER = "async def load() -> str:\n    return 'new'\n\n\n@router.get('/x')\n{kind} handler(db: Session = Depends(get_db)):\n"


def handler(body: str, kind: str = "def") -> str:
    return HANDLER.format(kind=kind) + "".join(f"    {line}\n" for line in body.split("\n"))


ALL = "db.commit()\nreturn [n.title for n in db.scalars(select(Note).order_by(Note.id)).all()]"


@pytest.mark.parametrize(
    ("body", "becomes"),
    [
        (
            "db.bulk_insert_mappings(Note, [{'title': 'new', 'owner_id': 1}])",
            "db.run_sync(lambda session: session.bulk_insert_mappings(Note, [{'title': 'new', 'owner_id': 1}]))",
        ),
        (
            "session = db.get(User, 1)\ndb.bulk_save_objects([Note(title='new', owner_id=session.id)], return_defaults=True)",
            "db.run_sync(lambda sync_session: sync_session.bulk_save_objects([Note(title='new', owner_id=session.id)], return_defaults=True))",
        ),
    ],
)
def test_many_rows_are_written_at_once(tmp_path: Path, body: str, becomes: str) -> None:
    """An object of the handler's own that is called `session` stays what it is."""
    done = app(tmp_path, handler(f"{body}\n{ALL}"), main=MAIN)
    assert done.obstacles == []
    assert squeezed(f"await {becomes}") in squeezed(done.texts["app/api.py"])
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before == after
    assert before[0][1:] == [200, '["one","two","three","new"]']


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("db.bulk_save_objects([Note(title=await load(), owner_id=1)])", "with an `await` among its arguments"),
        ("db.bulk_save_objects([Note(title=n.title) for n in db.query(Note).all()])", "holds other work"),
        ("save = lambda: db.bulk_save_objects([User(name='x')])\nsave()", "in a lambda"),
    ],
)  # fmt: skip
def test_what_cannot_stand_below_run_sync(tmp_path: Path, body: str, words: str) -> None:
    done = app(tmp_path, handler(f"{body}\n{ALL}", "async def"))
    assert any(words in text for text in done.obstacles), done.obstacles
    assert "AsyncSession" not in "".join(done.texts.values())
