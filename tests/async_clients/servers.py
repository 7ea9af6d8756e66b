"""A local HTTP server that tells what it was sent and misbehaves when asked to; a Redis server."""

from __future__ import annotations

import base64
import json
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import redis

_OWN = {"host", "user-agent", "accept", "accept-encoding", "connection", "content-length"}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _answer(self) -> None:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        word, _, rest = url.path.lstrip("/").partition("/")
        if word == "redirect":
            self._send(302, b"", {"Location": "/echo", "Set-Cookie": "hop=1"})
        elif word == "status":
            self._send(int(rest), b'{"reason": "as asked"}', {"Set-Cookie": "sid=user-a", "X-Left": "7"})
        elif word == "slow":
            time.sleep(0.5)
            self._send(200, b"{}")
        elif word == "drop":
            self.close_connection = True
            self.connection.close()
        elif word == "text":
            self._send(200, "grüße".encode(), {"Content-Type": "text/plain; charset=utf-8"})
        elif word == "notjson":
            self._send(200, b"<html>")
        else:
            self._send(200, json.dumps(self._seen(url.path, url.query, body)).encode())

    def _seen(self, path: str, query: str, body: bytes) -> dict[str, object]:
        headers = {name.lower(): value for name, value in self.headers.items() if name.lower() not in _OWN}
        kind = headers.get("content-type", "")
        sent: object = body.decode("latin-1")
        if kind.startswith("multipart/"):
            headers["content-type"] = "multipart/form-data"
            message = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
            sent = [
                [
                    part["Content-Disposition"],
                    part["Content-Type"],
                    base64.b64encode(part.get_payload(decode=True)).decode(),
                ]
                for part in message.get_payload()  # type: ignore[union-attr]
            ]
        elif kind.startswith("application/x-www-form-urlencoded"):
            sent = parse_qsl(body.decode(), keep_blank_values=True)
        elif kind.startswith("application/json"):
            sent = json.loads(body)
        pairs = parse_qsl(query, keep_blank_values=True)
        return {"method": self.command, "path": path, "query": pairs, "headers": headers, "body": sent}

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _answer  # noqa: N815

    def log_message(self, *args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away are part of the tests."""


@contextmanager
def http_server(handler: type[BaseHTTPRequestHandler] = _Handler) -> Iterator[str]:
    """The base URL of a server that runs meanwhile."""
    server = _Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def redis_server() -> Iterator[int]:
    """The port of a Redis server that runs meanwhile and keeps nothing."""
    with tempfile.TemporaryDirectory() as folder:  # SAVE writes a file where the server runs
        for _ in range(5):
            port, process = _started_redis(folder)
            try:
                if _is_of(port, process):
                    yield port
                    return
            finally:
                process.terminate()
                process.wait(10)
    raise RuntimeError("no redis-server could be started")


def _started_redis(folder: str) -> tuple[int, subprocess.Popen[bytes]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    return port, subprocess.Popen([*command, "--dir", folder], stdout=subprocess.DEVNULL)


def _is_of(port: int, process: subprocess.Popen[bytes]) -> bool:
    """Does this process answer there? Another one may have been given the same free port."""
    for _ in range(200):
        with suppress(redis.ConnectionError), redis.Redis(port=port) as client:
            return int(client.info("server")["process_id"]) == process.pid
        time.sleep(0.02)
    return False
