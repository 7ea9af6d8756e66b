"""Functions that nobody calls turn with the client that they use; what somebody may call keeps it sync."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from client_programs import HEAD, migrate
from running import run
from servers import redis_server

CACHE = """
import json

import redis


class Cache:
    def __init__(self):
        self.client = redis.Redis(host="127.0.0.1", port=PORT)

    def get(self, key):
        return self.client.get(key)

    def put(self, key, value):
        return bool(self.client.set(key, json.dumps(value)))

    def forget(self, pattern):
        with open("forgotten.txt", "a") as file:
            file.write(pattern)
        return [self.client.delete(key) for key in self.client.scan_iter(pattern)]


cache = Cache()
"""
ROUTES = """
@router.get("/")
def call(key):
    return cache.get(key)
"""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    with redis_server() as found:
        yield found


def files(more: str = "", port: int = 1) -> dict[str, str]:
    head = HEAD.replace("HTTPException\n", "HTTPException\n\nfrom app.cache import cache\n", 1)
    return {"app/routes.py": head + ROUTES, "app/cache.py": CACHE.replace("PORT", str(port)) + more}


def test_methods_that_nobody_calls_turn_along(port: int, tmp_path: Path) -> None:
    outcome = migrate(files(port=port))
    text = outcome.texts["app/cache.py"]
    assert "    async def put(self, key, value):\n        return bool(await self.client().set(" in text
    assert "            async for key in self.client().scan_iter(pattern)\n" in text
    assert "        await run_in_threadpool(write_forgotten)\n" in text
    with redis.Redis(port=port) as client:
        client.set("k", "v")
    old = run(tmp_path / "old", outcome.before, "call", "k", loops=2)
    assert run(tmp_path / "new", outcome.texts, "call", "k", loops=2) == old == [b"v", b"v"]


STAYS = {
    "a script calls it": "\n\nif __name__ == '__main__':\n    print(cache.put('a', 1))\n",
    "it runs when the module is imported": "\n\ncache.put('a', 1)\n",
    "it is handed on": "\n\nimport atexit\n\natexit.register(cache.put, 'a', 1)\n",
    "its name is looked up": "\n\ndef do(name):\n    return getattr(cache, name)('a')\n",
    "an object of unknown type may be one": "\n\ndef do(store):\n    return store.put('a', 1)\n\n\nif __name__ == '__main__':\n    do(cache)\n",
    "it is a task of Celery": "\n\nfrom celery import Celery\n\ncelery = Celery()\n\n\n@celery.task\ndef later():\n    cache.client.set('a', 1)\n",
    "it is a command": "\n\ndef serve_it():\n    cache.client.set('a', 1)\n",
    "the interpreter calls it": "\n\nclass Own(dict):\n    def __missing__(self, key):\n        return cache.client.get(key)\n",
    "it is a property": "\n\nclass Own:\n    @property\n    def size(self):\n        return cache.client.dbsize()\n",
    "it is a generator of a dependency": "\n\ndef steps():\n    yield cache.client.dbsize()\n",
    "it may override what a library calls": "\n\nfrom somewhere import Base\n\n\nclass Own(Base):\n    def size(self):\n        return cache.client.dbsize()\n",
}


@pytest.mark.parametrize("why", STAYS)
def test_what_somebody_may_call_keeps_the_client(why: str) -> None:
    declared = '[project.scripts]\nserve = "app.cache:serve_it"\n'
    outcome = migrate(files(STAYS[why]), declared=declared)
    assert "redis.Redis(host=" in outcome.texts["app/cache.py"]
    assert "await run_in_threadpool(cache.get, key)" in outcome.text


def test_what_tests_call_keeps_the_client() -> None:
    texts = {
        **files(),
        "tests/test_it.py": "from app.cache import cache\n\n\ndef test_it():\n    assert cache.put('a', 1)\n",
    }
    assert "redis.Redis(host=" in migrate(texts).texts["app/cache.py"]


GIVEN = """
import redis
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient

PORT = 1
app = FastAPI()


def get_redis():
    redis_client = redis.Redis(host="127.0.0.1", port=PORT, decode_responses=True)
    try:
        yield redis_client
    finally:
        redis_client.close()


@app.get("/")
def hits(r: redis.Redis = Depends(get_redis)):
    return r.incr("hits")


def call():
    with TestClient(app) as client:
        return [client.get("/").json() for _ in range(2)]
"""


def test_a_generator_whose_name_is_that_of_the_new_function(port: int, tmp_path: Path) -> None:
    outcome = migrate({"app/routes.py": GIVEN.replace("PORT = 1", f"PORT = {port}")})
    assert "    redis_client = shared_redis_client()\n    yield redis_client\n" in outcome.text
    found = []
    for folder, texts in ((tmp_path / "old", outcome.before), (tmp_path / "new", outcome.texts)):
        with redis.Redis(port=port) as client:
            client.flushall()
        found.append(run(folder, texts, "call"))
    assert found == [[[1, 2]], [[1, 2]]]
