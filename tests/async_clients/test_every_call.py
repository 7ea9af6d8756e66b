"""Every call of an SDK that becomes an `await`, with made-up arguments: its twin does the same."""

from __future__ import annotations

import ast
import asyncio
import logging
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

import pytest
from client_programs import migrate
from made_up import arguments, awaited, defaults, failure, outcome_of
from mapped_calls import CLIENTS, REDIS, Client, Path
from recording_server import Recorder, recording_server

HEAD = """
from fastapi import APIRouter

from app.llm import client

router = APIRouter()


@router.get("/")
"""
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings(
        "ignore::pytest.PytestUnraisableExceptionWarning"
    ),  # clients without a `close`
]


@pytest.fixture(scope="module")
def server() -> Iterator[Recorder]:
    logging.disable(logging.CRITICAL)
    with recording_server() as found:
        yield found
    logging.disable(logging.NOTSET)


def _of_slack(found: list[Any]) -> list[Any]:
    """Its note states both: how arguments are sent, and the status in the text of an error."""
    told = [text.replace(", status: 404", "") if isinstance(text, str) else text for text in found[1]]
    sent = []
    for _method, url, body, headers in found[2]:
        path, _, query = url.partition("?")
        is_json = "json" in headers.get("content-type", "") and body != "{}"
        fields = "" if body == "{}" else query or body
        given = body if is_json else sorted(parse_qsl(fields, keep_blank_values=True))
        sent.append([path, given, headers["authorization"]])
    return [found[0], told, sent]


def _of_gemini(found: list[Any]) -> list[Any]:
    """Its note states that the names of headers are as they were sent, and not in small letters."""
    return [found[0], re.sub(r"'headers': \{.*?\}", lambda match: match[0].lower(), repr(found[1])), found[2]]


STATED: dict[str, Callable[[list[Any]], list[Any]]] = {
    "slack_sdk.WebClient": _of_slack,
    "google.genai.Client": _of_gemini,
}


@pytest.mark.parametrize(("status", "optional"), [(200, False), (200, True), (404, False)])
@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.cls)
def test_a_call_and_its_twin_do_the_same(
    client: Client, status: int, optional: bool, server: Recorder
) -> None:
    pytest.importorskip(client.library)
    server.status = status
    old, new = asyncio.run(_both(client, server, optional=optional))
    assert old
    stated = STATED.get(client.cls, list)
    pairs = {path: (stated(found), stated(new[path])) for path, found in old.items()}
    assert {path: pair for path, pair in pairs.items() if pair[0] != pair[1]} == {}


async def _both(
    client: Client, server: Recorder, *, optional: bool
) -> tuple[dict[Path, Any], dict[Path, Any]]:
    """Of each call the defaults of its parameters, what it gave or raised, and what it sent."""
    made, twin = client.make(server.url), client.make_twin(server.url)
    server.taken()
    old: dict[Path, Any] = {}
    new: dict[Path, Any] = {}
    for path in sorted(client.paths(made), key=lambda path: path == ("close",)):
        try:
            first, second = _at(made, path), _at(twin, client.twin_of(path))
        except AttributeError as error:
            old[path], new[path] = [], failure(error)
            continue
        given, keywords = arguments(first, optional=optional)
        found = await asyncio.to_thread(outcome_of, partial(first, *given, **keywords))
        old[path] = [defaults(first), found, server.taken()]
        found = await awaited(client.form_of(path), partial(second, *given, **keywords))
        new[path] = [defaults(second), found, server.taken()]
    return old, new


@pytest.mark.parametrize("client", [*CLIENTS, REDIS], ids=lambda client: client.cls)
def test_each_becomes_an_await(client: Client) -> None:
    pytest.importorskip(client.library)
    paths = client.paths(client.make("http://127.0.0.1:9"))
    calls = ""
    for path in paths:
        call = f"client.{'.'.join(path)}()"
        calls += _statement(client, path, call, f"[item for item in {call}]")
    made = f"import {(client.made or client.cls).rpartition('.')[0]}\n\nclient = {client.source()}\n"
    outcome = migrate(
        {"app/llm.py": made, "app/routes.py": f"{HEAD}def call():\n    found = []\n{calls}    return found\n"}
    )
    written = {ast.unparse(each) for each in ast.walk(ast.parse(outcome.text)) if isinstance(each, ast.stmt)}
    for path in paths:
        call = f"client().{'.'.join(client.twin_of(path))}()"
        statement = _statement(client, path, f"(await {call})", f"[item async for item in {call}]")
        assert ast.unparse(ast.parse(statement.strip())) in written, outcome.reasons


def _statement(client: Client, path: Path, call: str, iterated: str) -> str:
    """One that makes the call, and goes through what it gives where that is an iterator."""
    if client.form_of(path) == "async-for":
        return f"    found += {iterated}\n"
    return f"    found += [{call}{client.read}]\n" if client.read else f"    {call}\n"


def _at(client: object, path: Path) -> Any:
    method: Any = client
    for name in path:
        method = getattr(method, name)
    return method
