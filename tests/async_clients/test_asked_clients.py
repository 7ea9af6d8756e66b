"""Clients whose getter is injected, and called directly as well: it is awaited there, or nothing changes."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis
from client_programs import changed, migrate
from running import run
from servers import http_server

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
PIPELINE = """
    def counted(name: str) -> list[int]:
        client = get_redis()
        pipe = client.pipeline()
        pipe.incr(name)
        pipe.expire(name, 60)
        return pipe.execute()


    @app.get("/asked")
    def asked() -> list[int]:
        with get_redis().pipeline() as pipe:
            pipe.incr("asked")
            return [*counted("asked"), *pipe.execute()]
"""
LOCK = """
    @app.get("/asked")
    async def asked() -> int:
        client = get_redis()
        with client.lock("asked-lock", timeout=5):
            lock = client.lock("asked-other", timeout=5)
            if not lock.acquire(blocking=False):
                return 0
            try:
                return client.incr("asked")
            finally:
                lock.release()
"""
SCANNED = """
    @app.get("/asked")
    def asked() -> list[str]:
        client = get_redis()
        client.incr("asked")
        found = [key + str(client.get(key)) for key in client.scan_iter("asked*")]
        for key in get_redis().scan_iter("asked*"):
            found.append(key)
        return found + list(client.scan_iter(match="asked*"))
"""


@pytest.mark.parametrize("getter", [LAZY, EACH_CALL, MODULE], ids=["lazy", "each call", "module"])
@pytest.mark.parametrize(
    ("asks", "expected"),
    [
        (AT_ONCE, 'await (await get_redis()).incr("asked")'),
        (NAMED, "cache = await get_redis()"),
        (HELPER, "await (await get_redis()).incr(name)"),
        (PIPELINE, "async with (await get_redis()).pipeline() as pipe:"),
        (LOCK, 'async with client.lock("asked-lock", timeout=5):'),
        (SCANNED, 'async for key in (await get_redis()).scan_iter("asked*"):'),
    ],
    ids=["at once", "named", "helper", "pipeline", "lock", "scanned"],
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


@pytest.mark.parametrize("getter", [LAZY, EACH_CALL, MODULE], ids=["lazy", "each call", "module"])
def test_it_is_awaited_where_it_is_made_outside_the_api(getter: str, port: int, tmp_path: Path) -> None:
    """What the API asks for turns with its client, though no handler stands there."""
    routes = changed(HEAD) + "from app.cache import get_redis\n\n\n" + changed(AT_ONCE) + TAIL
    cache = "import redis\n\n\n" + changed(getter).replace("PORT", str(port))
    outcome = migrate({"app/routes.py": routes, "app/cache.py": cache})
    assert 'await (await get_redis()).incr("asked")' in outcome.text, outcome.reasons
    assert "async def get_redis() -> Redis:" in outcome.texts["app/cache.py"]
    found = []
    for name, texts in (("old", outcome.before), ("new", outcome.texts)):
        with redis.Redis("127.0.0.1", port, db=2) as server:
            server.flushdb()
        found.append(run(tmp_path / name, texts, "asked", times=2, loops=2))
    assert found[0] == found[1]


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
        return [*map(str, get_redis().scan_iter("asked*"))]
""",
    "named, and handed on": """
    def count(cache) -> int:
        return cache.incr("asked")


    @app.get("/asked")
    def asked() -> int:
        cache = get_redis()
        return count(cache)
""",
    "named, and its pipeline handed on": """
    def fill(pipe) -> None:
        pipe.incr("asked")


    @app.get("/asked")
    def asked() -> list[int]:
        client = get_redis()
        pipe = client.pipeline()
        fill(pipe)
        return pipe.execute()
""",
    "named, and its pipeline given": """
    def filled():
        client = get_redis()
        return client.pipeline().incr("asked")


    @app.get("/asked")
    def asked() -> list[int]:
        return filled().execute()
""",
    "named, for a function that is sorted by": """
    @app.get("/asked")
    def asked() -> list[str]:
        client = get_redis()
        return sorted(["a", "b"], key=lambda name: client.get(name) or "")
""",
    "named, and a pipeline is filled by a thread": """
    def fill() -> None:
        client = get_redis()
        pipe = client.pipeline()
        pipe.incr("asked")
        pipe.execute()


    @app.get("/asked")
    def asked() -> int:
        threading.Thread(target=fill).start()
        return 0
""",
    "named twice": """
    @app.get("/asked")
    def asked() -> list[int]:
        client = get_redis()
        client = client or redis.Redis()
        pipe = client.pipeline()
        pipe.incr("asked")
        return pipe.execute()
""",
    "named, with a script": """
    @app.get("/asked")
    def asked() -> int:
        client = get_redis()
        pipe = client.pipeline()
        pipe.incr("asked")
        return pipe.execute() and client.register_script("return 1")()
""",
    "gone through by a generator": """
    @app.get("/asked")
    def asked() -> bool:
        return any(key for key in get_redis().scan_iter("asked*"))
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


CALLED = {
    "at once": AT_ONCE,
    "named": NAMED,
    "by a helper": HELPER,
    **{name: STAYS[name] for name in ("given on by a property", "kept by an object")},
    "handed on": """
    def count(cache: redis.Redis) -> int:
        return cache.incr("asked")


    @app.get("/asked")
    def asked() -> int:
        return count(get_redis())
""",
    "in a pipeline": """
    @app.get("/asked")
    def asked() -> list[int]:
        with get_redis().pipeline() as pipe:
            pipe.incr("asked")
            pipe.incr("asked")
            return pipe.execute()
""",
    "by another getter with a cache": """
    class Counter:
        def __init__(self, cache: redis.Redis):
            self.cache = cache

        @property
        def client(self) -> redis.Redis:
            return self.cache

        def count(self) -> int:
            return self.client.incr("asked")


    @functools.lru_cache(maxsize=None)
    def get_counter() -> Counter:
        return Counter(get_redis())


    @app.get("/asked")
    def asked() -> int:
        return get_counter().count()
""",
    "by another dependency": """
    def get_name(cache: redis.Redis = Depends(get_redis)) -> str:
        return "asked" if get_redis().exists("asked") else "other"


    @app.get("/asked")
    def asked(name: str = Depends(get_name)) -> int:
        return get_redis().incr("asked")
""",
}


@pytest.mark.parametrize("name", CALLED)
def test_one_that_a_cache_keeps_is_asked_for_below_what_is_injected(
    name: str, port: int, tmp_path: Path
) -> None:
    text = changed(HEAD) + "\n\n" + changed(CACHED) + "\n\n" + changed(CALLED[name]) + TAIL
    outcome = migrate({"app/routes.py": text.replace("PORT", str(port))})
    assert "async def get_redis() -> Redis:\n    return redis_client()" in outcome.text, outcome.reasons
    assert "run_in_threadpool" not in outcome.text
    assert outcome.text.count("get_redis") == 1 + outcome.text.count("Depends(get_redis)")
    found = []
    for folder, texts in (("old", outcome.before), ("new", outcome.texts)):
        with redis.Redis("127.0.0.1", port, db=2) as server:
            server.flushdb()
        found.append(run(tmp_path / folder, texts, "asked", times=2, loops=2))
    assert found[0] == found[1]


ELSEWHERE = """
    from app import deps, sdk
    from app.deps import get_redis


    def asked() -> list:
        return [get_redis().incr("asked"), deps.get_redis().incr("asked")]


    def told() -> str:
        return sdk.get_openai().models.retrieve("m").id
"""
SDK = """
    from functools import lru_cache

    from openai import OpenAI


    @lru_cache(maxsize=1)
    def get_openai() -> OpenAI:
        return OpenAI(api_key="k")
"""
ROUTES = """
    import redis
    from fastapi import APIRouter, Depends
    from openai import OpenAI

    from app.deps import get_redis
    from app.sdk import get_openai
    from app.service import asked, told

    router = APIRouter()


    @router.get("/asked")
    def ask() -> list:
        return asked()


    @router.get("/told")
    def tell() -> str:
        return told()


    @router.get("/given")
    def given(cache: redis.Redis = Depends(get_redis)) -> int:
        return cache.incr("asked")


    @router.get("/model")
    def model(client: OpenAI = Depends(get_openai)) -> str:
        return client.models.retrieve("m").id
"""


def test_other_modules_import_the_function_below() -> None:
    files = {
        "app/deps.py": changed(HEAD) + "\n\n" + changed(CACHED).replace("PORT", "1"),
        "app/sdk.py": SDK,
        "app/service.py": ELSEWHERE,
        "app/routes.py": ROUTES,
    }
    outcome = migrate(files)
    service = outcome.texts["app/service.py"]
    assert "from app.deps import redis_client" in service, outcome.reasons
    assert 'return [await redis_client().incr("asked"), await deps.redis_client().incr("asked")]' in service
    assert 'return (await sdk.openai_client().models.retrieve("m")).id' in service
    assert "async def get_openai() -> AsyncOpenAI:\n    return openai_client()" in outcome.texts["app/sdk.py"]


KEPT = {
    "a lambda": STAYS["asked for by a lambda"],
    "a thread": STAYS["asked for by a thread"],
    "handed to an object, of which more is asked": STAYS["handed to an object"],
    "gone through": STAYS["gone through"],
    "overridden": AT_ONCE + "\n\n    app.dependency_overrides[get_redis] = asked\n",
    "another name": """
    ask = get_redis


    @app.get("/asked")
    def asked() -> int:
        return ask().incr("asked")
""",
    "emptied": """
    @app.get("/asked")
    def asked() -> int:
        get_redis.cache_clear()
        return get_redis().incr("asked")
""",
}


@pytest.mark.parametrize("hazard", KEPT)
def test_one_that_a_cache_keeps_stays(hazard: str) -> None:
    text = changed(HEAD) + "\n\n" + changed(CACHED) + "\n\n" + changed(KEPT[hazard]) + TAIL
    outcome = migrate({"app/routes.py": text.replace("PORT", "1")})
    assert "redis.asyncio" not in outcome.text


MONGO = """
    from fastapi import Depends, FastAPI
    from pymongo import MongoClient
    from pymongo.database import Database

    app = FastAPI()
    client = MongoClient("URL", serverSelectionTimeoutMS=2000)


    def get_db() -> Database:
        return client["shop"]


    @app.get("/given")
    def given(db: Database = Depends(get_db)) -> str:
        return db.users.find_one({"_id": 1})["name"]


"""
OF_PARTS = """
    @app.get("/asked")
    def asked() -> list:
        users = get_db()["users"]
        users.delete_many({})
        users.insert_many([{"_id": n, "name": f"n{n}"} for n in range(5)])
        db = get_db()
        found = [each["name"] for each in db.users.find({"_id": {"$gt": 1}}).sort("name", -1).limit(2)]
        for each in get_db().users.find({}).skip(3):
            found.append(each["name"])
        return [*found, *[each["_id"] for each in get_db().users.aggregate([])], list(db.users.find())]
"""


def test_parts_of_a_database_are_asked_for(tmp_path: Path) -> None:
    from mongo_server import mongo_server

    with mongo_server() as (url, _):
        text = (changed(MONGO) + "\n\n" + changed(OF_PARTS)).replace("URL", url)
        outcome = migrate({"app/routes.py": text})
        assert 'users = (await get_db())["users"]' in outcome.text, outcome.reasons
        assert "async for each in (await get_db()).users.find({}).skip(3):" in outcome.text
        assert "run_in_threadpool" not in outcome.text
        found = [
            run(tmp_path / name, texts, "asked", times=2, loops=2)
            for name, texts in (("old", outcome.before), ("new", outcome.texts))
        ]
    assert found[0] == found[1]
    assert found[1][0][:4] == ["n4", "n3", "n3", "n4"]


SESSION = """
    import requests
    from fastapi import Depends, FastAPI

    app = FastAPI()
    session = requests.Session()


    def get_session() -> requests.Session:
        return session


    @app.get("/given")
    def given(http: requests.Session = Depends(get_session)) -> dict:
        return http.get("URL/echo", timeout=5).json()


    @app.get("/asked")
    def asked() -> list:
        http = get_session()
        response = http.post("URL/echo", json={"a": 1}, timeout=5)
        missing = http.get("URL/status/404", timeout=5)
        return [response.json(), missing.status_code, missing.ok]
"""


def test_a_session_is_asked_for_and_named(tmp_path: Path) -> None:
    with http_server() as url:
        outcome = migrate({"app/routes.py": changed(SESSION).replace("URL", url)})
        assert "http = await get_session()" in outcome.text, outcome.reasons
        assert "run_in_threadpool" not in outcome.text
        found = [
            run(tmp_path / name, texts, "asked", times=2, loops=2)
            for name, texts in (("old", outcome.before), ("new", outcome.texts))
        ]
    assert found[0] == found[1]
    assert found[1][0][1:] == [404, False]


HANDED = {
    "a part that is handed on": "users = get_db()['users']\n    return [str(users), users.find_one({})]",
    "a part that is kept": "asked.users = get_db()['users']\n    return asked.users.find_one({})",
    "a part that is given": "def users():\n        return get_db()['users']\n    return users().find_one({})",
    "parts in a circle": "a = get_db()\n    b = a.x\n    a = b.y\n    return a.find_one({})",
    "two at once": "a = b = get_db()\n    return [a.x.find_one({}), b.x.find_one({})]",
    "unpacked": "a, b = get_db(), 1\n    return a.x.find_one({})",
}


@pytest.mark.parametrize("body", HANDED.values(), ids=[*HANDED])
def test_parts_that_are_handed_on_keep_all_as_it_is(body: str) -> None:
    asked = f"@app.get('/asked')\ndef asked():\n    {body}\n"
    outcome = migrate({"app/routes.py": changed(MONGO) + "\n\n" + asked})
    assert "AsyncMongoClient" not in outcome.text
