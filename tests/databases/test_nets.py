"""Tables that are all related to each other: what a model reads of them is found without going every way."""

from __future__ import annotations

import time

from small_projects import APP, migrate

_MANY = 14
_LONG = 60.0
"""Seconds; the ways through the net would take years."""


def _tables() -> str:
    text = "from sqlmodel import Field, Relationship, Session, SQLModel, create_engine, select\n\n"
    for n in range(_MANY):
        others = [other for other in range(_MANY) if other != n]
        keys = "".join(f'    t{o}_id: int = Field(foreign_key="t{o}.id")\n' for o in others)
        ties = "".join(
            f'    t{o}: "T{o}" = Relationship(sa_relationship_kwargs={{"foreign_keys": "T{n}.t{o}_id"}})\n'
            for o in others
        )
        text += f"\nclass T{n}(SQLModel, table=True):\n    id: int = Field(primary_key=True)\n{keys}{ties}"
    return text


def test_a_net_of_tables_is_gone_through_once() -> None:
    routes = (
        'engine = create_engine("sqlite:///x.db")\n\n\ndef get_db():\n    with Session(engine) as db:\n'
        '        yield db\n\n\n@app.get("/t", response_model=list[T0])\n'
        "def rows(db: Session = Depends(get_db)):\n"
        "    return db.exec(select(T0)).all()\n"
    )
    head = "from fastapi import Depends\n\nfrom app.tables import *\n\n\n"
    begun = time.monotonic()
    done = migrate({"app/__init__.py": "", "app/tables.py": _tables(), "app/main.py": APP + head + routes})
    assert time.monotonic() - begun < _LONG
    assert "async def rows(db: AsyncSession = Depends(get_db)):\n" in done.texts["app/main.py"]
