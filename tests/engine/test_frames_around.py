"""What a frame runs of the definitions in it may be awaited there: defaults, decorators, bases."""

from __future__ import annotations

import textwrap

import pytest
from small_projects import migrate_main

MAIN = """
import requests


def fetch(u):
    return requests.get(u).text


def named(name):
    return lambda made: made


def base(name):
    return dict


@app.get("/r")
{colour}def read(u: str):
{body}
"""
AWAITED = {
    "k = lambda v=fetch(u): v\nreturn k()": "k = lambda v=await fetch(u): v\nreturn k()",
    "k = lambda v=(lambda w=fetch(u): w): v()\nreturn k()": (
        "k = lambda v=(lambda w=await fetch(u): w): v()\nreturn k()"
    ),
    "def k(a=1, *, v=fetch(u)):\n    return v\nreturn k()": (
        "def k(a=1, *, v=await fetch(u)):\n    return v\nreturn k()"
    ),
    "@named(fetch(u))\ndef k():\n    return 1\nreturn k()": (
        "@named(await fetch(u))\ndef k():\n    return 1\nreturn k()"
    ),
    "@named(fetch(u))\nclass K(base(fetch(u))):\n    pass\nreturn K()": (
        "@named(await fetch(u))\nclass K(base(await fetch(u))):\n    pass\nreturn K()"
    ),
    "return [k() for k in [(lambda v=fetch(n): v) for n in [u]]]": (
        "return [k() for k in [(lambda v=await fetch(n): v) for n in [u]]]"
    ),
}
ELSEWHERE = [
    "k = lambda: (lambda v=fetch(u): v)()\nreturn k()",
    "return [k() for k in ((lambda v=fetch(n): v) for n in [u])]",
    "class K:\n    v = fetch(u)\nreturn K.v",
    "class K:\n    def k(self, v=fetch(u)):\n        return v\nreturn K().k()",
]


@pytest.mark.parametrize("colour", ["", "async "])
@pytest.mark.parametrize("body", AWAITED, ids=range(len(AWAITED)))
def test_what_runs_around_a_definition_is_awaited(body: str, colour: str) -> None:
    done = migrate_main(MAIN.format(colour=colour, body=textwrap.indent(body, "    ")))
    expected = textwrap.indent(AWAITED[body], "    ")
    assert done.function("app/main.py", "read").endswith(f"async def read(u: str):\n{expected}\n")


@pytest.mark.parametrize("colour", ["", "async "])
@pytest.mark.parametrize("body", ELSEWHERE, ids=range(len(ELSEWHERE)))
def test_what_runs_in_another_frame_is_not(body: str, colour: str) -> None:
    done = migrate_main(MAIN.format(colour=colour, body=textwrap.indent(body, "    ")))
    assert "await fetch" not in done.texts["app/main.py"]
