"""Functions of their own that close a client when the application stops: they become async with their callers."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from client_programs import changed, migrate
from running import run
from sdk_server import SdkHandler
from servers import http_server, redis_server

pytest.importorskip("pymongo", minversion="4.13")
pytest.importorskip("openai")

from mongo_server import mongo_server

APP = """
from contextlib import asynccontextmanager

import pymongo
import redis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from openai import OpenAI

told = []
"""
STARTED = """

@asynccontextmanager
async def lifespan(app):
    yield
    told.append("stopping")
    close_client()


app = FastAPI(lifespan=lifespan)
"""
EVENT = """

app = FastAPI()


@app.on_event("shutdown")
def stop():
    close_client()
"""
ROUTE = """

@app.get("/")
def show():
    return CALL


def call():
    \"\"\"The whole application, each time on an event loop of its own.\"\"\"
    found = []
    for _ in range(TIMES):
        with TestClient(app) as client:
            found += [client.get("/").json() for _ in range(2)]
    return [found, told]
"""
LAZY = """
_client = None


def get_client():
    global _client
    if _client is None:
        _client = MADE
    return _client


def close_client():
    \"\"\"Close it, if there is one.\"\"\"
    global _client
    if _client is not None:
        _client.close()
        _client = None
"""
KEPT = """
client = MADE


def close_client():
    told.append("closing")
    client.close()
"""
OF_OBJECT = """
class Holder:
    def __init__(self):
        self._client = None

    @property
    def client(self):
        if self._client is None:
            self._client = MADE
        return self._client

    def close(self):
        if self._client:
            self._client.close()
            self._client = None


holder = Holder()
"""
CLIENTS = {
    "openai": ('OpenAI(api_key="k", base_url="HTTP/v1", max_retries=0)', '.models.retrieve("m").id', "sdk"),
    "redis": ("redis.Redis(port=PORT)", '.incr("n")', "redis"),
    "mongo": ('pymongo.MongoClient("MONGO")', ".shop.users.count_documents({})", "mongo"),
}


@pytest.fixture(scope="module")
def addresses() -> Iterator[dict[str, str]]:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    with ExitStack() as stack:
        mongo, _ = stack.enter_context(mongo_server())
        yield {
            "HTTP": stack.enter_context(http_server(SdkHandler)),
            "PORT": str(stack.enter_context(redis_server())),
            "MONGO": mongo,
        }


def program(kept: str, spelled: str, started: str, client: str, addresses: dict[str, str]) -> str:
    made, call, _ = CLIENTS[client]
    text = changed(APP) + "\n\n" + changed(kept).replace("MADE", made) + started
    text += ROUTE.replace("CALL", spelled + call).replace("TIMES", "1" if kept == KEPT else "3")
    for word, address in addresses.items():
        text = text.replace(word, address)
    return text


NOWHERE = {"HTTP": "http://127.0.0.1:9", "PORT": "9", "MONGO": "mongodb://127.0.0.1:9"}
FORMS = {
    "made when it is first asked for": (LAZY, "get_client()", STARTED, "    await close_client()\n"),
    "closed by an event": (LAZY, "get_client()", EVENT, "async def stop():\n    await close_client()\n"),
    "closed by an async function": (
        LAZY.replace("def close_client", "async def close_client"),
        "get_client()",
        STARTED.replace("close_client()", "await close_client()"),
        "    await close_client()\n",
    ),
    "with a function between": (
        LAZY + "\n\ndef stop():\n    close_client()\n",
        "get_client()",
        STARTED.replace("close_client()", "stop()"),
        "    await stop()\n",
    ),
    "of a module": (KEPT, "client", STARTED, '    told.append("closing")\n    await client().close()\n'),
}


@pytest.mark.filterwarnings("ignore")  # of FastAPI, about events; of clients that no lifespan closes here
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("form", FORMS)
def test_a_client_that_a_function_closes(
    form: str, client: str, addresses: dict[str, str], tmp_path: Path
) -> None:
    kept, spelled, started, expected = FORMS[form]
    outcome = migrate({"app/routes.py": program(kept, spelled, started, client, addresses)})
    of_redis = expected.replace(
        "client().close()", "client().aclose()" if client == "redis" else "client().close()"
    )
    assert of_redis in outcome.text, outcome.reasons
    if kept is not KEPT:
        whole = f'async def close_client():\n    """Close it, if there is one."""\n    await close_{CLIENTS[client][2]}_clients()\n'
        assert whole in outcome.text
        assert "_client = None" not in outcome.text
    old = run(tmp_path / "old", outcome.before, "call")
    new = run(tmp_path / "new", outcome.texts, "call")
    assert [len(old[0][0]), old[0][1]] == [len(new[0][0]), new[0][1]]
    if client != "redis":  # which counts on
        assert new == old


def test_a_client_that_its_object_closes(addresses: dict[str, str], tmp_path: Path) -> None:
    started = STARTED.replace("close_client()", "holder.close()")
    outcome = migrate({"app/routes.py": program(OF_OBJECT, "holder.client", started, "openai", addresses)})
    assert "    async def close(self):\n        await close_sdk_clients()\n" in outcome.text, outcome.reasons
    assert "    await holder.close()\n" in outcome.text
    old = run(tmp_path / "old", outcome.before, "call")
    assert run(tmp_path / "new", outcome.texts, "call") == old


REASON = "closes the client, and not only when the application stops"
SEVERAL = "_client, which holds the client, is used in several places"
STAYS = {
    "a route closes it": (LAZY, STARTED + "\n\n@app.post('/close')\ndef close():\n    close_client()\n", REASON),
    "an exit closes it": (LAZY, STARTED + "\n\nimport atexit\n\natexit.register(close_client)\n", REASON),
    "a script closes it": (LAZY, STARTED + "\n\ndef main():\n    close_client()\n\n\nif __name__ == '__main__':\n    main()\n", REASON),
    "nobody closes it": (LAZY, STARTED.replace("close_client()", "pass"), REASON),
    "it tells of it": (LAZY.replace("        _client.close()\n", "        _client.close()\n        told.append('closed')\n"), STARTED, SEVERAL),
    "it is only forgotten": (LAZY.replace("        _client.close()\n", ""), STARTED, SEVERAL),
    "it stays closed": (LAZY.replace("_client.close()\n        _client = None\n", "_client.close()\n"), STARTED, SEVERAL),
    "there is a comment": (LAZY.replace("_client.close()", "_client.close()  # at last"), STARTED, REASON),
    "a name of the generated module is taken": (LAZY, STARTED + "\n\ndef close_sdk_clients():\n    pass\n", "the module has a close_sdk_clients of its own"),
}  # fmt: skip


@pytest.mark.parametrize("what", STAYS)
def test_a_client_that_is_closed_in_another_way_stays(what: str) -> None:
    kept, started, reason = STAYS[what]
    outcome = migrate({"app/routes.py": program(kept, "get_client()", started, "openai", NOWHERE)})
    assert "Async" not in outcome.text
    assert any(reason in each for each in outcome.reasons), outcome.reasons


def test_a_client_whose_own_end_closes_it_stays() -> None:
    """The interpreter calls `__del__`, and waits for nothing."""
    kept = OF_OBJECT.replace("def close(self)", "def __del__(self)")
    started = STARTED.replace("    close_client()\n", "")
    outcome = migrate({"app/routes.py": program(kept, "holder.client", started, "openai", NOWHERE)})
    assert "Async" not in outcome.text
