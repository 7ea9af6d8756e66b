"""Requests whose function passes on what it is given: `**kwargs` stays where it means the same in httpx."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
from pathlib import Path

import pytest
from client_programs import HEAD, changed, migrate
from running import run
from servers import http_server

API = """
    import requests


    class Api:
        def __init__(self, base):
            self.base = base
            self.session = requests.Session()

        def _request(self, method, path, **kwargs):
            response = self.session.request(method, self.base + path, timeout=5, **kwargs)
            response.raise_for_status()
            return response.json()

        def plain(self):
            return self._request("GET", "/echo")

        def find(self, text):
            return self._request("GET", "/echo", params={"q": text, "n": [1, 2]}, headers={"X-A": "a"})

        def add(self, name):
            return self._request("POST", "/echo", json={"name": name})

        def form(self, name):
            return self._request("POST", "/echo", data={"name": name})

        def remove(self, name):
            return self._request("DELETE", "/echo", json=[name])


    api = Api("URL")
"""
ROUTES = (
    HEAD.replace("import requests", "from app.api import api")
    + '@router.get("/")\ndef call(name: str):\n    found = [api.plain(), api.find(name), api.add(name), api.form(name), api.remove(name)]\n    return [{key: each[key] for key in ("method", "path", "body")} | {"a": each["headers"].get("x-a")} for each in found]\n'
)


def files(api: str = API) -> dict[str, str]:
    return {"app/routes.py": ROUTES, "app/api.py": changed(api)}


def test_what_is_passed_on_arrives_as_before(tmp_path: Path) -> None:
    with http_server() as url:
        outcome = migrate(files(API.replace("URL", url)))
        text = outcome.texts["app/api.py"]
        assert "await self.session().request(" in text, outcome.reasons
        assert "timeout=5, **kwargs" in text
        old = run(tmp_path / "old", outcome.before, "call", "ann")
        assert run(tmp_path / "new", outcome.texts, "call", "ann") == old
        assert len(old[0]) == 5


def test_a_function_passes_on_as_a_method_does(tmp_path: Path) -> None:
    body = 'def ask(path, **more):\n    return requests.get("URL" + path, **more).json()["path"]\n\n\n@router.get("/")\ndef call(name: str):\n    return [ask("/echo", params={"q": name}), ask("/echo", timeout=3)]\n'
    with http_server() as url:
        outcome = migrate(body.replace("URL", url))
        assert '.get("' in outcome.text
        assert "/echo" in outcome.text
        assert "**more)).json()" in outcome.text, outcome.reasons
        old = run(tmp_path / "old", outcome.before, "call", "ann")
        assert run(tmp_path / "new", outcome.texts, "call", "ann") == old


@pytest.mark.parametrize("url", ['"URL" + path', '"URL/echo?a=1"', "path"])
def test_params_of_their_own_parameter_are_not_passed_on(url: str, tmp_path: Path) -> None:
    """They cannot be in `**more` as well, and are given once."""
    body = f'def ask(path, params=None, **more):\n    return requests.get({url}, params=params, **more).json()["query"]\n\n\n@router.get("/")\ndef call(path: str):\n    return [ask(path), ask(path, {{"q": None, "r": True}}), ask(path, params=[("q", 1)], timeout=3)]\n'
    with http_server() as base:
        outcome = migrate(body.replace("URL", base))
        assert "**more)" in outcome.text, outcome.reasons
        path = f"{base}/echo" if url == "path" else "/echo"
        old = run(tmp_path / "old", outcome.before, "call", path)
        assert run(tmp_path / "new", outcome.texts, "call", path) == old


def test_a_client_of_httpx_passes_on_what_an_async_one_takes() -> None:
    api = API.replace("requests.Session()", "httpx.Client()").replace("import requests", "import httpx")
    assert "await self.session().request(" in migrate(files(api)).texts["app/api.py"]


WRITTEN = {
    "a value that may be None": API.replace('"q": text', '"q": None'),
    "a value that is a bool": API.replace('"q": text', '"q": True'),
    "a query of its own": API.replace("self.base + path, timeout", 'self.base + path + "?a=1", timeout'),
    "both": API.replace("self.base + path, timeout", 'self.base + path + "?a=1", timeout').replace('"q": text', '"q": None'),
    "a dict that is given": API.replace("def find(self, text)", "def find(self, text, params=None)").replace('params={"q": text, "n": [1, 2]}', "params=params"),
    "a default": API.replace("timeout=5, **kwargs", "**kwargs").replace("            response = ", '            kwargs.setdefault("timeout", 5)\n            response = '),
    "a default that is set": API.replace("            response = ", '            if "json" not in kwargs:\n                kwargs["json"] = None\n            response = '),
    "what is taken out": API.replace("            response = ", '            kwargs.pop("retries", 3)\n            response = '),
    "what a caller passes on": API.replace("def plain(self)", "def get(self, path, **more)").replace('"GET", "/echo")', '"GET", path, **more)').replace("        def find", "        def plain(self):\n            return self.get('/echo', params={'n': True})\n\n        def find"),
    "sent again and again": API.replace('"q": text', '"q": None').replace("            response = ", "            for _ in range(2):\n              response = "),
}  # fmt: skip
"""What `params` hold is seen when they are sent; what else is done with the arguments only asks or adds."""


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_passed_on_is_sent_as_before(name: str, tmp_path: Path) -> None:
    with http_server() as url:
        outcome = migrate(files(WRITTEN[name].replace("URL", url)))
        assert "await self.session().request(" in outcome.texts["app/api.py"], outcome.reasons
        old = run(tmp_path / "old", outcome.before, "call", "ann")
        assert len(old[0]) == 5
        assert run(tmp_path / "new", outcome.texts, "call", "ann") == old


STAYS = {
    "headers that are changed": (API.replace("            response = ", '            kwargs["headers"]["X-B"] = None\n            response = '), "with a star"),
    "headers that are got and changed": (API.replace("            response = ", '            kwargs.get("headers", {})["X-B"] = None\n            response = '), "with a star"),
    "headers that are put there": (API.replace("            response = ", '            kwargs["headers"] = self.more\n            response = '), "headers= is passed on"),
    "a default of headers": (API.replace("            response = ", '            kwargs.setdefault("headers", {})["A"] = None\n            response = '), "with a star"),
    "certificates that are put there": (API.replace("            response = ", '            kwargs.setdefault("verify", False)\n            response = '), "verify= is passed on"),
    "what is put there by any name": (API.replace("            response = ", "            kwargs[path] = None\n            response = "), "with a star"),
    "it is updated": (API.replace("            response = ", "            kwargs.update(self.more)\n            response = "), "with a star"),
    "it is handed to a function": (API.replace("            response = ", "            self.prepare(kwargs)\n            response = "), "with a star"),
    "a caller that does more passes on": (API.replace("def plain(self):", "def plain(self, **more):\n            more['verify'] = False").replace('"GET", "/echo")', '"GET", "/echo", **more)'), "passes on is not known"),
    "a caller passes on certificates": (API.replace("def plain(self)", "def get(self, path, **more)").replace('"GET", "/echo")', '"GET", path, **more)').replace("        def find", "        def plain(self):\n            return self.get('/echo', verify=False)\n\n        def find"), "verify= is passed on"),
    "another dict": (API.replace("timeout=5, **kwargs", "**{'timeout': 5}"), "with a star"),
    "two stars": (API.replace("**kwargs)\n            response.raise", "**kwargs, **self.more)\n            response.raise"), "with a star"),
    "it is handed on": (API + "\n    ASK = api._request\n", ""),
    "certificates": (API.replace('"GET", "/echo")', '"GET", "/echo", verify=False)'), "verify= is passed on"),
    "a stream": (API.replace('"GET", "/echo")', '"GET", "/echo", stream=True)'), "stream= is passed on"),
    "files": (API.replace('json={"name": name}', 'files={"name": name}'), "files= is passed on"),
    "a body that is a text": (API.replace('data={"name": name}', "data=name"), "data= is passed on"),
    "a header that is taken away": (API.replace('{"X-A": "a"}', '{"X-A": None}'), "headers= is passed on"),
    "a condition": (API.replace('"X-A"', '"If-None-Match"'), "304"),
    "a body of what has none": (API.replace(".request(method, self.base", ".delete(self.base").replace('"DELETE"', "''"), "is passed on"),
}  # fmt: skip


@pytest.mark.parametrize("name", STAYS)
def test_what_is_passed_on_in_another_way_stays(name: str) -> None:
    api, why = STAYS[name]
    outcome = migrate(files(api))
    assert "AsyncClient" not in "".join(outcome.texts.values())
    assert any(why in reason for reason in outcome.reasons), outcome.reasons


@pytest.mark.parametrize("body", ["content=open(name)", "files={'f': name}", "data=(each for each in name)"])
def test_bodies_that_an_async_client_takes_differently_stay(body: str) -> None:
    api = API.replace("requests.Session()", "httpx.Client()").replace("import requests", "import httpx")
    outcome = migrate(files(api.replace('json={"name": name}', body)))
    is_file = "open" in body or "for" in body
    assert ("AsyncClient" in outcome.texts["app/api.py"]) != is_file, outcome.reasons
