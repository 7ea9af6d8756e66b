"""What a client is made from may take its time: the event loop never waits for that."""

from __future__ import annotations

from pathlib import Path

import pytest
from client_programs import migrate
from running import run

HEAD = """
import os
from functools import lru_cache
from pathlib import Path

import redis
import requests
from fastapi import APIRouter
from openai import OpenAI

router = APIRouter()


def read_host() -> str:
    return Path(__file__).with_name("host.txt").read_text()


def named_host() -> str:
    return os.getenv("HOST", "localhost")


"""
ROUTE = """


@router.get("/")
def call(key: str):
    return {call}
"""


def program(made: str, call: str = "r.get(key)") -> str:
    return HEAD + made + ROUTE.replace("{call}", call)


def test_a_value_stays_at_the_import(tmp_path: Path, port: int) -> None:
    text = program(
        f"# of the shop\nr = redis.Redis(host=read_host(), port={port})", '[r.incr(key), r.get("no")]'
    )
    outcome = migrate({"app/routes.py": text, "app/host.txt.py": ""})
    assert "r_host = read_host()\n\n\n@per_event_loop\ndef r() -> Redis:\n" in outcome.text
    assert "Redis(host=r_host, " in outcome.text
    found = []
    for name, texts in (("old", outcome.before), ("new", outcome.texts)):
        (tmp_path / name / "app").mkdir(parents=True)
        (tmp_path / name / "app" / "host.txt").write_text("127.0.0.1")
        found.append(run(tmp_path / name, texts, "call", f"key-of-{name}", times=2, loops=2))
    assert found[0] == found[1] == [[1, None], [2, None], [3, None], [4, None]]


def test_only_values_that_take_time_move() -> None:
    text = migrate(
        {"app/routes.py": program("r = redis.Redis(host=named_host(), password=read_host())")}
    ).text
    assert "r_password = read_host()\n" in text
    assert "return Redis(host=named_host(), password=r_password, " in text


def test_foreign_values_count_and_constants_give_constants() -> None:
    made = "import acme\n\nCACHE = redis.Redis(password=acme.secret('redis'))"
    text = migrate({"app/routes.py": program(made, "CACHE.get(key)")}).text
    assert "CACHE_PASSWORD = acme.secret('redis')\n" in text
    assert "return Redis(password=CACHE_PASSWORD, " in text


def test_clients_of_sdks_have_the_same() -> None:
    made = "client = OpenAI(base_url='http://x', api_key=read_host())"
    text = migrate({"app/routes.py": program(made, "client.models.retrieve(key).id")}).text
    assert "client_api_key = read_host()\n" in text
    assert "return AsyncOpenAI(base_url='http://x', api_key=client_api_key)" in text


@pytest.mark.parametrize(
    ("made", "call", "what"),
    [
        ("class Shop:\n    r = redis.Redis(host=read_host())", "Shop.r.get(key)", "read_host()"),
        (
            "class Shop:\n    def __init__(self):\n        self.r = redis.Redis(host=read_host())\n\n\n"
            "shop = Shop()",
            "shop.r.get(key)",
            "read_host()",
        ),
        (
            "try:\n    r = redis.Redis(host=read_host())\nexcept OSError:\n    raise SystemExit(1)",
            "r.get(key)",
            "read_host()",
        ),
        (
            "@lru_cache\ndef client():\n    return OpenAI(api_key=read_host())",
            "client().models.retrieve(key).id",
            "read_host()",
        ),
        (
            "s = requests.Session()\ns.headers['X-Host'] = read_host()",
            "s.get('http://x').text",
            "read_host()",
        ),
        (
            "s = requests.Session()\ns.headers.update({'X-Host': f'{read_host()}'})",
            "s.get('http://x').text",
            "read_host()",
        ),
        ("r_host = 3\nr = redis.Redis(host=read_host())", "r.get(key)", "r_host is the name"),
    ],
)
def test_what_cannot_move_keeps_the_client_in_a_thread(made: str, call: str, what: str) -> None:
    outcome = migrate({"app/routes.py": program(made, call)})
    assert any(what in reason for reason in outcome.reasons), outcome.reasons
    assert "per_event_loop" not in outcome.text
    assert "run_in_threadpool" in outcome.text
