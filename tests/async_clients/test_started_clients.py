"""Clients that are made when the application starts: their twins are made there, or nothing changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from client_programs import changed, migrate
from running import run

HEAD = """
    import os
    from contextlib import asynccontextmanager

    import redis
    from fastapi import Depends, FastAPI, Request
    from fastapi.testclient import TestClient


    class Local(dict):
        def incr(self, key):
            return 0


"""
CALL = '''


def call():
    """The whole application, twice, each time on an event loop of its own."""
    found = []
    for _ in range(2):
        with TestClient(app) as client:
            found.append([client.get(path).json() for path in ("/", "/")])
    return found
'''
LIFESPAN = """
    @asynccontextmanager
    async def lifespan(app):
        app.state.cache = redis.Redis("127.0.0.1", PORT, db=1)
        app.state.cache.ping()
        yield
        app.state.cache.close()


    app = FastAPI(lifespan=lifespan)


    @app.get("/")
    def count(request: Request) -> int:
        return request.app.state.cache.incr("n")
"""
EVENTS = """
    app = FastAPI()


    @app.on_event("startup")
    def start():
        app.state.cache = redis.from_url("redis://127.0.0.1:PORT", decode_responses=True)


    @app.on_event("shutdown")
    def stop():
        app.state.cache.close()


    def get_cache(request: Request) -> redis.Redis:
        return request.app.state.cache


    @app.get("/")
    def count(cache: redis.Redis = Depends(get_cache)) -> list[int]:
        with cache.pipeline() as pipe:
            pipe.incr("events")
            pipe.expire("events", 60)
            return [int(each) for each in pipe.execute()]
"""
GLOBAL = """
    cache: redis.Redis | None = None


    @asynccontextmanager
    async def lifespan(app):
        global cache
        cache = redis.Redis(host="127.0.0.1", port=PORT)
        yield
        if cache is not None:
            cache.close()


    app = FastAPI(lifespan=lifespan)


    @app.get("/")
    def count() -> int:
        if not cache:
            return 0
        return cache.incr("global")
"""
FUNCTIONS = """
    class Store:
        cache: redis.Redis | None = None


    store = Store()


    def connect():
        store.cache = redis.Redis("127.0.0.1", PORT)
        store.cache.ping()


    def disconnect():
        if store.cache is not None:
            store.cache.close()


    def get_cache() -> redis.Redis:
        assert store.cache
        return store.cache


    @asynccontextmanager
    async def lifespan(app):
        connect()
        yield
        disconnect()


    app = FastAPI(lifespan=lifespan)


    @app.get("/")
    def count(cache: redis.Redis = Depends(get_cache)) -> int:
        assert get_cache().exists("nothing") == 0
        return cache.incr("functions")
"""
STARTS = "    await connect()\n    yield\n    await disconnect()\n"
TURNS = {
    "by functions of the start, asked for and injected": (FUNCTIONS, STARTS),
    "by functions of which a route calls one": (
        FUNCTIONS.replace("functions", "route")
        + '\n\n    @app.get("/stop")\n    def stop():\n        disconnect()\n',
        STARTS,
    ),
    "in the state of the application": (
        LIFESPAN,
        'cache = Redis(host="127.0.0.1", port=PORT, db=1, max_connections=2**31)\n',
    ),
    "by events, and injected": (EVENTS, "cache = Redis.from_url("),
    "in a global": (GLOBAL, "cache: Redis | None = None\n"),
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of on_event
@pytest.mark.parametrize("name", TURNS)
def test_it_is_made_and_closed_where_it_was(name: str, port: int, tmp_path: Path) -> None:
    program, expected = TURNS[name]
    text = (changed(HEAD) + "\n\n" + changed(program) + CALL).replace("PORT", str(port))
    outcome = migrate({"app/routes.py": text})
    assert expected.replace("PORT", str(port)) in outcome.text, outcome.reasons
    assert "cache.aclose()\n" in outcome.text
    assert "run_in_threadpool" not in outcome.text
    assert "app/redis_clients.py" not in outcome.texts
    (old,) = run(tmp_path / "old", outcome.before, "call")
    (new,) = run(tmp_path / "new", outcome.texts, "call")
    counted = [each if isinstance(each, int) else each[0] for found in (*old, *new) for each in found]
    assert counted == list(range(1, 9))


STAYS = {
    "gone through where it is asked for": (
        FUNCTIONS.replace('get_cache().exists("nothing") == 0', "list(get_cache().scan_iter())"),
        "is injected and called, too",
    ),
    "one of two": (
        LIFESPAN.replace('"n")', '"n")\n').replace(
            "        app.state.cache.ping()\n", "        if PORT:\n            app.state.cache = Local()\n"
        ),
        "may be something else",
    ),
    "made at the import": (
        LIFESPAN.replace('        app.state.cache = redis.Redis("127.0.0.1", PORT, db=1)\n', "").replace(
            "lifespan=lifespan)\n", "lifespan=lifespan)\n    app.state.cache = redis.Redis()\n"
        ),
        "not made when that starts",
    ),
    "handed on": (LIFESPAN.replace("cache.ping()", "queue = Local(cache=app.state.cache)"), "handed on"),
    "kept in a list": (LIFESPAN.replace("app.state.cache.ping()", "all = [app.state.cache]"), "handed on"),
    "set up": (LIFESPAN.replace("cache.ping()", "cache.retry = None"), "set up after it is made"),
    "made with more": (LIFESPAN.replace("db=1", "connection_pool=None"), "takes differently"),
    "made for each request": (
        LIFESPAN.replace(
            "return request.app.state.cache",
            "request.state.own = redis.Redis()\n        return request.state.own",
        ),
        "not made when that starts",
    ),
    "read by getattr": (
        LIFESPAN.replace(
            "    return request.app.state.cache",
            '    found = getattr(request.app.state, "cache", None)\n        return found',
        )
        + '\n\n    @app.get("/more")\n    def more(request: Request) -> int:\n'
        '        return request.app.state.cache.incr("n")\n',
        "is read by getattr",
    ),
    "read from what may be anything": (
        LIFESPAN
        + '\n\n    def hook(state):\n        state.cache.incr("n")\n\n\n    Local().register(hook)\n',
        "what .cache is read from is not known",
    ),
    "started by a script, which asks on another loop": (
        GLOBAL + "\n\n    async def main():\n        async with lifespan(app):\n            pass\n",
        "",
    ),
    "a script of its own": (
        LIFESPAN + '\n\n    def main():\n        app.state.cache.incr("n")\n\n\n    main()\n',
        "stays synchronous",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STAYS)
def test_what_cannot_turn_as_a_whole_stays(name: str) -> None:
    program, reason = STAYS[name]
    text = (changed(HEAD) + "\n\n" + changed(program)).replace("PORT", "9")
    outcome = migrate({"app/routes.py": text})
    assert "redis.asyncio" not in outcome.text
    assert "aclose" not in outcome.text
    assert any(reason in each for each in outcome.reasons), outcome.reasons


def test_other_annotations_of_its_name_stay(port: int) -> None:
    other = """
    class Other:
        cache: redis.Redis

        def use(self, given):
            cache: redis.Redis = given
            return cache
    """
    text = (changed(HEAD) + "\n\n" + changed(GLOBAL) + "\n\n" + changed(other)).replace("PORT", str(port))
    outcome = migrate({"app/routes.py": text})
    assert "cache: Redis | None = None\n" in outcome.text
    assert outcome.text.endswith(changed(other))


@pytest.mark.parametrize("program", [LIFESPAN, GLOBAL])
def test_what_tests_put_on_the_module_stays(program: str) -> None:
    text = (changed(HEAD) + "\n\n" + changed(program)).replace("PORT", "9")
    test = "from app import routes\n\n\ndef test_count():\n    routes.cache = routes.app.state.cache = {}\n"
    assert "redis.asyncio" not in migrate({"app/routes.py": text, "tests/test_it.py": test}).text


@pytest.mark.parametrize(
    "test",
    [
        'def test_count(monkeypatch):\n    monkeypatch.setattr(app.state, "cache", {})\n',
        "def test_count():\n    app.state.cache = {}\n",
        "def test_count():\n    assert app.state.cache.ping()\n",
    ],
)
def test_what_tests_use_stays(test: str) -> None:
    text = (changed(HEAD) + "\n\n" + changed(LIFESPAN)).replace("PORT", "9")
    test = f"from app.routes import app\n\n\n{test}"
    assert "redis.asyncio" not in migrate({"app/routes.py": text, "tests/test_it.py": test}).text
