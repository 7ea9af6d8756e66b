"""Alembic runs outside any event loop: what it takes from the application stays sync, or is an obstacle."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, HEADER, MODELS, app, convert

USES = '\n@router.get("/x")\ndef handler(id: int = 1, db: Session = Depends(get_db)):\n    return db.get(User, id).name\n'
ENV = """
from alembic import context
from app import db
from app.db import Base, engine

def run():
    connectable = {engine}
    with connectable.connect() as connection:
        context.configure(connection=connection, target_metadata=Base.metadata)

run()
"""
FILE = 'create_engine("sqlite:///./app.db", connect_args={"check_same_thread": False})'


def migrated(folder: Path, migration: str, engine: str = FILE):
    files = {"app/__init__.py": "", "app/db.py": DATABASE.replace(FILE, engine), "app/models.py": MODELS}
    return convert(folder, {**files, "app/api.py": HEADER + USES, "alembic/env.py": migration})


@pytest.mark.parametrize(
    ("engine", "spelled", "becomes"),
    [
        (FILE, "engine", 'create_engine(engine.url.set(drivername="sqlite"))'),
        (FILE, "db.engine", 'create_engine(db.engine.url.set(drivername="sqlite"))'),
        ('create_engine("postgresql+psycopg2://h/x")', "engine", "create_engine(engine.url)"),
        (
            'create_engine("mysql+pymysql://h/x")',
            "engine",
            'create_engine(engine.url.set(drivername="mysql+pymysql"))',
        ),
    ],
)
def test_the_engine_of_the_application(tmp_path: Path, engine: str, spelled: str, becomes: str) -> None:
    done = migrated(tmp_path, ENV.format(engine=spelled), engine)
    assert done.obstacles == []
    assert f"    connectable = {becomes}\n" in done.texts["alembic/env.py"]
    assert "from sqlalchemy import create_engine\n" in done.texts["alembic/env.py"]


@pytest.mark.parametrize(
    "migration",
    [
        "from alembic import op\nfrom app.db import Base\n\ndef upgrade():\n    Base.metadata.create_all(op.get_bind())\n",
        "from alembic import op\nfrom sqlalchemy.orm import Session\n\ndef upgrade():\n    Session(bind=op.get_bind()).commit()\n",
        "from alembic import context\nfrom sqlalchemy import create_engine\n\nwith create_engine('sqlite:///app.db').connect() as c:\n    context.configure(connection=c)\n",
    ],
)
def test_migrations_with_an_engine_of_their_own(tmp_path: Path, migration: str) -> None:
    done = migrated(tmp_path, migration)
    assert done.obstacles == []
    assert "alembic/env.py" not in done.texts
    assert "AsyncSession" in done.texts["app/api.py"]


@pytest.mark.parametrize(
    ("migration", "words"),
    [
        (
            "from alembic import op\nfrom app.db import SessionLocal\n\ndef upgrade():\n    SessionLocal().commit()\n",
            "uses SessionLocal",
        ),
        (
            "from alembic import op\nfrom app import db\n\ndef upgrade():\n    next(db.get_db()).commit()\n",
            "uses db.get_db",
        ),
        (
            "from alembic import context\nfrom app.db import engine\n\nengine.connect()\nengine.dispose()\n",
            "use engine of the application",
        ),
    ],
)
def test_migrations_that_use_more_of_it(tmp_path: Path, migration: str, words: str) -> None:
    done = migrated(tmp_path, migration)
    assert any(words in text for text in done.obstacles), done.obstacles
    assert done.texts == {}


def test_a_driver_that_nobody_knows(tmp_path: Path) -> None:
    engine = 'create_engine(__import__("os").environ["URL"])'
    files = {"app/__init__.py": "", "app/db.py": DATABASE.replace(FILE, engine), "app/models.py": MODELS}
    everything = {**files, "app/api.py": HEADER + USES, "alembic/env.py": ENV.format(engine="engine")}
    done = convert(tmp_path, everything, "fastapi\nsqlalchemy>=2\nasyncpg\n")
    assert any("use engine of the application" in text for text in done.obstacles), done.obstacles
    assert app(tmp_path / "two", USES).obstacles == []
