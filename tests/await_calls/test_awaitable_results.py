"""A decorator whose wrapper awaits takes and gives what can be awaited, and says so to type checkers."""

from __future__ import annotations

import pytest
from small_projects import migrate_main

PROGRAM = """
import functools
import time
from {module} import {names}
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


{decorator}


@app.get("/x")
@{used}
def x() -> int:
    time.sleep(0.1)
    return 1
"""
TIMED = """
def timed(func: {takes}) -> {gives}:
    @functools.wraps(func)
    def wrapper(*args: P.args, **kwargs: P.kwargs){result}:
        print("called")
        return func(*args, **kwargs)

    return wrapper
"""
LOGGED = """
def logged(name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    def decorator(func: Callable[P, R]) -> Callable[P, R]:
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
            return func(*args, **kwargs)

        return wrapper

    return decorator
"""


def _migrated(decorator: str, used: str, module: str = "collections.abc", names: str = "Callable") -> str:
    program = PROGRAM.format(decorator=decorator, used=used, module=module, names=names)
    text = migrate_main(program).texts["app/main.py"]
    assert "    async def wrapper(" in text or "        async def wrapper(" in text
    return text


@pytest.mark.parametrize("module", ["collections.abc", "typing"])
def test_the_result_of_what_it_takes_and_gives_can_be_awaited(module: str) -> None:
    decorator = TIMED.format(takes="Callable[P, R]", gives="Callable[P, R]", result=" -> R")
    text = _migrated(decorator, "timed", module)
    assert "def timed(func: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:\n" in text
    assert f"from {module} import Awaitable, Callable\n" in text
    assert "(*args: P.args, **kwargs: P.kwargs) -> R:\n" in text


def test_every_function_around_the_wrapper_says_so() -> None:
    text = _migrated(LOGGED, 'logged("x")')
    callable_ = "Callable[P, Awaitable[R]]"
    assert f"def logged(name: str) -> Callable[[{callable_}], {callable_}]:\n" in text
    assert f"    def decorator(func: {callable_}) -> {callable_}:\n" in text


@pytest.mark.parametrize(
    ("takes", "gives", "result"),
    [
        ("Callable[P, R]", "Callable[P, R]", ""),
        ("Callable[..., Any]", "Callable[..., Any]", " -> Any"),
        ("Callable", "Callable", " -> R"),
        ("Any", "Any", " -> R"),
    ],
    ids=["the wrapper says nothing", "anything", "bare", "nothing callable"],
)
def test_what_says_nothing_of_the_result_stays(takes: str, gives: str, result: str) -> None:
    text = _migrated(TIMED.format(takes=takes, gives=gives, result=result), "timed")
    assert f"def timed(func: {takes}) -> {gives}:\n" in text
    assert "Awaitable" not in text


MADE = """
import time
from collections.abc import Callable
from typing import Any

from fastapi import Depends


def waiting(seconds: float) -> {gives}:
    def wait(name: str = "x") -> {result}:
        time.sleep(seconds)
        return name

    {end}


@app.get("/x")
def x(name: str = Depends(waiting(0.1))) -> str:
    return name
"""


@pytest.mark.parametrize(
    ("gives", "result", "becomes"),
    [
        ("Callable[..., str]", "str", "Callable[..., Awaitable[str]]"),
        ("Callable[[str], Any]", "Any", "Callable[[str], Any]"),
        ("Callable", "str", "Callable"),
    ],
)
def test_what_makes_a_dependency_tells_that_it_is_awaited(gives: str, result: str, becomes: str) -> None:
    program = MADE.format(gives=gives, result=result, end="return wait")
    text = migrate_main(program).texts["app/main.py"]
    assert "    async def wait(" in text
    assert f"def waiting(seconds: float) -> {becomes}:\n" in text


@pytest.mark.parametrize(
    "end",
    ["return wait if seconds else time.ctime", "if seconds:\n        return wait\n    return time.ctime"],
)
def test_what_gives_another_function_as_well_says_what_it_said(end: str) -> None:
    program = MADE.format(gives="Callable[..., str]", result="str", end=end)
    text = migrate_main(program).texts["app/main.py"]
    assert "    async def wait(" in text
    assert "def waiting(seconds: float) -> Callable[..., str]:\n" in text
