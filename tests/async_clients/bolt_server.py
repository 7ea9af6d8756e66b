"""A database that speaks Bolt 5.0, as far as the neo4j driver asks: it tells what it was sent.

A query gives its own text and its parameters, `NUMBERS` the numbers below `$n`, `FAIL` an error, and
`NOTHING` no record.
https://neo4j.com/docs/bolt/current/
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Any

_VERSION = b"\0\0\0\5"
_HELLO, _GOODBYE, _RESET, _RUN, _BEGIN, _COMMIT, _ROLLBACK = 0x01, 0x02, 0x0F, 0x10, 0x11, 0x12, 0x13
_DISCARD, _PULL, _SUCCESS, _RECORD, _IGNORED, _FAILURE = 0x2F, 0x3F, 0x70, 0x71, 0x7E, 0x7F


def packed(value: Any) -> bytes:
    """PackStream, with the long form of every size."""
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return b"\xcb" + struct.pack(">q", value)
    if isinstance(value, float):
        return b"\xc1" + struct.pack(">d", value)
    if isinstance(value, str):
        return b"\xd2" + struct.pack(">I", len(value.encode())) + value.encode()
    if isinstance(value, list):
        return b"\xd6" + struct.pack(">I", len(value)) + b"".join(map(packed, value))
    pairs = (packed(key) + packed(item) for key, item in value.items())
    return b"\xda" + struct.pack(">I", len(value)) + b"".join(pairs)


@dataclass
class Unpacked:
    """Reads PackStream."""

    data: bytes
    at: int = 0

    def take(self, size: int) -> bytes:
        self.at += size
        return self.data[self.at - size : self.at]

    def size(self, marker: int, tiny: int, *wide: int) -> int | None:
        """Of what a marker begins; None for another kind of thing."""
        if tiny <= marker < tiny + 16:
            return marker - tiny
        if marker in wide:
            form = (">B", ">H", ">I")[wide.index(marker)]
            return int(struct.unpack(form, self.take(struct.calcsize(form)))[0])
        return None

    def value(self) -> Any:
        marker = self.take(1)[0]
        plain = {0xC0: None, 0xC2: False, 0xC3: True}
        numbers = {0xC1: ">d", 0xC8: ">b", 0xC9: ">h", 0xCA: ">i", 0xCB: ">q"}
        if marker in plain:
            return plain[marker]
        if marker in numbers:
            return struct.unpack(numbers[marker], self.take(struct.calcsize(numbers[marker])))[0]
        if marker < 0x80 or marker >= 0xF0:
            return marker - 256 if marker >= 0xF0 else marker
        if (size := self.size(marker, 0x80, 0xD0, 0xD1, 0xD2)) is not None:
            return self.take(size).decode()
        if (size := self.size(marker, 0x90, 0xD4, 0xD5, 0xD6)) is not None:
            return [self.value() for _ in range(size)]
        if (size := self.size(marker, 0xA0, 0xD8, 0xD9, 0xDA)) is not None:
            return {self.value(): self.value() for _ in range(size)}
        raise ValueError(f"what {marker:x} begins is not known")


class _Connection(BaseRequestHandler):
    server: BoltServer

    def handle(self) -> None:
        self.request.settimeout(60)
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        self._take(20)
        self.request.sendall(_VERSION)
        failed, records = False, list[list[Any]]()
        while (message := self._message()) is not None:
            sign, given = message[1], Unpacked(message, 2)
            if sign == _GOODBYE:
                return
            if sign == _RESET:
                failed = False
            if failed:
                self._send(_IGNORED)
            elif sign == _RUN:
                query, parameters = given.value(), given.value()
                failed, fields, records = self._run(query, parameters)
                if failed:
                    told = {"code": "Neo.ClientError.Statement.SyntaxError", "message": "as asked"}
                    self._send(_FAILURE, told)
                else:
                    self._send(_SUCCESS, {"fields": fields, "t_first": 1})
            elif sign in (_PULL, _DISCARD):
                wanted = given.value()["n"]
                now = len(records) if wanted < 0 else wanted
                for record in records[:now] if sign == _PULL else ():
                    self._send(_RECORD, record)
                records = records[now:]
                more: dict[str, Any] = (
                    {"has_more": True} if records else {"type": "rw", "t_last": 1, "db": "neo4j"}
                )
                self._send(_SUCCESS, more)
            else:
                names = {_BEGIN: "BEGIN", _COMMIT: "COMMIT", _ROLLBACK: "ROLLBACK"}
                self.server.seen += [names[sign]] if sign in names else []
                hello = {"server": "Neo4j/5.0.0", "connection_id": "bolt-1", "hints": {}}
                self._send(_SUCCESS, hello if sign == _HELLO else {})

    def _run(self, query: str, parameters: dict[str, Any]) -> tuple[bool, list[str], list[list[Any]]]:
        self.server.seen.append(query)
        if query == "NUMBERS":
            return False, ["n"], [[number] for number in range(parameters["n"])]
        if query == "NOTHING":
            return False, ["n"], []
        return query == "FAIL", ["query", "given"], [[query, parameters]]

    def _take(self, size: int) -> bytes:
        found = b""
        while len(found) < size:
            more = self.request.recv(size - len(found))
            if not more:
                return b""
            found += more
        return found

    def _message(self) -> bytes | None:
        found = b""
        try:
            while head := self._take(2):
                size = struct.unpack(">H", head)[0]
                if not size and found:
                    return found
                found += self._take(size)
        except OSError:
            pass
        return None

    def _send(self, sign: int, *values: Any) -> None:
        data = bytes([0xB0 + len(values), sign]) + b"".join(map(packed, values))
        chunks = (data[at : at + 65535] for at in range(0, len(data), 65535))
        self.request.sendall(b"".join(struct.pack(">H", len(chunk)) + chunk for chunk in chunks) + b"\0\0")


class BoltServer(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    seen: list[str]
    """The queries that came, and the beginnings and ends of transactions."""


@contextmanager
def bolt_server() -> Iterator[tuple[str, list[str]]]:
    """The address, and what came."""
    with BoltServer(("127.0.0.1", 0), _Connection) as server:
        server.seen = []
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield f"bolt://127.0.0.1:{server.server_address[1]}", server.seen
        finally:
            server.shutdown()
