"""`from redis import Redis` names the async class where no sync one is left; else both are told apart."""

from __future__ import annotations

import pytest
from client_programs import changed, migrate

CACHE = """
    from redis import Redis

    cache = Redis(host="cache")


    def get_cache() -> Redis:
        return cache
"""
ROUTES = """
    from fastapi import APIRouter, Depends
    from redis import Redis

    from app.cache import get_cache

    router = APIRouter()


    @router.get("/")
    def count(cache: Redis = Depends(get_cache)):
        return cache.incr("n")
"""
MADE = """
    from fastapi import APIRouter
    from redis import Redis

    router = APIRouter()


    @router.get("/")
    def count():
        with_it = Redis(host="cache")
        return with_it.incr("n")
"""
THROUGH = "redis.asyncio.Redis"


def test_the_import_names_the_async_class() -> None:
    outcome = migrate({"app/cache.py": changed(CACHE), "app/routes.py": changed(ROUTES)})
    cache = outcome.texts["app/cache.py"]
    assert cache.startswith(
        "from redis.asyncio import Redis\n\nfrom app.redis_clients import per_event_loop\n"
    )
    assert "@per_event_loop\ndef cache() -> Redis:\n" in cache
    assert "async def get_cache() -> Redis:\n    return cache()\n" in cache
    assert "\nfrom redis.asyncio import Redis\n" in outcome.text
    assert "async def count(cache: Redis = Depends(get_cache)):\n" in outcome.text
    assert "from redis import Redis" not in cache + outcome.text


def test_a_file_with_an_import_of_its_own_takes_nothing() -> None:
    other = "import redis\n\n\ndef check(value):\n    return isinstance(value, redis.Redis)\n"
    outcome = migrate(
        {"app/cache.py": changed(CACHE), "app/routes.py": changed(ROUTES), "app/other.py": other}
    )
    assert "from redis.asyncio import Redis" in outcome.texts["app/cache.py"]


def test_one_that_is_made_in_the_handler() -> None:
    text = migrate({"app/routes.py": changed(MADE)}).text
    assert "\nfrom redis.asyncio import Redis\n" in text
    assert "@per_event_loop\ndef redis_client() -> Redis:\n" in text
    assert "    with_it = redis_client()\n    return await with_it.incr" in text


KEPT = {
    "a sync client that stays": CACHE + '\n\n    other = Redis(host="b")\n    ALL = {"b": other}\n',
    "the class as a value": CACHE + "\n\n    CLASSES = [Redis]\n",
    "a text that names it": CACHE + '\n\n    def f(a: "Redis[str]"):\n        return a\n',
    "other names": CACHE.replace("import Redis", "import Redis, RedisError")
    + "\n\n    ERRORS = (RedisError,)\n",
    "a comment": CACHE.replace("import Redis\n", "import Redis  # ours\n", 1),
}


@pytest.mark.parametrize("name", KEPT)
def test_both_are_told_apart(name: str) -> None:
    cache = migrate({"app/cache.py": changed(KEPT[name]), "app/routes.py": changed(ROUTES)}).texts[
        "app/cache.py"
    ]
    assert f"def cache() -> {THROUGH}:\n" in cache
    assert "from redis.asyncio import Redis" not in cache


@pytest.mark.parametrize(
    ("taken", "name"),
    [
        ("from app.cache import Redis", "Redis"),
        ("from app.cache import *", "Redis"),
        ("from app import cache as shared", "shared.Redis"),
    ],
)
def test_who_takes_the_name_from_there_takes_the_sync_class(taken: str, name: str) -> None:
    other = f"{taken}\n\n\ndef check(value):\n    return isinstance(value, {name})\n"
    outcome = migrate(
        {"app/cache.py": changed(CACHE), "app/routes.py": changed(ROUTES), "app/other.py": other}
    )
    assert f"def cache() -> {THROUGH}:\n" in outcome.texts["app/cache.py"]
    assert "from redis.asyncio import Redis" not in outcome.texts["app/cache.py"]
