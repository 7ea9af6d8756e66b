"""`lru_cache` over a function that would have to turn: an async cache where there is one, else it stays."""

from __future__ import annotations

import pytest
from small_projects import APP, Migrated, migrate

RATES = """
import functools
from functools import cache, lru_cache, partial
import requests
{more}

{decorator}
def rate(code: str):
    return requests.get(f"https://rates/{{code}}").json()

@app.get("/")
def show(code: str):
    return rate(code)
"""


def migrated(
    decorator: str, requirements: str = "async-lru>=2.0\n", more: str = "", **others: str
) -> Migrated:
    files = {
        "app/__init__.py": "",
        "app/main.py": APP + RATES.format(decorator=decorator, more=more),
        "requirements.txt": requirements,
    }
    return migrate({**files, **{f"app/{name}.py": text for name, text in others.items()}})


@pytest.mark.parametrize(
    ("decorator", "expected"),
    [
        ("@lru_cache", "@alru_cache"),
        ("@lru_cache()", "@alru_cache()"),
        ("@functools.lru_cache(maxsize=32, typed=True)", "@alru_cache(maxsize=32, typed=True)"),
        ("@lru_cache(None)", "@alru_cache(None)"),
        ("@cache", "@alru_cache(maxsize=None)"),
        ("@functools.cache", "@alru_cache(maxsize=None)"),
        ("@functools.lru_cache", "@alru_cache"),
    ],
)
def test_an_async_cache_takes_its_place(decorator: str, expected: str) -> None:
    done = migrated(decorator)
    assert done.function("app/main.py", "rate").startswith(f"{expected}\nasync def rate(code: str):\n")
    assert "    return await rate(code)\n" in done.function("app/main.py", "show")
    assert "from async_lru import alru_cache\n" in done.texts["app/main.py"]
    assert any(
        "belongs to one event loop" in note.text for group in done.report.groups for note in group.notes
    )


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("from functools import cache as memo", "@alru_cache(maxsize=None)\nasync def rate("),
        ("from functools import lru_cache as memo", "@alru_cache\nasync def rate("),
    ],
)
def test_under_another_name_it_keeps_as_many(more: str, expected: str) -> None:
    done = migrated("@memo", more=more)
    assert done.function("app/main.py", "rate").startswith(expected)


def test_it_is_emptied_as_before() -> None:
    done = migrated(
        "@lru_cache",
        more="@app.post('/')\ndef clear():\n    rate.cache_clear()\n    return rate.cache_info()\n",
    )
    assert (
        "async def clear():\n    rate.cache_clear()\n    return rate.cache_info()\n"
        in done.texts["app/main.py"]
    )


def test_a_project_that_uses_it_without_a_word_has_it() -> None:
    other = "from async_lru import alru_cache\n\n@alru_cache\nasync def one():\n    return 1\n"
    assert (
        "@alru_cache\nasync def rate"
        in migrated("@lru_cache", requirements="", other=other).texts["app/main.py"]
    )


STAYS: dict[str, dict[str, str]] = {
    "nothing of the kind is there": {"requirements": "requests\n"},
    "another library": {"requirements": "async-lru-threadsafe\n"},
    "a version that keeps exceptions": {"requirements": "async_lru==1.0.3\n"},
    "a script calls it": {"script": "from app.main import rate\nprint(rate('EUR'))\n"},
    "it is handed on": {"more": "later = partial(lambda code: rate(code), 'EUR')\n"},
}


@pytest.mark.parametrize("given", STAYS.values(), ids=STAYS)
def test_where_it_cannot_the_function_stays(given: dict[str, str]) -> None:
    done = migrated("@lru_cache(maxsize=8)", **given)
    assert done.function("app/main.py", "rate").startswith("@lru_cache(maxsize=8)\ndef rate")
    assert "    return await run_in_threadpool(rate, code)\n" in done.function("app/main.py", "show")
