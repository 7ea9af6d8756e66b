"""The user's tests that call what turns: they follow under their plugin, or the helper is bridged."""

from __future__ import annotations

from pathlib import Path

import forked
import pytest
from small_projects import APP, Migrated, migrate, source

BANK = """
import requests

def charge(amount):
    return requests.get(f"http://127.0.0.1:1/{amount}").json()

def total(amount):
    return charge(amount)["total"]
"""
HANDLER = """
from app.bank import total

@app.get("/pay")
def pay(n: int):
    return total(n)
"""
PATH = "tests/test_bank.py"
MARKS = '@pytest.mark.anyio\n@pytest.mark.parametrize("anyio_backend", ["asyncio"])\n'


def migrated(test: str, **others: str) -> Migrated:
    files = {"app/__init__.py": "", "app/bank.py": BANK, "app/main.py": APP + HANDLER, PATH: test}
    return migrate({**files, **others})


def follows(done: Migrated) -> bool:
    """All turned, the tests among them; or nothing did below the handler."""
    turned = {name for name in done.turned if not name.startswith("tests/")}
    assert turned in ({"app/bank.py:charge", "app/bank.py:total", "app/main.py:pay"}, {"app/main.py:pay"})
    tests = [name for name in done.turned if name.startswith("tests/")]
    assert not tests or len(turned) == 3
    if len(turned) == 1:
        assert "return await run_in_threadpool(total, n)" in done.function("app/main.py", "pay")
    return len(turned) == 3


IMPORTS = "import pytest\n\nfrom app.bank import total\nfrom app.main import pay\n\n\n"


def test_a_test_awaits_what_turned() -> None:
    done = migrated(
        IMPORTS + "def test_total(monkeypatch):\n    # three\n    assert total(3) == total(2) + 1\n"
    )
    assert follows(done)
    assert done.texts[PATH] == (
        IMPORTS
        + MARKS
        + "async def test_total(monkeypatch):\n    # three\n    assert await total(3) == await total(2) + 1\n"
    )


def test_a_handler_called_by_a_test_is_awaited() -> None:
    done = migrated(IMPORTS + "def test_pay():\n    with pytest.raises(KeyError):\n        pay(n=3)\n")
    assert follows(done)
    assert "        await pay(n=3)\n" in done.texts[PATH]


def test_pytest_is_imported_where_it_was_not() -> None:
    done = migrated(
        "from app.bank import total\n\n\ndef test_total():\n    assert total(3)\n",
        **{"pyproject.toml": '[project]\nname = "x"\ndependencies = ["pytest"]\n'},
    )
    assert follows(done)
    assert done.texts[PATH].startswith("import pytest\n\nfrom app.bank import total\n")


def test_only_the_tests_that_call_it_turn() -> None:
    done = migrated(IMPORTS + "def test_a():\n    assert total(3)\n\n\ndef test_b():\n    assert 1\n")
    assert [name for name in done.turned if name.startswith("tests/")] == [f"{PATH}:test_a"]
    assert "\n\ndef test_b():\n    assert 1\n" in done.texts[PATH]


def test_an_async_test_only_gets_the_await() -> None:
    done = migrated(IMPORTS + "@pytest.mark.anyio\nasync def test_a():\n    assert total(3)\n")
    assert follows(done)
    assert done.texts[PATH].endswith("@pytest.mark.anyio\nasync def test_a():\n    assert await total(3)\n")


def test_a_method_of_a_plain_class() -> None:
    done = migrated(IMPORTS + "class TestBank:\n    def test_a(self):\n        assert total(3)\n")
    assert follows(done)
    assert '["asyncio"])\n    async def test_a(self):\n        assert await total(3)\n' in done.texts[PATH]


def test_the_backend_that_the_project_names_is_kept() -> None:
    conftest = 'import pytest\n\n\n@pytest.fixture\ndef anyio_backend():\n    return "asyncio"\n'
    done = migrated(IMPORTS + "def test_a():\n    assert total(3)\n", **{"tests/conftest.py": conftest})
    assert follows(done)
    assert "\n\n@pytest.mark.anyio\nasync def test_a():\n" in done.texts[PATH]
    assert "parametrize" not in done.texts[PATH]


@pytest.mark.parametrize("mode", ["strict", "auto"])
def test_pytest_asyncio_is_the_plugin_where_it_is_declared(mode: str) -> None:
    project = (
        f'[project]\nname = "x"\ndependencies = ["pytest-asyncio"]\n[tool.pytest]\nasyncio_mode = "{mode}"\n'
    )
    done = migrated(IMPORTS + "def test_a():\n    assert total(3)\n", **{"pyproject.toml": project})
    assert follows(done)
    mark = "@pytest.mark.asyncio\n" if mode == "strict" else ""
    assert f"\n\n\n{mark}async def test_a():\n    assert await total(3)\n" in done.texts[PATH]


@pytest.mark.parametrize("name", ["pytest.ini", "tox.ini"])
@pytest.mark.parametrize(("mode", "mark"), [("auto", ""), ("strict", "@pytest.mark.asyncio\n")])
def test_the_mode_of_pytest_asyncio_may_stand_in_a_file_of_its_own(name: str, mode: str, mark: str) -> None:
    files = {
        "requirements-dev.txt": "pytest-asyncio\n",
        name: f"[pytest]\nasyncio_mode={mode}\nmarkers = redis\n",
    }
    done = migrated(IMPORTS + "def test_a():\n    assert total(3)\n", **files)
    assert follows(done)
    assert f"\n\n\n{mark}async def test_a():\n    assert await total(3)\n" in done.texts[PATH]


DECORATED = {
    "parametrize": "@pytest.mark.parametrize('n', [1, 2])\ndef test_a(n):\n    assert total(n)\n",
    "patch": "from unittest.mock import patch\n@patch('os.getcwd')\ndef test_a(cwd):\n    assert total(1)\n",
    "patch of an object": (
        "import os\nfrom unittest import mock\n"
        "@mock.patch.object(os, 'getcwd')\ndef test_a(cwd):\n    assert total(1)\n"
    ),
}


@pytest.mark.parametrize("kind", DECORATED)
def test_decorators_that_take_coroutine_functions(kind: str) -> None:
    done = migrated(IMPORTS + DECORATED[kind])
    assert follows(done)
    assert "await total(" in done.texts[PATH]


STAYS = {
    "unittest": (
        "import unittest\nclass TestBank(unittest.TestCase):\n"
        "    def test_a(self):\n        assert total(3)\n"
    ),
    "a helper of the tests": "def check(n):\n    return total(n)\n\ndef test_a():\n    assert check(1)\n",
    "a fixture": "@pytest.fixture\ndef paid():\n    return total(1)\n\ndef test_a(paid):\n    assert paid\n",
    "hypothesis": "from hypothesis import given\n@given()\ndef test_a():\n    assert total(1)\n",
    "another decorator": "from somewhere import retry\n@retry\ndef test_a():\n    assert total(1)\n",
    "a wrapper of the project": (
        "def twice(f):\n    def inner():\n        f()\n        f()\n    return inner\n\n"
        "@twice\ndef test_a():\n    assert total(1)\n"
    ),
    "a lambda": "def test_a():\n    f = lambda: total(1)\n    assert f()\n",
    "a nested function": "def test_a():\n    def f():\n        return total(1)\n    assert f()\n",
    "a generator expression": "def test_a():\n    assert all(total(n) for n in [1])\n",
    "module level": "EXPECTED = total(1)\n\ndef test_a():\n    assert EXPECTED\n",
    "a default": "def test_a(n=total(1)):\n    assert n\n",
    "a loop of its own": (
        "import asyncio\ndef test_a():\n    assert asyncio.run(work()) == total(1)\n\nasync def work(): ...\n"
    ),
    "handed on": "def test_a():\n    pytest.raises(KeyError, total, 1)\n",
    "a test that is called": "def test_a():\n    assert total(1)\n\ndef test_b():\n    test_a()\n",
    "replaced": (
        "def test_a(mocker):\n    mocker.patch('app.bank.charge')\n    mocker.patch('app.bank.total')\n"
    ),
}


@pytest.mark.parametrize("hazard", STAYS)
def test_what_cannot_follow_keeps_the_helper_as_it_is(hazard: str) -> None:
    done = migrated(IMPORTS + STAYS[hazard])
    assert not follows(done)
    assert done.texts[PATH] == done.old[PATH]


def test_without_pytest_nothing_follows() -> None:
    done = migrated("from app.bank import total\n\n\ndef test_total():\n    assert total(3)\n")
    assert not follows(done)


def test_the_tests_still_pass(tmp_path: Path) -> None:
    """Before and after, in a process of its own; a coroutine that nobody awaits is an error."""
    test = (
        IMPORTS
        + "@pytest.fixture\ndef client():\n    from fastapi.testclient import TestClient\n"
        + "    from app.main import app\n    return TestClient(app)\n\n\n"
        + "@pytest.mark.parametrize('n', [1, 2])\ndef test_total(n, client):\n"
        + "    with pytest.raises(Exception):\n        total(n)\n"
        + "    assert client.get('/x').status_code == 404\n"
    )
    done = migrated(test)
    assert follows(done)
    for name, texts in (("before", done.old), ("after", done.texts)):
        for path, text in texts.items():
            (tmp_path / name / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / path).write_text(source(text))
        ran = forked.run("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests", cwd=tmp_path / name)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert "2 passed" in ran.stdout
