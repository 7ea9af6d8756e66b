"""A library that is installed by itself beside the applications needs no FastAPI behind a run."""

from __future__ import annotations

import pytest
from small_projects import APP, Migrated, migrate

CLIENT = """import time


class AsyncClient:
    async def get(self, url):
        with open(url) as f:
            return f.read()


async def wait():
    time.sleep(1)
"""
LIBRARY = '[project]\nname = "shop-client"\ndependencies = ["httpx"]\n'
SERVER = APP + 'import time\n\n\n@app.get("/x")\nasync def x():\n    time.sleep(1)\n'
BLOCKS = "        with open(url) as f:\n            return f.read()\n"


def run(server: str = SERVER, **others: str) -> Migrated:
    files = {
        "pyproject.toml": LIBRARY,
        "shop_client/__init__.py": "",
        "shop_client/client.py": CLIENT,
        "tests/test_server.py": "from fastapi.testclient import TestClient\n",
        "server/requirements.txt": "fastapi\nshop-client\n",
        "server/main.py": server,
    }
    all_files = {**files, **others}
    return migrate({path: text for path, text in all_files.items() if text or path[-3:] == ".py"}, (".",))


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"pyproject.toml": "", "requirements.txt": "httpx\n"},
        {"pyproject.toml": "", "setup.py": "setup()\n"},
    ],
    ids=["a distribution", "a program", "an old distribution"],
)
def test_it_stays_as_it_is(files: dict[str, str]) -> None:
    done = run(**files)
    assert done.texts["shop_client/client.py"] == CLIENT
    assert "    await asyncio.sleep(1)\n" in done.texts["server/main.py"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pyproject.toml", LIBRARY.replace('"httpx"', '"httpx", "fastapi"')),
        ("pyproject.toml", "[tool.ruff]\n"),
        ("shop_client/routes.py", "from fastapi import APIRouter\n\nrouter = APIRouter()\n"),
        ("shared/pyproject.toml", '[project]\nname = "httpx"\ndependencies = ["fastapi"]\n'),
        ("shared/pyproject.toml", '[tool.poetry]\nname = "HTTPX"\ndependencies.fastapi = "*"\n'),
    ],
    ids=["it names FastAPI", "it says nothing", "it has routes", "what it needs does", "so with Poetry"],
)
def test_what_may_have_an_application_is_one(path: str, text: str) -> None:
    done = run(**{"shared/shared.py": "", path: text})
    assert "async def get(self, url):\n        def read_url():\n" in done.texts["shop_client/client.py"]


def test_what_a_handler_runs_in_it_does_not_hold_up_the_loop() -> None:
    server = SERVER.replace("import time\n", "from shop_client.client import wait\n").replace(
        "time.sleep(1)", "await wait()"
    )
    assert "    await asyncio.sleep(1)\n" in run(server).function("shop_client/client.py", "wait")


def test_what_a_handler_runs_in_threads_makes_no_application_of_it() -> None:
    client = CLIENT.replace("time.sleep(1)", "open('a').read()")
    server = SERVER.replace("import time\n", "from shop_client.client import wait\n").replace(
        "time.sleep(1)", "await wait()"
    )
    done = run(server, **{"shop_client/client.py": client})
    once = done.texts["shop_client/client.py"]
    assert "await asyncio.to_thread(" in once
    assert "fastapi" not in once
    assert BLOCKS in once
    again = run(done.texts["server/main.py"], **{"shop_client/client.py": once})
    assert again.texts["shop_client/client.py"] == once


BOT = "async def tick():\n    with open('state') as f:\n        return f.read()\n"
ROUTES = "from fastapi import APIRouter\n\nrouter = APIRouter()\n"


@pytest.mark.parametrize(
    ("files", "pool"),
    [
        ({}, "asyncio.to_thread"),
        ({"tests/test_bot.py": f"import bot\n{ROUTES}"}, "asyncio.to_thread"),
        ({"plugins.py": "def find():\n    import bot\n"}, "asyncio.to_thread"),
        ({"routes.py": f"{ROUTES}\n\ndef find():\n    import bot\n"}, "run_in_threadpool"),
        ({"bot.py": f"import helpers\n\n\n{BOT}", "helpers.py": "import main\n"}, "run_in_threadpool"),
    ],
    ids=["nobody loads it", "a test", "what nobody loads", "a function of an application", "it loads one"],
)
def test_what_no_application_loads_needs_no_fastapi(files: dict[str, str], pool: str) -> None:
    done = migrate({"main.py": SERVER, "bot.py": BOT, **files}, (".",))
    assert f"await {pool}(" in done.texts["bot.py"]
    assert ("fastapi" in done.texts["bot.py"]) is (pool == "run_in_threadpool")
