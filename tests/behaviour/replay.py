"""Asks a project everything that its `case.toml` lists and prints what came of it, as one JSON document.

    cd <tree>; python -X dev -W error::RuntimeWarning replay.py <case.toml> [--probe]

Without `--probe`: answers, mails, calls to other systems, files. With it: what blocks the event loop.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import faulthandler
import gc
import hashlib
import importlib
import inspect
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
from case import Case, Exchange, filled, read_case
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from loop_watch import BlockingCalls, Heartbeat
from stubs import HttpStub, MailSink

TIME_LIMIT = 300


class Known(dict[str, str]):
    """The values that stand for `{name}` in a case: addresses of the stubs, and what earlier answers said."""

    def save(self, exchange: Exchange, answer: Any) -> None:
        for name, key in exchange.save.items():
            self[name] = str(answer.json()[key])


@contextlib.contextmanager
def world(case: Case) -> Iterator[tuple[HttpStub, MailSink, Path, Known]]:
    """Stubs that listen, an empty data folder, and the environment that leads the project to them."""
    with (
        tempfile.TemporaryDirectory() as folder,
        HttpStub(case.answers, case.recorded_headers) as http,
        MailSink() as mail,
    ):
        data = Path(folder).resolve() / "data"
        data.mkdir()
        known = Known(data=str(data), http=http.url, smtp_host=mail.host, smtp_port=str(mail.port))
        os.environ.update(filled(case.environment, known))
        yield http, mail, data, known


def replay(case: Case) -> dict[str, Any]:
    answers: list[dict[str, Any]] = []
    mails: list[dict[str, Any]] = []
    calls: list[dict[str, Any]] = []
    unraisable: list[str] = []
    sys.unraisablehook = lambda error: unraisable.append(f"{error.exc_type.__name__}: {error.exc_value}")
    with world(case) as (http, mail, data, known):
        app = _imported(case.app)
        asked = Asked(app)
        with TestClient(asked, raise_server_exceptions=False) as client:
            for exchange in case.exchanges:
                if exchange.call:
                    result = _imported(exchange.call)(*filled(exchange.args, known))
                    answers.append({"name": exchange.name, "result": result})
                else:
                    answer = client.request(**_request(case, exchange, known))
                    known.save(exchange, answer)
                    answers.append(_described(exchange, answer))
                mails += [{"during": exchange.name, **item} for item in mail.take_mails()]
                calls += [{"during": exchange.name, **item} for item in http.take_calls()]
        files = {
            path.relative_to(data).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(data.rglob("*"))
            if path.is_file()
        }
        gc.collect()  # a coroutine that nobody awaited complains when it goes
    return {
        "exchanges": answers,
        "mails": mails,
        "calls": calls,
        "files": files,
        "unraisable": unraisable,
        "never_asked": asked.missing(),
    }


async def probe(case: Case) -> dict[str, Any]:
    """Asks everything twice: quickly at first, because imports and connections cost time only once."""
    with world(case) as (http, mail, data, known):
        app = _imported(case.app)
        calls = BlockingCalls(Path.cwd(), case.probe_also)
        heartbeat = Heartbeat()
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://testserver") as client,
        ):
            fresh = data.with_name("fresh")
            shutil.copytree(data, fresh)
            with calls:
                await _ask_all(client, case, known, calls, Heartbeat())
                shutil.rmtree(data)
                shutil.copytree(fresh, data)
                http.start_over(case.probe_latency)
                mail.start_over(case.probe_latency)
                await _ask_all(client, case, known, calls, heartbeat)
        colours = [_is_async(handler) for handler in _handlers(app.routes)]
    return {
        "blocking": sorted(calls.found),
        "max_gap_ms": round(heartbeat.longest * 1000),
        "max_gap_during": heartbeat.longest_during,
        "async_handlers": colours.count(True),
        "sync_handlers": colours.count(False),
    }


async def _ask_all(
    client: httpx.AsyncClient, case: Case, known: Known, calls: BlockingCalls, heartbeat: Heartbeat
) -> None:
    for exchange in case.exchanges:
        if exchange.call:
            continue
        request = _request(case, exchange, known)
        async with heartbeat.during(exchange.name):
            with calls.during(exchange.name):
                answer = await client.request(**request)
        if answer.is_success:
            known.save(exchange, answer)


class Asked:
    """The app, and which of its handlers were asked."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._asked: set[str] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await self._app(scope, receive, send)
        finally:
            if "endpoint" in scope:
                self._asked.add(_name(scope["endpoint"]))

    def missing(self) -> list[str]:
        return sorted({_name(handler) for handler in _handlers(self._app.routes)} - self._asked)


def _handlers(routes: Iterable[Any]) -> Iterator[Any]:
    for route in routes:
        if isinstance(route, APIRoute):
            yield route.endpoint
        else:
            # FastAPI of today keeps an included router whole, older ones copied its routes
            inner = getattr(route, "original_router", None)
            yield from _handlers(getattr(inner, "routes", ()))


def _name(handler: Any) -> str:
    return f"{handler.__module__}:{getattr(handler, '__qualname__', type(handler).__name__)}"


def _is_async(handler: Any) -> bool:
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(type(handler).__call__)


def _imported(name: str) -> Any:
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


def _request(case: Case, exchange: Exchange, known: Mapping[str, str]) -> dict[str, Any]:
    request: dict[str, Any] = {"method": exchange.method, "url": exchange.path}
    for key in ("params", "headers", "json", "data", "content"):
        value = getattr(exchange, key)
        if value not in (None, {}):
            request[key] = value
    request = filled(request, known)
    if exchange.files:
        request["files"] = [
            (file["field"], (file["name"], (case.folder / file["path"]).read_bytes(), file["type"]))
            for file in exchange.files
        ]
    return request


def _described(exchange: Exchange, answer: Any) -> dict[str, Any]:
    return {
        "name": exchange.name,
        "status": answer.status_code,
        "headers": {name: answer.headers.get(name) for name in exchange.compare_headers},
        "body": _body(exchange, answer),
    }


def _body(exchange: Exchange, answer: Any) -> Any:
    if exchange.compare_body is False or not answer.content:
        return None
    kind = answer.headers.get("content-type", "")
    if kind.startswith("application/json"):
        body = answer.json()
        return body if exchange.compare_body is True else {key: body[key] for key in exchange.compare_body}
    if kind.startswith("text/"):
        return answer.text
    return {"bytes": len(answer.content), "sha256": hashlib.sha256(answer.content).hexdigest()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", type=Path)
    parser.add_argument("--probe", action="store_true")
    args = parser.parse_args()
    faulthandler.dump_traceback_later(TIME_LIMIT, exit=True)
    sys.dont_write_bytecode = True
    case = read_case(args.case)
    sys.path[0] = os.getcwd()
    with contextlib.redirect_stdout(sys.stderr):  # a project that prints must not get into the document
        result = asyncio.run(probe(case)) if args.probe else replay(case)
    print(json.dumps(result, indent=1, sort_keys=True, ensure_ascii=False))


if __name__ == "__main__":
    main()
