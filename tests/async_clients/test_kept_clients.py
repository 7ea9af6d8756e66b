"""Clients that objects keep which others made: of one object for all requests, and of one for each."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
from pathlib import Path

import pytest
import redis
from client_programs import changed, migrate
from running import run
from servers import http_server

HEAD = """
    import redis
    from fastapi import APIRouter, Depends, FastAPI
    from fastapi.testclient import TestClient

    router = APIRouter()
    client = redis.Redis(host="127.0.0.1", port=PORT, decode_responses=True)


    def get_redis() -> redis.Redis:
        return client


    class Cache:
        def __init__(self, r: redis.Redis, prefix="p"):
            self.client = r
            self.prefix = prefix

        def count(self, key):
            return self.client.incr(self.prefix + key)
"""
HANDLER = """

    @router.get("/")
    def call():
        return [MAKE.count("n"), client.get("pn")]
"""
FORMS = {
    "one for all": HEAD + "\n\n    cache = Cache(client)\n" + HANDLER.replace("MAKE", "cache"),
    "one for all, from a function": HEAD
    + "\n\n    cache = Cache(prefix='p', r=get_redis())\n"
    + HANDLER.replace("MAKE", "cache"),
    "one for each call": HEAD + HANDLER.replace("MAKE", "Cache(client)"),
    "one for each call, from a function": HEAD + HANDLER.replace("MAKE", "Cache(get_redis())"),
    "given by who makes it": HEAD
    + "\n\n    def make(r: redis.Redis):\n        return Cache(r)\n\n\n    cache = make(client)\n"
    + HANDLER.replace("MAKE", "cache"),
    "asked of an object": HEAD
    + "\n\n    class Service:\n        def __init__(self):\n            self.cache = Cache(client)\n            self.raw = client\n\n        def count(self, key):\n            self.raw.incr('raw')\n            return self.cache.count(key)\n\n\n    cache = Service()\n"
    + HANDLER.replace("MAKE", "cache"),
    "taken by itself": HEAD.replace("r: redis.Redis, prefix", "prefix").replace("= r\n", "= get_redis()\n")
    + "\n\n    cache = Cache()\n"
    + HANDLER.replace("MAKE", "cache"),
    "through a local name": HEAD
    + HANDLER.replace("return", "r = get_redis()\n        return").replace("MAKE", "Cache(r)"),
    "of a base class": HEAD
    + "\n\n    class Counter(Cache):\n        def count(self, key):\n            self.client.set('seen', 1)\n            return super().count(key)\n\n\n    cache = Counter(client)\n"
    + HANDLER.replace("MAKE", "cache"),
    "of a pool that is asked for each call": HEAD.replace(
        "client = redis.Redis(host", "pool = redis.ConnectionPool(host"
    ).replace("return client", "return redis.Redis(connection_pool=pool)")
    + "\n\n    cache = Cache(get_redis())\n"
    + HANDLER.replace("MAKE", "cache").replace("client.get", "get_redis().get"),
}
FALLBACK = HEAD.replace("r: redis.Redis, prefix", "r: redis.Redis | None = None, prefix").replace(
    "self.client = r", "self.client = KEPT"
)
MADE = 'redis.Redis(host="127.0.0.1", port=PORT, decode_responses=True)'
for kept in (f"r or {MADE}", f"r if r is not None else {MADE}", f"{MADE} if r is None else r"):
    FORMS[f"made where none is brought: {kept.partition('redis')[0]}"] = (
        FALLBACK.replace("KEPT", kept) + "\n\n    cache = Cache()\n" + HANDLER.replace("MAKE", "cache")
    )
FORMS["made for each call where none is brought"] = FALLBACK.replace(
    "KEPT", f"r or {MADE}"
) + HANDLER.replace("MAKE", "Cache()")
FORMS["a second name"] = (
    HEAD + "\n\n    other = client\n    cache = Cache(other)\n" + HANDLER.replace("MAKE", "cache")
)
FORMS["under names that say what they are"] = (
    HEAD.replace("= redis.Redis(host", ": redis.Redis = redis.Redis(host", 1)
    .replace("self.client = r", "self.client: redis.Redis = r")
    .replace(
        "            return self.client.incr",
        "            r: redis.Redis = self.client\n            return r.incr",
    )
    + "\n\n    cache = Cache(client)\n"
    + HANDLER.replace("MAKE", "cache")
)
FORMS["of a class that says what its objects keep"] = (
    HEAD.replace(
        "    class Cache:\n", "    class Cache:\n        client: redis.Redis\n        own: redis.Redis\n\n"
    )
    .replace("self.client = r", f"self.client = r\n            self.own = {MADE}")
    .replace("return self.client", "self.own.get(key)\n            return self.client")
    + "\n\n    cache = Cache(client)\n"
    + HANDLER.replace("MAKE", "cache")
)
CLASS = """
    import redis
    from fastapi import APIRouter

    router = APIRouter()


    class Cache:
        prefix = "p"
        # the one of all requests
        client = redis.Redis(host="127.0.0.1", port=PORT, decode_responses=True)

        @classmethod
        def count(cls, key):
            return cls.client.incr(cls.prefix + key)

        @staticmethod
        def read(key):
            return Cache.client.get(key)


    class Reader(Cache):
        def last(self, key):
            return self.client.get(key)


    @router.get("/")
    def call():
        assert Cache.read("pn") == Reader().last("pn")
        return [Cache.count("n"), Reader().client.get("pn")]
"""
LAZY = """
    import redis
    from fastapi import APIRouter

    router = APIRouter()
    WHERE = PORT


    class Connection:
        _client: redis.Redis | None = None

        @classmethod
        def get_client(cls) -> redis.Redis:
            \"\"\"The one of all requests.\"\"\"
            if cls._client is None:
                host = "127.0.0.1"
                cls._client = redis.Redis(host=host, port=WHERE, decode_responses=True)
            return cls._client


    def get_redis() -> redis.Redis:
        return Connection.get_client()


    class Cache:
        def __init__(self):
            self.client = Connection.get_client()

        def count(self, key):
            return self.client.incr(key)


    cache = Cache()


    @router.get("/")
    def call():
        return [cache.count("pn"), get_redis().get("pn")]
"""
PROPERTY = """
    import redis
    from fastapi import APIRouter

    router = APIRouter()


    class Manager:
        def __init__(self, port):
            self._client = redis.Redis(host="127.0.0.1", port=port, decode_responses=True)

        @property
        def client(self) -> redis.Redis:
            return self._client


    manager = Manager(PORT)


    class Cache:
        def __init__(self, manager: Manager):
            self.manager = manager

        def count(self, key):
            return self.manager.client.incr(key)


    cache = Cache(manager)


    @router.get("/")
    def call():
        return [cache.count("pn"), manager.client.get("pn")]
"""
OBJECT = """
    import redis
    from fastapi import APIRouter

    router = APIRouter()


    class Manager:
        def __init__(self, port, host="127.0.0.1"):
            self.port = port
            self.host = host
            self._client = None

        DECORATOR
        def client(self) -> redis.Redis:
            if not self._client:
                host = self.host.strip()
                self._client = redis.Redis(host=host, port=self.port, decode_responses=True)
            return self._client

        def count(self, key):
            return self.clientCALL.incr(key)


    manager = Manager(PORT)


    @router.get("/")
    def call():
        return [manager.count("pn"), manager.clientCALL.get("pn")]
"""
ASKED = OBJECT.replace("        DECORATOR\n", "").replace("CALL", "()")
FORMS["of an object that makes it when it is asked first"] = ASKED
FORMS["of a property that makes it when it is asked first"] = OBJECT.replace(
    "DECORATOR", "@property"
).replace("CALL", "")
FORMS["of a property"] = PROPERTY
FORMS["of a class"] = CLASS
FORMS["of a class that makes it when it is asked first"] = LAZY


@pytest.mark.parametrize("name", FORMS)
def test_the_same_is_given_on_every_loop(name: str, port: int, tmp_path: Path) -> None:
    outcome = migrate({"app/routes.py": FORMS[name].replace("PORT", str(port))})
    assert "run_in_threadpool" not in outcome.text, outcome.reasons
    found = []
    for folder, texts in ((tmp_path / "old", outcome.before), (tmp_path / "new", outcome.texts)):
        with redis.Redis(port=port) as client:
            client.flushall()
        found.append(run(folder, texts, "call", times=2, loops=2))
    assert found[0] == [[1, "1"], [2, "2"], [3, "3"], [4, "4"]]
    assert found[1] == found[0]


def test_what_says_that_it_keeps_a_client_says_what_it_keeps() -> None:
    text = migrate({"app/routes.py": FORMS["under names that say what they are"].replace("PORT", "1")}).text
    assert "self.client: Callable[[], Redis] = r\n" in text
    assert "r: Redis = self.client()\n" in text
    text = migrate(
        {"app/routes.py": FORMS["of a class that says what its objects keep"].replace("PORT", "1")}
    ).text
    assert "    client: Callable[[], Redis]\n    own: Callable[[], Redis]\n" in text


GIVEN = """

    class Outer:
        def __init__(self, cache):
            self.caches = [cache]

        def count(self, key):
            return [each.client.incr(key) for each in self.caches]


    def get_outer(r: redis.Redis = Depends(get_redis)):
        cache = Cache(r)
        found = []
        found.append(Outer(cache))
        return found[0]


    @router.get("/")
    def call(outer: Outer = Depends(get_outer)):
        return outer.count("n")
"""


def test_what_a_request_is_given_may_be_kept_by_what_is_made_for_it() -> None:
    text = migrate({"app/routes.py": HEAD + GIVEN}).text
    assert "[await each.client.incr(" in text


def test_objects_that_are_gone_through_give_what_they_keep(port: int, tmp_path: Path) -> None:
    made = GIVEN.partition("\n\n    def get_outer")[0]
    call = "\n\n    outer = Outer(Cache(client))\n\n\n    @router.get('/')\n    def call():\n        return outer.count('n')\n"
    outcome = migrate({"app/routes.py": (HEAD + made + call).replace("PORT", str(port))})
    assert "[await each.client().incr(" in outcome.text
    with redis.Redis(port=port) as client:
        client.flushall()
    assert run(tmp_path / "new", outcome.texts, "call", times=2, loops=2) == [[1], [2], [3], [4]]


def test_another_file_that_asks_for_its_own_attribute_of_that_name_changes_nothing() -> None:
    other = "class Other:\n    def __init__(self):\n        self.client = {}\n\n    def get(self):\n        return getattr(self, 'client').get('k') or self.client.get('k')\n"
    outcome = migrate({"app/routes.py": FORMS["one for all"], "app/other.py": other})
    assert "redis.asyncio" in outcome.text, outcome.reasons


def test_the_client_of_a_class_is_no_method_of_it() -> None:
    text = migrate({"app/routes.py": CLASS}).text
    assert (
        "    # the one of all requests\n    @staticmethod\n    @per_event_loop\n    def client() -> Redis:\n"
        in text
    )
    assert "        return await cls.client().incr(cls.prefix + key)\n" in text


def test_a_class_that_makes_it_when_it_is_asked_first_keeps_no_loop_of_its_own() -> None:
    text = migrate({"app/routes.py": LAZY}).text
    assert (
        'class Connection:\n    @staticmethod\n    @per_event_loop\n    def get_client() -> Redis:\n        """The one of all requests."""\n        host = "127.0.0.1"\n'
        in text
    )
    assert "        self.client = Connection.get_client\n" in text


def test_an_object_that_makes_it_when_it_is_asked_first_has_a_method_for_that() -> None:
    text = migrate({"app/routes.py": ASKED}).text
    assert "        self._client = per_event_loop(self._make_client)\n" in text
    assert (
        "    def client(self) -> Redis:\n        return self._client()\n\n    def _make_client(self) -> Redis:\n        host = self.host.strip()\n"
        in text
    )


def test_a_name_of_another_file_is_another_name() -> None:
    other = "class Other:\n    _client = None\n\n    def reset(self):\n        self._client = 1\n"
    assert "redis.asyncio" in migrate({"app/routes.py": LAZY, "app/other.py": other}).text


def test_an_object_for_all_requests_keeps_the_function() -> None:
    text = migrate({"app/routes.py": FORMS["one for all, from a function"]}).text
    assert "    def __init__(self, r: Callable[[], Redis], prefix=" in text
    assert "        self.client = r\n" in text
    assert "\ncache = Cache(prefix='p', r=get_redis)\n" in text
    assert (
        "    async def count(self, key):\n        return await self.client().incr(self.prefix + key)\n"
        in text
    )
    assert text.startswith("from collections.abc import Callable\n")


INJECTED = """

    def get_cache(r: redis.Redis = Depends(get_redis)):
        return Cache(r)


    class Counter:
        def __init__(self, r: redis.Redis = Depends(get_redis)):
            self.r = r

        def count(self, key):
            return self.r.incr("p" + key)


    @router.get("/")
    def one(cache: Cache = Depends(get_cache)):
        return cache.count("n")


    @router.get("/other")
    def other(counter: Counter = Depends()):
        return counter.count("n")


    app = FastAPI()
    app.include_router(router)


    def call():
        with TestClient(app) as http:
            return [http.get(path).json() for path in ("/", "/other", "/")]
"""


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # no lifespan is wired here
def test_what_a_request_is_given_is_kept_as_it_is(port: int, tmp_path: Path) -> None:
    outcome = migrate({"app/routes.py": (HEAD + INJECTED).replace("PORT", str(port))})
    assert (
        "    async def count(self, key):\n        return await self.client.incr(self.prefix + key)\n"
        in outcome.text
    )
    assert '    async def count(self, key):\n        return await self.r.incr("p" + key)\n' in outcome.text
    assert "def __init__(self, r: Redis = Depends(get_redis)):" in outcome.text
    assert "run_in_threadpool" not in outcome.text
    found = []
    for folder, texts in ((tmp_path / "old", outcome.before), (tmp_path / "new", outcome.texts)):
        with redis.Redis(port=port) as client:
            client.flushall()
        found.append(run(folder, texts, "call", times=2))
    assert found[0] == [[1, 2, 3], [4, 5, 6]]
    assert found[1] == found[0]


SESSION = """
    import requests
    from fastapi import APIRouter

    router = APIRouter()
    session = requests.Session()
    session.headers["X-Key"] = "k"


    class Shop:
        def __init__(self, session: requests.Session, base: str):
            self.session = session
            self.base = base

        def key(self):
            response = self.session.get(self.base + "/echo", timeout=5)
            response.raise_for_status()
            return response.json()["headers"].get("x-key")


    shop = Shop(session, "URL")


    @router.get("/")
    def call():
        return shop.key()
"""


def test_a_session_is_kept_like_any_client(tmp_path: Path) -> None:
    with http_server() as url:
        outcome = migrate({"app/routes.py": changed(SESSION).replace("URL", url)})
        assert "await self.session().get(" in outcome.text
        assert "session: Callable[[], httpx.AsyncClient]" in outcome.text
        old = run(tmp_path / "old", outcome.before, "call", loops=2)
        assert old == ["k", "k"]
        assert run(tmp_path / "new", outcome.texts, "call", loops=2) == old


ONE = FORMS["one for all"]
STAYS = {
    "set to something else": (ONE + "\n\n    def reset():\n        cache.client = None\n", "something else"),
    "set by another class": (ONE + "\n\n    class Sub(Cache):\n        def close(self):\n            self.client = object()\n", "something else"),
    "with a default": (ONE.replace("r: redis.Redis", "r: redis.Redis = None"), "may be called without"),
    "or one of its own": (ONE.replace("= r\n", "= r or redis.Redis()\n"), "handed on"),
    "given something else, too": (ONE + "\n\n    import json\n\n\n    def other():\n        return Cache(json.loads('1'))\n", "something else"),
    "given in two ways": (ONE + "\n\n    def other(r: redis.Redis = Depends(get_redis)):\n        return Cache(r)\n", "in several ways"),
    "one of a class": (ONE.replace("    class Cache:\n", "    class Cache:\n        client = None\n\n"), "bound in its class"),
    "an annotation that says more": (ONE.replace("r: redis.Redis,", "r: Annotated[redis.Redis, 1],").replace("import redis\n", "import redis\n    from typing import Annotated\n"), "more than its class"),
    "an attribute that says more": (ONE.replace("self.client = r", "self.client: Annotated[redis.Redis, 1] = r").replace("import redis\n", "import redis\n    from typing import Annotated\n"), "more than its class"),
    "an attribute that says it in a text": (ONE.replace("self.client = r", "self.client: 'redis.Redis' = r"), "is a text"),
    "a field of a dataclass": (ONE.replace("    class Cache:\n", "    from dataclasses import dataclass\n\n\n    @dataclass\n    class Cache:\n        client: redis.Redis\n\n"), ""),
    "a field of a model of pydantic": (ONE.replace("    class Cache:\n", "    from pydantic import BaseModel\n\n\n    class Cache(BaseModel):\n        client: redis.Redis\n\n"), ""),
    "an annotation that is a text": (ONE.replace("r: redis.Redis", "r: 'redis.Redis'"), "is a text"),
    "kept in a cached function": (ONE.replace("cache = Cache(client)", "from functools import lru_cache\n\n\n    @lru_cache\n    def make():\n        r = get_redis()\n        return Cache(r)\n\n\n    cache = make()"), "longer than for one event loop"),
    "all arguments in one": (ONE.replace("Cache(client)", "Cache(*[client])"), ""),
    "a read of its settings": (ONE + "\n\n    def other():\n        return cache.client.connection_pool\n", ""),
    "a script": (ONE + "\n\n    if __name__ == '__main__':\n        print(cache.count('n'))\n", "stays synchronous"),
    "of a class, and set": (CLASS + "\n\n    def reset():\n        Cache.client = None\n", "several names"),
    "of a class, and of one below": (CLASS + "\n\n    class Other(Cache):\n        client = None\n", "several names"),
    "of a class, and set on its objects": (CLASS.replace("        @staticmethod\n", "        def reset(self):\n            self.client = None\n\n        @staticmethod\n"), "several names"),
    "of a class that closes it": (LAZY.replace("\n\n    def get_redis", "\n\n        @classmethod\n        def close(cls):\n            if cls._client:\n                cls._client.close()\n\n\n    def get_redis"), "used in several places"),
    "of a class that makes it from itself": (LAZY.replace("127.0.0.1", "' + cls.__name__ + '").replace('"', "'"), "made from it"),
    "of a class, and injected": (LAZY + "\n\n    from fastapi import Depends\n\n\n    @router.get('/2')\n    def other(r: redis.Redis = Depends(Connection.get_client)):\n        return r.get('k')\n", ""),
    "of a class with a base": (LAZY.replace("class Connection:", "class Connection(dict):"), "no plain class"),
    "of a class that may make another": (LAZY.replace("return cls._client", "return cls._client or cls._client"), ""),
    "of a property that keeps it": (PROPERTY.replace("@property", "@cached_property").replace("import redis", "from functools import cached_property\n\n    import redis"), ""),
    "of a property that keeps it, and used beside it": (PROPERTY.replace("@property", "@cached_property").replace("import redis", "from functools import cached_property\n\n    import redis").replace("manager.client.get", "manager._client.get"), "is decorated"),
    "of a property that is one of several": (PROPERTY + "\n\n    class Other(Manager):\n        @property\n        def client(self):\n            return open('x')\n\n\n    def other(m: Manager):\n        return m.client.get('k')\n\n\n    print(other(Other(1)))\n", ""),
    "of an object that closes it": (ASKED + "\n\n    def close():\n        manager._client.close()\n", "in several places"),
    "of an object that is made for each call": (ASKED.replace("    manager = Manager(PORT)\n", "").replace("manager.", "Manager(1)."), "is made in a function"),
    "of an object that has it from its class": (ASKED.replace("            self._client = None\n", "").replace("class Manager:", "class Manager:\n        _client = None"), ""),
    "of an object that makes it for an argument": (ASKED.replace("def client(self)", "def client(self, host='h')"), ""),
    "of an object with a maker of its own": (ASKED.replace("        def count(", "        def _make_client(self):\n            return 1\n\n        def count("), "has a method _make_client"),
    "of a class that is more": (CLASS.replace("class Cache:", "class Cache(dict):"), "no plain class"),
    "in a class": (HEAD + "\n\n    class Store:\n        kept = client\n\n        def count(self, key):\n            return self.kept.incr(key)\n\n\n    store = Store()\n" + HANDLER.replace("MAKE", "store"), ""),
}  # fmt: skip

KEPT = (
    HEAD
    + """

    _cache = None


    def get_cache(r: redis.Redis = Depends(get_redis)):
        global _cache
        if _cache is None:
            _cache = Cache(r)
        return _cache


    @router.get("/")
    def call(cache: Cache = Depends(get_cache)):
        return cache.count("n")
"""
)
STAYS |= {
    "what a request is given, kept in a global": (KEPT, "longer than for one event loop"),
    "what a request is given, kept in a dictionary": (KEPT.replace("_cache = None", "_caches = {}").replace("        global _cache\n        if _cache is None:\n            _cache = Cache(r)\n        return _cache", "        return _caches.setdefault('a', Cache(r))"), "longer than for one event loop"),
    "what a request is given, kept under a name and then in a dictionary": (KEPT.replace("_cache = None", "_caches = {}").replace("        global _cache\n        if _cache is None:\n            _cache = Cache(r)\n        return _cache", "        made = Cache(r)\n        _caches['a'] = made\n        return made"), "longer than for one event loop"),
    "what a request is given, kept by an object that is kept": (KEPT.replace("    _cache = None\n", "    class Outer:\n        def __init__(self, r):\n            self.cache = Cache(r)\n\n        def count(self, key):\n            return self.cache.count(key)\n\n\n    _cache = None\n").replace("_cache = Cache(r)", "_cache = Outer(r)"), "longer than for one event loop"),
    "what a request is given, kept by its own class": (KEPT.replace("    _cache = None\n\n\n", "").replace("        global _cache\n        if _cache is None:\n            _cache = Cache(r)\n        return _cache", "        return Cache.only(r)").replace("        def count(", "        _only = None\n\n        @classmethod\n        def only(cls, r):\n            if cls._only is None:\n                cls._only = cls(r)\n            return cls._only\n\n        def count("), "longer than for one event loop"),
    "of an object of which its class makes more": (ASKED.replace("        def count(", "        @classmethod\n        def of(cls, port):\n            return cls(port)\n\n        def count("), "is made in a function"),
    "a function that does more than to give it": (FORMS["one for all, from a function"].replace("        return client\n", "        print('connected')\n        return client\n"), "does more than to give"),
    "a function that says when it has none": (FORMS["one for all, from a function"].replace("        return client\n", "        if PORT == 0:\n            raise RuntimeError('off')\n        return client\n"), "does more than to give"),
    "nothing, in a class below": (ONE + "\n\n    class Sub(Cache):\n        client = None\n", "bound in its class"),
    "a read by its name as a text": (ONE + "\n\n    def other():\n        return getattr(cache, 'client').get('k')\n", "read by getattr"),
    "a call on what may be anything": (ONE + "\n\n    def other(thing):\n        return thing.client.get('k')\n", "is not known"),
    "overridden in the application": (ONE + "\n\n    app = FastAPI()\n    app.dependency_overrides[get_redis] = lambda: object()\n\n\n    @router.get('/2')\n    def other(r: redis.Redis = Depends(get_redis)):\n        return r.get('k')\n", "is overridden"),
    "overridden by a call": (ONE + "\n\n    app = FastAPI()\n    app.dependency_overrides.update({get_redis: lambda: object()})\n\n\n    @router.get('/2')\n    def other(r: redis.Redis = Depends(get_redis)):\n        return r.get('k')\n", "is overridden"),
    "of an object that another function empties": (ASKED + "\n\n    def reset():\n        manager._client = None\n", "in several places"),
}  # fmt: skip


@pytest.mark.parametrize("name", STAYS)
def test_what_stays(name: str) -> None:
    source, why = STAYS[name]
    outcome = migrate({"app/routes.py": source})
    assert "redis.asyncio" not in outcome.text, outcome.text
    assert any(why in reason for reason in outcome.reasons), outcome.reasons


TESTS = {
    "one of their own": "from app.routes import Cache\n\n\ndef test():\n    Cache(object()).count('n')\n",
    "another in its place": "from app.routes import cache\n\n\ndef test():\n    cache.client = object()\n",
    "the one of a class": "from app.routes import Connection\n\n\ndef test():\n    Connection._client = object()\n",
    "another in the place of one that is made when it is asked first": "from app.routes import manager\n\n\ndef test():\n    manager._client = object()\n",
    "a patch of one that is made when it is asked first": "from app.routes import manager\n\n\ndef test(monkeypatch):\n    monkeypatch.setattr(manager, '_client', object())\n",
    "a patch of the attribute by its name": "def test(monkeypatch):\n    monkeypatch.setattr('app.routes.cache.client', object())\n",
    "a patch of the one of a plain class": "from unittest.mock import patch\n\nfrom app.routes import Plain\n\n\ndef test():\n    with patch.object(Plain, 'client'):\n        pass\n",
    "a patch of the attribute": "from unittest.mock import patch\n\nfrom app.routes import cache\n\n\ndef test():\n    with patch.object(cache, 'client'):\n        pass\n",
}


@pytest.mark.parametrize("name", TESTS)
def test_what_tests_put_in_its_place_stays(name: str) -> None:
    words = {"Connection": LAZY, "manager": ASKED, "Plain": CLASS.replace("Cache", "Plain")}
    source = next((found for word, found in words.items() if word in TESTS[name]), ONE)
    outcome = migrate({"app/routes.py": source, "tests/test_it.py": TESTS[name]})
    assert "redis.asyncio" not in outcome.text, outcome.text


BROUGHT = {
    "by another": "\n\n    other = Cache(redis.Redis(port=1))\n",
    "by its name": "\n\n    other = Cache(r=client)\n",
    "by who knows what": "\n\n    def make(**given):\n        return Cache(**given)\n",
    "by who takes the class": "\n\n    made = list(map(Cache, [client]))\n",
}


@pytest.mark.parametrize("how", BROUGHT)
def test_a_client_that_may_be_brought_is_no_other_one(how: str) -> None:
    text = FALLBACK.replace("KEPT", f"r or {MADE}") + "\n\n    cache = Cache()\n" + BROUGHT[how]
    outcome = migrate({"app/routes.py": (text + HANDLER.replace("MAKE", "cache")).replace("PORT", "6379")})
    assert "Callable[[], Redis] | None" not in outcome.text
    assert "r or redis.Redis(" in outcome.text


def test_what_reads_the_parameter_for_more_keeps_its_client() -> None:
    text = FALLBACK.replace("KEPT", f"r or {MADE}").replace(
        "self.prefix = prefix", "self.prefix = prefix or r.name"
    )
    more = "\n\n    cache = Cache()\n" + HANDLER.replace("MAKE", "cache")
    outcome = migrate({"app/routes.py": (text + more).replace("PORT", "6379")})
    assert "r or redis.Redis(" in outcome.text


def test_the_parameter_takes_what_gives_the_client() -> None:
    text = (
        FALLBACK.replace("KEPT", f"r or {MADE}")
        + "\n\n    cache = Cache()\n"
        + HANDLER.replace("MAKE", "cache")
    )
    found = migrate({"app/routes.py": text.replace("PORT", "6379")}).text
    assert "r: Callable[[], Redis] | None = None" in found
    assert "self.client = r or per_event_loop(self._make_client)" in found
