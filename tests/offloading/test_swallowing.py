"""A context manager of the project that ends an exception: the handler goes on behind its `with`, with what
it knew before."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from small_projects import migrate_main

MAIN = """
import shutil
from contextlib import contextmanager, suppress

from fastapi import FastAPI

app = FastAPI()

@contextmanager
def quiet():
    try:
        yield
    except OSError:
        print("gone")

@contextmanager
def around():
    with quiet():
        yield

@contextmanager
def loud():
    try:
        yield
    except OSError as error:
        print("gone")
        raise RuntimeError from error

@contextmanager
def ready():
    try:
        print("about to")
    except OSError:
        print("gone")
    else:
        yield

class Quiet:
    def __enter__(self):
        return self
    def __exit__(self, kind, error, traceback):
        return error is not None

class Below(Quiet):
    pass

class Loud(Quiet):
    def __exit__(self, kind, error, traceback):
        print("gone")
        return False

class Silent(Quiet):
    def __exit__(self, kind, error, traceback):
        if error is None:
            return
        print("gone")

still = Below()

@app.get("/")
async def copy(a: str):
    {body}
"""
ENDING = ["quiet()", "around()", "Quiet()", "Below()", "still", "suppress(OSError)", "loud(), quiet()"]
BODIES = [
    "with {}:\n        return shutil.copy(a, 'b')\n    return 'kept'",
    "for _ in a:\n        with {}:\n            return shutil.copy(a, 'b')\n    return 'kept'",
    "found = 'kept'\n    with {}:\n        found = shutil.copy(a, 'b')\n    return found",
    "found = 'kept'\n    with {}:\n        found = shutil.copy(a, 'b')\n        print(1)\n    return found",
    "found = 'kept'\n    if a:\n        with {}:\n            return shutil.copy(a, 'b')\n    return found",
]


def migrated(body: str) -> str:
    text = migrate_main(MAIN.format(body=body)).texts["app/main.py"]
    assert "run_in_threadpool(" in text
    return text


@pytest.mark.parametrize("manager", ENDING)
@pytest.mark.parametrize("body", BODIES)
def test_what_stands_behind_runs_with_what_was_known_before(body: str, manager: str) -> None:
    names: dict[str, Any] = {}
    exec(migrated(body.format(manager)), names)
    assert asyncio.run(names["copy"]("/no/such/file")) == "kept"


@pytest.mark.parametrize("manager", ["loud()", "ready()", "Loud()", "Silent()"])
def test_one_that_lets_it_pass_goes_along(manager: str) -> None:
    assert f"        with {manager}:\n            found = shutil.copy(" in migrated(BODIES[3].format(manager))
