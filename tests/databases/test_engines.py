"""The engine: the async driver in the URL, wherever it is written."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from db_programs import DATABASE, HEADER, MODELS, convert

ENGINE = 'create_engine("sqlite:///./app.db", connect_args={"check_same_thread": False})'
USES = """
@router.get("/users")
def users(db: Session = Depends(get_db)):
    return [u.name for u in db.scalars(select(User)).all()]
"""
SETTINGS = """
import os

class Settings:
    url: str = "postgresql+psycopg2://h/x"

    @property
    def built(self) -> str:
        return f"postgresql://{self.url}/x"

settings = Settings()
URL = f"postgresql://{settings.url}/db"
FROM_ENVIRONMENT = os.getenv("DATABASE_URL", "sqlite:///./x.db")
"""


def converted(folder: Path, engine: str, requirements: str, more: Mapping[str, str] | None = None) -> str:
    block = engine if "engine = " in engine else f"engine = {engine}"
    head = "import os\nfrom app import settings as s\nfrom app.settings import settings\n"
    text = head + DATABASE.replace(f"engine = {ENGINE}", block)
    files = {
        "app/__init__.py": "",
        "app/settings.py": SETTINGS,
        "app/db.py": text,
        "app/models.py": MODELS,
        "app/api.py": HEADER + USES,
        **(more or {}),
    }
    done = convert(folder, files, f"fastapi\n{requirements}")
    assert done.obstacles == []
    return done.texts["app/db.py"] + done.texts.get("app/settings.py", "")


TWO = "sqlalchemy>=2\n"
OLD = "sqlalchemy==1.4.41\npsycopg2-binary\n"


@pytest.mark.parametrize(
    ("engine", "requirements", "becomes"),
    [
        ('create_engine("sqlite:///./a.db")', TWO, 'create_async_engine("sqlite+aiosqlite:///./a.db")'),
        ('create_engine("sqlite://")', TWO, 'create_async_engine("sqlite+aiosqlite://")'),
        ('create_engine("postgresql+psycopg://h/x")', TWO, 'create_async_engine("postgresql+psycopg://h/x")'),
        ('create_engine("postgresql://h/x")', TWO, 'create_async_engine("postgresql+psycopg://h/x")'),
        (
            'create_engine("postgresql+psycopg2://h/x")',
            TWO,
            'create_async_engine("postgresql+psycopg://h/x")',
        ),
        (
            'create_engine("postgresql://h/x")',
            TWO + "asyncpg\n",
            'create_async_engine("postgresql+asyncpg://h/x")',
        ),
        ('create_engine("postgresql://h/x")', OLD, 'create_async_engine("postgresql+asyncpg://h/x")'),
        ('create_engine("mysql+pymysql://h/x")', TWO, 'create_async_engine("mysql+aiomysql://h/x")'),
        ('create_engine("mysql://h/x")', TWO + "asyncmy\n", 'create_async_engine("mysql+asyncmy://h/x")'),
        (
            "create_engine(f\"postgresql://{os.environ['H']}/x\")",
            TWO,
            "(f\"postgresql+psycopg://{os.environ['H']}/x\")",
        ),
        ("create_engine(s.URL)", TWO, 'URL = f"postgresql+psycopg://{settings.url}/db"'),
        (
            "create_engine(settings.built)",
            TWO,
            'make_url(settings.built).set(drivername="postgresql+psycopg")',
        ),
        ("create_engine(settings.url)", TWO, 'make_url(settings.url).set(drivername="postgresql+psycopg")'),
        (
            'create_engine(os.environ["URL"])',
            TWO + "psycopg2\n",
            'make_url(os.environ["URL"]).set(drivername="postgresql+psycopg")',
        ),
        (
            "create_engine(s.FROM_ENVIRONMENT)",
            TWO,
            'make_url(s.FROM_ENVIRONMENT).set(drivername="sqlite+aiosqlite")',
        ),
        (
            "create_engine(s.FROM_ENVIRONMENT)",
            TWO + "psycopg2\n",
            "create_async_engine(_async_url(s.FROM_ENVIRONMENT))",
        ),
        (
            "create_engine(s.FROM_ENVIRONMENT)",
            TWO + "psycopg2\n",
            '        "postgresql": "postgresql+psycopg",\n        "sqlite": "sqlite+aiosqlite",\n',
        ),
        (
            'create_engine("sqlite:///a", echo=True, pool_pre_ping=True)',
            TWO,
            '("sqlite+aiosqlite:///a", echo=True, pool_pre_ping=True)',
        ),
    ],
)
def test_the_driver(tmp_path: Path, engine: str, requirements: str, becomes: str) -> None:
    assert becomes in converted(tmp_path, engine, requirements)


def test_a_factory_of_sqlalchemy_2(tmp_path: Path) -> None:
    text = converted(tmp_path, ENGINE, TWO)
    assert "SessionLocal = async_sessionmaker(bind=engine, autoflush=False)" in text


def test_a_factory_of_sqlalchemy_1(tmp_path: Path) -> None:
    text = converted(tmp_path, ENGINE, "sqlalchemy==1.4.41\n")
    assert "SessionLocal = sessionmaker(bind=engine, autoflush=False, class_=AsyncSession)" in text


def test_events_are_those_of_the_sync_engine(tmp_path: Path) -> None:
    event = '\n\n@event.listens_for(engine, "connect")\ndef on(connection, record):\n    connection.cursor().close()\n'
    engine = f"{ENGINE}\n\nfrom sqlalchemy import event{event}"
    assert '@event.listens_for(engine.sync_engine, "connect")' in converted(tmp_path, engine, TWO)


BOTH = {"postgresql": "postgresql+psycopg", "sqlite": "sqlite+aiosqlite"}
POSTGRES_OR_SQLITE = {
    "Heroku's spelling put right": """
        url = os.getenv("DATABASE_URL", "sqlite:///./x.db")
        if url.startswith("postgres://"):
            url = url.replace("postgres://", "postgresql://", 1)
        engine = create_engine(url)
    """,
    "a branch each": """
        if os.getenv("TESTING"):
            url = "sqlite:///./test.db"
        else:
            url = "postgresql://h/x"
        engine = create_engine(url)
    """,
    "one of two": """
        engine = create_engine("postgresql://h/x" if os.getenv("LIVE") else "sqlite://")
    """,
    "a default behind `or`": """
        engine = create_engine(os.environ.get("URL") or "sqlite://")
    """,
    "a setting or a file": """
        url = settings.url if os.getenv("LIVE") else "sqlite:///./x.db"
        engine = create_engine(url)
    """,
    "in a function": """
        def make():
            url = os.getenv("URL", "sqlite://")
            return create_engine(url)

        engine = make()
    """,
}


@pytest.mark.parametrize("what", POSTGRES_OR_SQLITE)
def test_a_url_of_two_databases_is_told_apart_at_run_time(tmp_path: Path, what: str) -> None:
    engine = dedent(POSTGRES_OR_SQLITE[what]).strip()
    text = converted(tmp_path, engine, TWO + "psycopg2\n")
    rest = text.partition("def _async_url(url: str) -> URL:\n")[2]
    assert "create_async_engine(_async_url(" in rest
    space: dict[str, Any] = {}
    exec(
        "from sqlalchemy.engine import URL, make_url\ndef _async_url(url: str) -> URL:\n"
        + rest.partition("\n\n\n")[0],
        space,
    )
    for scheme, driver in BOTH.items():
        assert (
            space["_async_url"](f"{scheme}://u:p%40@h/x?a=1").render_as_string(False)
            == f"{driver}://u:p%40@h/x?a=1"
        )


ONE_DATABASE = {
    "put right, of one kind": """
        url = os.environ["URL"]
        if url.startswith("postgres://"):
            url = url.replace("postgres://", "postgresql://", 1)
        engine = create_engine(url)
    """,
    "two servers of one kind": """
        url = "postgresql://a/x" if os.getenv("LIVE") else "postgresql://b/x"
        engine = create_engine(url)
    """,
    "another name in the file": """
        other = "sqlite://"
        url = os.environ["URL"]
        engine = create_engine(url)
    """,
}


@pytest.mark.parametrize("what", ONE_DATABASE)
def test_a_url_of_one_database_needs_no_function(tmp_path: Path, what: str) -> None:
    text = converted(tmp_path, dedent(ONE_DATABASE[what]).strip(), TWO + "psycopg2\n")
    assert 'create_async_engine(make_url(url).set(drivername="postgresql+psycopg"))' in text
    assert "_async_url" not in text


def test_tests_that_set_the_environment_count(tmp_path: Path) -> None:
    conftest = {"tests/conftest.py": 'import os\nos.environ["URL"] = "sqlite:///./test.db"\n'}
    text = converted(tmp_path, 'create_engine(os.environ["URL"])', TWO + "psycopg2\n", conftest)
    assert '        "sqlite": "sqlite+aiosqlite",\n' in text


ENV = """
from alembic import context
from app.db import {name}


def run():
    connectable = {engine}
    with connectable.connect() as connection:
        context.configure(connection=connection)
"""
GET_ENGINE = "\n\ndef get_engine():\n    return engine\n"


@pytest.mark.parametrize(("name", "engine"), [("engine", "engine"), ("get_engine", "get_engine()")])
def test_migrations_get_a_sync_engine_of_their_own(tmp_path: Path, name: str, engine: str) -> None:
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE + GET_ENGINE,
        "app/models.py": MODELS,
        "app/api.py": HEADER
        + '@router.get("/")\ndef read(db: Session = Depends(get_db)):\n    return db.get(User, 1)\n',
        "alembic/env.py": ENV.format(name=name, engine=engine),
    }
    done = convert(tmp_path, files)
    assert done.obstacles == []
    assert (
        f'connectable = create_engine({engine}.url.set(drivername="sqlite"))' in done.texts["alembic/env.py"]
    )
    assert "    with connectable.connect() as connection:" in done.texts["alembic/env.py"]


@pytest.mark.parametrize(
    ("name", "engine"),
    [("SessionLocal", "SessionLocal()"), ("engine", "engine or engine.execution_options()")],
)
def test_migrations_that_borrow_more_keep_the_database_sync(tmp_path: Path, name: str, engine: str) -> None:
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/models.py": MODELS,
        "app/api.py": HEADER
        + '@router.get("/")\ndef read(db: Session = Depends(get_db)):\n    return db.get(User, 1)\n',
        "alembic/env.py": ENV.format(name=name, engine=engine),
    }
    done = convert(tmp_path, files)
    assert any("is used by migrations, which stay sync" in text for text in done.obstacles), done.obstacles
    assert done.texts == {}
