"""Clients whose getter is injected, and called directly as well: it is awaited there, or nothing changes."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis
from client_programs import changed, migrate
from running import run

HEAD = """
    import functools
    import threading

    import redis
    from fastapi import Depends, FastAPI

    app = FastAPI()


"""
TAIL = """


@app.get("/given")
def given(cache: redis.Redis = Depends(get_redis)) -> int:
    return cache.incr("asked")
"""
LAZY = """
    kept = None


    def get_redis() -> redis.Redis:
        global kept
        if kept is None:
            kept = redis.Redis("127.0.0.1", PORT, db=2, decode_responses=True)
        return kept


"""
EACH_CALL = """
    def get_redis() -> redis.Redis:
        return redis.Redis("127.0.0.1", PORT, db=2, decode_responses=True)


"""
MODULE = """
    kept = redis.Redis("127.0.0.1", PORT, db=2, decode_responses=True)


    def get_redis() -> redis.Redis:
        return kept


"""
CACHED = EACH_CALL.replace("    def get", "    @functools.lru_cache\n    def get")
AT_ONCE = """
    @app.get("/asked")
    def asked() -> int:
        return get_redis().incr("asked")
"""
NAMED = """
    @app.get("/asked")
    def asked() -> int:
        cache = get_redis()
        cache.set("name", "Ann")
        return cache.incr("asked") + len(cache.get("name"))
"""
HELPER = """
    def count(name: str) -> int:
        return get_redis().incr(name)


    @app.get("/asked")
    def asked() -> list[int]:
        return [count(name) for name in ("asked", "asked")]
"""


@pytest.mark.parametrize("getter", [LAZY, EACH_CALL, MODULE], ids=["lazy", "each call", "module"])
@pytest.mark.parametrize(
    ("asks", "expected"),
    [
        (AT_ONCE, 'await (await get_redis()).incr("asked")'),
        (NAMED, "cache = await get_redis()"),
        (HELPER, "await (await get_redis()).incr(name)"),
    ],
    ids=["at once", "named", "helper"],
)
def test_it_is_awaited_where_it_is_called(
    getter: str, asks: str, expected: str, port: int, tmp_path: Path
) -> None:
    text = (changed(HEAD) + "\n\n" + changed(getter) + "\n\n" + changed(asks) + TAIL).replace(
        "PORT", str(port)
    )
    outcome = migrate({"app/routes.py": text})
    assert expected in outcome.text, outcome.reasons
    assert "async def get_redis() -> Redis:" in outcome.text
    assert "run_in_threadpool" not in outcome.text
    found = []
    for name, texts in (("old", outcome.before), ("new", outcome.texts)):
        with redis.Redis("127.0.0.1", port, db=2) as server:
            server.flushdb()
        found.append(run(tmp_path / name, texts, "asked", times=2, loops=2))
    assert found[0] == found[1]
    assert len({str(answer) for answer in found[1]}) == 4


STAYS = {
    "given on by a property": """
    class Store:
        @property
        def cache(self):
            return get_redis()


    @app.get("/asked")
    def asked() -> int:
        return Store().cache.incr("asked")
""",
    "kept by an object": """
    class Store:
        def __init__(self):
            self.cache = get_redis()


    @app.get("/asked")
    def asked() -> int:
        return Store().cache.incr("asked")
""",
    "handed to an object": """
    class Store:
        def __init__(self, cache: redis.Redis):
            self.cache = cache


    @app.get("/asked")
    def asked() -> int:
        return Store(get_redis()).cache.incr("asked")
""",
    "kept by the module": """
    cache = get_redis()


    @app.get("/asked")
    def asked() -> int:
        return cache.incr("asked")
""",
    "gone through": """
    @app.get("/asked")
    def asked() -> list[str]:
        return sorted(get_redis().scan_iter("asked*"))
""",
    "named, and handed on": """
    def count(cache) -> int:
        return cache.incr("asked")


    @app.get("/asked")
    def asked() -> int:
        cache = get_redis()
        return count(cache)
""",
    "asked for by a lambda": """
    @app.get("/asked")
    def asked() -> int:
        return (lambda name: get_redis().incr(name))("asked")
""",
    "asked for by a thread": """
    def count() -> None:
        get_redis().incr("asked")


    @app.get("/asked")
    def asked() -> int:
        threading.Thread(target=count).start()
        return 0
""",
}


@pytest.mark.parametrize("getter", [LAZY, EACH_CALL, MODULE], ids=["lazy", "each call", "module"])
@pytest.mark.parametrize("hazard", STAYS)
def test_where_nobody_may_await_it_nothing_turns(getter: str, hazard: str) -> None:
    text = changed(HEAD) + "\n\n" + changed(getter) + "\n\n" + changed(STAYS[hazard]) + TAIL
    outcome = migrate({"app/routes.py": text.replace("PORT", "1")})
    assert "redis.asyncio" not in outcome.text


def test_one_that_a_cache_keeps_stays() -> None:
    text = changed(HEAD) + "\n\n" + changed(CACHED) + "\n\n" + changed(AT_ONCE) + TAIL
    outcome = migrate({"app/routes.py": text.replace("PORT", "1")})
    assert "redis.asyncio" not in outcome.text
