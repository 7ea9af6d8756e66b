"""`async-fix explain module:function`: the colour of a function, the chain behind it, or why it stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_project import Run

MAIN = """
import requests
from fastapi import FastAPI

app = FastAPI()


def charge(amount):
    return requests.get(f"http://pay/{amount}").json()


def shared(amount):
    return requests.get(f"http://pay/{amount}").json()


def rate():
    return 3


def alone():
    return requests.get("http://pay").json()


def logged(function):
    def wrapper(*args):
        return function(*args)

    return wrapper


def _pages():
    yield requests.get("http://pay").json()


def pages():
    return _pages()


PRICE = shared(1)


@app.get("/pay")
def pay(n: int):
    return charge(n), shared(rate())


@app.get("/pages")
def show_pages():
    return list(pages())


@app.get("/ready")
async def ready():
    return {}
"""


@pytest.fixture
def main(project: Path) -> Path:
    (project / "app" / "main.py").write_text(MAIN)
    return project


def explained(run: Run, function: str) -> list[str]:
    result = run("explain", f"app.main:{function}", "app")
    assert result.code == 0
    return result.out.splitlines()


def test_a_function_that_becomes_async_and_what_it_waits_for(main: Path, run: Run) -> None:
    assert explained(run, "charge") == [
        "app.main:charge (app/main.py:8)",
        "  it is     def, and becomes async def",
        "  called by GET /pay -> charge()",
        "  waits for requests.get (app/main.py:9)",
        "  mended    requests.get: await its async twin",
    ]


def test_a_function_that_cannot_and_why(main: Path, run: Run) -> None:
    lines = explained(run, "shared")
    assert "  it is     def, and stays so" in lines
    assert any(line.startswith("  because   AF911 shared is also called by <module>") for line in lines)


def test_a_function_that_hands_on_a_generator_which_becomes_async(main: Path, run: Run) -> None:
    assert "  it is     def, and becomes async def" in explained(run, "_pages")
    assert "  it is     def, and gives an async generator" in explained(run, "pages")


def test_a_function_that_waits_for_nothing(main: Path, run: Run) -> None:
    assert explained(run, "rate")[1:] == [
        "  it is     def, and stays so",
        "  because   nothing that calls it needs it to be async",
        "  called by GET /pay -> rate()",
        "  waits for nothing",
    ]


def test_a_function_that_no_handler_reaches(main: Path, run: Run) -> None:
    assert "  called by no handler" in explained(run, "alone")


def test_a_handler_that_is_async_already(main: Path, run: Run) -> None:
    assert explained(run, "ready")[1:] == [
        "  it is     async def already",
        "  called by GET /ready",
        "  waits for nothing",
    ]


def test_an_inner_function_goes_by_the_name_that_chains_show(main: Path, run: Run) -> None:
    for name in ("logged.wrapper", "logged.<locals>.wrapper"):
        assert explained(run, name)[0] == "app.main:logged.wrapper (app/main.py:25)"


def test_as_json(main: Path, run: Run) -> None:
    found = json.loads(run("explain", "app.main:charge", "app", "--format", "json").raw)
    assert (found["before"], found["after"], found["handler"]) == ("sync", "async", "GET /pay")
    assert [hop["label"] for hop in found["chain"]] == ["requests.get"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["app.main:chrage", "app"], "no function app.main:chrage; did you mean app.main:charge"),
        (["AF201", "app"], "AF201 is a code: it has no paths"),
    ],
)
def test_what_is_not_there(main: Path, run: Run, arguments: list[str], words: str) -> None:
    result = run("explain", *arguments)
    assert result.code == 2
    assert words in result.err
