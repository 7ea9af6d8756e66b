"""The URL of an engine that turns, where others make connections of their own of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, HEADER, MODELS, Outcome, convert

ENGINE = 'create_engine("sqlite:///./app.db", connect_args={"check_same_thread": False})'
USES = """
@router.get("/users")
def users(db: Session = Depends(get_db)):
    return [u.name for u in db.scalars(select(User)).all()]
"""
MAIN = """
import logging
import subprocess

from alembic.config import Config
from fastapi import FastAPI
from sqlalchemy_utils import create_database, database_exists

from app.api import router
from app.db import engine

config = Config("alembic.ini")
app = FastAPI()
app.include_router(router)


def own(url):
    return url.database


"""
SYNC = 'engine.url.set(drivername="postgresql+psycopg2")'
LENT = {
    "database_exists(engine.url)": f"database_exists({SYNC})",
    "create_database(url=engine.url)": f"create_database(url={SYNC})",
    "config.set_main_option('url', str(engine.url))": f"config.set_main_option('url', str({SYNC}))",
    "config.set_main_option('url', f'{engine.url}?x=1')": f"config.set_main_option('url', f'{{{SYNC}}}?x=1')",
    "database_exists(engine.url.render_as_string())": f"database_exists({SYNC}.render_as_string())",
    "subprocess.run(['pg_dump', str(engine.url)])": f"subprocess.run(['pg_dump', str({SYNC})])",
    "database_exists(engine.url.set(database='x'))": f"database_exists({SYNC}.set(database='x'))",
}
SHOWN = [
    "logging.info(engine.url)",
    "print(str(engine.url))",
    "database_exists(engine.url.database)",
    "own(engine.url)",
]


def project(
    folder: Path, line: str, engine: str, requirements: str = "asyncpg\npsycopg2\nsqlalchemy\n"
) -> Outcome:
    files = {
        "app/__init__.py": "",
        "app/db.py": "import os\n" + DATABASE.replace(ENGINE, engine),
        "app/models.py": MODELS,
        "app/api.py": HEADER + USES,
        "app/main.py": f"{MAIN}{line}\n",
    }
    return convert(folder, files, f"fastapi\n{requirements}")


POSTGRESQL = 'create_engine("postgresql+psycopg2://h/x")'


@pytest.mark.parametrize("line", LENT)
def test_who_makes_sync_connections_of_it_keeps_the_driver(tmp_path: Path, line: str) -> None:
    done = project(tmp_path, line, POSTGRESQL)
    assert done.obstacles == []
    assert f"\n{LENT[line]}\n" in done.texts["app/main.py"]


@pytest.mark.parametrize("line", SHOWN)
def test_what_only_shows_or_asks_stays(tmp_path: Path, line: str) -> None:
    done = project(tmp_path, line, POSTGRESQL)
    assert done.obstacles == []
    assert "app/main.py" not in done.texts


def test_a_driver_of_both_kinds_needs_no_other(tmp_path: Path) -> None:
    done = project(
        tmp_path,
        "database_exists(engine.url)",
        'create_engine("postgresql+psycopg://h/x")',
        "psycopg\nsqlalchemy\n",
    )
    assert done.obstacles == []
    assert "app/main.py" not in done.texts


def test_a_driver_that_only_the_environment_names_keeps_the_database(tmp_path: Path) -> None:
    done = project(tmp_path, "database_exists(engine.url)", 'create_engine(os.environ["DATABASE_URL"])')
    assert any("engine.url is lent" in text for text in done.obstacles)
    assert done.texts == {}


def test_the_name_of_a_driver_that_is_none_is_that_of_the_database(tmp_path: Path) -> None:
    line = "is_postgresql = engine.url.drivername == 'postgresql'"
    done = project(tmp_path, line, 'create_engine("postgresql://h/x")')
    assert done.obstacles == []
    assert "\nis_postgresql = engine.url.get_backend_name() == 'postgresql'\n" in done.texts["app/main.py"]


@pytest.mark.parametrize("asked", ["'postgresql'", "('postgres', 'postgresql')"])
def test_the_name_of_a_driver_begins_with_that_of_the_database(tmp_path: Path, asked: str) -> None:
    line = f"is_postgresql = engine.url.drivername.startswith({asked})"
    done = project(tmp_path, line, 'create_engine(os.environ["DATABASE_URL"])')
    assert done.obstacles == []
    assert "app/main.py" not in done.texts


@pytest.mark.parametrize(
    "asks",
    [
        "engine.url.drivername == 'postgresql+psycopg2'",
        "engine.url.drivername.startswith('postgresql+')",
        "'psycopg2' in engine.url.drivername",
    ],
)
def test_the_name_of_a_driver_keeps_the_database(tmp_path: Path, asks: str) -> None:
    done = project(tmp_path, f"is_psycopg2 = {asks}", POSTGRESQL)
    assert any("drivername comes to name an async driver" in text for text in done.obstacles)
