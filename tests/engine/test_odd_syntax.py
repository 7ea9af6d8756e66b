"""Modules spelled in every way that Python takes: changed soundly or not at all, and nothing is cast down.

More of them: `PYTHONPATH=tests/support python -m odd_syntax --examples 2000 --seed 7`.
"""

from __future__ import annotations

import pytest
from odd_syntax.checking import check, is_changed_well

# `1if x else 2`
pytestmark = pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning")

EXAMPLES = 12
SEED = 1


def test_modules_at_random() -> None:
    seen = check(EXAMPLES, SEED, shrink=False)
    assert seen.modules >= EXAMPLES
    assert seen.changed >= EXAMPLES // 2, "nearly all stayed as they were, which proves nothing"


MAIN = """\
import requests
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def h(u: str):
    return requests.get(u).json()
"""
FOUND = {
    "a backslash on a line of its own": "\\\n\n" + MAIN,
    "statements that share a line": MAIN.replace("FastAPI()\n", "FastAPI()\nN = 1;M = 2\n"),
    "an import that shares a line, and goes": MAIN.replace("requests\n", "requests; N = 1\n"),
    "code on the line of the docstring, and a body that moves": MAIN.replace(
        "    return",
        "    'doc'; x = open(u).read()\n    for u in x: sorted(x, key=lambda u: requests.get(u))\n    return",
    ),
}


@pytest.mark.parametrize("name", FOUND)
def test_found_at_random(name: str) -> None:
    assert is_changed_well(FOUND[name].encode())
