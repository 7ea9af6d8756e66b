"""Every method of requests and httpx that becomes an `await`, by default: its twin does the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from async_fix.codemods.async_clients.http.calls import functions
from async_fix.codemods.async_clients.http.calls.call import METHODS
from async_fix.codemods.async_clients.http.responses.streams import STREAM
from async_fix.codemods.async_clients.http.sessions import session
from client_programs import migrate, routes
from running import run
from servers import http_server

MADE = {
    "requests": "",
    "httpx": "",
    "httpx2": "import httpx2\n",
    "requests.Session": "client = requests.Session()\n",
    "httpx.Client": "client = httpx.Client()\n",
    "httpx2.Client": "import httpx2\n\nclient = httpx2.Client()\n",
}
"""What has the methods, and what a program that calls them begins with."""
MAPPED = functions.REQUESTS | functions.PLAIN | session.SESSIONS | session.CLIENTS
PATHS = ("echo?a=1", "redirect", "status/404", "notjson", "drop")


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with http_server() as url:
        yield url


def test_all_of_them_are_tried() -> None:
    tried = {f"{name}.{method}" for name in MADE for method in METHODS}
    streams = {f"{name}.{STREAM}" for name in MADE if name.partition(".")[0] != "requests"}
    assert tried | streams == MAPPED


@pytest.mark.parametrize("name", MADE)
def test_a_method_and_its_twin_do_the_same(name: str, base: str, tmp_path: Path) -> None:
    called = "client" if MADE[name].count("client") else name
    calls = [f"{called}.{method}(URL)" for method in METHODS if method != "request"]
    calls.append(f'{called}.request("PUT", URL)')
    found = ""
    for call in calls:
        found += f"""
try:
    answer = {call.replace("URL", 'f"{base}/{path}"')}
    told.append([answer.status_code, answer.text, answer.headers["content-type"]])
except {name.partition(".")[0]}.{"ConnectionError" if "requests" in name else "TransportError"}:
    told.append("failed")
"""
    source = routes(f"told = []{found}\nreturn told", MADE[name], "base: str, path: str")
    outcome = migrate(source, "httpx2" if name.startswith("httpx2") else "httpx")
    assert outcome.text.count("= await ") == len(calls), outcome.reasons
    for path in PATHS:
        old = json.dumps(run(tmp_path / "old", outcome.before, "call", base, path))
        if name == "requests":  # the note says so: a cookie of a redirect is not sent to the next hop
            old = old.replace(json.dumps('"cookie": "hop=1"')[1:-1], "")
        assert json.dumps(run(tmp_path / "new", outcome.texts, "call", base, path)) == old
