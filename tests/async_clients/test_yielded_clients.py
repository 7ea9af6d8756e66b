"""Dependencies that `yield` a client: FastAPI enters and leaves them, on the loop as well as in a thread."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import shutil
from pathlib import Path

import pytest
from client_programs import changed, migrate
from running import run
from sdk_server import SdkHandler
from servers import http_server, redis_server

HEAD = """
    from collections.abc import Generator, Iterator
    from functools import lru_cache
    from typing import Annotated

    import httpx
    import redis
    import requests
    import time
    from fastapi import Depends, FastAPI, HTTPException
    from fastapi.testclient import TestClient

    app = FastAPI()
    seen = []
"""
HTTP = """
    @lru_cache
    def get_url():
        return "URL"


    def get_base() -> str:
        return get_url()


    def get_client(base: Annotated[str, Depends(get_base)]) -> Generator[httpx.Client, None, None]:
        assert base == get_url()
        with httpx.Client(base_url=base, timeout=5) as client:
            yield client
            seen.append(client.is_closed)


    def get_session() -> Iterator[requests.Session]:
        session = requests.Session()
        session.headers["X-Key"] = "k"
        try:
            yield session
        finally:
            session.close()


    ClientDep = Annotated[httpx.Client, Depends(get_client)]


    @app.get("/client")
    def client(client: ClientDep):
        return [client.get("/echo").json()["path"], seen]


    @app.get("/session")
    def session(session: requests.Session = Depends(get_session)):
        return session.get("URL/echo").json()["headers"].get("x-key")


    @app.get("/error")
    def error(client: ClientDep):
        if client.get("/echo").status_code == 200:
            raise HTTPException(418, "no coffee")


    def call():
        found = []
        for path in ("/client", "/session", "/error", "/client"):
            found.append(TestClient(app).get(path).json())
        return found
"""


def test_a_client_of_each_request_is_opened_and_closed_on_the_loop(tmp_path: Path) -> None:
    with http_server() as url:
        program = changed(HEAD) + "\n\n" + changed(HTTP)
        outcome = migrate({"app/routes.py": program.replace("URL", url)})
        text = outcome.text
        assert (
            "\nasync def get_client(base: Annotated[str, Depends(get_base)]) -> AsyncGenerator[httpx.AsyncClient, None]:\n    assert base == get_url()\n    async with httpx.AsyncClient("
            in text
        )
        assert (
            'async def get_session() -> AsyncIterator[httpx.AsyncClient]:\n    async with http_session() as session:\n        session.headers["X-Key"] = "k"\n        yield session\n'
            in text
        )
        assert "ClientDep = Annotated[httpx.AsyncClient, Depends(get_client)]" in text
        assert "run_in_threadpool" not in text
        old = run(tmp_path / "old", outcome.before, "call", times=2)
        assert run(tmp_path / "new", outcome.texts, "call", times=2) == old
        assert old[0] == [["/echo", []], "k", {"detail": "no coffee"}, ["/echo", [False]]]


KEPT = """
    import openai


    def get_cache() -> Iterator[redis.Redis]:
        cache = redis.Redis(port=PORT, decode_responses=True)
        try:
            yield cache
        finally:
            cache.close()


    def get_llm():
        llm = openai.OpenAI(api_key="k", base_url="URL/v1", max_retries=0)
        yield llm
        llm.close()


    shared = redis.Redis(port=PORT)


    def get_shared():
        yield shared


    @app.get("/")
    def ask(cache: redis.Redis = Depends(get_cache), llm=Depends(get_llm), other=Depends(get_shared)):
        cache.set("model", llm.models.retrieve("m").id)
        return [cache.get("model"), other.strlen("model")]


    def call():
        with TestClient(app) as client:
            return [client.get("/").json() for _ in range(2)]
"""


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # no lifespan is wired here
def test_clients_that_are_dear_to_make_are_kept(tmp_path: Path) -> None:
    pytest.importorskip("openai")
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    with http_server(SdkHandler) as url, redis_server() as port:
        program = changed(HEAD) + "\n\n" + changed(KEPT)
        outcome = migrate({"app/routes.py": program.replace("URL", url).replace("PORT", str(port))})
        assert (
            "async def get_cache() -> AsyncIterator[Redis]:\n    cache = redis_client()\n    yield cache\n"
            in outcome.text
        ), outcome.reasons
        assert "async def get_llm():\n    llm = openai_client()\n    yield llm\n" in outcome.text
        assert "async def get_shared():\n    yield shared()\n" in outcome.text
        assert "await other.strlen(" in outcome.text
        assert "run_in_threadpool" not in outcome.text
        old = run(tmp_path / "old", outcome.before, "call", times=2)
        assert run(tmp_path / "new", outcome.texts, "call", times=2) == old == [[["m", 1], ["m", 1]]] * 2


GIVER = """
    def get_client():
        with httpx.Client(base_url="URL") as client:
            yield client
"""
TAKER = """
    @app.get("/")
    def call(client: httpx.Client = Depends(get_client)):
        return client.get("/").json()
"""
STAYS = {
    "it waits for something else": GIVER.replace("with httpx", "time.sleep(0.1)\n        with httpx"),
    "it asks for something itself": GIVER.replace("yield client", "client.get('/health')\n            yield client"),
    "it yields twice": GIVER.replace("yield client", "yield client\n            yield client"),
    "it yields more": GIVER.replace("yield client", "yield (client, 1)"),
    "it is a context manager": GIVER.replace("def get", "import contextlib\n\n\n    @contextlib.contextmanager\n    def get"),
    "it is read by a script as well": GIVER + "\n\n    def main():\n        print(next(get_client()))\n",
    "it is handed on": GIVER + "\n\n    held = [get_client]\n",
    "its type is a text": GIVER.replace("def get_client()", "def get_client() -> 'Iterator[httpx.Client]'"),
    "its type holds a text": GIVER.replace("def get_client()", "def get_client() -> Iterator['httpx.Client']"),
    "it makes no client but may": GIVER.replace("with", "if seen:\n            yield None\n        with"),
    "its errors are those of requests": "def get_client():\n    with requests.Session() as client:\n        try:\n            yield client\n        except requests.RequestException:\n            raise HTTPException(502)\n",
}  # fmt: skip


@pytest.mark.parametrize("what", STAYS)
def test_what_does_more_than_give_a_client_stays_in_its_thread(what: str) -> None:
    taker = TAKER.replace("httpx.Client", "requests.Session") if "requests" in what else TAKER
    if "more" in what:
        taker = taker.replace("httpx.Client", "tuple[httpx.Client, int]").replace(
            "client.get", "client[0].get"
        )
    text = migrate({"app/routes.py": "\n\n".join(map(changed, (HEAD, STAYS[what], taker)))}).text
    assert "\ndef get_client()" in text
    assert f"run_in_threadpool({'client[0]' if 'more' in what else 'client'}.get, " in text


def test_a_dependency_that_tests_override_stays_in_its_thread() -> None:
    files = {
        "app/routes.py": "\n\n".join(map(changed, (HEAD, GIVER, TAKER))),
        "tests/test_it.py": "from app.routes import app, get_client\n\napp.dependency_overrides[get_client] = dict\n",
    }
    assert "\ndef get_client():" in migrate(files).text
