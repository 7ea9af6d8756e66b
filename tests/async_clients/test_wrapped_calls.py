"""Decorators of the project that use a client, or catch what it raises: the same before and after."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis
from client_programs import migrate
from running import run
from servers import http_server

CACHED = """
import functools
import json

import redis

client = redis.Redis("127.0.0.1", PORT)


def cached(ttl):
    def deco(fn):
        @functools.wraps(fn)
        def wrapper(*args, **kwargs):
            key = f"{fn.__name__}:{args}:{sorted(kwargs.items())}"
            hit = client.get(key)
            if hit is not None:
                return json.loads(hit)
            value = fn(*args, **kwargs)
            client.set(key, json.dumps(value), ex=ttl)
            return value

        return wrapper

    return deco


@cached(60)
def double(n):
    client.incr("made")
    return {"n": 2 * n}


@cached(ttl=5)
def named(*, name):
    if name == "":
        raise ValueError("no name")
    return f"{name}, {client.incr('made')}"


@router.get("/")
def call(n):
    found = [double(n), double(n), named(name="a"), named(name="a")]
    return [found, client.get("made"), sorted(client.keys("*")), client.ttl("named:():[('name', 'a')]") > 0]


@router.get("/none")
@cached(1)
def fails(name):
    return named(name=name)
"""


def test_a_cache_in_redis(port: int, tmp_path: Path) -> None:
    outcome = migrate(CACHED.replace("PORT", str(port)))
    assert "        async def wrapper(*args, **kwargs):" in outcome.text
    assert "            value = await fn(*args, **kwargs)\n" in outcome.text
    assert "run_in_threadpool" not in outcome.text
    found = []
    for folder, texts in ((tmp_path / "old", outcome.before), (tmp_path / "new", outcome.texts)):
        with redis.Redis(port=port) as client:
            client.flushall()
        told = run(folder, texts, "call", 3, times=2, loops=2)
        found.append([*told, run(folder, texts, "fails", "")])
    assert found[1] == found[0]
    assert found[0][0][:2] == [[{"n": 6}, {"n": 6}, "a, 2", "a, 2"], b"2"]
    assert found[0][-1] == [("ValueError", "no name")]


MAPPED = """
import functools


def mapped(fn):
    @functools.wraps(fn)
    def wrapper(*args, **kwargs):
        try:
            return fn(*args, **kwargs)
        except requests.Timeout:
            return "late"
        except requests.ConnectionError as error:
            raise HTTPException(502, "nobody there") from error
        except requests.HTTPError as error:
            return error.response.status_code

    return wrapper


@mapped
def load(url):
    answer = requests.get(url, timeout=0.3)
    answer.raise_for_status()
    return answer.json()["path"]


@router.get("/")
def call(base):
    return [load(f"{base}/echo"), load(f"{base}/status/404"), load(f"{base}/slow")]


@router.get("/nobody")
@mapped
def nobody():
    return load("http://127.0.0.1:9/")
"""


def test_errors_that_a_wrapper_catches(tmp_path: Path) -> None:
    outcome = migrate(MAPPED)
    assert "            return await fn(*args, **kwargs)\n" in outcome.text
    assert "await http_client().get(url" in outcome.text
    with http_server() as base:
        old = [run(tmp_path / "old", outcome.before, *asked) for asked in (("call", base), ("nobody",))]
        new = [run(tmp_path / "new", outcome.texts, *asked) for asked in (("call", base), ("nobody",))]
    assert new == old
    assert old == [[["/echo", 404, "late"]], [("HTTPException", 502)]]


CHANGES = {
    "hands all on": ("", "fn(*args, **kwargs)", True),
    "changes a keyword": ('kwargs["loud"] = True\n        ', "fn(*args, **kwargs)", False),
    "takes one out": ('kwargs.pop("loud", 0)\n        ', "fn(*args, **kwargs)", False),
    "gives one of its own": ("", "fn(*args, loud=None)", False),
    "gives another one first": ("", "fn(1, *args, **kwargs)", False),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_what_a_wrapper_gives_is_not_what_callers_give(kind: str) -> None:
    """httpx writes True and None in a form in another way than requests."""
    before, called, is_twin = CHANGES[kind]
    outcome = migrate(
        "import functools\n\n\ndef changed(fn):\n    @functools.wraps(fn)\n"
        f"    def wrapper(*args, **kwargs):\n        {before}return {called}\n\n    return wrapper\n\n\n"
        '@changed\ndef load(loud="x"):\n'
        '    return requests.post("http://a.example/b", data={"loud": loud}, timeout=3).text\n\n\n'
        '@router.get("/")\ndef call():\n    return load(loud="very")\n'
    )
    assert ("http_client().post" in outcome.text) == is_twin


INJECTED = """
import functools

import redis

client = redis.Redis()


def with_client(fn):
    @functools.wraps(fn)
    def wrapper(*args, **kwargs):
        return fn(client, *args, **kwargs)

    return wrapper


@with_client
def load(cache, name):
    return cache.get(name)


@router.get("/")
def call(name: str):
    return load(name)
"""


def test_a_client_that_a_wrapper_hands_in_stays_whole() -> None:
    outcome = migrate(INJECTED)
    assert "client = redis.Redis()\n" in outcome.text
    assert "await run_in_threadpool(load, name)" in outcome.text
