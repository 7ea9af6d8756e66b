"""A local HTTP server that gives every request the same answer, and keeps what it was sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from servers import http_server

_OWN = {
    "accept-encoding", "connection", "host", "idempotency-key", "user-agent", "x-amzn-trace-id",
    "x-elastic-client-meta", "x-stainless-async", "x-stainless-read-timeout", "x-stripe-client-telemetry",
    "x-stripe-client-user-agent",
}  # fmt: skip
"""Headers that tell which client sends, or are new with every request."""
_OF_NO_BODY = {"content-length", "content-type"}
_FINE = {"id": "x", "object": "list", "data": [], "status": "completed", "ok": True, "has_more": False}
_WRONG = {"error": {"message": "as asked", "type": "t", "code": "c"}, "ok": False}


@dataclass
class Recorder:
    url: str = ""
    status: int = 200
    requests: list[Any] = field(default_factory=list)

    def taken(self) -> list[Any]:
        """What was sent since the last time."""
        found, self.requests = self.requests, []
        return found


@contextmanager
def recording_server() -> Iterator[Recorder]:
    recorder = Recorder()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _answer(self) -> None:
            body = self._body()
            left_out = _OWN if body else _OWN | _OF_NO_BODY
            headers = {name.lower(): value for name, value in self.headers.items()}
            sent = {n: value for n, value in headers.items() if n not in left_out and value != "*/*"}
            recorder.requests.append([self.command, self.path, body, sent])
            self._send(json.dumps(_FINE if recorder.status == 200 else _WRONG).encode())

        def _body(self) -> str:
            if self.headers.get("transfer-encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("content-length") or 0)).decode("latin-1")
            body = ""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size).decode("latin-1")
                self.rfile.readline()
            self.rfile.readline()
            return body

        def _send(self, data: bytes) -> None:
            self.send_response(recorder.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("X-Elastic-Product", "Elasticsearch")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _answer  # noqa: N815

        def log_message(self, *args: object) -> None:
            pass

    with http_server(Handler) as recorder.url:
        yield recorder
