"""Clients of Redis that are asked, where they are made, whether there is a server."""

from __future__ import annotations

from pathlib import Path

import pytest
from client_programs import changed, migrate
from running import run

HEAD = """
    import redis
    from fastapi import APIRouter

    told = []
    router = APIRouter()


"""
MODULE = """
    try:
        # the cache
        cache = redis.Redis(
            port=PORT,
            decode_responses=True,
        )
        cache.ping()
        told.append("there")
    except redis.ConnectionError as error:
        told.append("not there")
        cache = None


    def count(key):
        if not cache:
            return None
        return cache.incr(key)


    @router.get("/")
    def call():
        is_there = cache is not None
        return {"n": count("probes"), "there": is_there and cache.exists("probes"), "told": told}
"""
OBJECT = """
    class Cache:
        def __init__(self, port: int):
            self.port = port
            try:
                self.client = redis.Redis(port=self.port)
                self.client.ping()
            except redis.ConnectionError:
                told.append("not there")
                self.client = None

        def count(self, key):
            return self.client.incr(key) if self.client else None


    cache = Cache(PORT)


    @router.get("/")
    def call():
        return {"n": cache.count("objects"), "told": told}
"""
ALONE = """
    cache = redis.Redis(port=PORT)
    cache.ping()


    @router.get("/")
    def call():
        return {"n": cache.incr("alone")}
"""
FORMS = {
    "of a module": (
        MODULE,
        "    redis.Redis(\n        port=PORT,\n        decode_responses=True,\n    ).ping()\n",
    ),
    "of an object": (OBJECT, "            redis.Redis(port=self.port).ping()\n"),
    "on its own": (ALONE, "\n\nredis.Redis(port=PORT).ping()\n"),
}


def text_of(program: str, port: int) -> str:
    return (changed(HEAD) + "\n\n" + changed(program)).replace("PORT", str(port))


@pytest.mark.parametrize("name", FORMS)
def test_it_asks_at_the_same_time_and_serves_every_loop(name: str, port: int, tmp_path: Path) -> None:
    program, expected = FORMS[name]
    outcome = migrate({"app/routes.py": text_of(program, port)})
    assert expected.replace("PORT", str(port)) in outcome.text, outcome.reasons
    assert "run_in_threadpool" not in outcome.text
    old = run(tmp_path / "old", outcome.before, "call", times=2, loops=2)
    new = run(tmp_path / "new", outcome.texts, "call", times=2, loops=2)
    answers = [*old, *new]
    assert [each["n"] for each in answers] == list(range(1, 9))
    told = {"of a module": ["there"], "of an object": []}.get(name)
    assert [each.get("told") for each in answers] == [told] * 8


@pytest.mark.parametrize("name", ["of a module", "of an object"])
def test_it_does_without_where_there_is_no_server(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("redis.retry.sleep", lambda seconds: None)  # it tries several times, seconds apart
    outcome = migrate({"app/routes.py": text_of(FORMS[name][0], 1)})
    assert "redis.asyncio" in outcome.text
    (old,) = run(tmp_path / "old", outcome.before, "call", times=1)
    (new,) = run(tmp_path / "new", outcome.texts, "call", times=1)
    assert old == new
    assert old["told"] == ["not there"]


HANDLER = '        told.append("not there")\n        cache = None\n'
STAYS = {
    "closed by who sees that it is not there": MODULE.replace(
        HANDLER, "        cache.close()\n        cache = None\n"
    ),
    "something else in its place": MODULE.replace("        cache = None\n", "        cache = dict()\n"),
    "asked for an answer": MODULE.replace("        cache.ping()\n", "        told.append(cache.ping())\n"),
    "asked for more": MODULE.replace("cache.ping()\n", "cache.ping()\n        cache.set('a', 1)\n"),
    "not asked, and made of what may not be there": MODULE.replace("        cache.ping()\n", ""),
    "an object that may fail to make it": OBJECT.replace("self.client.ping()", "pass").replace(
        "    cache = Cache(PORT)\n",
        "    try:\n        cache = Cache(PORT)\n    except ValueError:\n        cache = None\n",
    ),
    "asked by another name": MODULE.replace("cache.ping()\n", "cache.info()\n"),
}


@pytest.mark.parametrize("hazard", STAYS)
def test_what_does_more_than_ask_or_less_stays(hazard: str) -> None:
    outcome = migrate({"app/routes.py": text_of(STAYS[hazard], 6379)})
    assert "redis.asyncio" not in outcome.text


def test_a_constant_that_is_asked_for_gets_its_new_name() -> None:
    text = ALONE.replace("cache", "CACHE").replace(
        'return {"n": CACHE.incr("alone")}', 'return CACHE.incr("alone") if CACHE else 0'
    )
    found = migrate({"app/routes.py": text_of(text, 6379)}).text
    assert 'return await cache().incr("alone") if cache else 0' in found
