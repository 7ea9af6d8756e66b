"""What a cache keeps is asked for once: files are soon read, while a service may keep the loop waiting, and
again if it is down, as an error is kept by no cache. What was pickled may be a model of any size."""

from __future__ import annotations

import pytest
from small_projects import migrate_main

MAIN = """
import json
import pickle
from functools import cache, lru_cache

import requests
from fastapi import Depends, FastAPI

app = FastAPI()

def ask():
    return requests.get("https://keys.example", cert=object()).json()

@{cache}
def keys({parameters}):
    return {value}

def user():
    return keys()["me"]

@app.get("/me")
def me(user=Depends(user)):
    return keys()

@app.get("/you")
async def you():
    return keys()
"""
ASKS = ["ask()", "{'a': [ask()]}", "requests.get('https://keys.example', cert=object())"]
LOADS = ["pickle.load(open('keys.pkl', 'rb'))", "{'me': pickle.load(open('me.pkl', 'rb'))}"]
READS = ["json.load(open('keys.json'))", "dict(a=1)"]


@pytest.mark.parametrize("cache", ["lru_cache", "lru_cache(maxsize=1)", "cache"])
@pytest.mark.parametrize("value", [*ASKS, *LOADS])
def test_what_may_take_long_is_not_done_on_the_loop(value: str, cache: str) -> None:
    done = migrate_main(MAIN.format(value=value, cache=cache, parameters=""))
    assert "app/main.py:user" not in done.turned
    for name in ("me", "you"):
        assert "await run_in_threadpool(keys)" in done.function("app/main.py", name)


@pytest.mark.parametrize("value", READS)
def test_what_is_over_soon_needs_no_thread(value: str) -> None:
    done = migrate_main(MAIN.format(value=value, cache="lru_cache", parameters=""))
    assert "run_in_threadpool" not in done.texts["app/main.py"]


def test_what_has_parameters_is_read_for_each() -> None:
    done = migrate_main(MAIN.format(value=READS[0], cache="lru_cache", parameters="of='a'"))
    assert done.texts["app/main.py"].count("run_in_threadpool(keys)") == 2
