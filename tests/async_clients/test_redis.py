"""Commands on a sync client and on its twin against a real server: same results, same errors, on any event loop."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
from pathlib import Path

import forked
import pytest
import redis
import small_projects
from client_programs import HEAD, changed, migrate
from running import run


def files(cache: str, routes: str, **more: str) -> dict[str, str]:
    head = HEAD.lstrip("\n").replace("HTTPException\n", "HTTPException\n\nfrom app.cache import cache\n", 1)
    head = head.replace("import requests\n", "import redis\n", 1)
    found = {"app/routes.py": head + changed(routes), "app/cache.py": changed(cache)}
    return found | {path.replace("__", "/") + ".py": changed(text) for path, text in more.items()}


COMMANDS = {
    "strings": 'return [cache.set("a", "1", ex=60), cache.get("a"), cache.get("none"), cache.ttl("a") > 0]',
    "counters": 'return [cache.incr("n"), cache.incrby("n", 5), cache.decr("n"), cache.expire("n", 9)]',
    "hashes": 'cache.hset("h", mapping={"a": 1, "b": 2})\nreturn [cache.hgetall("h"), cache.hget("h", "a"), cache.hexists("h", "c")]',
    "lists": 'cache.rpush("l", "a", "b")\nreturn [cache.lrange("l", 0, -1), cache.lpop("l"), cache.llen("l"), cache.blpop("l", timeout=1)]',
    "sets": 'cache.sadd("s", "a", "b")\nreturn [sorted(cache.smembers("s")), cache.sismember("s", "a"), cache.scard("s")]',
    "sorted sets": 'cache.zadd("z", {"a": 1, "b": 2})\nreturn [cache.zrange("z", 0, -1, withscores=True), cache.zscore("z", "a")]',
    "keys": 'cache.set("k", 1)\nreturn [cache.exists("k"), cache.delete("k", "j"), cache.keys("k*"), cache.type("k")]',
    "conditions": 'if not cache.set("lock", "me", nx=True):\n    return "taken"\nreturn cache.set("lock", "you", nx=True)',
    "in an f-string": 'cache.set("k", "v")\nreturn f"{cache.get(\'k\')}!"',
    "published": 'return cache.publish("channel", "hello")',
    "ping": "return [cache.ping(), cache.dbsize()]",
    "a script": 'return cache.eval("return {KEYS[1], ARGV[1]}", 1, "k", "v")',
    "scanned": 'cache.mset({"x:1": 1, "x:2": 2})\nfound = []\nfor key in cache.scan_iter("x:*"):\n    found.append(key)\nreturn sorted(found)',
    "scanned into a list": 'cache.mset({"y:1": 1})\nreturn list(cache.scan_iter("y:*"))',
    "scanned step by step": 'cache.mset({"w:1": 1, "w:2": 2})\nreturn [sorted(key.lower() for key in cache.scan_iter("w:*")), sum(int(cache.get(key) or 0) for key in cache.scan_iter("w:*") if key), list(key for key in cache.scan_iter("w:*") if not key)]',
    "scanned and sorted": 'cache.mset({"z:1": 1, "z:2": 2})\nreturn [sorted(cache.scan_iter("z:*"), reverse=True), len(set(cache.scan_iter(match="z:*"))), max(cache.scan_iter("z:*"))]',
    "scanned in a comprehension": 'cache.mset({"v:1": 1, "v:2": 2})\nfound = [k[2:] for k in cache.scan_iter("v:*") if k]\nreturn [sorted(found), {k: 1 for k in cache.scan_iter(match="v:1")}]',
    "a pipeline": 'pipe = cache.pipeline()\npipe.incr("p")\npipe.expire("p", 60)\nreturn pipe.execute()',
    "a pipeline by with": 'with cache.pipeline(transaction=False) as pipe:\n    for n in range(3):\n        pipe.rpush("w", n)\n    found = pipe.execute()\nreturn found',
    "a pipeline as a chain": 'return cache.pipeline().set("c", 1).get("c").execute()',
    "a lock": 'lock = cache.lock("guard", timeout=5)\nif not lock.acquire(blocking=False):\n    return "busy"\ncache.incr("inside")\nlock.release()\nreturn cache.get("inside")',
    "a lock by with": 'cache.set("held", 1)\nwith cache.lock("with", timeout=5):\n    found = [cache.exists("with"), cache.get("held")]\nreturn found + [cache.exists("with")]',
    "a lock by with and name": 'with cache.lock("named", timeout=5) as lock:\n    return [lock.owned(), lock.extend(5), lock.locked(), lock.reacquire()]',
    "a lock that is taken": 'from redis.exceptions import LockError\ncache.set("taken", "by another")\ntry:\n    with cache.lock("taken", blocking_timeout=0.05):\n        return "never"\nexcept LockError as error:\n    return str(error)',
    "a subscription": 'news = cache.pubsub()\nnews.subscribe("news")\ncache.publish("news", "a")\nfound = []\nfor message in news.listen():\n    found.append([message["type"], message["data"]])\n    if message["type"] == "message":\n        news.unsubscribe("news")\nnews.close()\nreturn found',
    "a subscription that is asked": 'news = cache.pubsub(ignore_subscribe_messages=True)\ntry:\n    news.psubscribe("of.*")\n    cache.publish("of.day", "b")\n    return [m["data"] for m in [news.get_message(timeout=0.1) for _ in range(3)] if m]\nfinally:\n    news.close()',
    "a subscription that changes": 'news = cache.pubsub()\nnews.psubscribe("a.*", "b.*")\nnews.punsubscribe("a.*")\nnews.ping()\nfound = [m["type"] for m in [news.get_message(timeout=0.1) for _ in range(5)] if m]\nnews.reset()\nnews.close()\nreturn found',
    "a watched pipeline": 'cache.set("w", 3)\nwith cache.pipeline() as pipe:\n    while True:\n        try:\n            pipe.watch("w")\n            left = int(pipe.get("w") or 0)\n            if left < 0:\n                pipe.unwatch()\n                return "none"\n            pipe.multi()\n            pipe.set("w", left - 1)\n            pipe.incr("sold")\n            found = pipe.execute()\n            break\n        except redis.WatchError:\n            continue\nreturn [found, cache.get("w")]',
    "a watched pipeline that nothing is left of": 'with cache.pipeline() as pipe:\n    pipe.watch("none")\n    if not pipe.exists("none"):\n        pipe.unwatch()\n        return "none"\n    pipe.multi()\n    pipe.delete("none")\n    return pipe.execute()',
    "watched keys that are summed": 'cache.set("w", 3)\ncache.set("v", 4)\nwith cache.pipeline() as pipe:\n    pipe.watch("w", "v")\n    left = sum(int(pipe.get(key) or 0) for key in ("w", "v"))\n    pipe.multi()\n    pipe.set("w", left)\n    pipe.execute()\nreturn cache.get("w")',
    "a watched key that another changes": 'cache.set("w", 3)\npipe = cache.pipeline()\ntry:\n    pipe.watch("w")\n    cache.set("w", 4)\n    found = [n for n in [pipe.get("w"), pipe.ttl("w")]]\n    pipe.multi()\n    pipe.incr("w")\n    return pipe.execute()\nexcept redis.WatchError as error:\n    return [found, str(error)]\nfinally:\n    pipe.reset()',
    "an error of the server": 'cache.set("text", "abc")\ntry:\n    cache.incr("text")\nexcept redis.ResponseError as error:\n    return str(error)',
    "a comprehension": 'return [cache.incr(f"c{n}") for n in range(3)]',
    "given up": "return cache.close()",
}


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_give_the_same(name: str, port: int, tmp_path: Path) -> None:
    """Every call on an event loop of its own, as with `TestClient`: a client of the module would fail on the second."""
    cache = f'import redis\n\ncache = redis.Redis("127.0.0.1", {port}, decode_responses=True)\n'
    body = "    ".join(["", *COMMANDS[name].splitlines(keepends=True)])
    declared = f"redis=={redis.__version__}"
    outcome = migrate(files(cache, f'@router.get("/")\ndef call():\n{body}\n'), declared=declared)
    assert "await " in outcome.text, outcome.reasons
    assert "run_in_threadpool" not in outcome.text
    found = []
    for folder, texts in ((tmp_path / "old", outcome.before), (tmp_path / "new", outcome.texts)):
        with redis.Redis(port=port) as client:
            client.flushall()
        found.append(run(folder, texts, "call", times=2, loops=2))
    assert found[1] == found[0]


@pytest.mark.parametrize(
    "made",
    [
        'redis.Redis(host="127.0.0.1", port=PORT)',
        'redis.from_url(f"redis://127.0.0.1:{PORT}/0", decode_responses=True)',
        'redis.Redis.from_url(url=f"redis://127.0.0.1:{PORT}/1")',
        'redis.StrictRedis(\n    host="127.0.0.1",\n    port=PORT,  # ours\n    socket_timeout=2,\n)',
    ],
)
def test_constructions(made: str, port: int, tmp_path: Path) -> None:
    cache = f"import redis\n\nPORT = {port}\n# shared by all\ncache = {made}\n"
    outcome = migrate(
        files(cache, '@router.get("/")\ndef call():\n    return [cache.set("k", "v"), cache.get("k")]\n')
    )
    text = outcome.texts["app/cache.py"]
    assert "# shared by all\n@per_event_loop\ndef cache() -> Redis:\n" in text
    assert text.startswith(
        "from redis.asyncio import Redis\n\nfrom app.redis_clients import per_event_loop\n"
    )
    assert ("# ours" in text) == ("# ours" in made)
    old = run(tmp_path / "old", outcome.before, "call")
    assert run(tmp_path / "new", outcome.texts, "call", loops=1) == old


def test_nobody_listens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = redis.backoff.ExponentialWithJitterBackoff
    monkeypatch.setattr(waiting, "compute", lambda self, failures: 0)
    cache = 'import redis\n\ncache = redis.Redis(host="127.0.0.1", port=9, socket_connect_timeout=1)\n'
    routes = '@router.get("/")\ndef call():\n    try:\n        return cache.get("k")\n    except redis.ConnectionError:\n        raise HTTPException(503)\n'
    outcome = migrate(files(cache, routes))
    old = run(tmp_path / "old", outcome.before, "call")
    assert run(tmp_path / "new", outcome.texts, "call") == old == [("HTTPException", 503)]


def test_a_client_of_an_instance(port: int, tmp_path: Path) -> None:
    cache = f"""
        import redis


        class Cache:
            def __init__(self):
                self.client = redis.Redis(host="127.0.0.1", port={port})

            def count(self, key):
                return self.client.incr(key)


        cache = Cache()
    """
    outcome = migrate(
        files(cache, '@router.get("/")\ndef call():\n    return cache.count("of an instance") > 0\n')
    )
    assert "self.client = per_event_loop(self._make_client)" in outcome.texts["app/cache.py"]
    assert "return await self.client().incr(key)" in outcome.texts["app/cache.py"]
    assert run(tmp_path, outcome.texts, "call", loops=2) == [True, True]


@pytest.mark.parametrize(
    ("declared", "close"),
    [("redis==4.5.4", "close"), ("redis>=5.0.1", "aclose"), ('redis = "^4.2"', "close"), ("", "aclose")],
)
def test_versions_without_aclose(declared: str, close: str) -> None:
    outcome = migrate(
        files(REDIS, HANDLER + "\n\ndef stop():\n    cache.close()\n".replace("def", "async def")),
        declared=declared,
    )
    module = outcome.texts["app/redis_clients.py"]
    assert f"        await client.{close}()\n" in module
    assert f"await cache().{close}()" in outcome.text


def test_a_lock_whose_client_stays_is_given_back_by_its_thread() -> None:
    """Its token is local to the thread: taken in one and given back in another, it stays taken."""
    routes = body(
        "lock = cache.lock(key)",
        "lock.acquire()",
        "try:",
        "    return requests.get(key).json()",
        "finally:",
        "    lock.release()",
    )
    outcome = migrate(
        files(REDIS + "ALL = {'a': cache}\n", routes.replace("@router", "import requests\n\n\n@router"))
    )
    assert "return await run_in_threadpool(_call, key)" in outcome.text
    routes = routes.replace("def call", "async def call")
    outcome = migrate(
        files(REDIS + "ALL = {'a': cache}\n", routes.replace("@router", "import requests\n\n\n@router"))
    )
    assert "run_in_threadpool(lock" not in outcome.text
    assert any("belongs to one thread" in reason for reason in outcome.reasons)


REDIS = "import redis\n\ncache = redis.Redis()\n"
HANDLER = '@router.get("/")\ndef call(key: str):\n    return cache.get(key)\n'


def body(*lines: str) -> str:
    return '@router.get("/")\ndef call(key: str):\n' + "".join(f"    {line}\n" for line in lines)


STAYS = {
    "positional arguments that are new": ("import redis\n\ncache = redis.Redis('h', 1, 0, 'p', 3)\n", HANDLER, "takes differently"),
    "a pool of its own": ("import redis\n\ncache = redis.Redis(connection_pool=redis.ConnectionPool())\n", HANDLER, "takes differently"),
    "few connections": ("import redis\n\ncache = redis.Redis(max_connections=10)\n", HANDLER, "few connections"),
    "a retry object": ("import redis\n\ncache = redis.Redis(retry=print)\n", HANDLER, "takes differently"),
    "starred arguments": ("import redis\n\nO = {}\ncache = redis.Redis(**O)\n", HANDLER, "takes differently"),
    "handed to a library": (REDIS + "import rq\nqueue = rq.Queue(connection=cache)\n", HANDLER, "handed on"),
    "in a dict": (REDIS + "ALL = {'a': cache}\n", HANDLER, "handed on"),
    "of an object in a display": (
        "import redis\n\n\nclass Store:\n    def __init__(self):\n        self.cache = redis.Redis()\n\n\ncache = Store()\n",
        body('return {"a": cache}["a"].cache.get(key)'),
        "what has .cache is not followed",
    ),
    "subscripted": (REDIS, body("return cache[key]") + "\n\n" + HANDLER.replace("call", "other"), "handed on"),
    "asked whether it contains": (REDIS, body("if key in cache:", "    return cache.get(key)"), "is handed on"),
    "a subscription in a thread": (REDIS, body("p = cache.pubsub()", "p.run_in_thread()", "return cache.get(key)"), ".run_in_thread() of a pubsub"),
    "a subscription that is handed on": (REDIS, body("p = cache.pubsub()", "p.subscribe(key)", "print(p)", "return cache.get(key)"), "p is handed on"),
    "a subscription that is kept": (REDIS, body("call.p = cache.pubsub()", "return cache.get(key)"), "handed on"),
    "a subscription by with": (REDIS, body("with cache.pubsub() as p:", "    p.subscribe(key)", "    return p.get_message()"), "entered by a `with`"),
    "a subscription that looks at itself": (REDIS, body("p = cache.pubsub()", "p.subscribe(key)", "return p.channels"), "p is handed on"),
    "a registered script": (REDIS, body("s = cache.register_script('return 1')", "return [s(), cache.get(key)]"), ".register_script()"),
    "a transaction": (REDIS, body("return cache.transaction(print, key)"), "calls back with a pipeline"),
    "a monitor": (REDIS, body("cache.monitor()", "return cache.get(key)"), ".monitor()"),
    "bits": (REDIS, body("return [cache.bitfield(key).set('u8', 0, 1).execute(), cache.get(key)]"), ".bitfield()"),
    "what it is set up with": (REDIS, body("cache.set_retry(None)", "return cache.get(key)"), ".set_retry()"),
    "a client of one connection": (REDIS, body("return [cache.client().get(key), cache.get(key)]"), ".client()"),
    "a module's commands": (REDIS, body("return [cache.json().get(key), cache.get(key)]"), ".json()"),
    "a watched pipeline without multi": (REDIS, body("with cache.pipeline() as p:", "    p.watch(key)", "    p.get(key)", "    p.execute()", "return cache.get(key)"), "not plain"),
    "multi in a branch": (REDIS, body("with cache.pipeline() as p:", "    p.watch(key)", "    if key:", "        p.multi()", "    p.set(key, 1)", "    p.execute()", "return cache.get(key)"), "not plain"),
    "a watched pipeline that goes on": (REDIS, body("with cache.pipeline() as p:", "    p.watch(key)", "    p.unwatch()", "    p.get(key)", "    p.multi()", "    p.execute()", "return cache.get(key)"), "after it unwatches"),
    "a watched pipeline that goes on after a branch": (REDIS, body("with cache.pipeline() as p:", "    p.watch(key)", "    if key:", "        p.unwatch()", "    p.get(key)", "    p.multi()", "    p.execute()", "return cache.get(key)"), "after it unwatches"),
    "a watched pipeline that scans": (REDIS, body("with cache.pipeline() as p:", "    p.watch(key)", "    print(*p.scan_iter())", "    p.multi()", "    p.execute()", "return cache.get(key)"), "may be sent at once"),
    "a watched pipeline in a lambda": (REDIS, body("with cache.pipeline() as p:", "    p.watch(key)", "    print(lambda: p.get(key))", "    p.multi()", "    p.execute()", "return cache.get(key)"), "may be sent at once"),
    "a command before it watches": (REDIS, body("with cache.pipeline() as p:", "    p.get(key)", "    p.watch(key)", "    p.multi()", "    p.execute()", "return cache.get(key)"), "may be sent at once"),
    "multi without a watch": (REDIS, body("with cache.pipeline() as p:", "    p.multi()", "    p.get(key)", "    p.execute()", "return cache.get(key)"), "watches nothing"),
    "a pipeline that is handed on": (REDIS + "\n\ndef fill(p):\n    p.incr('a')\n", body("from app.cache import fill", "p = cache.pipeline()", "fill(p)", "return p.execute()"), "handed on"),
    "a lock beside something else": (REDIS, body("with cache.lock(key), open(key):", "    return cache.get(key)"), "together with something else"),
    "a lock that is handed on": (REDIS, body("with cache.lock(key) as lock:", "    return [cache.get(key), print(lock)]"), "lock is handed on"),
    "a scan in a generator expression": (REDIS, body("return any(k for k in cache.scan_iter())"), ""),
    "a scan in an inner comprehension": (REDIS, body("return [[k for k in cache.scan_iter(p)] for p in key]"), "iterated in an expression"),
    "a scan that is kept": (REDIS, body("return any(cache.scan_iter(p))"), "iterated in an expression"),
    "a scan in a second clause": (REDIS, body("return [k for p in key for k in cache.scan_iter(p)]"), ""),

    "a generator that is handed on": (REDIS, body("return list(zip(rows(key), [1]))") + "\n\ndef rows(key):\n    yield cache.get(key)\n", ""),
    "a property": (REDIS + "\n\nclass A:\n    @property\n    def n(self):\n        return cache.get('n')\n", HANDLER + "\n\n@router.get('/a')\ndef a():\n    from app.cache import A\n\n    return A().n\n", "A.n stays synchronous"),
}  # fmt: skip


@pytest.mark.parametrize("name", STAYS)
def test_a_client_that_stays(name: str) -> None:
    cache, routes, why = STAYS[name]
    outcome = migrate(files(cache, routes))
    assert "redis.asyncio" not in "".join(outcome.texts.values()), outcome.text
    assert outcome.texts["app/cache.py"] == changed(cache)
    if why:
        assert any(why in reason for reason in outcome.reasons), outcome.reasons
    else:  # nothing to tell: the whole expression runs in a thread
        assert "await run_in_threadpool(lambda: " in outcome.text


OTHERS = {
    "tests__test_class": "from unittest.mock import patch\n\n\ndef test():\n    with patch('redis.Redis.get'):\n        pass\n",
    "tests__test_maker": "import fakeredis\nimport redis\n\n\ndef test(monkeypatch):\n    monkeypatch.setattr(redis, 'Redis', fakeredis.FakeRedis)\n",
    "scripts__nightly": "from app.cache import cache\n\nif __name__ == '__main__':\n    print(cache.get('k'))\n",
    "app__tasks": "from celery import Celery\n\nfrom app.cache import cache\n\napp = Celery()\n\n\n@app.task\ndef clean():\n    cache.delete('k')\n",
    "app__late": "from app.cache import cache\n\nVALUE = cache.get('k')\n",
    "tests__test_it": "from app.cache import cache\n\n\ndef test_it():\n    assert cache.get('k') is None\n",
    "tests__test_patch": "from unittest.mock import patch\n\n\ndef test():\n    with patch('app.routes.cache'):\n        pass\n",
    "tests__test_fake": "import fakeredis\nfrom app import cache\n\n\ndef test(monkeypatch):\n    monkeypatch.setattr(cache, 'cache', fakeredis.FakeRedis())\n",
}


@pytest.mark.parametrize("path", OTHERS)
def test_a_client_that_others_use_stays(path: str) -> None:
    outcome = migrate(files(REDIS, HANDLER, **{path: OTHERS[path]}))
    assert "redis.asyncio" not in "".join(outcome.texts.values())
    assert outcome.reasons


READ = {
    "a text": "return cache.get(token).decode().strip()",
    "json": "return json.loads(cache.getdel(token) or b'{}')",
    "each of a list": "return [each.decode().upper() for each in cache.lrange(token, 0, -1)]",
    "each of a set": "return sorted(each.decode() for each in cache.smembers(token))",
    "a hash": "return {name.decode(): value.split(b',') for name, value in cache.hgetall(token).items()}",
    "a pipeline": "first, _ = cache.pipeline().get(token).delete(token).execute()\n    return first.decode()",
}


@pytest.mark.parametrize("body", READ.values(), ids=[*READ])
def test_what_is_done_with_an_answer_keeps_no_client(body: str) -> None:
    """A `def` dependency turns only where all that it does is known."""
    routes = f"import json\n\nfrom fastapi import APIRouter, Depends\n\nfrom app.cache import cache\n\nrouter = APIRouter()\n\n\ndef current(token: str):\n    {body}\n\n\n@router.get('/x')\ndef x(user=Depends(current)):\n    return user\n"
    outcome = migrate({"app/cache.py": changed(REDIS), "app/routes.py": routes})
    assert "async def current(token: str):" in outcome.text, outcome.reasons
    assert "await cache()" in outcome.text


INJECTED = """
    from typing import Annotated

    import redis
    from fastapi import Depends

    cache = redis.Redis(host="127.0.0.1", port=PORT)


    def get_cache() -> redis.Redis:
        return cache


    CacheDep = Annotated[redis.Redis, Depends(get_cache)]
"""
ROUTES = """
    import redis
    from fastapi import APIRouter, Depends, FastAPI

    from app.cache import CacheDep, cache, get_cache

    router = APIRouter()


    @router.get("/count/{key}")
    def count(key: str, r: redis.Redis = Depends(get_cache)) -> int:
        return r.incr(key)


    @router.get("/all/{key}")
    def everything(key: str, r: CacheDep) -> list[bool]:
        return [r.exists(key) == 1, cache.exists(key) == 1]


    app = FastAPI()
    app.include_router(router)
"""


def test_a_client_that_a_dependency_gives(port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = migrate(
        {"app/cache.py": changed(INJECTED).replace("PORT", str(port)), "app/routes.py": changed(ROUTES)}
    )
    assert "async def get_cache() -> Redis:\n    return cache()\n" in outcome.texts["app/cache.py"]
    assert "CacheDep = Annotated[Redis, Depends(get_cache)]" in outcome.texts["app/cache.py"]
    assert (
        "async def count(key: str, r: Redis = Depends(get_cache)) -> int:\n    return await r.incr(key)\n"
        in outcome.text
    )
    assert "return [await r.exists(key) == 1, await cache().exists(key) == 1]" in outcome.text
    program = """
        import sys

        from fastapi.testclient import TestClient

        from app.routes import app

        client = TestClient(app)  # not entered: an event loop for each request
        print([client.get("/count/injected").json() for _ in range(3)], client.get("/all/injected").json())
    """
    for path, text in (outcome.texts | {"main.py": changed(program)}).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    done = forked.run("main.py", cwd=tmp_path, strict=False)
    assert done.stdout == "[1, 2, 3] [True, True]\n", done.stderr


@pytest.mark.parametrize(
    ("old", "new", "more"),
    [
        ("app = FastAPI()", "app = FastAPI()\nfirst = get_cache()", {}),
        ("    return r.incr(key)", "    return [get_cache()][0].incr(key)", {}),
        ("r: CacheDep", 'r: "redis.Redis" = Depends(get_cache)', {}),
        ("    return r.incr(key)", "    return len([r]) + r.incr(key)", {}),
        (
            "", "", {"tests/__init__.py": "", "tests/test_it.py": "from app.cache import get_cache\nfrom app.routes import app\n\napp.dependency_overrides[get_cache] = dict\n"},
        ),
    ],
)  # fmt: skip
def test_a_client_that_a_dependency_gives_stays(old: str, new: str, more: dict[str, str]) -> None:
    routes = changed(ROUTES).replace(old, new) if old else changed(ROUTES)
    outcome = migrate(
        {"app/cache.py": changed(INJECTED).replace("PORT", "1"), "app/routes.py": routes} | more
    )
    assert "redis.asyncio" not in "".join(outcome.texts.values())
    assert outcome.reasons


MAILS = """
    import smtplib

    import redis
    from fastapi import FastAPI

    app = FastAPI()
    cache = redis.Redis()


    def send(to, body):
        with smtplib.SMTP("localhost") as smtp:
            smtp.sendmail("us@example.com", to, body)


    @app.post("/")
    def mail(to: str):
        body = cache.get("body")
        send(to, body)
        return {}


    @app.get("/")
    def show():
        return cache.get("body")
"""


def test_a_client_that_a_task_uses_in_a_worker_stays() -> None:
    """Before, it became a function, which the task did not call: the worker failed."""
    files = {"app/main.py": changed(MAILS), "app/__init__.py": ""}
    text = small_projects.migrate(files).texts["app/main.py"]
    assert "await send_email_task.kiq(to)" in text
    assert 'return await run_in_threadpool(cache.get, "body")' in text
    assert "cache = redis.Redis()\n" in text


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


def test_a_client_that_is_bound_with_its_type() -> None:
    """It had stayed in threads, with all that is called on it."""
    alias = "Cache: TypeAlias = Annotated[redis.Redis, Depends(get_redis)]\n\n\n@app.get"
    given = f"from typing import Annotated, TypeAlias\n{GIVEN}".replace(
        "client = redis", "client: redis.Redis = redis"
    )
    given = given.replace("@app.get", alias).replace("r: redis.Redis = Depends(get_redis)", "r: Cache")
    text = migrate({"app/routes.py": given}).text
    assert "    redis_client: Redis = shared_redis_client()\n    yield redis_client\n" in text
    assert "Cache: TypeAlias = Annotated[Redis, Depends(get_redis)]" in text
    assert "    return await r.incr" in text


@pytest.mark.parametrize("command", ["select(3)", "client_setname('us')", "auth('secret')", "wait(1, 10)"])
def test_a_connection_that_is_set_up_for_one_request_is_not_that_of_all(command: str) -> None:
    """What one selected was the database of the next."""
    routes = GIVEN.replace("    return r.incr", f"    r.{command}\n    return r.incr")
    outcome = migrate({"app/routes.py": routes})
    assert "redis.asyncio" not in outcome.text
    assert any("connection is set up" in reason for reason in outcome.reasons)


def test_a_subscription_that_a_response_streams_turns_with_the_client() -> None:
    """Threads went through the generator, and kept the client of all requests sync."""
    lines = (
        "def events():",
        "    p = cache.pubsub()",
        "    p.subscribe(key)",
        "    for each in p.listen():",
        "        yield str(each)",
    )
    last = (
        "from fastapi.responses import StreamingResponse",
        "cache.get(key)",
        "return StreamingResponse(events())",
    )
    outcome = migrate(files(REDIS, body(*lines, *last)))
    assert "async for each in p.listen():" in outcome.text
    assert "await p.subscribe(key)" in outcome.text
