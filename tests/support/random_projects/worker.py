"""An interpreter that runs one project after the other: `python -m random_projects.worker`.

A line on stdin is a JSON object with the folder of a project and its requests; a line on stdout is what came
of it.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TextIO

import httpx
from replaying.loop_watch import BlockingCalls
from replaying.stubs import HttpStub, MailSink

TOGETHER_SECONDS = 45.0
# a client that is made for each call takes a tenth of a second of the processor
MOST_TOGETHER = 6
# a project imports them in a request, and what they read then is no fault of the project
_LOADED_BEFORE = ("email.message", "requests", "smtplib", "sqlalchemy", "urllib.request", "taskiq")


class Neighbour(HttpStub):
    """Answers every call by its path alone."""

    def answer(self, call: dict[str, Any]) -> Mapping[str, Any]:
        time.sleep(self._latency)
        with self._lock:
            self._calls.append(call)
        _, kind, *rest = call["path"].split("/")
        number = int(rest[0]) if rest else 0
        if kind == "sum":
            return {"json": {"n": call["json"]["n"] + 1}}
        if kind == "list":
            return {"json": list(range(number % 3))}
        if number % 5 == 4:
            return {"status": 404, "json": {"n": 0}}
        return {"json": number % 9 if kind == "text" else {"n": number % 17}}


class Worker:
    def __init__(self, http: HttpStub, mail: MailSink) -> None:
        self.http, self.mail = http, mail

    def run(self, tree: Path, requests: list[dict[str, Any]]) -> dict[str, Any]:
        unraisable: list[str] = []
        sys.unraisablehook = lambda error: unraisable.append(f"{error.exc_type.__name__}: {error.exc_value}")
        with _imports(tree), tempfile.TemporaryDirectory() as folder:
            data = Path(folder).resolve()
            _fill(data)
            os.environ["RANDOM_DATA"] = str(data)
            self._seen([])  # one that ended too early may have left something
            result = asyncio.run(self._asked(tree, requests))
            result["files"] = _content(data)
        gc.collect()
        return {**result, "unraisable": unraisable}

    async def _asked(self, tree: Path, requests: list[dict[str, Any]]) -> dict[str, Any]:
        from app.main import app  # type: ignore[import-not-found]
        from app.settings import TRACE  # type: ignore[import-not-found]

        answers: list[dict[str, Any]] = []
        watch = BlockingCalls(tree)
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://testserver") as client,
        ):
            with watch:
                for request in requests:
                    with watch.during(request["name"]):
                        answer = await _ask(client, app, request)
                    answers.append({"name": request["name"], **answer, **self._seen(TRACE)})
                alone = [(answer, r) for answer, r in zip(answers, requests, strict=True) if not r["alone"]]
                together = [*alone, *reversed(alone)][:MOST_TOGETHER]
                asking = asyncio.gather(*(_ask(client, app, request) for _, request in together))
                again = await asyncio.wait_for(asking, TOGETHER_SECONDS)
            self._seen(TRACE)
        answers.append({"name": "the end", **self._seen(TRACE)})
        differing = [
            {
                "name": answer["name"],
                "alone": [answer["status"], answer["body"]],
                "together": [*other.values()][:2],
            }
            for (answer, _), other in zip(together, again, strict=True)
            if (answer["status"], answer["body"]) != (other["status"], other["body"])
        ]
        return {"answers": answers, "together": differing, "blocking": sorted(watch.found)}

    def _seen(self, trace: list[Any]) -> dict[str, Any]:
        """What was done since it was last asked."""
        noted = [*trace]
        trace.clear()
        return {"mails": self.mail.take_mails(), "calls": self.http.take_calls(), "trace": noted}


async def _ask(client: httpx.AsyncClient, app: Any, request: Mapping[str, Any]) -> dict[str, Any]:
    if request["method"] == "WEBSOCKET":
        return {"status": 0, "body": await _talk(app, request["url"]), "headers": {}}
    answer = await client.request(request["method"], request["url"], json=request.get("json"))
    headers = {name: answer.headers.get(name, "") for name in ("content-type", "x-value")}
    return {"status": answer.status_code, "body": _body(answer), "headers": headers}


def _body(answer: httpx.Response) -> str:
    """An object of SQLAlchemy that is sent as it is has its columns in any order."""
    try:
        return json.dumps(json.loads(answer.text), sort_keys=True)
    except ValueError:
        return answer.text


async def _talk(app: Any, url: str) -> str:
    """What is said on a websocket to one who says a word and listens."""
    path, _, query = url.partition("?")
    scope = {
        "type": "websocket",
        "asgi": {"version": "3.0"},
        "scheme": "ws",
        "path": path,
        "query_string": query.encode(),
        "headers": [],
        "subprotocols": [],
    }
    heard: list[str] = []
    said = iter(({"type": "websocket.connect"}, {"type": "websocket.receive", "text": "word"}))

    async def receive() -> dict[str, Any]:
        return next(said, {"type": "websocket.disconnect", "code": 1000})

    async def send(message: Mapping[str, Any]) -> None:
        heard.append(f"{message['type']} {message.get('text', '')}")

    try:
        await app(scope, receive, send)
    except Exception as error:
        heard.append(f"{type(error).__name__}: {error}")
    return "\n".join(heard)


@contextmanager
def _imports(tree: Path) -> Iterator[None]:
    sys.path.insert(0, str(tree))
    os.chdir(tree)
    try:
        yield
    finally:
        os.chdir("/")
        sys.path.remove(str(tree))
        for name in [name for name in sys.modules if name == "app" or name.startswith("app.")]:
            del sys.modules[name]


def _fill(data: Path) -> None:
    (data / "seed.txt").write_text("7")
    (data / "rows.txt").write_text("4\n5\n")


def _content(data: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path in sorted(data.iterdir()):
        if path.suffix == ".db":
            with closing(sqlite3.connect(path)) as connection:
                # which of two rows of a link comes first is up to SQLAlchemy
                found[path.name] = sorted(connection.iterdump())
        else:
            found[path.name] = path.read_text(errors="replace")
    return found


def main() -> None:
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a project prints must not get into the answers
    sys.dont_write_bytecode = True
    for name in _LOADED_BEFORE:
        __import__(name)
    with Neighbour([]) as http, MailSink() as mail:
        os.environ.update(
            RANDOM_BASE=http.url,
            RANDOM_SMTP_HOST=mail.host,
            RANDOM_SMTP_PORT=str(mail.port),
            TASKIQ_IN_PLACE="1",
        )
        worker = Worker(http, mail)
        for line in sys.stdin:
            asked = json.loads(line)
            _say(out, _outcome(worker, Path(asked["tree"]), asked["requests"]))


def _outcome(worker: Worker, tree: Path, requests: list[dict[str, Any]]) -> dict[str, Any]:
    try:
        return worker.run(tree, requests)
    except Exception as error:
        import traceback

        return {"failed": "".join(traceback.format_exception(error))}


def _say(out: TextIO, value: object) -> None:
    out.write(json.dumps(value, default=str) + "\n")
    out.flush()


if __name__ == "__main__":
    main()
