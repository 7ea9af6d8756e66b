"""Relationships that are read by a name in a text, or by a key function that has no name."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import app, squeezed

HANDLER = "from heapq import nlargest\nfrom itertools import groupby\nfrom operator import attrgetter\n\n\n@router.get('/x')\ndef handler(db: Session = Depends(get_db)):\n"


def handler(body: str) -> str:
    return HANDLER + "".join(f"    {line}\n" for line in body.split("\n"))


OWNER, NOTES = "selectinload(Note.owner)", "selectinload(User.notes)"


@pytest.mark.parametrize(
    ("body", "loads"),
    [
        ("note = db.get(Note, 1)\nreturn getattr(note, 'owner').name", OWNER),
        ("return hasattr(db.get(Note, 1), 'owner')", OWNER),
        ("return [getattr(n, 'owner', None) is None for n in db.query(Note).all()]", OWNER),
        ("return len(nlargest(1, db.query(User).all(), lambda u: len(u.notes)))", NOTES),
        ("return [k for k, _ in groupby(db.query(User).all(), lambda u: len(u.notes))]", NOTES),
        ("note = db.get(Note, 1)\nreturn getattr(note, 'title')", ""),
        ("return getattr(User, 'notes') is None", ""),
        ("note = db.get(Note, 1)\nsetattr(note, 'title', 'x')\nreturn 1", ""),
        ("return [t for t in map(attrgetter('title'), db.query(Note).all())]", ""),
        ("return len(nlargest(1, db.query(User).all(), lambda u: u.name))", ""),
    ],
)
def test_what_is_read_is_loaded(tmp_path: Path, body: str, loads: str) -> None:
    done = app(tmp_path, handler(body))
    assert done.obstacles == []
    text = squeezed(done.texts["app/api.py"])
    assert loads in text
    assert ("selectinload(" in text) is bool(loads)


@pytest.mark.parametrize("name", ["owner", "owner.name"])
def test_what_an_attrgetter_would_load_is_refused(tmp_path: Path, name: str) -> None:
    done = app(tmp_path, handler(f"return len(sorted(db.query(Note).all(), key=attrgetter('{name}')))"))
    assert any("may read a relationship" in text for text in done.obstacles), done.obstacles
    assert "AsyncSession" not in "".join(done.texts.values())
