"""The project's own tests: sessions of their own, doubles, and tests that call what turns."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, HEADER, MODELS, Outcome, convert

HANDLERS = """
def find(db: Session, id: int):
    return db.get(User, id)

@router.get("/users/{id}")
def read(id: int, db: Session = Depends(get_db)):
    user = find(db, id)
    return {"name": user.name if user else None}
"""
OWN_ENGINE = """
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import StaticPool
from app.db import Base, get_db
from app.main import app

engine = create_engine({url})
Testing = sessionmaker(bind=engine, autoflush=False)

{override}

app.dependency_overrides[get_db] = override
"""
CALLS_FIND = "from app.api import find\nfrom app.db import SessionLocal\n\n\ndef test_find():\n    with SessionLocal() as db:\n        find(db, 1)\n"


def suite(folder: Path, requirements: str = "fastapi\nsqlalchemy>=2\n", **tests: str) -> Outcome:
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/models.py": MODELS,
        "app/api.py": HEADER + HANDLERS,
        "app/main.py": "from fastapi import FastAPI\nfrom app.api import router\napp = FastAPI()\napp.include_router(router)\n",
        **{f"tests/{name}.py": text for name, text in tests.items()},
    }
    return convert(folder, files, requirements)


@pytest.mark.parametrize(
    ("override", "becomes"),
    [
        (
            "def override():\n    db = Testing()\n    try:\n        yield db\n    finally:\n        db.close()",
            "async def override():\n    async with AsyncSession(async_engine, autoflush=False) as async_session:\n        yield async_session\n",
        ),
        (
            "def override():\n    with Testing() as db:\n        yield db",
            "async def override():\n    async with AsyncSession(async_engine, autoflush=False) as async_session:\n        yield async_session\n",
        ),
        (
            "session = Testing()\n\ndef override():\n    try:\n        yield session\n    finally:\n        session.rollback()",
            "    try:\n        async with AsyncSession(async_engine, autoflush=False) as async_session:\n            yield async_session\n    finally:\n        session.rollback()\n",
        ),
    ],
)
def test_a_database_of_their_own(tmp_path: Path, override: str, becomes: str) -> None:
    done = suite(tmp_path, conftest=OWN_ENGINE.format(url='"sqlite:///./test.db"', override=override))
    text = done.texts["tests/conftest.py"]
    assert becomes in text
    assert (
        'async_engine = create_async_engine(engine.url.set(drivername="sqlite+aiosqlite"), poolclass=NullPool)'
        in text
    )
    assert "engine = create_engine(" in text, "their own sessions stay"


@pytest.mark.parametrize("url", ['"sqlite://", poolclass=StaticPool', '"sqlite:///:memory:"'])
def test_a_database_in_memory_is_seen_through_a_view(tmp_path: Path, url: str) -> None:
    override = "session = Testing()\n\ndef override():\n    yield session"
    text = suite(tmp_path, conftest=OWN_ENGINE.format(url=url, override=override)).texts["tests/conftest.py"]
    assert "    yield AsyncSession(sync_session_class=lambda **_: session)\n" in text
    assert "create_async_engine" not in text


def test_tests_that_call_what_turns(tmp_path: Path) -> None:
    test = """
    from app.api import find
    from app.db import SessionLocal


    def test_find():
        with SessionLocal() as db:
            assert find(db, 1) is None


    def test_other():
        assert True
    """
    done = suite(tmp_path, test_users=test)
    text = done.texts["tests/test_users.py"]
    assert (
        "async def test_find():\n    async with SessionLocal() as db:\n        assert await find(db, 1) is None\n"
        in text
    )
    assert "\ndef test_other():" in text
    assert (
        '@pytest.fixture(scope="session", autouse=True)\ndef anyio_backend() -> str:'
        in done.texts["tests/conftest.py"]
    )


def test_the_plugin_that_the_project_has(tmp_path: Path) -> None:
    done = suite(tmp_path, "fastapi\nsqlalchemy>=2\npytest-asyncio\n", test_users=CALLS_FIND)
    assert "@pytest.mark.asyncio\nasync def test_find():" in done.texts["tests/test_users.py"]
    assert "tests/conftest.py" not in done.texts


@pytest.mark.parametrize(
    ("decorator", "becomes"),
    [
        ("@pytest.fixture", "@pytest.fixture(autouse=True)"),
        ('@pytest.fixture(scope="session")', '@pytest.fixture(scope="session", autouse=True)'),
        ("@pytest.fixture(autouse=False)", "@pytest.fixture(autouse=True)"),
        ("@pytest.fixture(autouse=True)", None),
    ],
)
def test_a_backend_that_only_marked_tests_use_would_leave_the_others_without_a_loop(
    tmp_path: Path, decorator: str, becomes: str | None
) -> None:
    conftest = f"import pytest\n\n\n{decorator}\ndef anyio_backend():\n    return 'asyncio'\n"
    done = suite(tmp_path, conftest=conftest, test_users=CALLS_FIND)
    assert "async def test_find():" in done.texts["tests/test_users.py"]
    assert done.texts.get("tests/conftest.py", conftest) == conftest.replace(decorator, becomes or decorator)


def test_a_backend_of_one_module_does_not_run_the_tests_of_others(tmp_path: Path) -> None:
    other = "import pytest\n\n\n@pytest.fixture(autouse=True)\ndef anyio_backend():\n    return 'asyncio'\n"
    done = suite(tmp_path, test_other=other, test_users=CALLS_FIND)
    assert "def anyio_backend() -> str:" in done.texts["tests/conftest.py"]


@pytest.mark.parametrize("text", ["", "# for pytest\n", '"""Fixtures."""\n'])
def test_a_conftest_without_a_definition_gets_one(tmp_path: Path, text: str) -> None:
    done = suite(tmp_path, conftest=text, test_users=CALLS_FIND)
    conftest = done.texts["tests/conftest.py"]
    assert "def anyio_backend() -> str:" in conftest
    compile(conftest, "conftest.py", "exec")


@pytest.mark.parametrize(
    ("patch", "is_followed"),
    [
        ("def fake(db, id): return None\n    monkeypatch.setattr(api, 'find', fake)", True),
        ("monkeypatch.setattr('app.api.find', AsyncMock())", True),
        ("with patch('app.api.find', return_value=None): pass", True),
        ("monkeypatch.setattr(api, 'find', lambda db, id: None)", False),
        ("monkeypatch.setattr(api, 'find', MagicMock())", False),
        ("with patch('app.api.find', new=MagicMock()): pass", False),
    ],
)
def test_doubles(tmp_path: Path, patch: str, is_followed: bool) -> None:
    head = "from unittest.mock import AsyncMock, MagicMock, patch\nfrom app import api\n\n\ndef test_it(monkeypatch):\n    "
    done = suite(tmp_path, test_it=head + patch + "\n")
    assert bool(done.obstacles) is not is_followed, done.obstacles
    assert ("async def find" in done.texts.get("app/api.py", "")) is is_followed
    if "def fake" in patch:
        assert "    async def fake(db, id): return None\n" in done.texts["tests/test_it.py"]


def test_scripts_and_tables(tmp_path: Path) -> None:
    script = "from app.db import Base, SessionLocal, engine\nfrom app.models import User\n\n\ndef main():\n    Base.metadata.create_all(engine)\n    with SessionLocal() as db:\n        db.add(User(name='x'))\n        db.commit()\n\n\nif __name__ == '__main__':\n    main()\n"
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/models.py": MODELS,
        "app/api.py": HEADER + HANDLERS,
        "app/main.py": "from fastapi import FastAPI\nfrom app.api import router\nfrom app.db import Base, engine\n\nBase.metadata.create_all(bind=engine)\napp = FastAPI()\napp.include_router(router)\n",
        "seed.py": script,
        "alembic/env.py": "from alembic import context\nfrom sqlalchemy import create_engine\nfrom app.db import Base\n\nwith create_engine('sqlite:///app.db').connect() as connection:\n    context.configure(connection=connection)\n",
    }
    done = convert(tmp_path, files)
    assert done.obstacles == []
    assert (
        "    async with engine.begin() as connection:\n        await connection.run_sync(Base.metadata.create_all)\n"
        in done.texts["seed.py"]
    )
    assert "    asyncio.run(main())\n" in done.texts["seed.py"]
    assert "app = FastAPI(lifespan=lifespan)\n" in done.texts["app/main.py"]
    assert "alembic/env.py" not in done.texts


@pytest.mark.parametrize("guard", [True, False])
def test_tables_that_a_script_makes_are_made_by_the_script(tmp_path: Path, guard: bool) -> None:
    """A person runs it, with `drop_all` in it: nothing of that belongs into the start of the application."""
    lines = ["Base.metadata.drop_all(engine)", "Base.metadata.create_all(bind=engine, checkfirst=False)"]
    text = "if __name__ == '__main__':\n    " + "\n    ".join(lines) if guard else "\n".join(lines)
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/models.py": MODELS,
        "app/api.py": HEADER + HANDLERS,
        "app/main.py": "from fastapi import FastAPI\nfrom app.api import router\n\napp = FastAPI()\napp.include_router(router)\n",
        "make.py": f"from app.db import Base, engine\nfrom app import models\n\n{text}\n",
    }
    done = convert(tmp_path, files)
    assert done.obstacles == []
    made = " ".join(done.texts["make.py"].split())
    body = "await connection.run_sync(Base.metadata.drop_all) await connection.run_sync(Base.metadata.create_all, checkfirst=False)"
    assert (
        f"async def make_tables(): async with engine.begin() as connection: {body} asyncio.run(make_tables())"
        in made
    )
    assert "app/main.py" not in done.texts
