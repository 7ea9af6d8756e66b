"""Clients that a base class makes for the objects of the classes below it."""

from __future__ import annotations

from pathlib import Path

# ruff: noqa: E501 (small programs)
import pytest
from client_programs import changed, migrate
from running import run
from servers import http_server
from small_projects import migrate as whole_project

BASE = """
    import requests


    class BaseClient:
        def __init__(self, base: str, key: str = "k"):
            self.base = base
            self.session = requests.Session()
            self.session.headers["X-Key"] = key

        def _get(self, path: str):
            response = self.session.get(f"{self.base}{path}", timeout=5)
            response.raise_for_status()
            return response.json()
"""
BELOW = """
    from app.base import BaseClient


    class Weather(BaseClient):
        def now(self, city: str):
            return self._get(f"/echo?city={city}")["headers"].get("x-key")


    class Places(Weather):
        def __init__(self, base: str):
            super().__init__(base, "places")

        def now(self, city: str):
            found = self.session.get(f"{self.base}/echo", params={"q": city}, timeout=5).json()
            return [found["headers"].get("x-key"), super().now(city)]
"""
HANDLER = """
    from fastapi import APIRouter

    from app.below import Places, Weather

    router = APIRouter()
    weather = Weather("BASE")
    places = Places("BASE")


    @router.get("/")
    def call():
        return [weather.now("a"), places.now("b")]
"""


def files(
    base: str = BASE, below: str = BELOW, handler: str = HANDLER, url: str = "http://h"
) -> dict[str, str]:
    found = {"app/base.py": base, "app/below.py": below, "app/routes.py": handler}
    return {path: changed(text).replace("BASE", url) for path, text in found.items()}


def test_all_classes_below_turn_with_it(tmp_path: Path) -> None:
    with http_server() as base:
        outcome = migrate(files(url=base))
        assert "return [await weather.now(" in outcome.text, outcome.reasons
        assert "await super().now(city)]" in outcome.texts["app/below.py"]
        given = [
            run(tmp_path / str(n), each, "call", loops=2)
            for n, each in enumerate((outcome.before, outcome.texts))
        ]
        assert given[1] == given[0] == [["k", ["places", "places"]]] * 2


NAMED = """


    def get_places() -> Places:
        return places


    Here = Annotated[Places, Depends(get_places)]


    @router.get("/here")
    def here(found: Here):
        return found.now("c")
"""
TESTED = """
    import pytest

    from app.below import Weather


    def test_now():
        weather = Weather("http://x")
        assert weather.now("a") == "k"
"""


@pytest.mark.parametrize(("done", "turns"), [("", True), ("weather.session = None\n        ", False)])
def test_what_tests_make_and_what_an_alias_names_is_in_nobodys_way(done: str, turns: bool) -> None:
    head = "\n    from typing import Annotated\n\n    from fastapi import APIRouter, Depends\n"
    handler = HANDLER.replace("\n    from fastapi import APIRouter\n", head) + NAMED
    main = "from fastapi import FastAPI\nfrom app.routes import router\n\napp = FastAPI()\napp.include_router(router)\n"
    test = changed(TESTED.replace("assert ", f"{done}assert "))
    texts = {
        **files(handler=handler),
        "app/main.py": main,
        "app/__init__.py": "",
        "tests/test_below.py": test,
    }
    found = whole_project(texts)
    assert ("return await found.now(" in found.function("app/routes.py", "here")) is turns
    assert ('assert await weather.now("a") == "k"' in found.texts["tests/test_below.py"]) is turns


STAYS = {
    "made for each request": (
        BELOW,
        HANDLER.replace("return [", 'return [Places("BASE").now("c"), '),
        "is made in a function",
    ),
    "handed on": (BELOW, HANDLER + '\n\n    BY_NAME = {"places": Places}\n', "is handed on"),
    "set again": (BELOW + "\n        def reset(self):\n            self.session = None\n", HANDLER, "several places"),
    "set up below": (
        BELOW.replace('"places")', '"places")\n            self.session.headers["A"] = "b"'),
        HANDLER,
        "set up in several places",
    ),
    "made below in another way": (
        BELOW + "\n        def _make_session(self):\n            return None\n",
        HANDLER,
        "a name of their own",
    ),
    "replaced by a class": (
        BELOW.replace("class Weather(BaseClient):\n", "class Weather(BaseClient):\n        session = None\n\n"),
        HANDLER,
        "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", STAYS)
def test_one_that_stays(how: str) -> None:
    below, handler, reason = STAYS[how]
    outcome = migrate(files(below=below, handler=handler))
    assert "requests.Session()" in outcome.texts["app/base.py"]
    assert any(reason in each for each in outcome.reasons), outcome.reasons
