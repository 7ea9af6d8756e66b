"""Redis clients that share a pool, and those that a function makes for each call: one for each event loop."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import asyncio
import importlib
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import redis
from client_programs import HEAD, changed, migrate
from running import run

POOL = 'import redis\n\npool = redis.ConnectionPool(host="127.0.0.1", port=PORT, decode_responses=True)\n'
CACHE = POOL + "cache = redis.Redis(connection_pool=pool)\n"
GETTER = POOL + "\n\ndef cache() -> redis.Redis:\n    return redis.Redis(connection_pool=pool)\n"
FROM_URL = 'import os\n\nimport redis\n\nURL = "redis://127.0.0.1:PORT"\n\n\ndef cache():\n    return redis.from_url(os.getenv("NO_SUCH", URL), decode_responses=True)\n'


def files(cache: str, *lines: str, parameters: str = "", more: str = "") -> dict[str, str]:
    head = HEAD.lstrip("\n").replace("HTTPException\n", "HTTPException\n\nfrom app.cache import cache\n", 1)
    head = head.replace("import requests\n", "import redis\n", 1)
    body = "".join(f"    {line}\n" for line in lines)
    routes = f'{head}@router.get("/")\ndef call({parameters}):\n{body}{more}'
    return {"app/routes.py": routes, "app/cache.py": cache}


LOCAL = (
    'r = redis.Redis(host="127.0.0.1", port=PORT, decode_responses=True)',
    "cache",
    'return [r.incr("n"), r.get("n")]',
)
FORMS: dict[str, Mapping[str, str]] = {
    "a pool": files(CACHE, 'return [cache.incr("n"), cache.get("n")]'),
    "a pool by a URL": files(
        'import redis\n\npool = redis.ConnectionPool.from_url("redis://127.0.0.1:PORT", max_connections=2)\ncache = redis.Redis(connection_pool=pool)\n',
        'return [cache.incr("n"), cache.get("n")]',
    ),
    "a pool that waits": files(
        'import redis\n\npool = redis.BlockingConnectionPool(\n    host="127.0.0.1",\n    port=PORT,\n    timeout=3,  # seconds\n)\ncache = redis.Redis(connection_pool=pool)\n',
        'return [cache.incr("n"), cache.get("n")]',
    ),
    "two clients of a pool": files(
        CACHE + "other = redis.StrictRedis(connection_pool=pool)\n",
        "from app.cache import other",
        'return [cache.incr("n"), other.get("n")]',
    ),
    "a pool whose clients a function gives": files(GETTER, 'return [cache().incr("n"), cache().get("n")]'),
    "a pool that a function takes for itself": files(
        POOL.replace("pool =", "cache ="),
        "r = redis.Redis(connection_pool=cache)",
        "with r.pipeline() as pipe:",
        '    pipe.incr("n").get("n")',
        "    return pipe.execute()",
    ),
    "a pool that a global keeps from its first use": files(
        'import redis\n\n_pool = None\n\n\ndef get_pool():\n    global _pool\n    if _pool is None:\n        _pool = redis.ConnectionPool(host="127.0.0.1", port=PORT)\n    return _pool\n\n\ndef cache():\n    return redis.Redis(connection_pool=get_pool())\n',
        'return [cache().incr("n"), cache().get("n")]',
    ),
    "an object that its class keeps from its first use": files(
        'import redis\n\n\nclass Cache:\n    _one = None\n\n    def __init__(self):\n        self.client = redis.Redis(host="127.0.0.1", port=PORT)\n\n    @classmethod\n    def one(cls):\n        if cls._one is None:\n            cls._one = cls()\n        return cls._one\n\n\ncache = Cache\n',
        'return [cache.one().client.incr("n"), cache.one().client.get("n")]',
    ),
    "a pool of an instance": files(
        'import redis\n\n\nclass Cache:\n    def __init__(self, port: int):\n        self.pool = redis.ConnectionPool(host="127.0.0.1", port=port)\n        self.client = redis.Redis(connection_pool=self.pool)\n\n    def count(self):\n        return self.client.incr("n")\n\n\ncache = Cache(PORT)\n',
        "return cache.count()",
    ),
    "a function that makes one": files(FROM_URL, 'return [cache().incr("n"), cache().get("n")]'),
    "one that is kept under a name": files(FROM_URL, "r = cache()", 'return [r.incr("n"), r.get("n")]'),
    "made in the handler": files("cache = None\n", *LOCAL),
    "made and closed in the handler": files(
        "cache = None\n",
        LOCAL[0],
        "cache",
        "try:",
        '    return [r.incr("n"), r.get("n")]',
        "finally:",
        "    r.close()",
    ),
    "an error of the server": files(
        GETTER,
        'cache().set("text", "abc")',
        "try:",
        '    return cache().incr("text")',
        "except redis.ResponseError as error:",
        "    return str(error)",
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_the_same_is_given(name: str, port: int, tmp_path: Path) -> None:
    outcome = migrate({path: text.replace("PORT", str(port)) for path, text in FORMS[name].items()})
    assert "await " in outcome.text, outcome.reasons
    assert "run_in_threadpool" not in outcome.text
    assert "close()" not in outcome.text
    assert ("2**31" in "".join(outcome.texts.values())) == (
        name not in ("a pool by a URL", "a pool that waits")
    )
    found = []
    for folder, texts in ((tmp_path / "old", outcome.before), (tmp_path / "new", outcome.texts)):
        with redis.Redis(port=port) as client:
            client.flushall()
        found.append(run(folder, texts, "call", times=2, loops=2))
    assert found[1] == found[0]
    assert found[0]


INJECTED = """

@router.get("/injected")
def injected(r: redis.Redis = Depends(cache)):
    return r.incr("n")
"""


@pytest.mark.parametrize("sign", ["def", "async def"])
@pytest.mark.parametrize("cache", [GETTER, FROM_URL])
def test_a_dependency_gives_the_client_of_the_loop(cache: str, sign: str) -> None:
    texts = files(cache.replace("\ndef", f"\n{sign}"), "return 1", more=INJECTED)
    texts["app/routes.py"] = texts["app/routes.py"].replace("APIRouter,", "APIRouter, Depends,")
    outcome = migrate(texts)
    assert "@per_event_loop\ndef cache_client() -> Redis:\n" in outcome.texts["app/cache.py"]
    assert "\n\nasync def cache() -> Redis:\n    return cache_client()\n" in outcome.texts["app/cache.py"]
    assert 'async def injected(r: Redis = Depends(cache)):\n    return await r.incr("n")\n' in outcome.text, (
        outcome.reasons
    )


def test_functions_that_make_the_same_share_one(port: int) -> None:
    other = '\n\n@router.get("/b")\ndef other():\n' + "".join(f"    {line}\n" for line in LOCAL)
    outcome = migrate(files("cache = None\n", *LOCAL, more=other))
    assert outcome.text.count("def redis_client() -> Redis:\n") == 1
    assert outcome.text.count("r = redis_client()\n") == 2
    different = other.replace("decode_responses=True", "db=1")
    outcome = migrate(files("cache = None\n", *LOCAL, more=different))
    assert "r = redis_client()\n" in outcome.text
    assert "r = other_redis_client()\n" in outcome.text


def test_more_requests_than_the_library_has_connections_for(port: int, tmp_path: Path) -> None:
    """From redis 8 on, a client that is told nothing raises when a hundred connections are in use."""
    cache = 'import redis\n\ncache = redis.Redis(\n    host="127.0.0.1",\n    port=PORT  # ours\n)\n'
    outcome = migrate(files(cache.replace("PORT", str(port)), 'return cache.get("k")'))
    text = outcome.texts["app/cache.py"]
    assert f"        port={port},  # ours\n        max_connections=2**31,\n    )\n" in text
    for path, source in outcome.texts.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(source)
    sys.path.insert(0, str(tmp_path))
    try:
        routes, clients = (importlib.import_module(f"app.{name}") for name in ("routes", "redis_clients"))

        async def many() -> list[object]:
            found = await asyncio.gather(*(routes.call() for _ in range(150)), return_exceptions=True)
            await clients.close_redis_clients()
            return found

        assert asyncio.run(many()) == [None] * 150
    finally:
        sys.path.remove(str(tmp_path))
        for module in [name for name in sys.modules if name == "app" or name.startswith("app.")]:
            del sys.modules[module]


def test_a_version_with_no_limit_is_told_none() -> None:
    cache = "import redis\n\ncache = redis.Redis()\n"
    assert (
        "    return Redis()\n"
        in migrate(files(cache, 'return cache.get("k")'), declared="redis<8").texts["app/cache.py"]
    )


STOPS = """

@app.on_event("shutdown")
async def stop():
    pool.disconnect()
"""


def test_a_pool_that_is_closed_when_the_application_stops() -> None:
    texts = files(
        CACHE, 'return cache.get("k")', more="\n\napp = FastAPI()\napp.include_router(router)\n" + STOPS
    )
    texts["app/routes.py"] = (
        texts["app/routes.py"]
        .replace("APIRouter,", "APIRouter, FastAPI,")
        .replace("import cache\n", "import cache, pool\n")
    )
    outcome = migrate(texts)
    assert "    await pool().disconnect()\n" in outcome.text, outcome.reasons


ANY = 'return cache.get("k")'
STAYS = {
    "a class of connections": (files(CACHE.replace("port=PORT", "connection_class=redis.SSLConnection"), ANY), "takes differently"),
    "a pool that a global keeps until another function takes it away": (files(
        "import redis\n\n_pool = None\n\n\ndef get_pool():\n    global _pool\n    if _pool is None:\n        _pool = redis.ConnectionPool()\n    return _pool\n\n\ndef forget():\n    global _pool\n    _pool = None\n\n\ndef cache():\n    return redis.Redis(connection_pool=get_pool())\n",
        'return cache().get("n")'), "made for each call, from get_pool()"),
    "a pool that a library takes": (files(CACHE + "import rq\n\nqueue = rq.Queue(pool)\n", ANY), "the pool of Redis connections is handed on"),
    "a pool that a handler empties": (files(CACHE, "from app.cache import pool", "pool.disconnect()", ANY), ".disconnect() of the pool"),
    "a client of the pool that stays": (files(CACHE + "other = redis.Redis(connection_pool=pool)\nALL = {'a': other}\n", ANY), "handed on"),
    "a script that uses the pool": (files(CACHE + "other = redis.Redis(connection_pool=pool)\n\n\ndef main():\n    other.get('k')\n\n\nif __name__ == '__main__':\n    main()\n", ANY), "stays synchronous"),
    "a pool of a function": (files("import redis\n\n\ndef make():\n    pool = redis.ConnectionPool()\n    return redis.Redis(connection_pool=pool)\n\n\ncache = make()\n", ANY), "for each call"),
    "from what the call is given": (files("cache = None\n", "r = redis.from_url(url)", "cache", 'return r.get("k")', parameters="url: str"), "is made for each call, from url"),
    "from what only the function imports": (files("DB = cache = 1\n", "from app.cache import DB", "r = redis.Redis(db=DB)", "cache", 'return r.get("k")'), "from DB"),
    "from what changes": (files("cache = None\n", "r = redis.Redis(db=DB)", "cache", 'return r.get("k")', more="\n\nDB = 1\n\n\ndef change():\n    global DB\n    DB = 2\n"), "from DB"),
    "from a setting that changes": (files("class S:\n    DB = 1\n\n\ncache = S()\n", "r = redis.Redis(db=cache.DB)", 'return r.get("k")', more="\n\ndef change():\n    cache.DB = 2\n"), "from cache.DB"),
    "from what a function gives": (files("import random\n\n\ndef cache():\n    return random.randint(0, 3)\n", "r = redis.Redis(db=cache())", 'return r.get("k")'), "from cache()"),
    "closed by who gets it": (files(FROM_URL, "r = cache()", "found = r.get('k')", "r.close()", "return found"), "and closed"),
    "given by a generator that closes it": (files("import redis\n\n\ndef cache():\n    r = redis.Redis()\n    try:\n        yield r\n    finally:\n        r.close()\n", "r = next(cache())", 'return r.get("k")'), "handed on"),
    "handed on": (files("cache = None\n", "r = redis.Redis()", "cache", "print(r)", 'return r.get("k")'), "handed on"),
    "under two names": (files("cache = None\n", "r = redis.Redis(db=1)", "r = redis.Redis(db=2)", "cache", 'return r.get("k")'), ""),
}  # fmt: skip


@pytest.mark.parametrize("name", STAYS)
def test_what_stays(name: str) -> None:
    texts, why = STAYS[name]
    outcome = migrate(texts)
    assert "redis.asyncio" not in "".join(outcome.texts.values()), outcome.text
    assert outcome.texts["app/cache.py"] == texts["app/cache.py"]
    assert any(why in reason for reason in outcome.reasons), outcome.reasons


TESTS = {
    "the class": "from unittest.mock import patch\n\n\ndef test():\n    with patch('redis.ConnectionPool'):\n        pass\n",
    "the function that gives it": "from unittest.mock import patch\n\n\ndef test():\n    with patch('app.routes.cache'):\n        pass\n",
    "the pool": "from unittest.mock import patch\n\n\ndef test():\n    with patch('app.cache.pool'):\n        pass\n",
}


@pytest.mark.parametrize("name", TESTS)
def test_what_tests_replace_stays(name: str) -> None:
    texts = files(GETTER, 'return cache().get("k")') | {"tests/test_it.py": changed(TESTS[name])}
    outcome = migrate(texts)
    assert "redis.asyncio" not in "".join(outcome.texts.values())
    assert any("tests replace" in reason for reason in outcome.reasons)
