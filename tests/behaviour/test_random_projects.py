"""Projects at random run before and after, in two interpreters; what once went wrong is asked every time.

More of them: `PYTHONPATH=tests/support python -m random_projects --examples 1000 --seed 7`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import pytest
from random_projects.checking import check
from random_projects.comparing import Pair, pair
from random_projects.projects import project_of

EXAMPLES = 12
SEED = 1


@pytest.fixture(scope="module")
def both() -> Iterator[Pair]:
    with pair() as found:
        yield found


def test_projects_at_random() -> None:
    compared = check(EXAMPLES, SEED)
    assert compared.projects >= EXAMPLES // 2
    assert compared.turned >= compared.projects, "nearly all stayed as they were, which proves nothing"


HEAD = """
import functools
import threading
import requests
from pathlib import Path
from fastapi import APIRouter
from app.settings import BASE, DATA, STATE, lock, note

router = APIRouter()
guard = threading.Lock()


def work(x):
    note("work", x)
    return requests.get(f"{BASE}/num/{x}").json()["n"]


def rows(x):
    for n in range(x):
        yield work(n)


"""
CASES = {
    # the number of a lambda among others is no name
    "a lambda that blocks before, and one that is added": """
        @router.get("/h")
        async def h(x: int):
            def inner(n=functools.reduce(lambda m, n: m + work(n), range(2), x)):
                return n
            c = inner() + inner(x)
            return [c, sum(n for n in rows(x))]
    """,
    # its number among others is no name for a function either
    "an inner function of which there are two": """
        @router.get("/h")
        def h(x: int):
            def inner():
                return work(x)
            a = sum(inner() for _ in range(2))
            def inner():
                return work(x + 1)
            return [a, inner()]
    """,
    # awaited on the loop, a lock that is held keeps the next request waiting for ever
    "a lock around what blocks, in an async handler": """
        @router.get("/h")
        async def h(x: int):
            with lock:
                a = work(x)
            with guard:
                STATE[x] = work(a)
            return [a, STATE[x]]
    """,
    "a lock that is acquired and released": """
        @router.get("/h")
        async def h(x: int):
            guard.acquire()
            try:
                a = work(x)
            finally:
                guard.release()
            return a + work(x)
    """,
    "a lock in one handler, and another handler with nothing but an await": """
        @router.get("/g")
        async def g(x: int):
            return work(x)


        @router.get("/h")
        def h(x: int):
            with guard:
                return work(x)
    """,
    # a thread works on a copy of the context
    "a context variable that a helper sets, which must stay a plain function": """
        from app.settings import current, mark


        KEYS = sorted([0], key=mark)


        @router.get("/h")
        async def h(x: int):
            mark(x)
            return [current.get(), work(x)]
    """,
}


@pytest.mark.parametrize("name", CASES)
def test_found_at_random(name: str, both: Pair) -> None:
    found = both.compare(project_of(HEAD + textwrap.dedent(CASES[name]), "/h?x=0", "/h?x=2"))
    assert found is not None, "it does not run before"
    assert found.differences == []
    assert not found.migrated.is_unchanged
