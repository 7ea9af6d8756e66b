"""A fresh generator that is handed on: its readers wait for it, wherever they got it."""

from __future__ import annotations

import pytest
from answers import assert_answers_stay
from small_projects import migrate_main

ROWS = """
import time
from collections.abc import Iterator
from abc import ABC, abstractmethod
from typing import Protocol

from fastapi import Depends
from fastapi.responses import StreamingResponse

seen = []

def _rows(n: int) -> Iterator[int]:
    for each in range(n):
        time.sleep(0)
        seen.append(each)
        yield each
"""
SHOW = "@app.get('/')\ndef show(n: int):\n    return [row for row in rows(n)]\n"
HANDED_ON = {
    "as it is": "def rows(n: int) -> Iterator[int]:\n    return _rows(n)\n" + SHOW,
    "twice": "def more(n):\n    return _rows(n)\ndef rows(n):\n    return more(n)\n" + SHOW,
    "at two places": (
        "def rows(n: int) -> Iterator[int]:\n    if n > 3:\n        return _rows(3)\n"
        "    return _rows(n)\n" + SHOW
    ),
    "by a method, for an abstract one": (
        "class Repo(ABC):\n    @abstractmethod\n    def rows(self, n: int) -> Iterator[int]: ...\n"
        "class Real(Repo):\n    def rows(self, n: int) -> Iterator[int]:\n        yield from _rows(n)\n"
        "class Service:\n    def __init__(self, repo: Repo):\n        self.repo = repo\n"
        "    def rows(self, n: int) -> Iterator[int]:\n        return self.repo.rows(n)\n"
        "@app.get('/')\ndef show(n: int):\n    return sum(Service(Real()).rows(n))\n"
    ),
    "by what a Protocol asks for": (
        "class Repo(Protocol):\n    def rows(self, n: int) -> Iterator[int]: ...\n"
        "class Real:\n    def rows(self, n: int) -> Iterator[int]:\n        return _rows(n)\n"
        "def total(repo: Repo, n: int):\n    return sum(repo.rows(n))\n"
        "@app.get('/')\ndef show(n: int):\n    return total(Real(), n)\n"
    ),
    "to a response, too": (
        "def rows(n):\n    return _rows(n)\n@app.get('/all')\ndef stream(n: int):\n"
        "    return StreamingResponse(rows(n))\n" + SHOW
    ),
}


@pytest.mark.parametrize("how", HANDED_ON)
def test_its_readers_wait_for_each_step(how: str) -> None:
    done = migrate_main(ROWS + HANDED_ON[how])
    assert {"app/main.py:_rows", "app/main.py:show"} <= {*done.turned}
    assert "run_in_threadpool" not in done.texts["app/main.py"]
    assert_answers_stay(done, "/?n=3")


def test_what_hands_it_on_stays_a_def_and_says_what_it_gives() -> None:
    done = migrate_main(ROWS + HANDED_ON["by a method, for an abstract one"])
    assert done.function("app/main.py", "Repo.rows") == (
        "@abstractmethod\ndef rows(self, n: int) -> AsyncIterator[int]: ...\n"
    )
    assert done.function("app/main.py", "Service.rows") == (
        "def rows(self, n: int) -> AsyncIterator[int]:\n    return self.repo.rows(n)\n"
    )


STAYS = {
    "a list in its place": "def rows(n):\n    if n > 3:\n        return []\n    return _rows(n)\n" + SHOW,
    "one that waits for nothing in its place": (
        "def plain(n):\n    yield n\ndef rows(n):\n    if n > 3:\n        return plain(n)\n"
        "    return _rows(n)\n" + SHOW
    ),
    "something is done before": (
        "def rows(n):\n    time.sleep(0)\n    seen.append('begin')\n    return _rows(n)\n" + SHOW
    ),
    "a property is read before": (
        "class Till:\n    @property\n    def n(self):\n        time.sleep(0)\n        return 2\n"
        "def rows(till: Till):\n    return _rows(till.n)\n"
        "@app.get('/')\ndef show(n: int):\n    return list(rows(Till()))\n"
    ),
    "a script reads it as well": (
        "def rows(n):\n    return _rows(n)\nfor row in rows(1):\n    print(row)\n" + SHOW
    ),
    "its first step is taken by a thread's work": (
        "def rows(n):\n    return _rows(n)\ndef first(n):\n    return next(zip(rows(n)))\n"
        "@app.get('/first')\ndef one(n: int):\n    return first(n)\n" + SHOW
    ),
    "it is a value": "def rows(n):\n    return _rows(n)\nREADERS = {'rows': rows}\n" + SHOW,
    "FastAPI injects what it gives": (
        "def rows(n: int):\n    return _rows(n)\n"
        "@app.get('/')\ndef show(found=Depends(rows)):\n    return [row for row in found]\n"
    ),
    "another class gives a list": (
        "class Repo(ABC):\n    @abstractmethod\n    def rows(self, n): ...\n"
        "class Real(Repo):\n    def rows(self, n):\n        return _rows(n)\n"
        "class Fake(Repo):\n    def rows(self, n):\n        return [n]\n"
        "def repo(n) -> Repo:\n    return Real() if n else Fake()\n"
        "@app.get('/')\ndef show(n: int):\n    return [row for row in repo(n).rows(n)]\n"
    ),
}


@pytest.mark.parametrize("how", STAYS)
def test_it_stays_where_not_all_that_may_be_read_is_fresh(how: str) -> None:
    done = migrate_main(ROWS + STAYS[how])
    assert "app/main.py:_rows" not in done.turned
    assert done.function("app/main.py", "_rows") in ROWS
    assert_answers_stay(done, "/?n=3")
