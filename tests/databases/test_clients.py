"""Suites over a driver whose connections belong to one event loop: their clients come onto that loop."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from async_fix.codemods.databases.connections.drivers import Declared
from db_programs import DATABASE, HEADER, MODELS, Outcome, convert

HANDLERS = '\n@router.get("/users/{id}")\ndef read(id: int, db: Session = Depends(get_db)):\n    return {"name": db.get(User, id)}\n'
SQLITE = '"sqlite:///./app.db", connect_args={"check_same_thread": False}'
ASYNCPG = "fastapi\nhttpx\nsqlalchemy>=2\nasyncpg\n"
MADE = 'AsyncClient(transport=ASGITransport(app=app), base_url="http://testserver", follow_redirects=True)'
FIXTURE = "import pytest\nfrom fastapi.testclient import TestClient\nfrom app.main import app\n\n\n@pytest.fixture\ndef client():\n    with TestClient(app) as c:\n        yield c\n"
TEST = "def test_read(client):\n    assert client.get('/users/1').status_code == 404\n"
MAIN = (
    "from fastapi import FastAPI\nfrom app.api import router\n\napp = FastAPI()\napp.include_router(router)\n"
)


def suite(folder: Path, requirements: str = ASYNCPG, main: str = MAIN, **tests: str) -> Outcome:
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE.replace(SQLITE, '"postgresql://h/x"'),
        "app/models.py": MODELS,
        "app/api.py": HEADER + HANDLERS,
        "app/main.py": main,
        **{f"tests/{name}.py": text for name, text in tests.items()},
    }
    return convert(folder, files, requirements)


def flat(text: str) -> str:
    return " ".join(text.split()).replace("( ", "(").replace(", )", ")").replace(" )", ")")


def test_a_client_of_a_fixture_is_awaited(tmp_path: Path) -> None:
    done = suite(tmp_path, conftest=FIXTURE, test_it=TEST)
    assert done.obstacles == []
    conftest = flat(done.texts["tests/conftest.py"])
    assert f"async def client(): async with {MADE} as c: yield c" in conftest
    assert 'def anyio_backend() -> str: return "asyncio"' in conftest
    assert "TestClient" not in conftest
    test = done.texts["tests/test_it.py"]
    assert (
        test == "async def test_read(client):\n    assert (await client.get('/users/1')).status_code == 404\n"
    )


OVERRIDE = "def test_read(client):\n    client.app.dependency_overrides.clear()\n    assert client.get('/users/1').status_code == 404\n"


def test_the_application_of_a_client_is_named(tmp_path: Path) -> None:
    done = suite(tmp_path, conftest=FIXTURE, test_it=OVERRIDE)
    assert done.obstacles == []
    text = done.texts["tests/test_it.py"]
    assert "from app.main import app\n" in text
    assert "    app.dependency_overrides.clear()\n" in text


def test_the_application_of_one_of_several_clients_is_not_told(tmp_path: Path) -> None:
    other = "from fastapi import FastAPI\nfrom fastapi.testclient import TestClient\n\nplain = TestClient(FastAPI())\n"
    done = suite(tmp_path, conftest=FIXTURE, test_it=OVERRIDE, test_other=other)
    assert any("client.app" in text for text in done.obstacles)


def test_helpers_and_annotations_follow(tmp_path: Path) -> None:
    text = "from fastapi.testclient import TestClient\n\n\ndef login(client: TestClient) -> dict:\n    return client.post('/login', json={}).json()\n\n\ndef test_read(client: TestClient):\n    headers = login(client)\n    client.headers.update(headers)\n"
    done = suite(tmp_path, conftest=FIXTURE, test_it=text)
    assert done.obstacles == []
    test = done.texts["tests/test_it.py"]
    assert "from httpx import AsyncClient\n" in test
    assert (
        "async def login(client: AsyncClient) -> dict:\n    return (await client.post('/login', json={})).json()"
        in test
    )
    assert "    headers = await login(client)\n    client.headers.update(headers)\n" in test


def test_a_client_of_a_module_needs_no_block(tmp_path: Path) -> None:
    text = "from fastapi.testclient import TestClient\nfrom app.main import app\n\nclient = TestClient(app, raise_server_exceptions=False)\n\n\ndef test_read():\n    client.get('/users/1')\n"
    done = suite(tmp_path, test_it=text)
    assert done.obstacles == []
    test = flat(done.texts["tests/test_it.py"])
    assert "client = AsyncClient(transport=ASGITransport(app=app, raise_app_exceptions=False)," in test
    assert "async def test_read(): await client.get('/users/1')" in test


def test_the_application_is_started_where_it_was(tmp_path: Path) -> None:
    main = "from contextlib import asynccontextmanager\nfrom fastapi import FastAPI\nfrom app.api import router\n\n\n@asynccontextmanager\nasync def lifespan(app):\n    yield\n\n\napp = FastAPI(lifespan=lifespan)\napp.include_router(router)\n"
    done = suite(tmp_path, main=main, conftest=FIXTURE, test_it=TEST)
    assert done.obstacles == []
    conftest = flat(done.texts["tests/conftest.py"])
    assert "async def running_client(app: FastAPI) -> AsyncIterator[AsyncClient]:" in conftest
    assert (
        f"async with app.router.lifespan_context(app): async with {MADE} as client: yield client" in conftest
    )
    assert "async def client(): async with running_client(app) as c: yield c" in conftest


@pytest.mark.parametrize("requirements", ["fastapi\nsqlalchemy>=2\n", "fastapi\nsqlalchemy>=2\npsycopg\n"])
def test_connections_of_psycopg_cross_loops_so_the_client_stays(tmp_path: Path, requirements: str) -> None:
    done = suite(tmp_path, requirements, conftest=FIXTURE, test_it=TEST)
    assert done.obstacles == []
    assert not any(path.startswith("tests/") for path in done.texts)


REFUSED = {
    "a websocket": "def test_read(client):\n    client.websocket_connect('/ws')\n",
    "a stream": "def test_read(client):\n    client.stream('GET', '/x')\n",
    "a lambda": "def test_read(client):\n    (lambda: client.get('/x'))()\n",
    "another backend": "from fastapi.testclient import TestClient\nfrom app.main import app\n\n\ndef test_read():\n    TestClient(app, backend='trio').get('/x')\n",
    "a class over it": "from fastapi.testclient import TestClient\n\n\nclass Client(TestClient):\n    pass\n",
    "made before it is entered": "from fastapi.testclient import TestClient\nfrom app.main import app\n\n\ndef test_read():\n    client = TestClient(app)\n    with client:\n        client.get('/x')\n",
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_an_httpx_client_cannot_do_keeps_the_database(tmp_path: Path, what: str) -> None:
    done = suite(tmp_path, conftest=FIXTURE, test_it=REFUSED[what])
    assert any("tests/test_it.py" in text for text in done.obstacles), done.obstacles
    assert not any("AsyncSession" in text for text in done.texts.values())


@pytest.mark.parametrize(
    "settings", ["", '[tool.pytest.ini_options]\nasyncio_default_test_loop_scope = "session"\n']
)
def test_a_plugin_with_a_loop_for_each_test(tmp_path: Path, settings: str) -> None:
    (tmp_path / "pyproject.toml").write_text(settings)
    done = suite(tmp_path, f"{ASYNCPG}pytest-asyncio\n", conftest=FIXTURE, test_it=TEST)
    assert any("a loop for each test" in text for text in done.obstacles) is not bool(settings), (
        done.obstacles
    )


@pytest.mark.parametrize(
    ("chosen", "scheme", "driver"),
    [
        ("asyncpg", "postgresql+psycopg", "postgresql+asyncpg"),
        ("asyncpg", "postgresql", "postgresql+asyncpg"),
        ("psycopg", "postgresql+psycopg2", "postgresql+psycopg"),
        ("asyncmy", "mysql+pymysql", "mysql+asyncmy"),
        ("asyncpg", "sqlite", "sqlite+aiosqlite"),
        ("asyncmy", "postgresql", "postgresql+psycopg"),
        ("asyncpg", "oracle+cx_oracle", None),
        ("", "postgresql", "postgresql+psycopg"),
    ],
)
def test_a_driver_that_is_asked_for(chosen: str, scheme: str, driver: str | None) -> None:
    assert Declared("", chosen=chosen).async_driver(scheme) == driver
