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
FAKE = "def fake(db, id): return None\n    monkeypatch.setattr(api, 'find', fake)\n    "
CALLS_FIND = "from app.api import find\nfrom app.db import SessionLocal\n\n\ndef test_find():\n    with SessionLocal() as db:\n        find(db, 1)\n"


def suite(
    folder: Path, requirements: str = "fastapi\nsqlalchemy>=2\n", database: str = DATABASE, **tests: str
) -> Outcome:
    files = {
        "app/__init__.py": "",
        "app/db.py": database,
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


OVERRIDE = "def override():\n    with Testing() as db:\n        yield db"
TURNED = "async def override():\n    async with AsyncSession(async_engine, autoflush=False) as async_session:\n        yield async_session\n"
SETS = "app.dependency_overrides[get_db] = override"


@pytest.mark.parametrize(
    "sets",
    [
        "def test(monkeypatch):\n    monkeypatch.setitem(app.dependency_overrides, get_db, override)\n    monkeypatch.delitem(app.dependency_overrides, get_db)",
        "from unittest.mock import patch\n\ndef test():\n    with patch.dict(app.dependency_overrides, {get_db: override}):\n        pass",
        "app.dependency_overrides = {\n    get_db: override,\n}",
        "app.dependency_overrides.update({get_db: override})\napp.dependency_overrides.pop(get_db)",
    ],
)
def test_ways_to_override_a_provider(tmp_path: Path, sets: str) -> None:
    conftest = OWN_ENGINE.format(url='"sqlite:///./test.db"', override=OVERRIDE).replace(SETS, sets)
    done = suite(tmp_path, conftest=conftest)
    assert done.obstacles == []
    assert TURNED in done.texts["tests/conftest.py"]


@pytest.mark.parametrize(
    "sets",
    [SETS, "def test(monkeypatch):\n    monkeypatch.setitem(app.dependency_overrides, get_db, override)"],
)
def test_an_override_by_a_suite_whose_sessions_turn_as_well(tmp_path: Path, sets: str) -> None:
    conftest = OWN_ENGINE.format(url='"sqlite:///./test.db"', override=OVERRIDE).replace(SETS, sets)
    done = suite(tmp_path, conftest=conftest, test_users=CALLS_FIND)
    assert done.obstacles == []
    assert (
        "async def override():\n    async with Testing() as db:\n        yield db\n"
        in done.texts["tests/conftest.py"]
    )


WRAPPER = """
def with_database(test):
    def run({parameter}):
        def override():
            db = SessionLocal()
            try:
                yield db
            finally:
                db.close()

        app.dependency_overrides[get_db] = override
        test()

    return run


@with_database
def test_nothing():
    pass
"""


@pytest.mark.parametrize(
    ("parameter", "is_known"),
    [("SessionLocal", False), ("SessionLocal: sessionmaker", True), ("", True)],
)
def test_an_override_that_gives_what_nobody_knows(tmp_path: Path, parameter: str, *, is_known: bool) -> None:
    """pytest finds the fixture by the name of the parameter of a wrapper, which nobody calls by its name."""
    head = "from sqlalchemy.orm import sessionmaker\nfrom app.db import SessionLocal, get_db\nfrom app.main import app\n"
    wrapped = head + WRAPPER.format(parameter=parameter)
    done = suite(tmp_path, test_items=wrapped, test_users=CALLS_FIND)
    words = "a test gives the application db, and nobody knows what that is"
    assert [text for text in done.obstacles if words not in text] == []
    assert (done.obstacles == []) is is_known
    assert ("async def override():" in done.added("tests/test_items.py")) is is_known


@pytest.mark.parametrize(
    "uses",
    [
        "other = {get_db: override}\nfor make in other:\n    make()",
        "app.dependency_overrides.get(get_db, get_db)()\nkept = app.dependency_overrides.get('x', get_db)",
        "with_overrides(app.dependency_overrides, get_db)",
    ],
)
def test_a_provider_that_somebody_else_may_call_keeps_the_database_sync(tmp_path: Path, uses: str) -> None:
    conftest = OWN_ENGINE.format(url='"sqlite:///./test.db"', override=OVERRIDE).replace(SETS, uses)
    done = suite(tmp_path, conftest=conftest)
    assert done.obstacles
    assert done.texts == {}


def test_a_session_in_a_transaction_that_the_suite_takes_back(tmp_path: Path) -> None:
    override = """
connection = engine.connect()
transaction = connection.begin()
session = Testing(bind=connection)

def override():
    yield session

def test_nothing():
    transaction.rollback()
"""
    done = suite(tmp_path, conftest=OWN_ENGINE.format(url='"sqlite:///./test.db"', override=override))
    assert done.obstacles == []
    text = done.texts["tests/conftest.py"]
    assert "    yield AsyncSession(sync_session_class=lambda **_: session)\n" in text
    assert "session = Testing(bind=connection)\n" in text


@pytest.mark.parametrize("url", ['"sqlite://", poolclass=StaticPool', '"sqlite:///:memory:"'])
def test_a_database_in_memory_is_seen_through_a_view(tmp_path: Path, url: str) -> None:
    override = "session = Testing()\n\ndef override():\n    yield session"
    text = suite(tmp_path, conftest=OWN_ENGINE.format(url=url, override=override)).texts["tests/conftest.py"]
    assert "    yield AsyncSession(sync_session_class=lambda **_: session)\n" in text
    assert "create_async_engine" not in text


def test_a_view_of_a_session_passes_type_checkers(tmp_path: Path) -> None:
    """`AsyncSession` takes any function there, and declares a class."""
    override = "from sqlalchemy.orm import Session\n\nsession = Testing()\n\ndef override() -> Session:\n    return session"
    conftest = OWN_ENGINE.format(url='"sqlite:///:memory:"', override=override)
    text = suite(tmp_path, conftest=conftest).texts["tests/conftest.py"]
    assert "async def override() -> AsyncSession:\n" in text
    assert "    return AsyncSession(sync_session_class=cast(Any, lambda **_: session))\n" in text
    assert "from typing import Any, cast\n" in text


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
    ("url", "conftest", "turns"),
    [
        ('os.environ["URL"]', 'import os\n\nos.environ["URL"] = "sqlite:///./test.db"\n', True),
        ('os.environ["URL"]', "", False),  # it may be any
        ('"mysql+pymysql://u:p@h/shop"', 'import os\n\nos.environ["URL"] = "sqlite:///./test.db"\n', False),
    ],
)
def test_a_loop_for_each_test_is_nothing_to_sqlite(
    tmp_path: Path, url: str, conftest: str, *, turns: bool
) -> None:
    made = DATABASE.replace('"sqlite:///./app.db", connect_args={"check_same_thread": False}', url)
    requirements = "fastapi\nsqlalchemy>=2\npymysql\npytest-asyncio\n"
    done = suite(tmp_path, requirements, f"import os\n{made}", conftest=conftest, test_users=CALLS_FIND)
    assert bool(done.obstacles) is not turns, done.obstacles
    assert ("@pytest.mark.asyncio\nasync def test_find():" in done.added("tests/test_users.py")) is turns


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
        ("monkeypatch.setattr(api, 'find', lambda db, id: api.find)", False),
        ("mock = MagicMock(spec=api)\n    monkeypatch.setattr(api, 'find', mock)", False),
        ("mock = MagicMock()\n    monkeypatch.setattr(api, 'find', mock)\n    mock(1)", False),
        (
            "mock = MagicMock()\n    monkeypatch.setattr(api, 'find', mock)\n    monkeypatch.setattr(api, 'router', mock)",
            False,
        ),
        ("with patch('app.api.find', new_callable=AsyncMock): pass", True),
        ("with patch('app.api.find', new_callable=MagicMock): pass", False),
        ("with patch.multiple(api, find=AsyncMock()): pass", True),
        ("with patch.multiple(api, router=MagicMock(), find=DEFAULT): pass", True),
        ("with patch.multiple(api, router=MagicMock()): pass", True),
        ("with patch.multiple(api, find=MagicMock(spec=api)): pass", False),
        ("with patch.multiple('app.api', find=MagicMock()): pass", True),
        ("def fake(db, id): return None\n    monkeypatch.setattr(api, name='find', value=fake)", True),
        ("monkeypatch.setattr(api, name='find', value=MagicMock(wraps=api))", False),
        (FAKE + "monkeypatch.setattr('app.api.find', fake)", True),
        (FAKE + "assert fake(1, 2) is None", False),
        (FAKE + "monkeypatch.setattr(api, 'router', fake)", False),
        (FAKE + "fakes = [fake]", False),
    ],
)
def test_doubles(tmp_path: Path, patch: str, is_followed: bool) -> None:
    head = "from unittest.mock import DEFAULT, AsyncMock, MagicMock, patch\nfrom app import api\n\n\ndef test_it(monkeypatch):\n    "
    done = suite(tmp_path, test_it=head + patch + "\n")
    assert bool(done.obstacles) is not is_followed, done.obstacles
    assert ("async def find" in done.texts.get("app/api.py", "")) is is_followed
    if is_followed and "def fake" in patch:
        assert "    async def fake(db, id): return None\n" in done.texts["tests/test_it.py"]


START = "from sqlalchemy.orm import Session\nfrom app.db import SessionLocal, engine\nfrom app.models import User\n\n\ndef start():\n    with Session(engine) as session:\n        session.get(User, 1)\n\n\ndef end():\n    with SessionLocal() as session:\n        session.get(User, 1)\n"
MOCKED = "    session = MagicMock()\n    session.__enter__.return_value = session\n    "


def started(folder: Path, body: str) -> Outcome:
    head = "from unittest.mock import MagicMock, patch\nfrom app import begin\n\n\nclass Fake: ...\n\n\ndef test_it(monkeypatch, given):\n"
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MODELS, "app/begin.py": START}
    return convert(
        folder,
        {**files, "app/api.py": HEADER + HANDLERS, "tests/test_it.py": f"{head}{body}: begin.start()\n"},
    )


@pytest.mark.parametrize(
    ("patch", "becomes"),
    [
        ("patch('app.begin.Session', return_value=session)", "patch('app.begin.AsyncSession', return_value"),
        ('patch("app.begin.Session", return_value=session)', 'patch("app.begin.AsyncSession", return_value'),
        ("patch.object(begin, 'Session', return_value=session)", "patch.object(begin, 'AsyncSession', re"),
        ("patch('app.begin.SessionLocal', return_value=session)", "patch('app.begin.SessionLocal', return_v"),
    ],
)
def test_a_mock_of_a_session_turns_with_the_name_that_it_stands_for(
    tmp_path: Path, patch: str, becomes: str
) -> None:
    done = started(tmp_path, f"{MOCKED}with {patch}")
    assert done.obstacles == []
    text = done.texts["tests/test_it.py"]
    assert "    session = AsyncMock()\n    session.__aenter__.return_value = session\n" in text
    assert f"    with {becomes}" in text


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("    with patch('app.begin.Session', Fake)", "not known"),
        ("    with patch('app.begin.Session', new=Fake)", "not known"),
        ("    with patch('app.begin.Session', side_effect=Fake)", "not known"),
        ("    with patch('app.begin.Session') as made", "not known"),
        ("    with patch.multiple(begin, Session=Fake)", "not written out"),
        ("    with patch('app.begin.SessionLocal', Fake)", "not known"),
        ("    with patch.object(begin, 'SessionLocal')", "not known"),
        ("    with patch('app.db.engine', Fake())", "not known"),
        ("    monkeypatch.setattr(begin, 'Session', Fake)\n    if 1", "not known"),
        ("    with patch('app.begin.Session', return_value=given)", "made elsewhere"),
        ("    made = Fake()\n    with patch('app.begin.Session', return_value=made)", "no mock"),
        (
            f"{MOCKED}session.scalars.return_value.first.return_value = 3\n    with patch('app.begin.Session', return_value=session)",
            "of a result",
        ),
        (
            f"{MOCKED}session.scalars.return_value.one.side_effect = KeyError\n    with patch('app.begin.Session', return_value=session)",
            "of a result",
        ),
    ],
)
def test_another_replacement_of_what_sessions_come_from(tmp_path: Path, body: str, words: str) -> None:
    done = started(tmp_path, body)
    assert any(words in text and text.startswith("tests/test_it.py:") for text in done.obstacles)
    assert "AsyncSession" not in "".join(done.texts.values())


OWN = "from sqlalchemy import create_engine\nfrom sqlalchemy.orm import sessionmaker\nengine = create_engine('sqlite:///./test.db')\nTesting = sessionmaker(bind=engine)\n"


@pytest.mark.parametrize(
    ("sets", "is_alike"),
    [
        ("monkeypatch.setattr('app.db.engine', engine)", True),
        ("monkeypatch.setattr(db, 'SessionLocal', Testing)", True),
        ("monkeypatch.setattr('app.db.engine', Testing)", False),
        ("monkeypatch.setattr('app.db.SessionLocal', engine)", False),
        ("monkeypatch.setattr('app.db.engine', engine or None)", False),
    ],
)
def test_an_engine_of_the_tests_in_place_of_another(tmp_path: Path, sets: str, is_alike: bool) -> None:
    test = f"from app import begin, db\n{OWN}\n\ndef test_it(monkeypatch):\n    {sets}\n    begin.start()\n"
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MODELS, "app/begin.py": START}
    done = convert(tmp_path, {**files, "app/api.py": HEADER + HANDLERS, "tests/test_it.py": test})
    assert bool(done.obstacles) is not is_alike, done.obstacles
    text = done.added("tests/test_it.py")
    assert (f"async def test_it(monkeypatch):\n    {sets}\n    await begin.start()" in text) is is_alike
    assert ("engine = create_async_engine('sqlite+aiosqlite:///./test.db')" in text) is is_alike


@pytest.mark.parametrize(
    "answer", ["get.return_value = None", "get.return_value.name = 'x'", "get.side_effect = [1]"]
)
def test_what_an_async_method_of_a_mock_gives_may_be_set(tmp_path: Path, answer: str) -> None:
    patch = "patch('app.begin.Session', return_value=session)"
    done = started(tmp_path, f"{MOCKED}session.{answer}\n    with {patch}")
    assert f"    session.{answer}\n" in done.texts["tests/test_it.py"]
    assert done.obstacles == []


SHARED = "session = Testing()\n\n{kind} override():\n    {gives} session"
BY_ENGINE = "async def override():\n    async with AsyncSession(async_engine, autoflush=False) as async_session:\n        yield async_session\n"


@pytest.mark.parametrize(
    ("kind", "gives"), [("def", "return"), ("async def", "yield"), ("async def", "return"), ("def", "yield")]
)
@pytest.mark.parametrize("provider", ["yields", "returns"])
def test_an_override_of_any_form(tmp_path: Path, kind: str, gives: str, provider: str) -> None:
    database = DATABASE
    if provider == "returns":
        database = DATABASE.partition("def get_db")[0] + "def get_db():\n    return SessionLocal()\n"
    conftest = OWN_ENGINE.format(url='"sqlite:///./test.db"', override=SHARED.format(kind=kind, gives=gives))
    done = suite(tmp_path, database=database, conftest=conftest)
    assert done.obstacles == []
    assert BY_ENGINE in done.texts["tests/conftest.py"]


@pytest.mark.parametrize(
    "more",
    ['names = {"db": get_db}', "print(get_db)"],
)
def test_a_provider_that_a_test_uses_otherwise(tmp_path: Path, more: str) -> None:
    override = SHARED.format(kind="def", gives="yield")
    conftest = OWN_ENGINE.format(url='"sqlite:///./test.db"', override=override)
    done = suite(tmp_path, conftest=f"{conftest}\n{more}\n")
    assert any("handed on" in text for text in done.obstacles), done.obstacles
    assert "AsyncSession" not in "".join(done.texts.values())


@pytest.mark.parametrize(
    ("sessions", "becomes"),
    [
        ("from app.db import SessionLocal as Testing\n", "        await db.refresh(note, ['owner'])\n"),
        ("", "def test_owner():\n    with Testing() as db:\n"),
    ],
)
def test_what_a_test_reads_is_loaded_where_its_sessions_turn(
    tmp_path: Path, sessions: str, becomes: str
) -> None:
    conftest = OWN_ENGINE.format(url='"sqlite:///./test.db"', override=OVERRIDE)
    head = sessions or "from tests.conftest import Testing\n"
    test = f"{head}from app.models import Note\n\n\ndef test_owner():\n    with Testing() as db:\n        note = Note(title='x', owner_id=1)\n        db.add(note)\n        db.flush()\n        assert note.owner.name\n"
    done = suite(tmp_path, conftest=conftest, test_notes=test)
    assert done.obstacles == []
    assert becomes in done.texts.get("tests/test_notes.py", test)


@pytest.mark.parametrize(
    ("use", "stays_sync"),
    [
        ("def test_it():\n    with SessionLocal() as db:\n        assert db.get(User, 1) is None", False),
        ("def test_it():\n    with db.SessionLocal() as it:\n        assert it.get(User, 1) is None", False),
        ("def test_it():\n    with Testing() as db:\n        assert db.get(User, 1) is None", True),
        ("def test_it():\n    assert str(db.engine.url)", True),
    ],
)
def test_their_own_sessions_stay_unless_they_use_those_of_the_application(
    tmp_path: Path, use: str, stays_sync: bool
) -> None:
    head = "from app import db\nfrom app.db import SessionLocal\nfrom app.models import User\n"
    conftest = OWN_ENGINE.format(
        url='"sqlite:///./test.db"', override=SHARED.format(kind="def", gives="yield")
    )
    done = suite(tmp_path, conftest=f"{head}{conftest}\n\n{use}\n")
    assert done.obstacles == []
    text = done.texts["tests/conftest.py"]
    assert ("Testing = sessionmaker(" in text) is stays_sync
    assert ("async with" in text.partition("def test_it")[2]) is not stays_sync


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


def test_tables_that_a_module_of_the_tests_makes_are_made_by_it(tmp_path: Path) -> None:
    """The application must neither import the tests nor make their tables."""
    shared = "from fastapi.testclient import TestClient\nfrom sqlalchemy import create_engine\nfrom sqlalchemy.orm import sessionmaker\nfrom app.db import Base, get_db\nfrom app.main import app\nfrom app.models import User\n\nengine = create_engine('sqlite:///test.db')\nTesting = sessionmaker(bind=engine)\nBase.metadata.create_all(bind=engine)\n\n\ndef override():\n    with Testing() as db:\n        yield db\n\n\napp.dependency_overrides[get_db] = override\nclient = TestClient(app)\n"
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/models.py": MODELS,
        "app/api.py": HEADER + HANDLERS,
        "app/main.py": "from fastapi import FastAPI\nfrom app.api import router\n\napp = FastAPI()\napp.include_router(router)\n",
        "tests/__init__.py": "",
        "tests/utils.py": shared,
        "tests/test_it.py": "from app.api import find\nfrom .utils import Testing, client\n\n\ndef test_it():\n    assert find(Testing(), 'x') is None\n    assert client.get('/users').status_code == 200\n",
    }
    files["app/api.py"] += (
        "\n\ndef find(db: Session, name: str):\n    return db.query(User).filter(User.name == name).first()\n"
    )
    done = convert(tmp_path, files)
    assert done.obstacles == []
    assert "\nasyncio.run(make_tables())\n" in done.texts["tests/utils.py"]
    assert "assert await find(Testing(), 'x') is None" in done.texts["tests/test_it.py"]
    assert "app/main.py" not in done.texts


def test_a_script_may_wait_for_its_user_and_read_files(tmp_path: Path) -> None:
    """Nobody else waits on the loop that `asyncio.run` makes for it."""
    script = "import getpass\nimport time\n\nfrom app.db import SessionLocal\nfrom app.models import User\n\n\nclass Manager:\n    def create(self):\n        name = getpass.getpass('Name: ')\n        with open('names.txt') as names:\n            more = names.read()\n        time.sleep(1)\n        with SessionLocal() as db:\n            db.add(User(name=name + more))\n            db.commit()\n\n\ndef main():\n    return Manager().create()\n\n\nif __name__ == '__main__':\n    main()\n"
    done = convert(
        tmp_path,
        {
            "app/__init__.py": "",
            "app/db.py": DATABASE,
            "app/models.py": MODELS,
            "app/api.py": HEADER + HANDLERS,
            "manage.py": script,
        },
    )
    assert done.obstacles == []
    assert "        name = getpass.getpass('Name: ')\n" in done.texts["manage.py"]
    assert "async with SessionLocal() as db:" in done.texts["manage.py"]


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


def test_a_new_conftest_runs_coroutines_and_ends_tasks(tmp_path: Path) -> None:
    """Both want the file, and the one that came first had been lost."""
    mail = "import smtplib\n\ndef send(to: str) -> None:\n    with smtplib.SMTP('mail') as server:\n        server.sendmail('a@x', to, 'hi')\n"
    sends = "\nfrom app.mail import send\n\n@router.post('/welcome')\ndef welcome(to: str):\n    send(to)\n    return {}\n"
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/models.py": MODELS,
        "app/mail.py": mail,
        "app/api.py": HEADER + HANDLERS + sends,
        "app/main.py": "from fastapi import FastAPI\nfrom app.api import router\napp = FastAPI()\napp.include_router(router)\n",
        "tests/test_find.py": CALLS_FIND,
    }
    made = convert(tmp_path, files).texts["tests/conftest.py"]
    assert made.count("import pytest") == made.count("import os") == 1
    assert 'os.environ.setdefault("TASKIQ_IN_PLACE", "1")' in made
    assert made.endswith('autouse=True)\ndef anyio_backend() -> str:\n    return "asyncio"\n')
