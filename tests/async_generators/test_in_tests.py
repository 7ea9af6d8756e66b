"""The user's tests that read or enter what turns: they wait as well, or keep it sync."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import pytest
from small_projects import APP, Migrated, migrate

BANK = """
from contextlib import contextmanager

import requests

def rows(n):
    for i in range(n):
        yield requests.get(f"http://127.0.0.1:1/{i}").json()

@contextmanager
def held(n):
    yield requests.get(f"http://127.0.0.1:1/{n}").json()
"""
HANDLER = """
from app.bank import held, rows

@app.get("/pay")
def pay(n: int):
    with held(n) as x:
        return [row[x] for row in rows(n)]
"""
IMPORTS = "import pytest\n\nfrom app.bank import held, rows\n\n\n"


def migrated(test: str) -> Migrated:
    path = "tests/test_bank.py"
    files = {"app/__init__.py": "", "app/bank.py": BANK, "app/main.py": APP + HANDLER, path: IMPORTS + test}
    return migrate(files)


FOLLOW = {
    "def test_it():\n    assert list(rows(2)) == [1, 2]\n": "    assert [item async for item in rows(2)] == [1, 2]\n",
    "def test_it():\n    for row in rows(2):\n        assert row\n": "    async for row in rows(2):\n",
    "def test_it():\n    with held(2) as x:\n        assert x\n": "    async with held(2) as x:\n",
    "class TestIt:\n    def test_it(self):\n        assert next(rows(2)) == 1\n": "assert await anext(rows(2)) == 1\n",
    "def test_it():\n    with held(2), pytest.raises(ValueError):\n        int('x')\n": "    async with held(2):\n        with pytest.raises(ValueError):\n            int('x')\n",
}
STAY = {
    "def test_it():\n    assert list(zip(rows(2), [1]))\n": "rows",
    "def test_it():\n    with pytest.raises(StopIteration):\n        next(rows(0))\n": "rows",
    "def test_it():\n    with held(2), pytest.raises(  # no number\n        ValueError\n    ):\n        int('x')\n": "held",
    "@pytest.fixture\ndef all_rows():\n    return list(rows(2))\ndef test_it(all_rows):\n    assert all_rows\n": "rows",
    "import unittest\nclass Test(unittest.TestCase):\n    def test_it(self):\n        list(rows(2))\n": "rows",
}


@pytest.mark.parametrize("test", FOLLOW)
def test_it_follows(test: str) -> None:
    done = migrated(test)
    assert {"app/bank.py:held", "app/bank.py:rows", "app/main.py:pay"} < {*done.turned}
    text = done.texts["tests/test_bank.py"]
    assert "@pytest.mark.anyio\n" in text
    assert "async def test_it(" in text
    assert FOLLOW[test] in text


@pytest.mark.parametrize("test", STAY)
def test_it_keeps_what_it_reads_sync(test: str) -> None:
    done = migrated(test)
    assert f"app/bank.py:{STAY[test]}" not in done.turned
    assert "app/main.py:pay" in done.turned
    assert done.texts["tests/test_bank.py"] == IMPORTS + test
