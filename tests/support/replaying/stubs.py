"""The world around a project, all on loopback: an HTTP server with scripted answers, mail, Redis."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import redis
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

REFUSED_RECIPIENT = "bounce"


@dataclass
class Answer:
    """What the stub says to one kind of call: the first call gets the first reply, the last reply repeats."""

    method: str
    path: str
    replies: Sequence[Mapping[str, Any]]
    when: Mapping[str, Any] = field(default_factory=dict)
    given: int = 0

    def matches(self, call: Mapping[str, Any]) -> bool:
        seen = {**call["query"], **(call["json"] if isinstance(call["json"], dict) else {})}
        same_place = (self.method, self.path) == (call["method"], call["path"])
        return same_place and all(seen.get(key) == value for key, value in self.when.items())

    def next_reply(self) -> Mapping[str, Any]:
        reply = self.replies[min(self.given, len(self.replies) - 1)]
        self.given += 1
        return reply


class HttpStub:
    """Listens on a free port, answers as told, and remembers every call."""

    def __init__(self, answers: Sequence[Answer], headers: Sequence[str] = ()) -> None:
        self._answers = answers
        self._headers = headers
        self._latency = 0.0
        self._lock = threading.Lock()
        self._calls: list[dict[str, Any]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> HttpStub:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def start_over(self, latency: float) -> None:
        """Forget everything; from now on, answer after `latency` seconds."""
        with self._lock:
            self._latency = latency
            self._calls.clear()
            for answer in self._answers:
                answer.given = 0

    def take_calls(self) -> list[dict[str, Any]]:
        """The calls since the last time, in an order that does not depend on who came first."""
        with self._lock:
            calls, self._calls = self._calls, []
        return sorted(calls, key=lambda call: json.dumps(call, sort_keys=True))

    def answer(self, call: dict[str, Any]) -> Mapping[str, Any]:
        time.sleep(self._latency)
        with self._lock:
            self._calls.append(call)
            for answer in self._answers:
                if answer.matches(call):
                    return answer.next_reply()
        return {"status": 404, "json": {"detail": "the stub has no answer"}}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # headers and body leave in two writes: without this a kept connection stalls for 40 ms
            disable_nagle_algorithm = True

            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                url = urlsplit(self.path)
                reply = stub.answer(
                    {
                        "method": self.command,
                        "path": url.path,
                        "query": dict(parse_qsl(url.query, keep_blank_values=True)),
                        "headers": {
                            name: self.headers[name] for name in stub._headers if name in self.headers
                        },
                        "json": _parsed(body),
                    }
                )
                payload = json.dumps(reply.get("json")).encode()
                self.send_response(reply.get("status", 200))
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(payload)))
                for name, value in reply.get("headers", {}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(payload)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:
                """Quiet: what was called is in the replay's output."""

        return Handler


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body.decode("latin-1")


class MailSink:
    """Takes every mail, except for addresses with "bounce" in them, which it refuses."""

    def __init__(self) -> None:
        self._latency = 0.0
        self._lock = threading.Lock()
        self._mails: list[dict[str, Any]] = []
        self.host = "127.0.0.1"
        self.port = free_port()
        self._controller = Controller(self, hostname=self.host, port=self.port)

    def __enter__(self) -> MailSink:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    def start_over(self, latency: float) -> None:
        """Forget everything; from now on, take `latency` seconds for a mail."""
        with self._lock:
            self._latency = latency
            self._mails.clear()

    def wait_for(self, count: int) -> None:
        """Until so many mails came that nobody took yet."""
        wait_until(lambda: len(self._mails) >= count, f"{count} mails came")

    def take_mails(self) -> list[dict[str, Any]]:
        """The mails since the last time, sorted."""
        with self._lock:
            mails, self._mails = self._mails, []
        return sorted(mails, key=lambda mail: json.dumps(mail, sort_keys=True))

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        if REFUSED_RECIPIENT in address:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        await asyncio.sleep(self._latency)
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        message = message_from_bytes(raw, policy=policy.default)
        with self._lock:
            self._mails.append(_described(message, sorted(envelope.rcpt_tos)))
        return "250 OK"


def _described(message: EmailMessage, to: list[str]) -> dict[str, Any]:
    text = message.get_body(("plain", "html"))
    return {
        "to": to,
        "from": message["From"],
        "subject": message["Subject"],
        "body": text.get_content().replace("\r\n", "\n") if text else "",
        "attachments": [
            {
                "name": part.get_filename(),
                "type": part.get_content_type(),
                "sha256": _sha256(part.get_payload(decode=True)),
            }
            for part in message.iter_attachments()
        ],
    }


def _sha256(payload: object) -> str:
    return hashlib.sha256(payload if isinstance(payload, bytes) else b"").hexdigest()


REDIS_SERVER = shutil.which("redis-server")


class RedisServer:
    """A Redis of its own on a free port, which keeps nothing on disk."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> RedisServer:
        if REDIS_SERVER is None:
            raise FileNotFoundError("redis-server")
        self._process = subprocess.Popen(
            [REDIS_SERVER, "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""],
            stdout=subprocess.DEVNULL,
        )
        with self.client() as client:
            wait_until(lambda: _is_up(client), "redis-server answers")
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)

    def client(self) -> redis.Redis:
        return redis.Redis(port=self.port, decode_responses=True)

    def content(self) -> dict[str, Any]:
        """Every key with its value, and whether it goes away by itself."""
        readers: dict[str, Callable[[Any, str], Any]] = {
            "string": lambda client, key: client.get(key),
            "list": lambda client, key: client.lrange(key, 0, -1),
            "hash": lambda client, key: client.hgetall(key),
            "set": lambda client, key: sorted(client.smembers(key)),
            "zset": lambda client, key: client.zrange(key, 0, -1, withscores=True),
        }
        client: Any
        with self.client() as client:
            return {
                key: {"value": readers[client.type(key)](client, key), "expires": client.ttl(key) > 0}
                for key in sorted(client.keys("*"))
            }

    def forget(self) -> None:
        with self.client() as client:
            client.flushall()


def _is_up(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


def wait_until(is_so: Callable[[], bool], what: str, seconds: float = 90) -> None:
    """Ask every 20 ms; `TimeoutError` says what did not come true."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds} seconds: {what}")
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
