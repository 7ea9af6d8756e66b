"""Rows of columns hold plain data: what is done with it holds nobody up, unlike objects of mapped classes."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import app

HANDLER = "from sqlalchemy import func, text\n\n\n@router.get('/x')\ndef handler(db: Session = Depends(get_db)):\n    {body}\n"


@pytest.mark.parametrize(
    "body",
    [
        "return [r.day.isoformat() for r in db.query(func.date(User.name).label('day'), User.id).all()]",
        "return [day.strftime('%d') for name, day in db.query(User.name, func.date(User.name)).all()]",
        "return [r[0].upper() for r in db.query(User.name)]",
        "return db.query(User.name).first().name.upper()",
        "return db.query(User.name).scalar().upper()",
        "return [r.name.upper() for r in db.execute(select(User.name, User.id)).all()]",
        "return [n.upper() for n in db.scalars(select(User.name)).all()]",
        "return [n.upper() for n in db.execute(select(User.name)).scalars().all()]",
        "return [n.upper() for n, _ in db.execute(select(User.name, User.id)).tuples().all()]",
        "return db.scalar(select(func.max(User.name))).upper()",
        "return [r.name.upper() for r in db.execute(text('SELECT name FROM users')).fetchall()]",
        "return db.execute(text('SELECT name FROM users')).scalar().upper()",
        "return {r._asdict()['name'].upper() for r in db.execute(select(User.name)).all()}",
    ],
)
def test_what_columns_hold_is_no_call_that_nobody_knows(tmp_path: Path, body: str) -> None:
    done = app(tmp_path, HANDLER.format(body=body))
    assert done.obstacles == []
    assert "async def handler(db: AsyncSession = Depends(get_db)):" in done.texts["app/api.py"]


@pytest.mark.parametrize(
    "body",
    [
        "return [r[0].notes[0].title for r in db.execute(select(User)).all()]",
        "return [r.User.notes[0].title for r in db.execute(select(User, User.id)).all()]",
        "return [u.notes[0].title for u, n in db.query(User, func.count()).all()]",
        "found = vendor.model()\n    return [r.name.save() for r in db.query(found.name, found.id).all()]",
        "return vendor.rows(db.bind)[0].name.upper()",
    ],
)
def test_what_may_be_an_object_is_no_plain_data(tmp_path: Path, body: str) -> None:
    done = app(tmp_path, f"import vendor\n\n\n{HANDLER.format(body=body)}")
    loads = ("selectinload(User.notes)", "await r.User.awaitable_attrs.notes")
    assert done.obstacles != [] or any(load in done.texts["app/api.py"] for load in loads)


@pytest.mark.parametrize(
    ("parameter", "read"),
    [
        ("order: dict", "order.get('mail').lower()"),
        ("order: dict[str, Any]", "order['lines'][0]['name'].strip()"),
        ("order: dict = Body(...)", "order['mail'].lower()"),
        ("order: list", "order[0].get('mail').lower()"),
        ("mail: EmailStr", "mail.lower().strip()"),
    ],
)
def test_what_a_body_holds_is_plain_data(tmp_path: Path, parameter: str, read: str) -> None:
    head = "from typing import Any\n\nfrom fastapi import Body\nfrom pydantic import EmailStr\n\n\n"
    handler = f"@router.post('/x')\ndef handler({parameter}, db: Session = Depends(get_db)):\n    name = {read}\n    return db.get(User, name).name\n"
    done = app(tmp_path, head + handler)
    assert done.obstacles == []
    assert "async def handler(" in done.texts["app/api.py"]


def test_what_a_library_holds_in_a_dictionary_runs_in_a_thread(tmp_path: Path) -> None:
    handler = "@router.get('/x')\ndef handler(order: dict = Depends(vendor.order), db: Session = Depends(get_db)):\n    order['mail'].send()\n    return db.get(User, 1).name\n"
    done = app(tmp_path, f"import vendor\n\n\n{handler}")
    assert done.obstacles == []
    assert "await run_in_threadpool(order['mail'].send)" in done.texts["app/api.py"]


def test_a_dictionary_of_anything_may_hold_what_blocks(tmp_path: Path) -> None:
    handler = "def helper(order: dict, db: Session):\n    order['send']()\n    return db.get(User, 1).name\n\n\n@router.get('/x')\ndef handler(db: Session = Depends(get_db)):\n    return helper(vendor.order, db)\n"
    done = app(tmp_path, f"import vendor\n\n\n{handler}")
    assert any("cannot be told" in text for text in done.obstacles), done.obstacles
    assert done.texts == {}
