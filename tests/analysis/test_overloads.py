"""Signatures of `@overload` say of a function what it is: with it, they become `async def`."""

from __future__ import annotations

import pytest
from small_projects import migrate_main

PROGRAM = """
import time
from typing import overload


class Shelf:
    @overload
    def get(self, key: str) -> str: ...
    @overload
    def get(self, key: list[str]) -> list[str]: ...
    def get(self, key):
        {body}
        return key


@overload
def other(key: str) -> str: ...
@overload
def other(key: int) -> int: ...
def other(key):
    return key


shelf = Shelf()


@app.get("/")
def read(key: str):
    return other(shelf.get(key))
"""


def test_they_turn_with_their_function() -> None:
    text = migrate_main(PROGRAM.replace("{body}", "time.sleep(0.1)")).texts["app/main.py"]
    assert text.count("    async def get(self, key") == 3
    assert "await shelf.get(key)" in text
    assert text.count("\ndef other(key") == 3


@pytest.mark.parametrize("body", ["print(key)", "open(key).close()"])
def test_they_stay_with_it(body: str) -> None:
    text = migrate_main(PROGRAM.replace("{body}", body)).texts["app/main.py"]
    assert "async def read(" in text
    assert "async def get" not in text
