"""Clients that are named like constants become functions that are named like functions, in every module."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
from pathlib import Path

import pytest
from client_programs import migrate
from running import run
from servers import http_server

STORES = """
import redis
import requests

# shared by all
SESSION = requests.Session()
CACHE = redis.Redis(host="localhost")
LIMIT = 3
"""
ROUTES = """
from fastapi import APIRouter

from app import stores
from app.again import SESSION as S
from app.stores import LIMIT, SESSION

router = APIRouter()


@router.get("/")
def call(base):
    path = f"{base}/echo"
    return [SESSION.get(path).json()["path"], stores.SESSION.get(path).json()["path"], S.get(path).status_code, LIMIT]
"""
AGAIN = """
from app.stores import (
    LIMIT,
    SESSION,  # for all
)
"""


def files(**more: str) -> dict[str, str]:
    texts = {"app/routes.py": ROUTES, "app/stores.py": STORES, "app/again.py": AGAIN}
    return {
        path: text + more.get(path.removeprefix("app/").removesuffix(".py"), "")
        for path, text in texts.items()
    }


def test_the_name_changes_everywhere(tmp_path: Path) -> None:
    outcome = migrate(files())
    assert (
        "# shared by all\n@per_event_loop\ndef session() -> httpx.AsyncClient:\n"
        in outcome.texts["app/stores.py"]
    )
    assert 'CACHE = redis.Redis(host="localhost")\n' in outcome.texts["app/stores.py"]
    assert outcome.texts["app/again.py"] == AGAIN.lstrip("\n").replace("SESSION", "session")
    assert "from app.stores import LIMIT, session\n" in outcome.text
    assert "await stores.session().get(path)" in outcome.text
    assert "await S().get(path)" in outcome.text
    with http_server() as base:
        old = run(tmp_path / "old", outcome.before, "call", base)
        assert run(tmp_path / "new", outcome.texts, "call", base) == old == [["/echo", "/echo", 200, 3]]


def test_two_that_one_statement_imports() -> None:
    texts = files()
    texts["app/routes.py"] = (
        "from fastapi import APIRouter\n\nfrom app.stores import CACHE, SESSION\n\nrouter = APIRouter()\n\n\n"
        '@router.get("/")\ndef call(url: str):\n    CACHE.set(url, 1)\n    return SESSION.get(url).text\n'
    )
    outcome = migrate(texts)
    assert "from app.stores import cache, session\n" in outcome.text
    assert "    await cache().set(url, 1)\n    return (await session().get(url)).text\n" in outcome.text


@pytest.mark.parametrize("where", ["stores", "again", "routes"])
def test_a_name_that_is_taken_gets_another(where: str) -> None:
    outcome = migrate(files(**{where: "\n\nsession = 3\n"}))
    assert "def get_session() -> httpx.AsyncClient:\n" in outcome.texts["app/stores.py"]
    assert "await stores.get_session().get(path)" in outcome.text


@pytest.mark.parametrize("beside", [True, False])
def test_a_package_has_its_module_of_that_name(beside: bool) -> None:
    """`import app.core.session as module` gave the function, which the package had under the name."""
    texts = {
        "app/core/__init__.py": f"from .{'session' if beside else 'stores'} import SESSION\n",
        f"app/core/{'session' if beside else 'stores'}.py": "import requests\n\nSESSION = requests.Session()\n",
        "app/routes.py": 'from fastapi import APIRouter\n\nfrom app.core import SESSION\n\nrouter = APIRouter()\n\n\n@router.get("/")\ndef call(url: str):\n    return SESSION.get(url).text\n',
    }
    assert f"from app.core import {'get_session' if beside else 'session'}\n" in migrate(texts).text


STAYS = {
    "a text names it": {"again": '\n__all__ = ["SESSION"]\n'},
    "a comment names it": {"again": "\n# SESSION keeps cookies\n"},
    "a function imports it": {"again": "\n\ndef get():\n    from app.stores import SESSION\n\n    return SESSION\n"},
    "another one has the name": {"again": "\n\nclass Other:\n    def __init__(self, SESSION=3):\n        self.n = SESSION\n"},
    "both names are taken": {"routes": "\n\nsession = get_session = 3\n"},
}  # fmt: skip


@pytest.mark.parametrize("why", STAYS)
def test_where_it_cannot_change_everywhere_the_old_name_stays(why: str) -> None:
    outcome = migrate(files(**STAYS[why]))
    assert "def SESSION() -> httpx.AsyncClient:\n" in outcome.texts["app/stores.py"]
    assert "await SESSION().get(path)" in outcome.text


def test_a_name_that_is_no_constant_stays() -> None:
    texts = {path: text.replace("SESSION", "Session_1") for path, text in files().items()}
    assert "def Session_1() -> httpx.AsyncClient:\n" in migrate(texts).texts["app/stores.py"]
