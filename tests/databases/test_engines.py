"""The engine: the async driver in the URL, wherever it is written."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from db_programs import DATABASE, FILL, HEADER, MAIN, MODELS, answers, app, convert, squeezed

ENGINE = 'create_engine("sqlite:///./app.db", connect_args={"check_same_thread": False})'
USES = """
@router.get("/users")
def users(db: Session = Depends(get_db)):
    return [u.name for u in db.scalars(select(User)).all()]
"""
SETTINGS = """
import os
from pydantic import Field

class Settings:
    url: str = "postgresql+psycopg2://h/x"

    @property
    def built(self) -> str:
        return f"postgresql://{self.url}/x"

class Made:
    def __init__(self, host: str = "h") -> None:
        self.url = f"postgresql://{host}/x"
        self.read = os.environ.get("DATABASE_URL", "sqlite:///./x.db")

class Fields:
    url: str = Field("postgresql://h/x")
    other: str = Field(default="postgresql://h/x")
    computed: str = Field(default_factory=lambda: "x")

made = Made()
fields = Fields()
settings = Settings()
URL = f"postgresql://{settings.url}/db"
FROM_ENVIRONMENT = os.getenv("DATABASE_URL", "sqlite:///./x.db")
"""


def converted(
    folder: Path, engine: str, requirements: str, more: Mapping[str, str] | None = None, first: str = ""
) -> str:
    block = engine if "engine = " in engine else f"engine = {engine}"
    head = first + "import os\nfrom app import settings as s\nfrom app.settings import settings\n"
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
        ("create_engine(s.made.url)", TWO, 'make_url(s.made.url).set(drivername="postgresql+psycopg")'),
        ("create_engine(s.made.read)", TWO, 'make_url(s.made.read).set(drivername="sqlite+aiosqlite")'),
        ("create_engine(s.fields.url)", TWO, 'make_url(s.fields.url).set(drivername="postgresql+psycopg")'),
        (
            "create_engine(s.fields.other)",
            TWO,
            'make_url(s.fields.other).set(drivername="postgresql+psycopg")',
        ),
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
            'create_engine(os.environ["URL"], connect_args={"check_same_thread": False})',
            TWO.replace("aiosqlite\n", "") + "psycopg2\n",
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


LISTENER = """
from sqlalchemy import event

from app.db import SessionLocal
from app.models import User


@event.listens_for(SessionLocal, "before_flush")
def shout(session: Session, context, instances):
    for user in session.new:
        user.name = user.name.upper() + str(session.query(User).count())


@router.get("/made")
def made(db: Session = Depends(get_db)):
    user = User(name="eve")
    db.add(user)
    db.commit()
    with SessionLocal(autoflush=True) as other:
        return [user.name, other.query(User).filter(User.name == user.name).count(), other.autoflush]
"""


def test_events_of_a_factory_are_those_of_the_sync_sessions_below_it(tmp_path: Path) -> None:
    """One such listener had kept the whole database sync."""
    done = app(tmp_path, LISTENER, main=MAIN)
    assert done.obstacles == []
    assert "autoflush=False,sync_session_class=sessionmaker())" in squeezed(done.texts["app/db.py"])
    assert (
        '@event.listens_for(SessionLocal.kw["sync_session_class"], "before_flush")'
        in done.texts["app/api.py"]
    )
    before, after = answers(tmp_path, done, FILL, ["/made", "/made"])
    assert before == after
    assert [status for _, status, _ in before] == [200, 200]
    assert '"EVE' in before[0][2]


ASKS = """

@event.listens_for(Engine, "connect")
def on(connection, record):
    if isinstance(connection, SQLite3Connection):
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()
"""
PRAGMA = """

@router.get("/pragma")
def pragma(db: Session = Depends(get_db)):
    return db.execute(text("PRAGMA foreign_keys")).scalar()
"""


def test_a_listener_that_asks_for_connections_of_sqlite_finds_them(tmp_path: Path) -> None:
    """Foreign keys that are off are no error, and nobody would notice."""
    head = "from sqlite3 import Connection as SQLite3Connection\nfrom sqlalchemy import Engine, event\n"
    api = HEADER.replace("import select", "import select, text") + PRAGMA
    files = {"app/__init__.py": "", "app/models.py": MODELS, "app/main.py": MAIN, "app/api.py": api}
    done = convert(tmp_path, {**files, "app/db.py": head + DATABASE + ASKS})
    assert "(SQLite3Connection, AsyncAdapt_aiosqlite_connection)" in done.added("app/db.py")
    before, after = answers(tmp_path, done, FILL, ["/pragma"])
    assert before == after
    assert before[0][2] == "1"


@pytest.mark.parametrize(
    ("asks", "becomes"),
    [
        ("type(connection) is", "type(connection) in"),
        ("type(connection) ==", "type(connection) in"),
        ("connection.__class__ is", "connection.__class__ in"),
        ("not type(connection) is not", "not type(connection) not in"),
        ("not type(connection) !=", "not type(connection) not in"),
    ],
)
def test_a_listener_that_compares_classes_finds_them(tmp_path: Path, asks: str, becomes: str) -> None:
    head = "import sqlite3\nfrom sqlalchemy import Engine, event\n"
    api = HEADER.replace("import select", "import select, text") + PRAGMA
    files = {"app/__init__.py": "", "app/models.py": MODELS, "app/main.py": MAIN, "app/api.py": api}
    listener = ASKS.replace("isinstance(connection, SQLite3Connection)", f"{asks} sqlite3.Connection")
    done = convert(tmp_path, {**files, "app/db.py": head + DATABASE + listener})
    assert f"if {becomes} (sqlite3.Connection, AsyncAdapt_aiosqlite_connection):" in done.added("app/db.py")
    before, after = answers(tmp_path, done, FILL, ["/pragma"])
    assert before == after
    assert before[0][2] == "1"


@pytest.mark.parametrize(
    "asks",
    [
        "sqlite3.Connection is type(connection)",
        "type(connection) is type(record) is sqlite3.Connection",
        "type(connection) is (sqlite3.Connection, int)",
        "type(connection) in [sqlite3.Connection] in [[record]]",
    ],
)
def test_a_listener_that_compares_otherwise_is_an_obstacle(tmp_path: Path, asks: str) -> None:
    head = "import sqlite3\nfrom sqlalchemy import Engine, event\n"
    listener = ASKS.replace("isinstance(connection, SQLite3Connection)", asks)
    files = {"app/__init__.py": "", "app/models.py": MODELS, "app/api.py": HEADER + USES}
    done = convert(tmp_path, {**files, "app/db.py": head + DATABASE + listener})
    assert any("looks for a connection of the sync driver" in each for each in done.obstacles)


def test_a_listener_of_another_database_keeps_asking_for_sqlite(tmp_path: Path) -> None:
    head = "from sqlite3 import Connection as SQLite3Connection\nfrom sqlalchemy import Engine, event\n"
    database = DATABASE.replace(
        '"sqlite:///./app.db", connect_args={"check_same_thread": False}', '"postgresql://h/d"'
    )
    files = {"app/__init__.py": "", "app/models.py": MODELS, "app/api.py": HEADER + USES}
    done = convert(tmp_path, {**files, "app/db.py": head + database + ASKS})
    assert done.obstacles == []
    assert "AsyncAdapt" not in done.added("app/db.py")


@pytest.mark.parametrize(
    "base",
    [
        "@as_declarative()\nclass Base:\n    pass\n",
        "mapper = registry()\n\n@mapper.as_declarative_base()\nclass Base:\n    pass\n",
        "Base = declarative_base()\n",
    ],
)
def test_the_tables_of_each_kind_of_base(tmp_path: Path, base: str) -> None:
    head = "from sqlalchemy.orm import as_declarative, declarative_base, registry\n\n"
    text = DATABASE.replace("class Base(DeclarativeBase):\n    pass\n", base)
    files = {"app/__init__.py": "", "app/db.py": head + text, "app/models.py": MODELS}
    make = (
        "\ndef make():\n    Base.metadata.create_all(bind=engine)\n\nif __name__ == '__main__':\n    make()\n"
    )
    api = HEADER + USES + "from app.db import Base\n" + make
    done = convert(tmp_path, {**files, "app/api.py": api})
    assert "        await connection.run_sync(Base.metadata.create_all)\n" in done.texts["app/api.py"]


@pytest.mark.parametrize(
    ("returns", "becomes"),
    [
        ("Generator", "AsyncGenerator"),
        ("Iterator[Session]", "AsyncIterator[AsyncSession]"),
        ("object", "object"),
    ],
)
def test_the_type_of_a_provider(tmp_path: Path, returns: str, becomes: str) -> None:
    head = "from typing import Generator, Iterator\nfrom sqlalchemy.orm import Session\n"
    text = head + DATABASE.replace("def get_db():", f"def get_db() -> {returns}:")
    files = {"app/__init__.py": "", "app/db.py": text, "app/models.py": MODELS, "app/api.py": HEADER + USES}
    assert f"async def get_db() -> {becomes}:\n" in convert(tmp_path, files).texts["app/db.py"]


@pytest.mark.parametrize(
    ("pool", "becomes"),
    [("QueuePool", "AsyncAdaptedQueuePool"), ("NullPool", "NullPool"), ("StaticPool", "StaticPool")],
)
def test_pools(tmp_path: Path, pool: str, becomes: str) -> None:
    head = f"from sqlalchemy.pool import {pool}\n"
    engine = f'create_engine("sqlite:///./a.db", poolclass={pool})'
    text = converted(tmp_path, engine, TWO, first=head)
    assert f'create_async_engine("sqlite+aiosqlite:///./a.db", poolclass={becomes})' in text
    assert f"from sqlalchemy.pool import {becomes}\n" in text


BY_HAND = """
def save(db: Session):
    point = db.begin_nested()
    try:
        db.add(User(name="x"))
        point.commit()
    except ValueError:
        point.rollback()

def rows():
    connection = engine.connect()
    transaction = connection.begin()
    found = connection.execute(select(User)).all()
    transaction.commit()
    connection.close()
    return found

def quiet(db: Session):
    with db.no_autoflush:
        return db.get(User, 1), db.bind.dialect.name

def of_tenant(schema: str):
    return engine.execution_options(schema_translate_map={"tenant": schema})

def tenants(schema: str):
    Base.metadata.create_all(bind=of_tenant(schema))
    with Session(bind=of_tenant(schema)) as db:
        return db.get(User, 1)
"""


def test_transactions_and_connections_by_hand(tmp_path: Path) -> None:
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MODELS}
    head = HEADER.replace("import SessionLocal", "import Base, SessionLocal")
    text = convert(tmp_path, {**files, "app/api.py": head + USES + BY_HAND}).texts["app/api.py"]
    assert "    point = await db.begin_nested()\n    try:\n" in text
    assert "        await point.commit()\n    except ValueError:\n        await point.rollback()\n" in text
    assert "    connection = await engine.connect()\n    transaction = await connection.begin()\n" in text
    assert (
        "    found = (await connection.execute(select(User))).all()\n    await transaction.commit()\n" in text
    )
    assert "    with db.no_autoflush:\n        return await db.get(User, 1), db.bind.dialect.name\n" in text
    assert "    async with of_tenant(schema).begin() as connection:\n" in text
    assert "    async with AsyncSession(bind=of_tenant(schema)) as db:\n        return await db.get(" in text


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


RUNNING = {
    "a name": ('URL = os.getenv("URL", "sqlite:///app.db")', "URL", "create_engine(URL)"),
    "a setting": (
        'class Settings:\n    url = os.getenv("URL", "sqlite:///app.db")\n\n\nsettings = Settings()',
        "settings.url",
        "create_engine(settings.url)",
    ),
    "inline": ("", 'os.getenv("URL", "sqlite:///app.db")', ""),
    "one of two": (
        'URL = os.getenv("URL", "sqlite:///app.db")\nother = create_engine(os.getenv("OTHER", "sqlite://"))',
        "URL",
        "",
    ),
    "one of two, the other of which is written down": (
        'URL = os.getenv("URL", "sqlite:///app.db")\nother = create_engine("sqlite:///other.db")',
        "URL",
        "",
    ),
    "of a function": (
        'def made():\n    url = os.getenv("URL", "sqlite:///app.db")\n    return create_engine(url)\n',
        "made()",
        "",
    ),
}


@pytest.mark.parametrize("what", RUNNING)
def test_migrations_read_a_url_that_names_its_driver_when_they_run(tmp_path: Path, what: str) -> None:
    above, url, expected = RUNNING[what]
    made = url if url == "made()" else f"create_engine({url})"
    head, _, rest = DATABASE.partition("engine = ")
    rest = f"{made}\n{rest.partition(chr(10))[2]}"
    files = {
        "app/__init__.py": "",
        "app/db.py": f"import os{head}\n{above}\nengine = {rest}",
        "app/models.py": MODELS,
        "app/api.py": HEADER
        + '@router.get("/")\ndef read(db: Session = Depends(get_db)):\n    return db.get(User, 1)\n',
        "alembic/env.py": ENV.format(name="engine", engine="engine"),
    }
    done = convert(tmp_path, files)
    if expected:
        assert done.obstacles == []
        assert f"connectable = {expected}\n" in done.texts["alembic/env.py"]
        assert f"from app.db import {url.partition('.')[0]}\n" in done.texts["alembic/env.py"]
    else:
        assert any("is used by migrations, which stay sync" in text for text in done.obstacles), (
            done.obstacles
        )


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


@pytest.mark.parametrize(
    ("imported", "session"),
    [
        ("import app.db", "app.db.SessionLocal()"),
        ("from app import db as d", "d.SessionLocal()"),
        ("from importlib import import_module", "import_module('app.db').SessionLocal()"),
        ("def own():\n    from app.db import SessionLocal\n    return SessionLocal()\n", "own()"),
    ],
)
def test_however_they_come_to_borrow_it(tmp_path: Path, imported: str, session: str) -> None:
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/models.py": MODELS,
        "app/api.py": HEADER
        + '@router.get("/")\ndef read(db: Session = Depends(get_db)):\n    return db.get(User, 1)\n',
        "alembic/env.py": f"from alembic import context\n{imported}\n\ndb = {session}\ndb.commit()\n",
    }
    done = convert(tmp_path, files)
    assert any("is used by migrations, which stay sync" in text for text in done.obstacles), done.obstacles


WRITTEN_DOWN = {
    "a dictionary": 'kw = {"echo": True}\nengine = create_engine("sqlite:///a.db", **kw)',
    "a dictionary that is filled": 'kw = {}\nif True:\n    kw["pool_pre_ping"] = True\nkw.update(echo=True)\nengine = create_engine("sqlite:///a.db", **kw)',
    "branches": 'kw = {"echo": True} if "x" else dict(pool_pre_ping=True)\nengine = create_engine("sqlite:///a.db", **kw)',
    "a name that one branch unpacks": 'kw = {"echo": True}\nengine = create_engine("sqlite:///a.db", **kw if input() else {})',
    "a name or nothing": 'kw = {"echo": True} if input() else None\nengine = create_engine("sqlite:///a.db", **(kw or {}))',
    "a function": 'def options(url):\n    if url:\n        return {"echo": True, **{"pool_size": 5}}\n    return {}\n\n\nengine = create_engine("sqlite:///a.db", **options("x"))',
    "an inner dictionary": 'kw = {"connect_args": {}}\nkw["connect_args"]["timeout"] = 3\nengine = create_engine("sqlite:///a.db", **kw)',
}


@pytest.mark.parametrize("what", WRITTEN_DOWN)
def test_options_that_are_written_down_may_be_unpacked(tmp_path: Path, what: str) -> None:
    assert "sqlite+aiosqlite" in converted(tmp_path, WRITTEN_DOWN[what], TWO)


def test_a_pool_in_unpacked_options_is_the_async_one(tmp_path: Path) -> None:
    engine = 'from sqlalchemy.pool import QueuePool\nkw = {"poolclass": QueuePool}\nengine = create_engine("sqlite:///a.db", **kw)'
    assert 'kw = {"poolclass": AsyncAdaptedQueuePool}' in converted(tmp_path, engine, TWO)


NOT_TOLD = {
    "from elsewhere": 'kw = load("engine")\nengine = create_engine("sqlite:///a.db", **kw)',
    "handed on": 'kw = {}\nload(kw)\nengine = create_engine("sqlite:///a.db", **kw)',
    "a branch that is handed on": 'kw = {}\nload(kw if input() else {})\nengine = create_engine("sqlite:///a.db", **kw)',
    "a branch from elsewhere": 'kw = {}\nengine = create_engine("sqlite:///a.db", **(load("x") or kw))',
    "computed keys": 'kw = {}\nfor key in "ab":\n    kw[key] = 1\nengine = create_engine("sqlite:///a.db", **kw)',
    "a setting": 'engine = create_engine("sqlite:///a.db", **load("x").options)',
    "connections of its own": 'kw = {"creator": load}\nengine = create_engine("sqlite:///a.db", **kw)',
}


@pytest.mark.parametrize("what", NOT_TOLD)
def test_options_that_cannot_be_told_are_obstacles(tmp_path: Path, what: str) -> None:
    engine = DATABASE.replace(f"engine = {ENGINE}", f"from vendor import load\n\n{NOT_TOLD[what]}")
    done = convert(
        tmp_path,
        {"app/__init__.py": "", "app/db.py": engine, "app/models.py": MODELS, "app/api.py": HEADER + USES},
    )
    assert "arguments" in str(done.obstacles) or "creator" in str(done.obstacles)
    assert "app/db.py" not in done.texts


@pytest.mark.parametrize(
    ("arguments", "is_taken"),
    [
        ('{"check_same_thread": False} if URL.startswith("sqlite") else {}', True),
        ("{}", True),
        ('{"sslmode": "require"} if URL else {}', False),
        ("load()", False),
    ],
)
def test_connect_args_of_asyncpg(tmp_path: Path, arguments: str, is_taken: bool) -> None:
    engine = f'from vendor import load\n\nURL = "postgresql://h/x"\nengine = create_engine(URL, connect_args={arguments})'
    files = {"app/__init__.py": "", "app/models.py": MODELS, "app/api.py": HEADER + USES}
    files["app/db.py"] = DATABASE.replace(f"engine = {ENGINE}", engine)
    done = convert(tmp_path, files, f"fastapi\n{OLD}")
    assert bool(done.obstacles) is not is_taken, done.obstacles


def test_what_traces_statements_listens_to_the_engine_below(tmp_path: Path) -> None:
    traced = """
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor

SQLAlchemyInstrumentor().instrument(engine=engine, service="shop")


@router.get("/users")
def users(db: Session = Depends(get_db)):
    return db.query(User).count()
"""
    done = app(tmp_path, traced)
    assert done.obstacles == []
    assert 'instrument(engine=engine.sync_engine, service="shop")' in done.texts["app/api.py"]


@pytest.mark.parametrize(
    ("pin", "is_refused"),
    [
        ("sqlalchemy==1.3.22", True),
        ("SQLAlchemy ~= 1.3", True),
        ("sqlalchemy[postgresql]==0.9.10", True),
        ("sqlalchemy>=1.2,<1.4", True),
        ('sqlalchemy = "^1.3.5"', True),
        ("sqlalchemy==1.4.41", False),
        ("sqlalchemy>=1.3", False),
        ("sqlalchemy>=1.3,<2", False),
        ("sqlalchemy-utils==0.38.3\nsqlalchemy", False),
        ("databases==0.3.1", False),
    ],
)
def test_a_version_without_asyncio(tmp_path: Path, pin: str, is_refused: bool) -> None:
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/models.py": MODELS,
        "app/api.py": HEADER + USES,
    }
    done = convert(tmp_path, files, f"fastapi\n{pin}\naiosqlite\ngreenlet\n")
    assert any("before 1.4" in words for words in done.obstacles) == is_refused
    assert bool(done.texts) != is_refused
