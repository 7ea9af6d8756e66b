"""Asks a project everything that its `case.toml` lists and prints what came of it, as one JSON document.

    cd <tree>; python -X dev -W error::RuntimeWarning -m replaying.replay <case.toml> [--probe]

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
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from fastapi.testclient import TestClient
from starlette.routing import Mount, Route, WebSocketRoute

from .case import Case, Exchange, filled, read_case
from .loop_watch import BlockingCalls, Heartbeat
from .stubs import HttpStub, MailSink, RedisServer

TIME_LIMIT = 300
TOGETHER = 10
DOCS = {"/openapi.json", "/docs", "/docs/oauth2-redirect", "/redoc"}


class Known(dict[str, str]):
    """The values that stand for `{name}` in a case: addresses of the stubs, and what earlier answers said."""

    def save(self, exchange: Exchange, answer: Any) -> None:
        for name, key in exchange.save.items():
            self[name] = str(answer.json()[key])


@dataclass
class World:
    """Stubs that listen, an empty data folder, and the environment that leads the project to them."""

    http: HttpStub
    mail: MailSink
    redis: RedisServer | None
    data: Path
    known: Known
    environment: dict[str, str]

    def start_over(self, latency: float = 0.0) -> None:
        """Forget what happened; from now on the neighbours take `latency` seconds for an answer."""
        self.http.start_over(latency)
        self.mail.start_over(latency)

    def files(self) -> dict[str, dict[str, str]]:
        """What they hold, and what they hold if the order of their lines is left aside."""
        return {
            path.relative_to(self.data).as_posix(): {
                "content": hashlib.sha256(path.read_bytes()).hexdigest(),
                "lines": hashlib.sha256(b"\n".join(sorted(path.read_bytes().split(b"\n")))).hexdigest(),
            }
            for path in sorted(self.data.rglob("*"))
            if path.is_file()
        }

    def keys(self) -> dict[str, Any]:
        return self.redis.content() if self.redis else {}


@contextlib.contextmanager
def world(case: Case) -> Iterator[World]:
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        http = stack.enter_context(HttpStub(case.answers, case.recorded_headers))
        mail = stack.enter_context(MailSink())
        redis = stack.enter_context(RedisServer()) if case.needs_redis else None
        data = Path(folder).resolve() / "data"
        data.mkdir()
        known = Known(data=str(data), http=http.url, smtp_host=mail.host, smtp_port=str(mail.port))
        if redis:
            known["redis"] = redis.url
        yield World(http, mail, redis, data, known, filled(case.environment, known))


def replay(case: Case) -> dict[str, Any]:
    answers: list[dict[str, Any]] = []
    mails: list[dict[str, Any]] = []
    calls: list[dict[str, Any]] = []
    unraisable: list[str] = []
    sys.unraisablehook = lambda error: unraisable.append(f"{error.exc_type.__name__}: {error.exc_value}")
    with world(case) as around:
        os.environ.update(around.environment)
        app = _imported(case.app)
        asked = Asked(app)
        with TestClient(asked, raise_server_exceptions=False) as client:
            for exchange in case.exchanges:
                answers.append({"name": exchange.name, **_answer(client, case, exchange, around.known)})
                around.mail.wait_for(exchange.behind)
                mails += [{"during": exchange.name, **item} for item in around.mail.take_mails()]
                calls += [{"during": exchange.name, **item} for item in around.http.take_calls()]
        files, keys = around.files(), around.keys()
        gc.collect()  # a coroutine that nobody awaited complains when it goes
    return {
        "exchanges": answers,
        "mails": mails,
        "calls": calls,
        "files": files,
        "keys": keys,
        "unraisable": unraisable,
        "never_asked": asked.missing(),
    }


def _answer(client: TestClient, case: Case, exchange: Exchange, known: Known) -> dict[str, Any]:
    if exchange.call:
        result = _imported(exchange.call)(*filled(exchange.args, known))
        return {"result": asyncio.run(result) if inspect.iscoroutine(result) else result}
    if exchange.websocket:
        with client.websocket_connect(filled(exchange.websocket, known)) as socket:
            for text in filled(exchange.send, known):
                socket.send_text(text)
            return {"received": [socket.receive_text() for _ in range(exchange.receive)]}
    answer = client.request(**request_of(case, exchange, known))
    known.save(exchange, answer)
    return _described(exchange, answer)


async def probe(case: Case, patience: float) -> dict[str, Any]:
    """Asks everything three times, because imports and connections cost time only once.

    One after the other to warm up, one after the other again with the heartbeat, then all at once with slow
    neighbours, for as many seconds as there is `patience`. Blocking calls are noted every time.
    """
    with world(case) as around:
        os.environ.update(around.environment)
        app = _imported(case.app)
        gc.disable()  # it would compute on the loop for reasons of its own
        calls = BlockingCalls(Path.cwd(), case.probe_also)
        alone, together = Heartbeat(), Heartbeat()
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://testserver") as client,
        ):
            prober = Prober(client, app, case, around.known, calls)
            fresh = around.data.with_name("fresh")
            shutil.copytree(around.data, fresh)
            with calls:
                await prober.ask_in_turn(Heartbeat())
                if not case.probe_crowd:  # a pool would go on with the files that are gone
                    shutil.rmtree(around.data)
                    shutil.copytree(fresh, around.data)
                if around.redis:
                    around.redis.forget()
                around.start_over()
                await prober.ask_in_turn(alone)
                around.start_over(case.probe_latency)
                finished = await prober.ask_together(together, patience)
                crowd = await prober.ask_in_a_crowd()
        colours = [_is_async(handler) for handler in _handlers(app.routes)]
    return {
        "blocking": sorted(calls.found),
        "alone": asdict(alone.pause),
        "together": asdict(together.pause),
        "finished": finished,
        "crowd": crowd,
        "async_handlers": colours.count(True),
        "sync_handlers": colours.count(False),
    }


@dataclass
class Prober:
    client: httpx.AsyncClient
    app: Any
    case: Case
    known: Known
    calls: BlockingCalls

    async def ask_in_turn(self, heartbeat: Heartbeat) -> None:
        for exchange in self._questions():
            async with heartbeat.during(exchange.name):
                await self._ask(exchange)

    async def ask_together(self, heartbeat: Heartbeat, patience: float) -> bool:
        """At most ten at a time: a blocked loop shows all the same, and threads do not fight for the core.

        False if there was not enough time for all.
        """
        places = asyncio.Semaphore(TOGETHER)

        async def ask(exchange: Exchange) -> None:
            async with places:
                await self._ask(exchange)

        async with heartbeat.during("all at once"):
            asking = [asyncio.ensure_future(ask(exchange)) for exchange in self._questions()]
            _, waiting = await asyncio.wait(asking, timeout=patience)
            for task in waiting:
                task.cancel()
        return not waiting

    async def ask_in_a_crowd(self) -> dict[str, Any]:
        """Reads what was written by now, one request alone and then many at once.

        Gives how many were asked, the worst status alone, and what the crowd was told that one alone was not.
        """
        reading = [request_of(self.case, e, self.known) for e in self._questions() if e.method == "GET"]
        if not self.case.probe_crowd or self.calls.found:
            return {
                "asked": 0,
                "worst": 0,
                "different": [],
            }  # a loop that is blocked would only wait for its own connections
        alone = [await self.client.request(**request) for request in reading]
        asked = [number % len(reading) for number in range(self.case.probe_crowd)]
        with self.calls.during("a crowd"):
            answers = await asyncio.gather(*(self.client.request(**reading[number]) for number in asked))
        pairs = [(alone[number], answer) for number, answer in zip(asked, answers, strict=True)]
        return {
            "asked": len(asked),
            "worst": max((answer.status_code for answer in alone), default=0),
            "different": sorted(
                {str(a.url) for a, b in pairs if (a.status_code, a.text) != (b.status_code, b.text)}
            ),
        }

    def _questions(self) -> list[Exchange]:
        return [exchange for exchange in self.case.exchanges if not exchange.call]

    async def _ask(self, exchange: Exchange) -> None:
        if exchange.websocket:
            with self.calls.during(exchange.name):
                await _converse(self.app, exchange, self.known)
            return
        request = request_of(self.case, exchange, self.known)
        with self.calls.during(exchange.name):
            answer = await self.client.request(**request)
        if answer.is_success:
            self.known.save(exchange, answer)


async def _converse(app: Any, exchange: Exchange, known: Known) -> None:
    """A WebSocket conversation without a server: httpx has none for its ASGI transport."""
    url = urlsplit(filled(exchange.websocket, known))
    texts = iter(filled(exchange.send, known))
    received = 0
    finished = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if not connected:
            connected.append(True)
            return {"type": "websocket.connect"}
        text = next(texts, None)
        if text is not None:
            return {"type": "websocket.receive", "text": text}
        await finished.wait()
        return {"type": "websocket.disconnect", "code": 1000}

    async def send(message: Mapping[str, Any]) -> None:
        nonlocal received
        received += message["type"] == "websocket.send"
        if received >= exchange.receive:
            finished.set()

    connected: list[bool] = []
    scope = {
        "type": "websocket",
        "asgi": {"version": "3.0"},
        "scheme": "ws",
        "path": url.path,
        "raw_path": url.path.encode(),
        "query_string": url.query.encode(),
        "headers": [],
        "client": ("testclient", 50000),
        "server": ("testserver", 80),
        "subprotocols": [],
    }
    with contextlib.suppress(Exception):  # the answers were compared before; here only the loop counts
        await app(scope, receive, send)


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
        if isinstance(route, Mount):
            yield from _handlers(route.routes or ())
        elif isinstance(route, (Route, WebSocketRoute)):
            if route.path not in DOCS:
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


def request_of(case: Case, exchange: Exchange, known: Mapping[str, str]) -> dict[str, Any]:
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
    parser.add_argument("--patience", type=float, default=15.0)
    args = parser.parse_args()
    faulthandler.dump_traceback_later(TIME_LIMIT, exit=True)
    sys.dont_write_bytecode = True
    case = read_case(args.case)
    sys.path.insert(0, str(Path(case.source).resolve()))
    with contextlib.redirect_stdout(sys.stderr):  # a project that prints must not get into the document
        result = asyncio.run(probe(case, args.patience)) if args.probe else replay(case)
    print(json.dumps(result, indent=1, sort_keys=True, ensure_ascii=False))


if __name__ == "__main__":
    main()
